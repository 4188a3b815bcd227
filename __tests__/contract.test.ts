import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import * as z from 'zod';
import { readActionInputs } from '../testing/action-inputs.js';
import { schema } from '../src/inputs.js';
import { startAmplitude } from '../testing/amplitude.js';
import { releaseEvent } from './harness/events.js';
import { keys, runBundle } from './harness/step.js';

const declarations = z.record(
  z.string(),
  z.object({ description: z.string(), required: z.boolean().optional(), default: z.string().optional() }).strict(),
);
const action = z
  .object({
    name: z.string(),
    description: z.string(),
    branding: z.object({ icon: z.string(), color: z.string() }),
    inputs: declarations,
    outputs: declarations,
    runs: z.object({ using: z.string(), main: z.string() }),
  })
  .strict()
  .parse(parse(readFileSync('action.yml', 'utf8')));

describe('action.yml is the source of the contract', () => {
  test('for what runs', () => {
    expect(action.name).toBe('Publish release to Amplitude');
    expect(action.runs).toEqual({ using: 'node24', main: 'dist/index.js' });
    expect(action.branding).toEqual({ icon: 'flag', color: 'blue' });
  });

  test('for the names of the inputs, which the schema has too', () => {
    expect(Object.keys(schema.shape)).toEqual(Object.keys(action.inputs));
  });

  test('for the defaults, which an input set to nothing has too', () => {
    const bySchema = schema.parse({});
    const isSpoken = (preset: string | undefined) => preset !== undefined && !preset.includes('${{');
    const presets = Object.entries(action.inputs).filter(([, input]) => isSpoken(input.default));
    expect(presets.map(([name]) => name)).toEqual(Object.keys(bySchema));
    const byAction = schema.parse(Object.fromEntries(presets.map(([name, input]) => [name, input.default])));
    expect(byAction).toEqual(bySchema);
  });

  test('for the inputs that are required', () => {
    const required = Object.entries(action.inputs).filter(([, input]) => input.required);
    expect(required.map(([name]) => name)).toEqual(['api-key', 'secret-key']);
  });

  test('for what the runner of the tests and of `npm start` sets', () => {
    const presets = Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? '']);
    expect([...readActionInputs()]).toEqual(presets);
  });

  test('for the outputs, which a published release sets all', async () => {
    const standIn = await startAmplitude();
    const inputs = { ...keys, 'api-url': standIn.url };
    const { outputs } = await runBundle({ ...releaseEvent(), inputs }).finally(standIn.close);
    expect(Object.keys(outputs).sort()).toEqual(Object.keys(action.outputs).sort());
  });
});
