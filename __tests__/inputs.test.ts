import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { releaseEvent } from './harness/events.js';
import { keys, targets } from './harness/step.js';

const outside = mkdtempSync(join(tmpdir(), 'outside-'));
writeFileSync(join(outside, 'secret.txt'), 'Not for the charts');
afterAll(() => {
  rmSync(outside, { recursive: true });
});

describe.each(targets)('rejects an input, from the %s', (_, run) => {
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
    [
      'platforms',
      ['- iOS\n- Android', '* iOS', '"iOS","Android"', '["iOS"', '[1]', '{"a":1}'],
      /^Input `platforms` must be names separated/,
    ],
    ['timeout', ['0', '601', '30s', '0x10'], /^Input `timeout` must be a whole number from 1 to 600\.$/],
  ])('%s: %j', async (name, values, message) => {
    for (const value of values) {
      const error = await refuse({ [name]: value });
      expect([value, error]).toEqual([value, expect.stringMatching(message)]);
      expect(error).not.toContain('hunter2');
    }
  });

  const someKey = '0a1b2c3d4e5f60718293a4b5c6d7e8f9';
  test.each([
    ['api-key', `${someKey}\n${someKey}`, 'a line break or another control character'],
    ['secret-key', `${someKey}\r${someKey}`, 'a line break or another control character'],
    ['secret-key', `${someKey}\u0007${someKey}`, 'a line break or another control character'],
    ['api-key', `"${someKey}"`, 'a quote'],
    ['secret-key', `'${someKey}'`, 'a quote'],
    ['secret-key', `\u201c${someKey}\u201d`, 'a character outside ASCII'],
    ['api-key', `\u200b${someKey}`, 'a character outside ASCII'],
    ['api-key', `${someKey} ${someKey}`, 'a space'],
    ['api-key', '***', 'an asterisk'],
    ['secret-key', 'null', 'the word `null` or `undefined`'],
    ['api-key', 'undefined', 'the word `null` or `undefined`'],
    ['api-key', '"$AMPLITUDE_API_KEY"', '`$`, `{` or `}`'],
    ['api-key', '{{ secrets.AMPLITUDE_API_KEY }}', '`$`, `{` or `}`'],
    ['secret-key', '$AMPLITUDE_SECRET_KEY', '`$`, `{` or `}`, as in a placeholder that nothing replaced'],
    ['api-key', '{{secrets.AMPLITUDE_API_KEY}}', '`$`, `{` or `}`, as in a placeholder that nothing replaced'],
  ])('%s: a key that contains %j', async (name, value, kind) => {
    const { exitCode, errors, log } = await run({ ...releaseEvent(), inputs: { ...keys, [name]: value } });
    expect([exitCode, errors]).toEqual([
      1,
      [expect.stringMatching(new RegExp(`^Input \`${name}\` contains ${kind.replaceAll(/[${}]/g, '\\$&')}`))],
    ]);
    expect(log).not.toContain(someKey);
  });

  test('api-key: both keys in one secret', async () => {
    const { errors } = await run({ ...releaseEvent(), inputs: { ...keys, 'api-key': '00112233:445566' } });
    expect(errors).toEqual([expect.stringMatching(/^Input `api-key` must not contain a colon/)]);
    const quoted = await run({ ...releaseEvent(), inputs: { ...keys, 'api-key': '"00112233:445566"' } });
    expect(quoted.errors).toEqual([expect.stringMatching(/^Input `api-key` contains a quote/)]);
  });

  test.each(['\ufeff', '\r\n', ' '])('accepts %j around a key', async (stray) => {
    const inputs = { ...keys, 'api-key': `${stray}${keys['api-key']}${stray}`, version: '', 'dry-run': 'true' };
    const { errors, masks } = await run({ ...releaseEvent(), inputs });
    expect([errors, masks[0]]).toEqual([[], keys['api-key']]);
  });

  test('missing keys, with what to do', async () => {
    const both = await refuse({ 'api-key': '', 'secret-key': '  ' });
    expect(both).toMatch(
      /^Input `api-key` is missing.*\$\{\{ secrets\.AMPLITUDE_API_KEY \}\}`\.\nInput `secret-key` is missing.*\$\{\{ secrets\.AMPLITUDE_SECRET_KEY \}\}`\. .*`on-missing-credentials: skip`.*`secrets: inherit`.*`environment`/,
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
    ['that does not exist', 'nowhere.md', /does not exist\. Check the path/],
    ['that is a folder', 'folder', /is not a plain file/],
    ['in Latin-1', 'latin.txt', /is not UTF-8 text\. Save it as UTF-8/],
    ['in UTF-16', 'utf16.txt', /contains NUL bytes/],
    ['of 1 MiB and a byte', 'large.md', /is larger than 1 MiB/],
    ['below .git', '.git/config', /belongs to git or to the runner/],
    ['above the workspace', '../event.json', /outside the workspace\. Copy the file into/],
    [
      'elsewhere on the machine',
      join(outside, 'secret.txt'),
      /outside the workspace\. Use a path relative to the work/,
    ],
  ])('description-file: one %s', async (_, file, message) => {
    const workspace = {
      'folder/a.md': 'A',
      'latin.txt': new Uint8Array([0xe9, 0x0a]),
      'utf16.txt': Buffer.from('Notes', 'utf16le'),
      'large.md': 'x'.repeat(2 ** 20 + 1),
      '.git/config': 'token',
    };
    const error = await refuse({ 'description-file': file }, workspace);
    expect(error).toMatch(message);
    expect(error).toContain(`Input \`description-file\` names \`${file}\`, which`);
  });

  /** Runs with a description file in a workspace that is prepared with links and pipes. */
  const withWorkspace = async (file: string, prepare: (workspace: string, runnerTemp: string) => void) => {
    const folder = mkdtempSync(join(tmpdir(), 'workspace-'));
    const [workspace, runnerTemp] = [join(folder, 'shop'), join(folder, 'temp')];
    mkdirSync(join(workspace, '.git'), { recursive: true });
    mkdirSync(runnerTemp);
    prepare(workspace, runnerTemp);
    return run({
      ...releaseEvent(),
      inputs: { 'dry-run': 'true', 'description-file': file.replace('TEMP', runnerTemp) },
      environment: { GITHUB_WORKSPACE: workspace, RUNNER_TEMP: runnerTemp },
    }).finally(() => {
      rmSync(folder, { recursive: true });
    });
  };

  test.each<[string, string, RegExp, (workspace: string, runnerTemp: string) => void]>([
    [
      'a link out of the workspace',
      'notes.md',
      /is a link to a file outside the workspace/,
      (workspace) => {
        symlinkSync(join(outside, 'secret.txt'), join(workspace, 'notes.md'));
      },
    ],
    [
      'a link through a linked folder',
      'docs/secret.txt',
      /is a link to a file outside the workspace/,
      (workspace) => {
        symlinkSync(outside, join(workspace, 'docs'));
      },
    ],
    [
      'a link to the configuration of git',
      'RELEASE_NOTES.md',
      /belongs to git or to the runner/,
      (workspace) => {
        writeFileSync(join(workspace, '.git', 'config'), 'extraheader = AUTHORIZATION: basic eA==');
        symlinkSync('.git/config', join(workspace, 'RELEASE_NOTES.md'));
      },
    ],
    [
      'a link to the credentials of actions/checkout',
      'notes.md',
      /is a link to a file outside the workspace/,
      (workspace, runnerTemp) => {
        writeFileSync(join(runnerTemp, 'git-credentials-1.config'), 'token');
        symlinkSync(join(runnerTemp, 'git-credentials-1.config'), join(workspace, 'notes.md'));
      },
    ],
    [
      "one of the runner's own files",
      'TEMP/_github_workflow/event.json',
      /belongs to git or to the runner/,
      (_, runnerTemp) => {
        mkdirSync(join(runnerTemp, '_github_workflow'));
        writeFileSync(join(runnerTemp, '_github_workflow', 'event.json'), '{}');
      },
    ],
    [
      'a pipe',
      'pipe',
      /is not a plain file/,
      (workspace) => {
        execFileSync('mkfifo', [join(workspace, 'pipe')]);
      },
    ],
    [
      'a link to a device',
      'zero',
      /is not a plain file/,
      (workspace) => {
        symlinkSync('/dev/zero', join(workspace, 'zero'));
      },
    ],
    [
      'a link to itself',
      'loop',
      /cannot be read \(ELOOP\)/,
      (workspace) => {
        symlinkSync('loop', join(workspace, 'loop'));
      },
    ],
  ])('description-file: %s', async (_, file, message, prepare) => {
    const { exitCode, errors, outputs } = await withWorkspace(file, prepare);
    expect([exitCode, outputs]).toEqual([1, { outcome: 'failed' }]);
    expect(errors).toEqual([expect.stringMatching(message)]);
  });

  test('description-file: accepts a file in RUNNER_TEMP', async () => {
    const { errors, outputs } = await withWorkspace('TEMP/notes.md', (_, runnerTemp) => {
      writeFileSync(join(runnerTemp, 'notes.md'), 'Made by the step before');
    });
    expect(errors).toEqual([]);
    expect(JSON.parse(outputs['payload'] ?? '')).toMatchObject({ description: 'Made by the step before' });
  });
});

describe.each(targets)('accepts an input, from the %s', (_, run) => {
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

  test.each([
    ['["iOS", "Android"]', ['iOS', 'Android']],
    ['iOS;Android, Web', ['iOS;Android', 'Web']],
    ['[]', undefined],
  ])('platforms: %s', async (platforms, expected) => {
    const { outputs } = await run({ ...releaseEvent(), inputs: { 'dry-run': 'true', platforms } });
    const payload: unknown = JSON.parse(outputs['payload'] ?? '');
    expect(payload).toEqual(
      expected === undefined
        ? expect.not.objectContaining({ platforms: expect.anything() })
        : expect.objectContaining({ platforms: expected }),
    );
  });

  test('platforms: only commas as none', async () => {
    const { outputs } = await run({ ...releaseEvent(), inputs: { 'dry-run': 'true', platforms: ' ,\n, ' } });
    expect(JSON.parse(outputs['payload'] ?? '')).not.toHaveProperty('platforms');
  });
});
