import { constants } from 'node:os';
import { publish, targetFor } from './amplitude.js';
import { abandonLookups } from './connection.js';
import { type Context, readContext } from './context.js';
import { CancelError } from './errors.js';
import { readInputs } from './inputs.js';
import { proxySecrets } from './proxy.js';
import { composeRelease, planRelease } from './release.js';
import { lookUpReleaseNotes, type ReleaseNotes, type ReleaseNotesQuery } from './release-notes.js';
import {
  type Progress,
  reportDryRun,
  reportFailure,
  reportMissingCredentials,
  reportMissingNotes,
  reportPublished,
  reportRelease,
  reportRequest,
  reportRetry,
  reportSkipped,
  warnAboutUnused,
} from './report.js';
import { createRedactor } from './secrets.js';

/** Resolves when the step is done; never rejects. */
export const finished: Promise<void> = main().then(abandonLookups);

async function main(): Promise<void> {
  // Where nobody reads the log, the outputs still say what happened.
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', ignore);
  const cancellation = new AbortController();
  const cancel = (signal: NodeJS.Signals) => {
    cancellation.abort(new CancelError(signal));
  };
  process.once('SIGINT', cancel).once('SIGTERM', cancel);

  const context = readContext(process.env);
  const progress: Progress = { onOutage: 'fail', published: undefined };
  try {
    await publishRelease(context, cancellation.signal, progress);
  } catch (error) {
    reportFailure(context, error, progress);
    const reason: unknown = cancellation.signal.reason;
    if (reason instanceof CancelError) process.exitCode = 128 + constants.signals[reason.signal];
  }
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
  const notes = await notesFor(plan.query);
  const prepared = composeRelease(plan, notes, new Date());
  const target = targetFor(inputs);
  warnAboutUnused(context, inputs);
  reportRelease(prepared);
  if (mode.kind === 'dry-run') {
    reportDryRun(context, prepared, target);
    return;
  }
  signal.throwIfAborted();
  reportRequest(context, prepared, target);
  progress.published = await publish(prepared.payload, {
    ...inputs,
    target,
    credentials: mode.credentials,
    proxies: context.proxies,
    redactor: createRedactor([...inputs.secrets, ...proxySecrets(context.proxies)]),
    signal,
    onRetry: reportRetry,
  });
  reportPublished(context, prepared, progress.published);
}

async function notesFor(query: ReleaseNotesQuery | undefined): Promise<ReleaseNotes | undefined> {
  if (query === undefined) return undefined;
  const notes = await lookUpReleaseNotes(query);
  if (notes.problem !== undefined) reportMissingNotes(query.tag, notes.problem);
  return notes;
}
