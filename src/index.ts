import { endpointOf, publish } from './amplitude.js';
import { type Context, readContext } from './context.js';
import { type Inputs, readInputs } from './inputs.js';
import { findNotes, type Notes } from './notes.js';
import { composeRelease, notesQuery, refuseUnpublishable, versionOf } from './release.js';
import {
  reportDraft,
  reportDryRun,
  reportDuplicates,
  reportFailure,
  reportMissingNotes,
  reportPublished,
  reportRequest,
  reportRetry,
  reportSkipped,
  reportWritten,
} from './report.js';

/** Settles when the step has ended, and never rejects. */
export const ended: Promise<void> = publishOnDeploy();

async function publishOnDeploy(): Promise<void> {
  const context = readContext(process.env);
  let onOutage: Inputs['onOutage'] = 'fail';
  try {
    const inputs = readInputs(context.workspace);
    ({ onOutage } = inputs);
    await run(inputs, context);
  } catch (error) {
    reportFailure(context, error, onOutage);
  }
}

async function run(inputs: Inputs, context: Context): Promise<void> {
  const { delivery } = inputs;
  if (delivery.kind === 'skip') {
    reportSkipped(context);
    return;
  }
  refuseUnpublishable(context);
  const version = versionOf(inputs, context);
  const notes = await lookUpNotes(inputs, context);
  const draft = composeRelease(inputs, context, version, notes, new Date());
  const endpoint = endpointOf(inputs);
  if (delivery.kind === 'dry-run') {
    reportDraft(draft);
    reportDryRun(context, draft, endpoint);
    return;
  }
  const published = await publish(draft.payload, {
    ...inputs,
    endpoint,
    credentials: delivery.credentials,
    onRequest: () => {
      reportDraft(draft);
      reportDuplicates(context);
      reportRequest(endpoint);
    },
    onWritten: () => {
      reportWritten(context, draft);
    },
    onRetry: reportRetry,
  });
  reportPublished(context, draft, published);
}

async function lookUpNotes(inputs: Inputs, context: Context): Promise<Notes | undefined> {
  const query = notesQuery(inputs, context);
  if (query === undefined) return undefined;
  const notes = await findNotes(query);
  if (notes.problem !== undefined) reportMissingNotes(query.tag, notes.problem);
  return notes;
}
