import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { bundle, prepareStep } from '../testing/runner.js';
import { readRunnerLog } from '../testing/runner-log.js';
import { plainEvent } from './harness/events.js';

// The other tests rely on this reader: it must find in a log what GitHub's runner would.

describe('readRunnerLog', () => {
  test('masks a secret and its base64 from the mask on, not before', () => {
    const { shown, lateMasks } = readRunnerLog('secret\n::add-mask::secret\na secret\nc2VjcmV0\n');
    expect(shown).toBe('secret\na ***\n***\n');
    expect(lateMasks).toEqual(['secret']);
  });

  test('masks every line of a secret', () => {
    const { shown, lateMasks } = readRunnerLog('::add-mask::one%0Atwo\n\nthe one\nthe two');
    expect(shown).toBe('\nthe ***\nthe ***');
    expect(lateMasks).toEqual([]);
  });

  test.each(['\n', '\r\n', '\r'])('ends lines at %j', (end) => {
    const { commands, shown } = readRunnerLog(`one${end}::warning::two${end}three`);
    expect(commands).toEqual([{ name: 'warning', properties: '', message: 'two' }]);
    expect(shown).toBe('one\nWarning: two\nthree');
  });

  test.each([
    ['::error file=a,line=1::message', 'error', 'file=a,line=1', 'message'],
    ['  ::error::message', 'error', '', 'message'],
    ['text ##[error]message', 'error', '', 'message'],
    ['::notice::50%25%0Aleft', 'notice', '', '50%\nleft'],
  ])('finds the command in %j', (line, name, properties, message) => {
    expect(readRunnerLog(line).commands).toEqual([{ name, properties, message }]);
  });

  test.each(['text ::error::message', ': :error::message', '# #[error]message'])('finds no command in %j', (line) => {
    expect(readRunnerLog(line)).toEqual({ commands: [], shown: line, lateMasks: [] });
  });

  test('finds no command between a stop and its end', () => {
    const { commands } = readRunnerLog('::stop-commands::end\n::error::one\n::end::\n::error::two');
    expect(commands.map(({ message }) => message)).toEqual(['end', 'two']);
  });
});

test('the log of a step is complete, however late it is read', async () => {
  // More than a pipe holds: each key is written to the log to be masked. Windows has no longer variables.
  const key = 'k'.repeat(process.platform === 'win32' ? 30_000 : 120_000);
  const inputs = { 'api-key': key, 'secret-key': key, region: 'moon' };
  const { environment, workspace, finish } = await prepareStep({ ...plainEvent('push', 'refs/heads/main'), inputs });
  const child = spawn(process.execPath, [bundle], { cwd: workspace, env: environment });
  let stdout = '';
  const poll = setInterval(() => {
    if (!readFileSync(environment['GITHUB_OUTPUT'] ?? '', 'utf8').includes('outcome')) return;
    clearInterval(poll);
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  }, 10);
  await once(child, 'close');
  clearInterval(poll);
  await finish();
  expect(child.exitCode).toBe(1);
  expect(readRunnerLog(stdout).commands).toContainEqual(
    expect.objectContaining({ name: 'error', message: expect.stringContaining('Input `region`') }),
  );
  expect(stdout).toMatch(/docs\/troubleshooting\.md\S*\n$/);
});
