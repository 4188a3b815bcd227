import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import tls from 'node:tls';
import { explain, openConnection, SocketGroup } from '../src/connection.js';
import { proxyFor, readProxySettings } from '../src/proxy.js';
import { makeCertificate } from '../testing/certificate.js';
import { startProxy } from '../testing/connect-proxy.js';
import { listen, type Listening } from '../testing/listen.js';
import { trust } from './harness/trust.js';

const open: Pick<Listening, 'close'>[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ close }) => close()));
});

/** Starts a server that speaks TLS, with a certificate for these hosts that is trusted. */
async function startTlsServer(...hosts: readonly string[]) {
  const certificate = await makeCertificate(...hosts);
  trust(certificate.cert);
  const server = tls.createServer({ ...certificate, ALPNProtocols: ['h2', 'http/1.1'] });
  const listening = await listen(server);
  open.push(listening);
  return { ...listening, certificate, handshake: once(server, 'secureConnection') };
}

const connect = (url: URL, environment: Readonly<Record<string, string>> = {}) => {
  const sockets = new SocketGroup(undefined);
  open.push({
    close: () => {
      sockets.destroy(new Error('the test is over'));
      return Promise.resolve();
    },
  });
  return openConnection(url, proxyFor(url, readProxySettings(environment)), sockets);
};

describe('a connection over TLS', () => {
  test.each([
    ['localhost', 'localhost'],
    ['127.0.0.1', false],
  ])('to %s asks for HTTP/1.1, with the server name %s', async (host, servername) => {
    const { port, handshake } = await startTlsServer(host);
    await connect(new URL(`https://${host}:${port}`));
    expect(await handshake).toEqual([expect.objectContaining({ servername, alpnProtocol: 'http/1.1' })]);
  });

  test('through an `https` proxy verifies both certificates', async () => {
    const server = await startTlsServer('localhost', 'amplitude.test');
    const proxy = await startProxy(server.port, server.certificate);
    open.push(proxy);
    await connect(new URL('https://amplitude.test'), { HTTPS_PROXY: `https://localhost:${proxy.port}` });
    expect(proxy.targets.map(({ target }) => target)).toEqual(['amplitude.test:443']);
    expect(await server.handshake).toEqual([expect.objectContaining({ servername: 'amplitude.test' })]);

    trust(undefined);
    const untrusted = connect(new URL('https://amplitude.test'), { HTTPS_PROXY: `https://localhost:${proxy.port}` });
    await expect(untrusted).rejects.toMatchObject({
      stage: 'verifying',
      message: expect.stringContaining(`the certificate of localhost:${proxy.port}: `),
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
    expect(proxy.targets).toHaveLength(1);
  });
});

describe('addresses of a host that', () => {
  const failure = (code: string) => Object.assign(new Error(`connect ${code}`), { code });
  const attempt = (timeoutMs: number) => [
    expect.arrayContaining([expect.objectContaining({ autoSelectFamilyAttemptTimeout: timeoutMs })]),
  ];

  /** Connects to a host that fails like this at first. */
  async function connectAfter(error: Error, failures: number) {
    const connecting = jest.spyOn(Socket.prototype, 'connect');
    for (let count = 0; count < failures; count += 1) {
      connecting.mockImplementationOnce(function (this: Socket) {
        return this.destroy(error);
      });
    }
    const server = await listen(createServer());
    open.push(server);
    try {
      const outcome = await connect(new URL(server.url)).then(
        () => 'connected',
        (reason: unknown) => reason,
      );
      return { outcome, attempts: connecting.mock.calls };
    } finally {
      connecting.mockRestore();
    }
  }

  test.each([
    ['did not answer in time', failure('ETIMEDOUT')],
    ['did not answer in time, or are unreachable', new AggregateError([failure('ENETUNREACH'), failure('ETIMEDOUT')])],
  ])('%s get another chance, with more time', async (_, error) => {
    const { outcome, attempts } = await connectAfter(error, 2);
    expect(outcome).toBe('connected');
    expect(attempts).toEqual([250, 1_000, 4_000].map(attempt));
  });

  test.each([
    ['are unreachable', new AggregateError([failure('ENETUNREACH'), failure('ECONNREFUSED')])],
    ['refuse', failure('ECONNREFUSED')],
  ])('%s get no other chance', async (_, error) => {
    const { outcome, attempts } = await connectAfter(error, 1);
    expect(outcome).toBe(error);
    expect(attempts).toEqual([attempt(250)]);
  });
});

test.each([
  ['has ended', undefined, 'the request has ended'],
  ['has failed', new Error('too slow'), 'too slow'],
])('opens no socket for a request that %s', (_case, reason, message) => {
  const sockets = new SocketGroup(undefined);
  const first = sockets.add(() => new Socket());
  sockets.destroy(reason);
  expect(first.destroyed).toBe(true);
  const openSecond = jest.fn(() => new Socket());
  expect(() => sockets.add(openSecond)).toThrow(message);
  expect(openSecond).not.toHaveBeenCalled();
});

test.each<[unknown, string]>([
  [
    Object.assign(new Error('0:error:0A00010B:SSL'), { library: 'SSL routines', reason: 'wrong version' }),
    'wrong version',
  ],
  [Object.assign(new Error('a host'), { reason: 'no such name' }), 'a host'],
  [Object.assign(new Error('a library'), { library: 'x' }), 'a library'],
  [null, 'null'],
  ['text', 'text'],
])('a network error is explained in a phrase: %p', (error, phrase) => {
  expect(explain(error)).toBe(phrase);
});
