import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

// Every deploy downloads, reads and compiles what is measured here. A dependency that comes to more has to be worth it.

test('the bundle that Node.js reads stays small', () => {
  expect(statSync(`${root}/dist/index.js`).size).toBeLessThanOrEqual(150_000);
});

test('what a runner downloads of the repository stays small', () => {
  const options = { cwd: root, maxBuffer: 64 * 1024 * 1024 };
  const { status, stdout } = spawnSync('git', ['archive', '--format=tar.gz', 'HEAD'], options);
  expect(status).toBe(0);
  expect(stdout.length).toBeLessThanOrEqual(500_000);
});
