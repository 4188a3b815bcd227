import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { type ServerFault, publishedBody, startFaultyServer } from '../testing/faulty-server.js';
import { startGitHub } from '../testing/github.js';
import { bundle, prepareStep, type Step } from '../testing/runner.js';
import { readRunnerLog } from '../testing/runner-log.js';
import { plainEvent, tagEvent } from './harness/events.js';
import { keys } from './harness/step.js';

/** Runs the bundle, and sends it a signal as soon as its log contains a text, or the condition is true. */
async function cancel(step: Step, signal: NodeJS.Signals, isTime: (log: string) => boolean) {
  const { environment, workspace, finish } = await prepareStep(step);
  const child = spawn(process.execPath, [bundle], { cwd: workspace, env: environment });
  let stdout = '';
  let isSent = false;
  const poll = setInterval(() => {
    if (isSent || !isTime(stdout)) return;
    isSent = true;
    child.kill(signal);
  }, 10);
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const startMs = performance.now();
  await once(child, 'close');
  clearInterval(poll);
  const { commands } = readRunnerLog(stdout);
  const messages = commands.filter(({ name }) => name === 'error' || name === 'warning').map(({ message }) => message);
  return { exitCode: child.exitCode, durationMs: performance.now() - startMs, messages, ...(await finish()) };
}

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
const dispatch = plainEvent('workflow_dispatch', 'refs/heads/main');

describe.each(['SIGINT', 'SIGTERM'] as const)('a step that gets %s', (signal) => {
  const publish = async (fault: ServerFault, isTime: (log: string, requests: number) => boolean) => {
    const server = await startFaultyServer([fault]);
    const inputs = { ...keys, 'api-url': server.url, version: '2.3.0', 'on-outage': 'warn', timeout: '60' };
    return cancel({ ...dispatch, inputs }, signal, (log) => isTime(log, server.requests.length)).finally(server.close);
  };

  test('says that the release may have been created while it waits for the response', async () => {
    const result = await publish({ kind: 'hang', when: 'after' }, (_, requests) => requests > 0);
    expect([result.exitCode, result.outputs['outcome']]).toEqual([exitCodes[signal], 'failed']);
    expect(result.messages).toEqual([
      expect.stringMatching(/^The release may or may not have been created .*cancelled/),
    ]);
    expect(result.durationMs).toBeLessThan(20_000);
  });

  test('stops waiting for the next attempt', async () => {
    const busy = { kind: 'answer', status: 503, headers: { 'retry-after': '40' } } as const;
    const result = await publish(busy, (log) => log.includes('trying again'));
    expect([result.exitCode, result.outputs['outcome']]).toEqual([exitCodes[signal], 'failed']);
    expect(result.messages).toEqual([expect.stringContaining('The release was not created')]);
    expect(result.durationMs).toBeLessThan(20_000);
  });

  test('sends nothing where it was cancelled during the lookup', async () => {
    const [server, gitHub] = await Promise.all([
      startFaultyServer([{ kind: 'answer', status: 200, body: publishedBody }]),
      startGitHub(new Proxy({}, { get: () => 'hang' })),
    ]);
    const result = await cancel(
      {
        ...tagEvent('v1'),
        inputs: { ...keys, 'api-url': server.url, 'github-token': 'ghs_0123456789' },
        environment: { GITHUB_API_URL: gitHub.url },
      },
      signal,
      () => gitHub.requests.length > 0,
    ).finally(() => Promise.all([server.close(), gitHub.close()]));
    expect([result.exitCode, result.outputs, server.requests]).toEqual([exitCodes[signal], { outcome: 'failed' }, []]);
    expect(result.messages).toEqual([
      expect.stringMatching(/^The step was cancelled .* The release was not created\.$/),
    ]);
  });
});
