import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const start = (...options: readonly string[]) =>
  promisify(execFile)(process.execPath, ['scripts/start.js', ...options]);

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
