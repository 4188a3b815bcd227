import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { publishedBody } from '../testing/faulty-server.js';
import { releasePath, startGitHub } from '../testing/github.js';
import { listen, type Listening } from '../testing/listen.js';
import { releaseEvent, tagEvent } from './harness/events.js';
import { keys, targets } from './harness/step.js';

const open: Listening[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ close }) => close()));
});

/** A server that knows when it was connected to, and what it received over each connection. */
async function startServer(onConnect: (socket: Socket, index: number) => void = () => undefined) {
  const received: string[] = [];
  let connected: () => void;
  const isConnected = new Promise<void>((resolve) => (connected = resolve));
  const server = createServer((socket) => {
    const index = received.push('') - 1;
    connected();
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      const text = (received[index] ?? '') + bytes.toString('latin1');
      received[index] = text;
      if (!/^\{.*\}$/m.test(text)) return;
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${publishedBody.length}\r\n\r\n${publishedBody}`);
    });
    onConnect(socket, index);
  });
  const listening = await listen(server);
  open.push(listening);
  return { url: listening.url, received, isConnected };
}

const release = { tag_name: 'v1.4.0', name: 'Checkout in one step', body: '* Checkout fits on one page' };

describe.each(targets)('the connection to Amplitude, from the %s', (_, run) => {
  test('opens while GitHub is asked, and carries nothing before GitHub has answered', async () => {
    let before: readonly string[] | undefined;
    const amplitude = await startServer();
    const github = await startGitHub({
      [releasePath('v1.4.0')]: amplitude.isConnected.then(() => {
        before = [...amplitude.received];
        return release;
      }),
    });
    open.push(github);
    const { exitCode, outputs } = await run({
      ...tagEvent('v1.4.0'),
      inputs: { ...keys, 'api-url': amplitude.url, 'github-token': 'token' },
      environment: { GITHUB_API_URL: github.url },
    });
    expect([exitCode, outputs['outcome']]).toEqual([0, 'published']);
    expect(before).toEqual(['']);
    expect(amplitude.received).toEqual([expect.stringMatching(/^POST [^]*Checkout in one step/)]);
  });

  test.each<[string, (socket: Socket) => void]>([
    ['is closed', (socket) => socket.end()],
    ['is reset', (socket) => socket.resetAndDestroy()],
    ['carries an early response', (socket) => socket.write('HTTP/1.1 408 X\r\ncontent-length: 0\r\n\r\n')],
  ])('is opened once more, and the release published once, when it %s meanwhile', async (_name, end) => {
    const amplitude = await startServer((socket, index) => {
      if (index === 0) end(socket);
    });
    const github = await startGitHub({
      [releasePath('v1.4.0')]: amplitude.isConnected.then(
        () => new Promise((resolve) => setImmediate(resolve, release)),
      ),
    });
    open.push(github);
    const { exitCode, outputs, log } = await run({
      ...tagEvent('v1.4.0'),
      inputs: { ...keys, 'api-url': amplitude.url, 'github-token': 'token', retries: '1' },
      environment: { GITHUB_API_URL: github.url },
    });
    expect([exitCode, outputs['outcome']]).toEqual([0, 'published']);
    expect(amplitude.received.filter((text) => text !== '')).toHaveLength(1);
    expect(log).not.toContain('may or may not');
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['a dry run without keys', { 'dry-run': 'true', 'api-key': '', 'secret-key': '' }],
    ['missing keys', { 'api-key': '', 'secret-key': '' }],
    ['an invalid input', { region: 'moon' }],
    ['a version that is refused', { version: '${VERSION}' }],
  ])('is not opened for %s', async (_name, inputs) => {
    const amplitude = await startServer();
    await run({ ...releaseEvent(), inputs: { ...keys, 'api-url': amplitude.url, ...inputs } });
    expect(amplitude.received).toEqual([]);
  });
});
