import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

test('dist is not built where the bundler would take the source for a dependency', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'build-'));
  const cwd = join(folder, 'node_modules');
  mkdirSync(cwd);
  const building = promisify(execFile)(process.execPath, [resolve('scripts/build.js')], { cwd }).finally(() => {
    rmSync(folder, { recursive: true });
  });
  await expect(building).rejects.toMatchObject({ stderr: expect.stringContaining('called node_modules') });
});
