import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { action } from '../scripts/action.js';
import { readActionInputs } from '../testing/action-inputs.js';
import { schema } from '../src/inputs.js';
import { startAmplitude } from '../testing/amplitude.js';
import { releaseEvent } from './harness/events.js';
import { keys, runBundle } from './harness/step.js';

describe('action.yml', () => {
  test('names the action and what runs', () => {
    expect(action.name).toBe('Publish release to Amplitude');
    expect(action.runs).toEqual({ using: 'node24', main: 'dist/index.js' });
    expect(action.branding).toEqual({ icon: 'flag', color: 'blue' });
  });

  test('has the inputs of the schema', () => {
    expect(Object.keys(schema.shape)).toEqual(Object.keys(action.inputs));
  });

  test('has the defaults of the schema', () => {
    const bySchema = schema.parse({});
    const isLiteral = (preset: string | undefined) => preset !== undefined && !preset.includes('${{');
    const presets = Object.entries(action.inputs).filter(([, input]) => isLiteral(input.default));
    expect(presets.map(([name]) => name)).toEqual(Object.keys(bySchema));
    const byAction = schema.parse(Object.fromEntries(presets.map(([name, input]) => [name, input.default])));
    expect(byAction).toEqual(bySchema);
  });

  test('has expressions in defaults only, as GitHub rejects them elsewhere', () => {
    const lines = readFileSync('action.yml', 'utf8').split('\n');
    expect(lines.filter((line) => line.includes('${{'))).toEqual(['    default: ${{ github.token }}']);
  });

  test('requires the two keys', () => {
    const required = Object.entries(action.inputs).filter(([, input]) => input.required);
    expect(required.map(([name]) => name)).toEqual(['api-key', 'secret-key']);
  });

  test('is read alike without a YAML parser', () => {
    const presets = Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? '']);
    expect([...readActionInputs()]).toEqual(presets);
  });

  test('declares the outputs that a published release sets', async () => {
    const standIn = await startAmplitude();
    const inputs = { ...keys, 'api-url': standIn.url };
    const { outputs } = await runBundle({ ...releaseEvent(), inputs }).finally(standIn.close);
    expect(Object.keys(outputs).sort()).toEqual(Object.keys(action.outputs).sort());
  });
});
