import { jest } from '@jest/globals';
import * as z from 'zod';
import { type Prepared, prepareStep, type Result, runStep, type Step } from '../../testing/runner.js';
import { readRunnerLog } from '../../testing/runner-log.js';
import { amplitudeKeys } from '../../testing/amplitude.js';
import { isHeadingOf, messageHeadings } from './troubleshooting.js';

/** What a step left behind, with its log as the runner understands it. */
export type Outcome = Omit<Result, 'stdout' | 'stderr'> & {
  readonly log: string;
  /** What the runner was asked to mask, in this order. */
  readonly masks: readonly string[];
  readonly notices: readonly string[];
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
};

/** Runs the action for a test: the committed bundle as a process of its own, or the source in the process of the tests. */
export type Target = (step: Step) => Promise<Outcome>;

/** Whatever a test forgets, no request may reach the real Amplitude: with keys, nobody listens unless the test says who. */
function onLoopback(step: Step): Step {
  const { inputs = {} } = step;
  const hasKeys = (inputs['api-key'] ?? '') !== '' && (inputs['secret-key'] ?? '') !== '';
  const isOpen = (inputs['api-url'] ?? '') === '';
  return hasKeys && isOpen ? { ...step, inputs: { ...inputs, 'api-url': 'http://127.0.0.1:1' } } : step;
}

/** Runs what a workflow runs. */
export const runBundle: Target = async (step) => checkInvariants(step, await runStep(onLoopback(step)));

/** Runs the source, so that what it covers can be counted. */
export const runSource: Target = async (step) => {
  const prepared = await prepareStep(onLoopback(step));
  return checkInvariants(step, await inProcess(prepared));
};

const allTargets: readonly (readonly [string, Target])[] = [
  ['bundle', runBundle],
  ['source', runSource],
];

/** Only the source is mutated: stryker.config.json selects the tests that run it. */
const selected = z.array(z.string()).catch(['bundle', 'source']).parse(Reflect.get(globalThis, 'targets'));

export const targets = allTargets.filter(([name]) => selected.includes(name));

/** The keys of the stand-in, as inputs. */
export const keys = { 'api-key': amplitudeKeys.apiKey, 'secret-key': amplitudeKeys.secretKey } as const;

async function inProcess({ environment, finish }: Prepared): Promise<Result> {
  const outer = process.env;
  const startMs = performance.now();
  let stdout = '';
  const printing = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  try {
    // Stryker selects the mutant with this variable, and reads it when the first module is loaded.
    const mutant = outer['__STRYKER_ACTIVE_MUTANT__'];
    process.env = mutant === undefined ? environment : { ...environment, __STRYKER_ACTIVE_MUTANT__: mutant };
    process.exitCode = 0;
    jest.resetModules();
    const { main } = await import('../../src/main.js');
    await main(process.env);
    const { exitCode } = process;
    return { exitCode, stdout, stderr: '', durationMs: performance.now() - startMs, ...(await finish()) };
  } finally {
    process.env = outer;
    process.exitCode = 0;
    printing.mockRestore();
  }
}

const allowedCommands = ['add-mask', 'notice', 'warning', 'error'];

/**
 * Reads the log. Throws if it contains a key in any encoding, a command other than those the action uses, a mask that
 * comes too late, or a message that docs/troubleshooting.md does not explain.
 */
function checkInvariants({ inputs = {} }: Step, { stdout, stderr, ...result }: Result): Outcome {
  const { commands, shown, lateMasks } = readRunnerLog(`${stdout}\n${stderr}`);
  if (lateMasks.length > 0) throw new Error(`The step asked for a mask after it had written to the log: ${stdout}`);
  const stray = commands.filter(({ name }) => !allowedCommands.includes(name));
  if (stray.length > 0) throw new Error(`The log contains stray commands: ${JSON.stringify(stray)}`);
  if (stderr !== '') throw new Error(`The step wrote to the standard error: ${stderr}`);
  for (const secret of secretsOf(inputs)) {
    for (const form of encodingsOf(secret)) {
      if (shown.includes(form)) throw new Error(`The log shows a key: ${shown}`);
    }
  }
  for (const { name, message } of commands) {
    if (name === 'add-mask') continue;
    for (const line of message.split('\n')) {
      const hasHeading = messageHeadings.some((heading) => isHeadingOf(heading, line));
      if (!hasHeading) throw new Error(`docs/troubleshooting.md has no heading for the message: ${line}`);
    }
  }
  const messages = (name: string) => commands.filter((command) => command.name === name).map(({ message }) => message);
  return {
    ...result,
    log: shown,
    masks: messages('add-mask'),
    notices: messages('notice'),
    warnings: messages('warning'),
    errors: messages('error'),
  };
}

function secretsOf(inputs: Readonly<Record<string, string>>): readonly string[] {
  const [apiKey = '', secretKey = '', token = ''] = ['api-key', 'secret-key', 'github-token'].map((name) =>
    (inputs[name] ?? '').trim(),
  );
  const given = [apiKey, secretKey, token].filter((value) => value.length >= 8);
  return given.length === 0 ? [] : [...given, ...(apiKey && secretKey ? [`${apiKey}:${secretKey}`] : [])];
}

/** A secret in base64, hexadecimal and URL encoding, wherever it is in the text that is encoded. */
function encodingsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const shifted = [0, 1, 2].map((padding) => {
    const text = Buffer.concat([Buffer.alloc(padding), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // The first and last characters contain bits of the text around the secret.
    return text.slice(padding === 0 ? 0 : padding + 1, -1);
  });
  const hexadecimal = bytes.toString('hex');
  return [secret, ...shifted, hexadecimal, hexadecimal.toUpperCase(), encodeURIComponent(secret)];
}
