import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { startAmplitude } from '../testing/amplitude.js';
import { keys, ways } from './harness/step.js';

const file = 'node_modules/@octokit/webhooks-examples/api.github.com/index.json';
const definitions = z
  .array(z.object({ name: z.string(), examples: z.array(z.unknown()) }))
  .parse(JSON.parse(readFileSync(file, 'utf8')));

const published = (version: string) => ({ outcome: 'published', version });
const refused = (message: string) => ({ outcome: 'failed', message });
const noVersion = refused('Input `version` is not set');
const taken = refused('types: [published]');
const release = published('0.0.1');
const tag = published('simple-tag');

/** What must come of each payload, in the order of the package. */
const expected = {
  // published, created (3), deleted (2), edited (2), prereleased (2), published (2), released
  release: [
    release,
    release,
    release,
    release,
    taken,
    taken,
    taken,
    taken,
    release,
    release,
    release,
    release,
    release,
  ],
  // a new tag, three deletions, two branches, a deletion
  push: [tag, taken, taken, taken, noVersion, noVersion, taken],
  create: [tag, tag, tag, tag, tag],
  // all for branches
  deployment: [noVersion, noVersion, noVersion, noVersion],
  deployment_status: [noVersion, noVersion, noVersion, noVersion],
  workflow_dispatch: [noVersion, noVersion],
  workflow_run: Array<typeof noVersion>(5).fill(refused('github.event.workflow_run.head_branch')),
} as const;

const cases = ways.flatMap(([way, run]) =>
  Object.entries(expected).map(([eventName, results]) => ({ way, run, eventName, results })),
);

describe.each(cases)('the real payloads of $eventName, by the $way', ({ run, eventName, results }) => {
  const { examples = [] } = definitions.find(({ name }) => name === eventName) ?? {};

  test('are all here', () => {
    expect(examples).toHaveLength(results.length);
  });

  test.each(results.map((result, index) => [index, result] as const))('number %i', async (index, result) => {
    const standIn = await startAmplitude();
    const inputs = { ...keys, 'api-url': standIn.url };
    const payload = examples[index];
    const { exitCode, outputs, errors } = await run({ eventName, payload, inputs }).finally(standIn.close);
    expect(outputs['outcome']).toBe(result.outcome);
    if ('version' in result) {
      expect([exitCode, standIn.bodies]).toEqual([0, [expect.objectContaining({ version: result.version })]]);
    } else {
      expect([exitCode, standIn.requests]).toEqual([1, []]);
      expect(errors).toEqual([expect.stringContaining(result.message)]);
    }
  });

  test.each(results.map((_, index) => index))('number %i with a version', async (index) => {
    const standIn = await startAmplitude();
    const inputs = { ...keys, 'api-url': standIn.url, version: '9.9.9' };
    const payload = examples[index];
    const { outputs } = await run({ eventName, payload, inputs }).finally(standIn.close);
    const isTaken = results[index] === taken;
    expect(outputs['outcome']).toBe(isTaken ? 'failed' : 'published');
    expect(standIn.bodies).toEqual(isTaken ? [] : [expect.objectContaining({ version: '9.9.9' })]);
  });
});
