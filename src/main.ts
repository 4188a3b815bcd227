import { constants } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { failureFrom, openPublication, publish, type PublishOptions, targetFor } from './amplitude.js';
import { checkApp, describeFinding } from './app-versions.js';
import { changesFromPush, lookUpChanges } from './changes.js';
import { type Context, readContext } from './context.js';
import {
  composeDescription,
  descriptionFromChanges,
  descriptionFromNotes,
  type DescriptionText,
} from './description.js';
import { CancelError } from './errors.js';
import { ApiError } from './failures.js';
import { type Inputs, readInputs } from './inputs.js';
import { type ChangesPlan, planRelease } from './plan.js';
import { findRelease } from './project-releases.js';
import { proxySecrets } from './proxy.js';
import { composeRelease, type Release } from './release.js';
import { lookUpReleaseNotes, type ReleaseNotes, type ReleaseNotesQuery } from './release-notes.js';
import {
  type CheckResult,
  type Progress,
  reportAlreadyPublished,
  reportDryRun,
  reportFailure,
  reportMissingChanges,
  reportMissingCredentials,
  reportMissingNotes,
  reportPublished,
  reportRelease,
  reportRequest,
  reportRetry,
  reportSkipped,
  reportUnreadableMarkdown,
  warnAboutUnused,
} from './report.js';
import { monotonicMs } from './request.js';
import { createRedactor } from './secrets.js';

/**
 * Runs the step: reads what the runner knows, publishes the release, and reports what happened. Its result is the exit
 * code of the process; it never rejects.
 *
 * @param environment the environment of the process.
 */
export async function main(environment: NodeJS.ProcessEnv): Promise<void> {
  // If the log cannot be written, the outputs still say what happened.
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', ignore);
  const cancellation = new AbortController();
  const cancel = (signal: NodeJS.Signals) => {
    cancellation.abort(new CancelError(signal));
  };
  process.once('SIGINT', cancel).once('SIGTERM', cancel);

  const context = readContext(environment);
  const progress: Progress = { onOutage: 'fail', published: undefined };
  try {
    await publishRelease(context, cancellation.signal, progress);
  } catch (error) {
    reportFailure(context, error, progress);
    const reason: unknown = cancellation.signal.reason;
    if (reason instanceof CancelError) process.exitCode = 128 + constants.signals[reason.signal];
  }
  // Closes what is still open.
  cancellation.abort();
  process.off('SIGINT', cancel).off('SIGTERM', cancel);
}

function ignore(): void {
  // Nothing can be written where the log cannot be.
}

async function publishRelease(context: Context, signal: AbortSignal, progress: Progress): Promise<void> {
  const inputs = readInputs(context);
  progress.onOutage = inputs.onOutage;
  const { mode } = inputs;
  if (mode.kind === 'skip') {
    reportMissingCredentials(context);
    return;
  }
  const decision = planRelease(inputs, context);
  if ('skip' in decision) {
    reportSkipped(context, decision.skip);
    return;
  }
  signal.throwIfAborted();
  const { plan } = decision;
  const destination = { target: targetFor(inputs), proxies: context.proxies, signal };
  const lookUp = notesFor(plan.query);
  const publication =
    mode.kind === 'publish'
      ? openPublication({ ...destination, credentials: mode.credentials }, inputs.timeoutMs)
      : undefined;
  // On a network with round trips, most of the time goes into connections. All the other work is done meanwhile.
  await setImmediate();
  const redactor = createRedactor([...inputs.secrets, ...proxySecrets(context.proxies)]);
  const network = { ...destination, redactor };
  const notes = await lookUp;
  const found = plan.description ?? descriptionFromNotes(notes) ?? (await changesFor(plan.changes, notes));
  const { description, problem } = await composeDescription(found, plan.style);
  if (problem !== undefined) reportUnreadableMarkdown(problem);
  const prepared = composeRelease(plan, notes, description, new Date());
  warnAboutUnused(context, inputs);
  reportRelease(prepared);
  if (publication === undefined) {
    const results = await checkRelease(inputs, prepared.release, network);
    reportDryRun(context, prepared, network.target, results);
    return;
  }
  const deadlineMs = monotonicMs() + inputs.timeoutMs;
  const query = inputs.project && { ...inputs, ...inputs.project, ...network, release: prepared.release };
  const finding = query && (await findRelease(query, inputs.timeoutMs));
  if (finding?.kind === 'found') {
    reportAlreadyPublished(context, prepared, finding);
    return;
  }
  signal.throwIfAborted();
  reportRequest(context, prepared, network.target, finding);
  progress.published = await publish(prepared.payload, {
    ...inputs,
    ...network,
    ...publication,
    timeoutMs: deadlineMs - monotonicMs(),
    query,
    onRetry: reportRetry,
  });
  reportPublished(context, prepared, progress.published, inputs.project?.projectId);
}

async function notesFor(query: ReleaseNotesQuery | undefined): Promise<ReleaseNotes | undefined> {
  if (query === undefined) return undefined;
  const notes = await lookUpReleaseNotes(query);
  if (notes.problem !== undefined) reportMissingNotes(query.tag, notes.problem);
  return notes;
}

async function changesFor(
  plan: ChangesPlan | undefined,
  notes: ReleaseNotes | undefined,
): Promise<DescriptionText | undefined> {
  // GitHub would fail again.
  if (plan === undefined || notes?.problem !== undefined) return undefined;
  if (plan.kind === 'push') return descriptionFromChanges(changesFromPush(plan.push), 'the commits of the push');
  const { tag } = plan.query;
  const changes = await lookUpChanges(plan.query);
  if (changes.problem !== undefined) reportMissingChanges(tag, changes.problem);
  return descriptionFromChanges(changes, `the changes from \`${changes.previousTag ?? ''}\` to \`${tag}\``);
}

/** Compares the release of a dry run with what the app sends. Without keys, Amplitude is not asked. */
async function checkRelease(
  { mode, version, tagPrefix, timeoutMs }: Inputs,
  release: Release,
  network: Pick<PublishOptions, 'target' | 'proxies' | 'redactor' | 'signal'>,
): Promise<readonly CheckResult[]> {
  if (mode.kind !== 'dry-run' || mode.credentials === undefined) return [];
  const check = await checkApp(
    { ...network, releaseUrl: network.target.url, credentials: mode.credentials, timeoutMs },
    { ...release, tagPrefix, isVersionFromTag: version === undefined },
    new Date(),
  );
  if (check.kind === 'rejected') throw new ApiError(failureFrom(check.cause, network), 1);
  return check.findings.map(describeFinding);
}
