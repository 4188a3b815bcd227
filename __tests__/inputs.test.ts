import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { releaseEvent } from './harness/events.js';
import { keys, ways } from './harness/step.js';

const outside = mkdtempSync(join(tmpdir(), 'outside-'));
writeFileSync(join(outside, 'secret.txt'), 'Not for the charts');

describe.each(ways)('rejects an input, from the %s', (_, run) => {
  const refuse = async (inputs: Readonly<Record<string, string>>, workspace = {}) => {
    const step = { ...releaseEvent(), inputs: { ...keys, 'api-url': 'http://127.0.0.1:1', ...inputs }, workspace };
    const { exitCode, outputs, errors, log } = await run(step);
    expect([exitCode, outputs, errors.length]).toEqual([1, { outcome: 'failed' }, 1]);
    expect(log).not.toMatch(/POST|\bat .+:\d+:\d+/);
    return errors[0];
  };

  test.each([
    ['region', ['us-east', 'eu1'], /^Input `region` must be `us` or `eu`\.$/],
    [
      'api-url',
      [
        'amplitude.com',
        'https://',
        'ftp://amplitude.com',
        'http://amplitude.com',
        'http://127.0.0.1.example.com',
        'http://10.0.0.1',
        'ftp://localhost',
      ],
      /^Input `api-url` .*base URL of the gateway/,
    ],
    [
      'api-url',
      ['https://user@gateway', 'https://user:hunter2@gateway', 'https://:hunter2@gateway'],
      /^Input `api-url` must not contain a user name/,
    ],
    ['api-url', ['https://gateway?x=1', 'https://gateway#x'], /^Input `api-url` must not have a query or fragment/],
    [
      'release-start',
      ['2026-11-23', 'yesterday', '2026-11-23T10:52:35', '2026-02-30 00:00:00'],
      /^Input `release-start` is not a valid time.*`2026-11-23 10:52:35` \(UTC\)/,
    ],
    ['release-end', ['2026/11/23 10:52:35', '17954311550'], /^Input `release-end` is not a valid time/],
    ['chart-visibility', ['yes', '1', 'flase'], /^Input `chart-visibility` must be `true` or `false`\.$/],
    ['dry-run', ['no', 'on'], /^Input `dry-run` must be `true` or `false`\.$/],
    ['on-outage', ['ignore', 'WARN'], /^Input `on-outage` must be `fail` or `warn`\.$/],
    ['on-missing-credentials', ['warn'], /^Input `on-missing-credentials` must be `fail` or `skip`\.$/],
    ['retries', ['11', '-1', '1.5', 'abc', '1e1'], /^Input `retries` must be a whole number from 0 to 10\.$/],
    ['timeout', ['0', '601', '30s', '0x10'], /^Input `timeout` must be a whole number from 1 to 600\.$/],
  ])('%s: %j', async (name, values, message) => {
    for (const value of values) {
      const error = await refuse({ [name]: value });
      expect([value, error]).toEqual([value, expect.stringMatching(message)]);
      expect(error).not.toContain('hunter2');
    }
  });

  test.each([
    ['api-key', 'first-line\nsecond-line', /^Input `api-key` must be one line/],
    ['secret-key', 'first-line\rsecond-line', /^Input `secret-key` must be one line/],
    ['secret-key', 'before\u0007after', /^Input `secret-key` must be one line/],
    ['api-key', '00112233:445566', /^Input `api-key` must not contain a colon/],
  ])('%s, without showing it', async (name, value, message) => {
    const { exitCode, errors, log } = await run({ ...releaseEvent(), inputs: { ...keys, [name]: value } });
    expect([exitCode, errors]).toEqual([1, [expect.stringMatching(message)]]);
    expect(log).not.toContain(value.split(/[\n\r\u0007:]/)[0]);
  });

  test('missing keys, with what to do', async () => {
    const both = await refuse({ 'api-key': '', 'secret-key': '  ' });
    expect(both).toMatch(
      /^Input `api-key` is missing.*\$\{\{ secrets\.AMPLITUDE_API_KEY \}\}.*`on-missing-credentials: skip`\.\nInput `secret-key` is missing.*\$\{\{ secrets\.AMPLITUDE_SECRET_KEY \}\}/,
    );
  });

  test('one missing key, even where both may be missing', async () => {
    const one = await refuse({ 'secret-key': '', 'on-missing-credentials': 'skip' });
    expect(one).toMatch(/^Input `secret-key` is missing[^\n]*$/);
    const { masks } = await run({ ...releaseEvent(), inputs: { 'api-key': keys['api-key'] } });
    expect(masks).toEqual([keys['api-key']]);
  });

  test('together with all other invalid inputs', async () => {
    const error = await refuse({ 'api-key': '', region: 'x', timeout: '0', 'description-file': 'nowhere.md' });
    expect(error?.match(/^Input `[a-z-]+`/gm)).toEqual([
      'Input `region`',
      'Input `timeout`',
      'Input `api-key`',
      'Input `description-file`',
    ]);
  });

  test.each([
    ['that does not exist', 'nowhere.md', /cannot be read as UTF-8 text \(ENOENT\)/],
    ['that is a folder', 'folder', /cannot be read as UTF-8 text \(EISDIR\)/],
    ['that is not UTF-8', 'latin.txt', /cannot be read as UTF-8 text \(ERR_ENCODING_INVALID_ENCODED_DATA\)/],
    ['above the workspace', '../event.json', /outside the workspace/],
    ['of the machine', join(outside, 'secret.txt'), /outside the workspace/],
  ])('description-file: one %s', async (_, file, message) => {
    const workspace = { 'folder/a.md': 'A', 'latin.txt': new Uint8Array([0xe9, 0x0a]) };
    const error = await refuse({ 'description-file': file }, workspace);
    expect(error).toMatch(message);
    expect(error).toContain(`Input \`description-file\` names \`${file}\`, which`);
  });

  test('description-file: a link that leads out of the workspace', async () => {
    const workspace = mkdtempSync(join(tmpdir(), 'workspace-'));
    mkdirSync(join(workspace, 'docs'));
    symlinkSync(join(outside, 'secret.txt'), join(workspace, 'docs', 'notes.md'));
    const { errors } = await run({
      ...releaseEvent(),
      inputs: { ...keys, 'description-file': 'docs/notes.md' },
      environment: { GITHUB_WORKSPACE: workspace },
    });
    expect(errors).toEqual([expect.stringContaining('outside the workspace')]);
  });
});

describe.each(ways)('accepts an input, from the %s', (_, run) => {
  test.each([
    ['api-url', 'https://gateway.example.com/amplitude/', 'gateway.example.com/amplitude/api/2/release'],
    ['api-url', 'http://localhost:8080', 'localhost:8080/api/2/release'],
    ['api-url', 'http://[::1]:8080/', '[::1]:8080/api/2/release'],
    ['api-url', 'http://127.10.200.1', '127.10.200.1/api/2/release'],
  ])('%s: %s', async (name, value, target) => {
    const { log } = await run({ ...releaseEvent(), inputs: { [name]: value, 'dry-run': 'true' } });
    expect(log).toContain(`nothing was sent to ${target}\n`);
  });

  test.each(['true', 'TRUE', 'True', ' true '])('dry-run: %j', async (value) => {
    const { outputs } = await run({ ...releaseEvent(), inputs: { 'dry-run': value } });
    expect(outputs['outcome']).toBe('dry-run');
  });

  test('blank inputs as inputs that are not set', async () => {
    const names = [
      'region',
      'chart-visibility',
      'on-outage',
      'on-missing-credentials',
      'retries',
      'timeout',
      'platforms',
      'title',
    ];
    const blank = Object.fromEntries(names.map((name) => [name, ' ']));
    const { outputs } = await run({ ...releaseEvent(), inputs: { ...blank, 'dry-run': 'true' } });
    const open = await run({ ...releaseEvent(), inputs: { 'dry-run': 'true' } });
    expect(outputs).toEqual(open.outputs);
  });

  test.each([
    ['retries', ['0', '10']],
    ['timeout', ['1', '600']],
  ])('%s: %j', async (name, values) => {
    for (const value of values) {
      const { errors, outputs } = await run({ ...releaseEvent(), inputs: { [name]: value, 'dry-run': 'true' } });
      expect([errors, outputs['outcome']]).toEqual([[], 'dry-run']);
    }
  });

  test('description, without reading a file', async () => {
    const inputs = { description: 'Said', 'description-file': 'nowhere.md', 'dry-run': 'true' };
    const { outputs } = await run({ ...releaseEvent(), inputs });
    expect(JSON.parse(outputs['payload'] ?? '')).toMatchObject({ description: 'Said' });
  });

  test('platforms: only commas as none', async () => {
    const { outputs } = await run({ ...releaseEvent(), inputs: { 'dry-run': 'true', platforms: ' ,\n, ' } });
    expect(JSON.parse(outputs['payload'] ?? '')).not.toHaveProperty('platforms');
  });
});
