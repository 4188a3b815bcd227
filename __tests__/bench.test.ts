import { afterEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as requestPlain } from 'node:http';
import { createServer as createTlsServer, request as requestTls } from 'node:https';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import { startRelay } from '../bench/relay.js';
import { makeCertificate } from '../testing/certificate.js';
import { listen, type Listening } from '../testing/listen.js';

const certificate = await makeCertificate('127.0.0.1');
const rttMs = 40;

describe('the relay', () => {
  const open: Listening[] = [];
  afterEach(() => Promise.all(open.splice(0).map(({ close }) => close())));

  /** Sends a body through the relay to a server that echoes it. */
  async function echo(body: string, isSecure: boolean) {
    const server = isSecure ? createTlsServer(certificate) : createServer();
    server.on('request', (incoming, response) => incoming.pipe(response));
    const listening = await listen(server);
    const relay = await startRelay(listening.port, rttMs);
    open.push(relay, listening);
    const startMs = performance.now();
    const text = await new Promise<string>((resolve, reject) => {
      const options = { port: relay.port, host: '127.0.0.1', method: 'POST', agent: false };
      const request = isSecure ? requestTls({ ...options, ca: certificate.cert }) : requestPlain(options);
      request.on('error', reject).on('response', (response) => {
        let received = '';
        response.setEncoding('utf8').on('data', (part: string) => (received += part));
        response.on('end', () => {
          resolve(received);
        });
      });
      request.end(body);
    });
    return { text, durationMs: performance.now() - startMs };
  }

  test.each([
    { name: 'TCP and the request', isSecure: false, roundTrips: 2 },
    { name: 'TCP, TLS and the request', isSecure: true, roundTrips: 3 },
  ])('delays a request by $roundTrips round trips: $name', async ({ isSecure, roundTrips }) => {
    const { text, durationMs } = await echo('a release', isSecure);
    expect(text).toBe('a release');
    expect(durationMs).toBeGreaterThanOrEqual(roundTrips * rttMs);
  });

  test('sends on every byte in its order', async () => {
    const body = Array.from({ length: 200_000 }, (_, line) => `${line}\n`).join('');
    const { text } = await echo(body, false);
    expect(text === body).toBe(true);
  });

  test('ends the connection to the server with that of the client', async () => {
    const server = createServer();
    const listening = await listen(server);
    const relay = await startRelay(listening.port, rttMs);
    open.push(relay, listening);
    const request = requestPlain({ port: relay.port, host: '127.0.0.1', agent: false });
    request
      .on('error', () => undefined)
      .on('socket', (socket) => {
        socket.once('connect', () => request.destroy());
      });
    request.end();
    const connection: unknown[] = await once(server, 'connection');
    for (const socket of connection) if (socket instanceof Socket) await once(socket, 'close');
  });
});

describe('npm run bench', () => {
  const bench = (...options: readonly string[]) =>
    promisify(execFile)(process.execPath, ['bench/index.js', ...options]);

  test('measures every step on a network', async () => {
    const { stdout } = await bench('--runs', '1', '--rtt', '5', '--node', process.execPath);
    for (const step of ['Release event without notes', 'Release event with 2 kB', 'Push of an annotated tag']) {
      expect(stdout).toMatch(new RegExp(`^\\| 5 ms +\\| ${step}.* ms \\| \\*\\*\\d+\\.\\d\\d\\*\\* \\|`, 'm'));
    }
  }, 120_000);

  test.each(['--runs=0', '--rtt=-1', '--rtt=30;100', '--json'])('rejects %s', async (option) => {
    await expect(bench(option)).rejects.toMatchObject({ code: 2, stdout: '' });
  });
});
