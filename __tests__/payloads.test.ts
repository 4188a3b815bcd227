import { describe, expect, test } from '@jest/globals';
import { startAmplitude } from '../testing/amplitude.js';
import { keys, targets } from './harness/step.js';
import { payloadsOf } from './harness/webhooks.js';

const published = (version: string) => ({ outcome: 'published', version });
const failed = (message: string) => ({ outcome: 'failed', message });
const noVersion = failed('Input `version` is not set');
const notPublished = failed('types: [published]');
const skipped = (reason: string) => ({ outcome: 'skipped', reason });
const requested = skipped('only requests a deployment');
const notSuccessful = skipped('is not `success`');
const noTag = failed('github.event.workflow_run.head_branch');
const release = published('0.0.1');
const tag = published('simple-tag');

/** The expected result of each payload, in the order of the package. */
const expected = {
  // published, created (3), deleted (2), edited (2), prereleased (2), published (2), released
  release: [
    release,
    release,
    release,
    release,
    notPublished,
    notPublished,
    notPublished,
    notPublished,
    release,
    release,
    release,
    release,
    release,
  ],
  // a new tag, three deletions, two branches, a deletion
  push: [tag, notPublished, notPublished, notPublished, noVersion, noVersion, notPublished],
  create: [tag, tag, tag, tag, tag],
  deployment: [requested, requested, requested, requested],
  // all for branches
  deployment_status: [noVersion, notSuccessful, noVersion, noVersion],
  workflow_dispatch: [noVersion, noVersion],
  workflow_run: [notSuccessful, noTag, noTag, notSuccessful, notSuccessful],
} as const;

const cases = targets.flatMap(([target, run]) =>
  Object.entries(expected).map(([eventName, results]) => ({ target, run, eventName, results })),
);

describe.each(cases)('payloads of $eventName, run by the $target', ({ run, eventName, results }) => {
  const examples = payloadsOf(eventName);

  test('are complete', () => {
    expect(examples).toHaveLength(results.length);
  });

  test.each(results.map((result, index) => [index, result] as const))('payload %i', async (index, result) => {
    const standIn = await startAmplitude();
    const inputs = { ...keys, 'api-url': standIn.url };
    const payload = examples[index];
    const { exitCode, outputs, errors, notices } = await run({ eventName, payload, inputs }).finally(standIn.close);
    expect(outputs['outcome']).toBe(result.outcome);
    if ('version' in result) {
      expect([exitCode, standIn.bodies]).toEqual([0, [expect.objectContaining({ version: result.version })]]);
    } else if ('reason' in result) {
      expect([exitCode, standIn.requests]).toEqual([0, []]);
      expect(notices).toEqual([expect.stringContaining(result.reason)]);
    } else {
      expect([exitCode, standIn.requests]).toEqual([1, []]);
      expect(errors).toEqual([expect.stringContaining(result.message)]);
    }
  });

  test.each(results.map((_, index) => index))('payload %i with the input `version`', async (index) => {
    const standIn = await startAmplitude();
    const inputs = { ...keys, 'api-url': standIn.url, version: '9.9.9' };
    const payload = examples[index];
    const { outputs } = await run({ eventName, payload, inputs }).finally(standIn.close);
    const result = results[index];
    const isPublished = result !== notPublished && result?.outcome !== 'skipped';
    expect(outputs['outcome']).toBe(isPublished ? 'published' : result.outcome);
    expect(standIn.bodies).toEqual(isPublished ? [expect.objectContaining({ version: '9.9.9' })] : []);
  });
});
