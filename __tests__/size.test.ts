import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

// Every deploy downloads, reads and compiles this. A dependency that needs more has to be worth it.

test('dist/index.js has at most 200 kB', () => {
  expect(statSync(`${root}/dist/index.js`).size).toBeLessThanOrEqual(200_000);
});

test('the repository has at most 500 kB as a download', () => {
  const options = { cwd: root, maxBuffer: 64 * 1024 * 1024 };
  const { status, stdout } = spawnSync('git', ['archive', '--format=tar.gz', 'HEAD'], options);
  expect(status).toBe(0);
  expect(stdout.length).toBeLessThanOrEqual(500_000);
});
