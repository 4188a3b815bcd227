import { appendFileSync } from 'node:fs';
import * as core from '@actions/core';
import manifest from '../package.json' with { type: 'json' };
import type { Published } from './amplitude.js';
import type { Context } from './context.js';
import { ApiError, EventError, InputError } from './errors.js';
import type { Inputs } from './inputs.js';
import type { Draft } from './release.js';

/** The outputs of action.yml, by their names there. */
export type Outputs = {
  readonly 'release-id': string;
  readonly outcome: 'published' | 'dry-run' | 'skipped' | 'failed';
  readonly version: string;
  readonly payload: string;
  readonly release: string;
};

/** How much of one value a line of the log or a cell of the summary shows. */
const maximumValue = 200;
/** How much an annotation keeps. https://docs.github.com/rest/checks/runs */
const maximumAnnotation = 4_000;
/** How much of the notes the summary shows: even as nothing but back quotes they stay far below its limit of 1 MiB. */
const maximumNotes = 100_000;

/** Warns of what may publish a release twice: the API cannot be asked whether it has the release already. */
export function reportDuplicates({ attempt, event }: Context): void {
  if (attempt > 1) {
    notice(
      `This is attempt ${String(attempt)} of the workflow run: an earlier attempt may have published this release already, ` +
        'and Amplitude would show it twice.',
    );
  }
  if (event.name === 'release' && event.action !== undefined && event.action !== 'published') {
    notice(
      `The type \`${event.action}\` of the event \`release\` comes beside \`published\` when a release is published: ` +
        'start the workflow with `types: [published]` alone, so that Amplitude does not show the release twice.',
    );
  }
}

/** Tells that the notes of a tag could not be looked up, which is no reason not to publish the release. */
export function reportMissingNotes(tag: string, problem: string): void {
  notice(
    `The release notes of the tag \`${inline(tag)}\` could not be looked up: ${problem}. The release is published without them. ` +
      'Give the job `permissions: { contents: read }`, or set `title` and `description`.',
  );
}

/** Shows the release that is about to be published, and where its values came from. */
export function reportDraft({ release, sources }: Draft): void {
  const { version, title, description, release_start: start } = release;
  const length = description === undefined ? 'none' : `${String(description.length)} characters`;
  log(`Version: ${inline(version)} (${inline(sources.version)})`);
  log(`Title: ${inline(title)} (${inline(sources.title)})`);
  log(`Description: ${length} (${inline(sources.description)})`);
  log(`Start: ${start} UTC (${inline(sources.start)})`);
}

/** Says where the release is sent to. */
export function reportRequest({ host, pathname }: URL): void {
  log(`POST ${host}${pathname}`);
}

/** Sets the outputs that are made of the release alone, whatever becomes of it. */
export function reportWritten(context: Context, { release: { version }, payload }: Draft): void {
  writeOutputs(context, { version, payload });
}

/** Says why a try failed, and how long the wait is before the next one. */
export function reportRetry(reason: string, waitMs: number): void {
  log(`${inline(reason)}; trying again in ${(waitMs / 1000).toFixed(1)} s`);
}

/** Tells that Amplitude has the release. */
export function reportPublished(context: Context, draft: Draft, published: Published): void {
  const { id, release, status, durationMs } = published;
  log(`${String(status)} in ${String(durationMs)} ms`);
  log(`Published the release with the id ${inline(id)}`);
  writeOutputs(context, { outcome: 'published', 'release-id': id, release });
  writeSummary(context, 'Release published to Amplitude', draft, id);
}

/** Tells what would have been sent, and where to. */
export function reportDryRun(context: Context, draft: Draft, { host, pathname }: URL): void {
  log(`Dry run: nothing was sent to ${host}${pathname}`);
  writeOutputs(context, { outcome: 'dry-run', version: draft.release.version, payload: draft.payload });
  writeSummary(context, 'Dry run: this release was not sent to Amplitude', draft);
}

/** Tells that there was nothing to publish with. */
export function reportSkipped(context: Context): void {
  notice(
    'No release was published: `api-key` and `secret-key` are both empty, as in workflows of forks and of Dependabot, ' +
      'and `on-missing-credentials` is `skip`.',
  );
  writeOutputs(context, { outcome: 'skipped' });
}

/**
 * Tells what went wrong, and fails the step, unless it was an outage and the user wants to be warned of those only.
 *
 * @param error whatever was thrown; what is none of our errors is a bug, and is shown with its stack.
 */
export function reportFailure(context: Context, error: unknown, onOutage: Inputs['onOutage']): void {
  writeOutputs(context, { outcome: 'failed' });
  if (error instanceof ApiError && (error.fault === 'outage' || error.fault === 'uncertain')) {
    if (onOutage === 'warn') core.warning(annotation(error.message));
    else core.setFailed(annotation(`${error.message} With \`on-outage: warn\` the step passes in spite of it.`));
  } else if (error instanceof ApiError || error instanceof InputError || error instanceof EventError) {
    core.setFailed(annotation(error.message));
  } else {
    const message = error instanceof Error ? error.message : String(error);
    core.setFailed(
      annotation(
        `${message}\nThis is a bug of the action. Report it with the log of this step: ${manifest.repository}/issues`,
      ),
    );
    const stack = error instanceof Error ? (error.stack ?? '') : '';
    for (const frame of stack.split('\n').slice(1)) log(`  ${inline(frame.trim())}`);
  }
}

function log(line: string): void {
  core.info(line);
}

function notice(text: string): void {
  core.notice(annotation(text));
}

/** Outputs are secondary: a release that is published stays so, whether or not the next step can read its id. */
function writeOutputs({ hasOutputFile }: Context, outputs: Partial<Outputs>): void {
  try {
    // Without a file the toolkit prints the outputs, and the notes with them, into the log.
    if (!hasOutputFile) throw new Error('GITHUB_OUTPUT is not set');
    for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
  } catch (error) {
    const names = Object.keys(outputs).map((name) => `\`${name}\``);
    core.warning(annotation(`The outputs ${names.join(', ')} could not be set: ${reasonOf(error)}`));
  }
}

function writeSummary({ summaryFile }: Context, heading: string, { release }: Draft, id?: string): void {
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
    value === undefined ? [] : [[{ data: name, header: true }, escapeHtml(inline(value))]],
  );
  try {
    if (summaryFile === undefined) throw new Error('GITHUB_STEP_SUMMARY is not set');
    core.summary.addHeading(heading, 3).addTable(table);
    if (release.description !== undefined) core.summary.addDetails('Description', fence(release.description));
    // Not by its own `write`, which for this one line takes the detour of promises and threads.
    appendFileSync(summaryFile, core.summary.stringify());
  } catch (error) {
    core.warning(annotation(`The job summary could not be written: ${reasonOf(error)}`));
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Text for an annotation: each line harmless for itself, as the runner shows them in the log again. */
function annotation(text: string): string {
  const lines = text.split('\n').map((line) => inline(line, maximumAnnotation));
  return cut(lines.join('\n'), maximumAnnotation);
}

/**
 * Text from outside as a part of one line of the log: cut, without control and bidirectional characters, and with the
 * two marks broken up by which the runner knows its commands.
 *
 * @see https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
function inline(text: string, maximum = maximumValue): string {
  return cut(text, maximum)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\p{Bidi_Control}/gu, '')
    .replaceAll('##[', '## [')
    .replace(/^\s*::/, ': :');
}

function cut(text: string, maximum: number): string {
  return text.length <= maximum ? text.toWellFormed() : `${text.slice(0, maximum).toWellFormed()}…`;
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Markdown of text that is shown as it is, in a fence longer than any in the text. */
function fence(text: string): string {
  const shown = cut(text, maximumNotes)
    .replace(/[^\P{Cc}\t\n]|\p{Bidi_Control}/gu, '')
    .replace(/^\n+/, '')
    .trimEnd();
  const runs = shown.match(/`+/g) ?? [];
  const marks = '`'.repeat(runs.reduce((longest, run) => Math.max(longest, run.length), 2) + 1);
  return `\n\n${marks}text\n${shown}\n${marks}\n\n`;
}
