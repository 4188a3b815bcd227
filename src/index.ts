import { publish, targetFor } from './amplitude.js';
import { type Context, readContext } from './context.js';
import { readInputs } from './inputs.js';
import { lookUpNotes, type Notes, type NotesQuery } from './notes.js';
import { composeRelease, planRelease } from './release.js';
import {
  type Progress,
  reportDryRun,
  reportFailure,
  reportMissingNotes,
  reportPublished,
  reportRelease,
  reportRequest,
  reportRetry,
  reportSkipped,
} from './report.js';

/** Resolves when the step is done; never rejects. */
export const finished: Promise<void> = main();

async function main(): Promise<void> {
  const context = readContext(process.env);
  const progress: Progress = { onOutage: 'fail', published: undefined };
  try {
    await publishRelease(context, progress);
  } catch (error) {
    reportFailure(context, error, progress);
  }
}

async function publishRelease(context: Context, progress: Progress): Promise<void> {
  const inputs = readInputs(context.workspace);
  progress.onOutage = inputs.onOutage;
  const { mode } = inputs;
  if (mode.kind === 'skip') {
    reportSkipped(context);
    return;
  }
  const plan = planRelease(inputs, context);
  const notes = await notesFor(plan.query);
  const prepared = composeRelease(plan, notes, new Date());
  const target = targetFor(inputs);
  reportRelease(prepared);
  if (mode.kind === 'dry-run') {
    reportDryRun(context, prepared, target);
    return;
  }
  reportRequest(context, prepared, target);
  progress.published = await publish(prepared.payload, {
    ...inputs,
    target,
    credentials: mode.credentials,
    onRetry: reportRetry,
  });
  reportPublished(context, prepared, progress.published);
}

async function notesFor(query: NotesQuery | undefined): Promise<Notes | undefined> {
  if (query === undefined) return undefined;
  const notes = await lookUpNotes(query);
  if (notes.problem !== undefined) reportMissingNotes(query.tag, notes.problem);
  return notes;
}
