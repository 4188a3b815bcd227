import { appendFileSync } from 'node:fs';
import * as core from '@actions/core';
import manifest from '../package.json' with { type: 'json' };
import type { Published } from './amplitude.js';
import type { Context } from './context.js';
import { CancelError, EventError, InputError, messageOf } from './errors.js';
import { ApiError, policies, releasesPage, type Target } from './failures.js';
import type { GitHubProblem } from './github.js';
import type { Inputs } from './inputs.js';
import type { Finding, FoundRelease } from './project-releases.js';
import type { PreparedRelease } from './release.js';
import { codeBlock, sanitizeAnnotation, sanitizeCell, sanitizeLine } from './sanitize.js';

/** The longest result of a check that the log and the job summary show, in characters. */
const maxResultLength = 1_000;

/** What comparing a release with what the app sends has shown. */
export type CheckResult = { readonly text: string; readonly isNotice: boolean };

/** The outputs of action.yml, by their names there. */
export type Outputs = {
  readonly 'release-id': string;
  readonly outcome: 'published' | 'already-published' | 'dry-run' | 'skipped' | 'failed';
  readonly version: string;
  readonly payload: string;
  readonly release: string;
};

/** What is known by the time something fails. */
export type Progress = {
  onOutage: Inputs['onOutage'];
  published: Published | undefined;
};

/** Reports that the notes of a tag could not be fetched. The release is published without them. */
export function reportMissingNotes(tag: string, { message, advice }: GitHubProblem): void {
  notice(
    `Could not fetch the release notes of tag \`${sanitizeLine(tag)}\`: ${message}. The release is published without them. ${advice}`,
  );
}

/** Reports that the changes since the previous tag could not be listed. The release is published without them. */
export function reportMissingChanges(tag: string, { message, advice }: GitHubProblem): void {
  notice(
    `Could not list what changed before tag \`${sanitizeLine(tag)}\`: ${message}. The release is published without it. ${advice}`,
  );
}

/** Reports that Markdown could not be converted. It is sent unchanged. */
export function reportUnreadableMarkdown(problem: string): void {
  notice(`The release notes could not be converted to plain text (${problem}). They are sent as Markdown.`);
}

/** Logs the release that is about to be published, and where its values came from. */
export function reportRelease({ release, sources }: PreparedRelease): void {
  const { version, title, description, release_start: start } = release;
  const length = description === undefined ? 'none' : `${withSeparators(description.length)} characters`;
  log(`Version: ${sanitizeLine(version)} (${sanitizeLine(sources.version)})`);
  log(`Title: ${sanitizeLine(title)} (${sanitizeLine(sources.title)})`);
  log(`Description: ${length} (${sanitizeLine(sources.description)})`);
  log(`Start: ${start} UTC (${sanitizeLine(sources.start)})`);
}

/** `1310` as `1,310`. `toLocaleString()` would load the data of all languages: 6 MB, and a seventh of the step's time. */
function withSeparators(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** Logs where the release is sent to, warns about duplicates, and sets the outputs that are already known. */
export function reportRequest(
  context: Context,
  { release: { version }, payload }: PreparedRelease,
  target: Target,
  finding: Exclude<Finding, FoundRelease> | undefined,
): void {
  reportFinding(context, finding, version);
  log(`POST ${addressOf(target)}`);
  writeOutputs(context, { version, payload });
}

/** Reports what the project's list of releases says, or warns about duplicates where it says nothing. */
function reportFinding(context: Context, finding: Exclude<Finding, FoundRelease> | undefined, version: string): void {
  if (finding?.kind === 'absent') {
    log('The project does not list this release yet');
    if (!finding.isDetected) return;
    notice(
      `Amplitude has detected the version \`${sanitizeLine(version)}\` and has made an automatic release for it. This release is published in addition. ` +
        `Admins and managers can switch automatic releases off under ${releasesPage}.`,
    );
    return;
  }
  if (finding !== undefined) {
    warn(
      `The project's list of releases could not be read (${finding.reason}), so the release is published without checking whether it already exists. ` +
        'If this happens in every run, check `project-id` and `region`.',
    );
  }
  warnAboutDuplicates(context);
}

/** Reports that the project has the release already, and that nothing was sent. */
export function reportAlreadyPublished(
  context: Context,
  prepared: PreparedRelease,
  { id, release }: FoundRelease,
): void {
  const { version } = prepared.release;
  writeOutputs(context, {
    outcome: 'already-published',
    'release-id': id,
    release,
    version,
    payload: prepared.payload,
  });
  log(`Already published as release ${sanitizeLine(id)}; nothing was sent`);
  writeSummary(context, 'Release was already published to Amplitude', prepared, { id });
}

/** Logs why an attempt failed, and how long the wait is before the next one. */
export function reportRetry(reason: string, waitMs: number): void {
  log(`${sanitizeLine(reason)}; trying again in ${(waitMs / 1000).toFixed(1)} s`);
}

/**
 * Reports the release that Amplitude created. The outputs come first: nothing may keep the release's id from them.
 *
 * @param projectId the project whose list of releases was read.
 */
export function reportPublished(
  context: Context,
  prepared: PreparedRelease,
  published: Published,
  projectId: string | undefined,
): void {
  const { id } = published;
  outputPublished(context, published);
  log(
    published.kind === 'created'
      ? `Amplitude answered ${String(published.status)} in ${String(published.durationMs)} ms`
      : "The project's list of releases shows that the release was created",
  );
  log(`Published release ${sanitizeLine(id)}`);
  const keysProjectId = published.kind === 'created' ? published.projectId : undefined;
  if (projectId !== undefined && keysProjectId !== undefined && projectId !== keysProjectId) {
    warn(
      `\`project-id\` is \`${projectId}\`, but the keys belong to the project \`${keysProjectId}\`, so the releases of another project were checked. ` +
        'Set `project-id` to the project of the keys.',
    );
  }
  writeSummary(context, 'Release published to Amplitude', prepared, { id });
}

/** Reports what would have been sent, and where to. */
export function reportDryRun(
  context: Context,
  prepared: PreparedRelease,
  target: Target,
  results: readonly CheckResult[],
): void {
  for (const { text, isNotice } of results) {
    if (isNotice) notice(text);
    else log(sanitizeLine(text, maxResultLength));
  }
  log(`Dry run: nothing was sent to ${addressOf(target)}`);
  writeOutputs(context, { outcome: 'dry-run', version: prepared.release.version, payload: prepared.payload });
  writeSummary(context, 'Dry run: this release was not sent to Amplitude', prepared, { results });
}

/** Reports that there are no keys to publish with, which the user allows. */
export function reportMissingCredentials(context: Context): void {
  reportSkipped(
    context,
    '`api-key` and `secret-key` are both empty, as in workflows from forks and Dependabot, and `on-missing-credentials` is `skip`.',
  );
}

/** Reports that there is nothing to publish, and why. */
export function reportSkipped(context: Context, reason: string): void {
  notice(`No release was published. ${reason}`);
  writeOutputs(context, { outcome: 'skipped' });
}

/**
 * Reports what went wrong, and fails the step, unless it is an outage and the user wants only a warning for those.
 *
 * @param error what was thrown. Anything but this action's own errors is a bug, and is shown with its stack.
 * @param progress what was known by then. A release that was published stays published, with its id in the outputs.
 */
export function reportFailure(context: Context, error: unknown, { onOutage, published }: Progress): void {
  if (published === undefined) writeOutputs(context, { outcome: 'failed' });
  else outputPublished(context, published);
  const isOutage = error instanceof ApiError && policies[error.failure.class].isOutage;
  if (isOutage && onOutage === 'warn') {
    core.warning(sanitizeAnnotation(error.message));
  } else if (isOutage) {
    fail(`${error.message} To let the workflow continue next time, set \`on-outage: warn\`.`);
  } else if (isExpected(error)) {
    fail(error.message);
  } else {
    const state = published === undefined ? '' : `The release was published as ${published.id}. `;
    fail(
      `${messageOf(error)}\n${state}This is a bug in the action. Report it with the log of this step: ${manifest.repository}/issues`,
    );
    const stack = error instanceof Error ? (error.stack ?? '') : '';
    for (const frame of stack.split('\n').slice(1)) log(`  ${sanitizeLine(frame.trim())}`);
  }
  log(`Help: ${manifest.repository}/blob/v${manifest.version.split('.')[0] ?? ''}/docs/troubleshooting.md`);
}

function isExpected(error: unknown): error is ApiError | InputError | EventError | CancelError {
  return [ApiError, InputError, EventError, CancelError].some((type) => error instanceof type);
}

/** Warns about what may publish a release twice. */
function warnAboutDuplicates({ attempt, event, tag }: Context): void {
  if (attempt > 1) {
    notice(
      `This is attempt ${String(attempt)} of the workflow run. If an earlier attempt already published this release, Amplitude now shows it twice: ` +
        `delete one under ${releasesPage}.`,
    );
  }
  if (event.name === 'release' && event.action !== undefined && event.action !== 'published') {
    notice(
      `GitHub fires up to three \`release\` events for one publication, and this one has the type \`${event.action}\`. ` +
        'If the workflow lists more than one type, keep one, or Amplitude may show the release twice.',
    );
  }
  if (event.name === 'push' && event.isMove && tag !== undefined) {
    notice(
      `The tag \`${sanitizeLine(tag)}\` was moved: it existed before this push. If its release was published before, Amplitude now shows it twice. ` +
        "To leave out tags such as `v1` and `latest`, trigger the workflow with `tags: ['v*.*.*']`.",
    );
  }
}

/** Warns about an input or an event that has no effect. */
export function warnAboutUnused({ eventFileProblem, event }: Context, { version, tagPrefix }: Inputs): void {
  if (version !== undefined && tagPrefix !== undefined) {
    notice('`tag-prefix` has no effect, because `version` is set. Remove one of them.');
  }
  if (event.name === 'release' && eventFileProblem !== undefined) {
    notice(
      `The event file ${eventFileProblem}. The title, the notes and the time of the GitHub release are not known.`,
    );
  }
}

function addressOf({ url: { host, pathname } }: Target): string {
  return host + pathname;
}

function log(line: string): void {
  core.info(line);
}

function notice(text: string): void {
  core.notice(sanitizeAnnotation(text));
}

function warn(text: string): void {
  core.warning(sanitizeAnnotation(text));
}

function fail(text: string): void {
  core.setFailed(sanitizeAnnotation(text));
}

function outputPublished(context: Context, { id, release }: Published): void {
  writeOutputs(context, { outcome: 'published', 'release-id': id, release });
}

/** Outputs are secondary: a published release stays published, whether or not the next step can read its id. */
function writeOutputs({ hasOutputFile }: Context, outputs: Partial<Outputs>): void {
  try {
    // Without a file the toolkit prints the outputs, and the notes with them, into the log.
    if (!hasOutputFile) throw new Error('GITHUB_OUTPUT is not set');
    for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
  } catch (error) {
    const names = Object.keys(outputs).map((name) => `\`${name}\``);
    core.warning(
      sanitizeAnnotation(
        `The outputs ${names.join(', ')} could not be set: ${messageOf(error)}. Later steps cannot read them. Check for a full disk, and for a step that changes \`GITHUB_OUTPUT\`.`,
      ),
    );
  }
}

type SummaryFacts = { readonly id?: string; readonly results?: readonly CheckResult[] };

function writeSummary(
  { summaryFile }: Context,
  heading: string,
  { release }: PreparedRelease,
  { id, results = [] }: SummaryFacts,
): void {
  const rows = [
    ['Title', release.title],
    ['Version', release.version],
    ['Start', `${release.release_start} UTC`],
    ['End', release.release_end === undefined ? undefined : `${release.release_end} UTC`],
    ['Platforms', release.platforms?.join(', ')],
    ['Created by', release.created_by],
    ['Id', id],
  ] as const;
  const table = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [[{ data: name, header: true }, sanitizeCell(value)]],
  );
  try {
    if (summaryFile === undefined) throw new Error('GITHUB_STEP_SUMMARY is not set');
    core.summary.addHeading(heading, 3).addTable(table);
    if (results.length > 0) core.summary.addList(results.map(({ text }) => sanitizeCell(text, maxResultLength)));
    if (release.description !== undefined) core.summary.addDetails('Description', codeBlock(release.description));
    // `summary.write()` is asynchronous for no benefit here.
    appendFileSync(summaryFile, core.summary.stringify());
  } catch (error) {
    core.warning(
      sanitizeAnnotation(
        `The job summary could not be written: ${messageOf(error)}. This does not affect the release.`,
      ),
    );
  }
}
