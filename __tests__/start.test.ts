import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { amplitudeKeys, startAmplitude } from '../testing/amplitude.js';

const startWith = (environment: Readonly<Record<string, string>>, ...options: readonly string[]) =>
  promisify(execFile)(process.execPath, ['scripts/start.js', ...options], { env: { ...process.env, ...environment } });
const start = (...options: readonly string[]) => startWith({}, ...options);

describe('npm start', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'start-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test('shows no key and no mask', async () => {
    const { stdout } = await start();
    expect(stdout).toContain('outcome: published');
    expect(stdout).not.toMatch(/add-mask|[0-9a-f]{32}/);
  });

  test('publishes the release of a second attempt only once', async () => {
    const { stdout } = await start();
    expect(stdout).toMatch(/second attempt[^]*Already published as release [^]*\noutcome: already-published\n/);
    const [, stored = ''] = stdout.split('What the stand-in for Amplitude stored');
    expect(stored.match(/"title":/g)).toHaveLength(1);
  });

  test('checks a version with the keys of the environment', async () => {
    const amplitude = await startAmplitude();
    const options = ['--check', '--ref', 'refs/tags/v1.4.0', '--input', `api-url=${amplitude.url}`];
    const environment = { AMPLITUDE_API_KEY: amplitudeKeys.apiKey, AMPLITUDE_SECRET_KEY: amplitudeKeys.secretKey };
    const { stdout } = await startWith(environment, ...options).finally(amplitude.close);
    expect(stdout).toContain('Amplitude accepts the keys in this region.');
    expect(stdout).toContain('Your app sends versions such as 1.3.2, 1.3.1, 1.3.0 (30 days).');
    expect(stdout).toContain('Set `tag-prefix: v`.');
    expect(stdout).not.toMatch(/[0-9a-f]{32}/);
    expect(amplitude.bodies).toEqual([]);
  });

  test('needs keys, and a version to check', async () => {
    await expect(start('--check')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^--check needs AMPL/),
    });
    const environment = { AMPLITUDE_API_KEY: 'a', AMPLITUDE_SECRET_KEY: 'b' };
    await expect(startWith(environment, '--check')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^--check needs the version/),
    });
  });

  test.each([
    ['an unknown option', ['--nope'], "Unknown option '--nope'"],
    ['an input without a value', ['--input', 'version'], '--input version: write it as NAME=VALUE.'],
    ['an unknown input', ['--input', 'versoin=1'], '--input versoin=1: the inputs are api-key, secret-key, '],
  ])('rejects %s', async (_, options, message) => {
    await expect(start(...options)).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
  });

  test.each([
    ['is missing', undefined],
    ['is not JSON', '{'],
    ['has a byte order mark', '\uFEFF{}'],
  ])('rejects an event file that %s', async (_, text) => {
    const file = join(folder, 'event.json');
    rmSync(file, { force: true });
    if (text !== undefined) writeFileSync(file, text);
    const message = `--event ${file}: the file cannot be read as JSON. `;
    await expect(start('--event', file)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    await expect(start('--event', file)).rejects.not.toMatchObject({ stderr: expect.stringMatching(/^ {4}at /m) });
  });
});
