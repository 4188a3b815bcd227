import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { readContext } from '../src/context.js';
import { reportFailure } from '../src/report.js';
import { readRunnerLog } from './harness/runner-log.js';

describe('a bug of the action', () => {
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
    reportFailure(readContext({}), new TypeError('x is not a function\n::warning::y'), 'warn');
    const { commands, shown } = readRunnerLog(printed);
    expect(process.exitCode).toBe(1);
    expect(commands.map(({ name }) => name)).toEqual(['warning', 'error']);
    expect(commands[1]?.message).toMatch(
      /^x is not a function\n: :warning::y\nThis is a bug of the action\. Report it .*\/issues$/,
    );
    expect(shown).toMatch(/^ {2}at .*report\.test\.ts/m);
    expect(shown).not.toMatch(/^ {2}TypeError/m);
  });

  test('fails the step even where no error was thrown', () => {
    reportFailure(readContext({}), 'a word', 'fail');
    const { commands } = readRunnerLog(printed);
    expect(process.exitCode).toBe(1);
    expect(commands[1]?.message).toMatch(/^a word\nThis is a bug of the action/);
  });
});
