import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareStep } from '../testing/runner.js';
import { releaseEvent } from './harness/events.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

// Every deploy downloads, reads and compiles this. A dependency that needs more has to be worth it.

test('dist/index.js has at most 200 kB', () => {
  expect(statSync(join(root, 'dist/index.js')).size).toBeLessThanOrEqual(200_000);
});

// What a runner downloads: .gitattributes leaves everything out that a step does not need.
describe('the archive of the last commit', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'archive-'));
    for (const extension of ['tar', 'tar.gz']) {
      const { status } = spawnSync('git', ['archive', '--output', join(folder, `action.${extension}`), 'HEAD'], {
        cwd: root,
      });
      expect(status).toBe(0);
    }
    // With a relative path, as tar reads `C:` as the name of a host.
    expect(spawnSync('tar', ['-xf', 'action.tar'], { cwd: folder }).status).toBe(0);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test('has at most 130 kB', () => {
    expect(statSync(join(folder, 'action.tar.gz')).size).toBeLessThanOrEqual(130_000);
  });

  test('contains nothing but the action, its license and its README', () => {
    const entries = readdirSync(folder).filter((entry) => !entry.startsWith('action.tar'));
    expect(entries.sort()).toEqual(['LICENSE', 'README.md', 'action.yml', 'dist']);
  });

  test('is enough to run the action', async () => {
    const { environment, workspace, finish } = await prepareStep({ ...releaseEvent(), inputs: { 'dry-run': 'true' } });
    const { status } = spawnSync(process.execPath, [join(folder, 'dist/index.js')], {
      cwd: workspace,
      env: environment,
    });
    const { outputs } = await finish();
    expect(status).toBe(0);
    expect(outputs).toMatchObject({
      outcome: 'dry-run',
      payload: expect.stringContaining('• Checkout fits on one page'),
    });
  });
});
