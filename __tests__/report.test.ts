import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { readContext } from '../src/context.js';
import { reportFailure } from '../src/report.js';
import { startAmplitude } from '../testing/amplitude.js';
import { runStep } from '../testing/runner.js';
import { releaseEvent } from './harness/events.js';
import { readRunnerLog } from '../testing/runner-log.js';
import { keys } from './harness/step.js';

describe('a bug in the action', () => {
  let printed = '';
  beforeEach(() => {
    printed = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.exitCode = 0;
  });

  test('fails the step, and says where to report it, with its stack', () => {
    reportFailure(readContext({}), new TypeError('x is not a function\n::warning::y'), {
      onOutage: 'warn',
      published: undefined,
    });
    const { commands, shown } = readRunnerLog(printed);
    expect(process.exitCode).toBe(1);
    expect(commands.map(({ name }) => name)).toEqual(['warning', 'error']);
    expect(commands[1]?.message).toMatch(
      /^x is not a function\n: :warning::y\nThis is a bug in the action\. Report it .*\/issues$/,
    );
    expect(shown).toMatch(/^ {2}at .*report\.test\.ts/m);
    expect(shown).not.toMatch(/^ {2}TypeError/m);
  });

  test('fails the step even where no error was thrown', () => {
    reportFailure(readContext({}), 'a word', { onOutage: 'fail', published: undefined });
    const { commands } = readRunnerLog(printed);
    expect(process.exitCode).toBe(1);
    expect(commands[1]?.message).toMatch(/^a word\nThis is a bug in the action/);
  });
});

/** Makes the log fail once, on the line that begins so. */
function failingLog(line: string): string {
  const script = `
    const write = process.stdout.write.bind(process.stdout);
    process.stdout.write = (text, ...rest) => {
      if (!String(text).startsWith(${JSON.stringify(line)})) return write(text, ...rest);
      process.stdout.write = write;
      throw new TypeError('The log is full');
    };`;
  return `--import "data:text/javascript,${encodeURIComponent(script)}"`;
}

describe('a bug in a reporter', () => {
  test.each(['Amplitude answered', 'Published release'])(
    'keeps the outcome and the id of the published release: %s',
    async (line) => {
      const standIn = await startAmplitude();
      const inputs = { ...keys, 'api-url': standIn.url };
      const environment = { NODE_OPTIONS: failingLog(line) };
      const { exitCode, outputs, stdout } = await runStep({ ...releaseEvent(), inputs, environment }).finally(
        standIn.close,
      );
      expect([exitCode, standIn.bodies.length]).toEqual([1, 1]);
      expect(outputs).toMatchObject({ outcome: 'published', 'release-id': expect.stringMatching(/^[0-9a-f]{8}$/) });
      const { commands } = readRunnerLog(stdout);
      expect(commands.filter(({ name }) => name === 'error').map(({ message }) => message)).toEqual([
        expect.stringMatching(
          new RegExp(
            `^The log is full\\nThe release was published as ${String(outputs['release-id'])}\\. This is a bug in the action`,
          ),
        ),
      ]);
    },
  );
});
