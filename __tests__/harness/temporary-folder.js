import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'tests-'));
process.once('exit', () => {
  rmSync(folder, { recursive: true, force: true });
});

/** Gives the tests, and the processes that they start, one folder for temporary files, which is removed with them. */
export default function setUp() {
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = folder;
}
