import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, Socket } from 'node:net';
import tls from 'node:tls';
import { gzipSync } from 'node:zlib';
import manifest from '../package.json' with { type: 'json' };
import { makeCertificate } from '../testing/certificate.js';
import { listen, type Listening } from '../testing/listen.js';
import { RequestError } from '../src/errors.js';
import { minResponseMs, monotonicMs, openRequest, send } from '../src/request.js';
import { trust } from './harness/trust.js';

const foreignSockets = countActive('TCPSocketWrap');

const open: Listening[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ close }) => close()));
});

/** What came over one connection. */
type Connection = { readonly socket: Socket; received: string; isClosed: boolean };

/**
 * Starts a server that speaks no HTTP of its own.
 *
 * @param onRequest called when the head of a request is there.
 * @param onConnect called with each connection.
 */
async function startRaw({
  onConnect,
  onRequest,
  cert,
}: {
  onConnect?: (connection: Connection, index: number) => void;
  onRequest?: (connection: Connection, index: number) => void;
  cert?: { readonly key: string; readonly cert: string };
}) {
  const connections: Connection[] = [];
  const accept = (socket: Socket) => {
    const connection: Connection = { socket, received: '', isClosed: false };
    const index = connections.push(connection) - 1;
    socket.on('error', () => undefined);
    for (const event of ['end', 'close']) socket.once(event, () => (connection.isClosed = true));
    let hasHead = false;
    socket.on('data', (bytes: Buffer) => {
      connection.received += bytes.toString('latin1');
      if (hasHead || !connection.received.includes('\r\n\r\n')) return;
      hasHead = true;
      onRequest?.(connection, index);
    });
    onConnect?.(connection, index);
  };
  const server = cert === undefined ? createServer({ allowHalfOpen: true }, accept) : tls.createServer(cert, accept);
  const listening = await listen(server);
  open.push(listening);
  return { url: new URL(listening.url), connections, server };
}

async function startHttp(listener: RequestListener) {
  const listening = await listen(createHttpServer(listener));
  open.push(listening);
  return { url: new URL(listening.url) };
}

const noProxy = { https: undefined, http: undefined, noProxy: '' } as const;

function requestTo(url: URL, options: Partial<Parameters<typeof send>[0]> = {}) {
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json' },
    proxies: noProxy,
    timeoutMs: 10_000,
    maxBodyBytes: 100_000,
    ...options,
  } as const;
}

/** @returns the stage and the message of the error. */
async function failureOf(response: Promise<unknown>) {
  const error = await response.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RequestError)) throw new Error('not a RequestError', { cause: error });
  return { stage: error.stage, message: error.message };
}

async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error('It did not happen.');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Lets everything happen that is under way on loopback. */
async function turnsOfTheLoop(): Promise<void> {
  for (let turns = 0; turns < 200; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** How many resources of this kind keep the process alive. */
function countActive(kind: 'TCPSocketWrap' | 'Timeout'): number {
  return process.getActiveResourcesInfo().filter((name) => name === kind).length;
}

/** The sockets that keep the process alive, but for those of whoever runs the tests. */
function activeSockets(): number {
  return countActive('TCPSocketWrap') - foreignSockets;
}

const head = (status: number, ...lines: readonly string[]) =>
  [`HTTP/1.1 ${String(status).padStart(3, '0')} X`, ...lines, '', ''].join('\r\n');

describe('a request', () => {
  test('carries method, path, headers and body, and asks for plain bytes and the end of the connection', async () => {
    const { url, connections } = await startRaw({
      onRequest: ({ socket }) => socket.end(`${head(200, 'content-length: 2', 'x-one: 1')}ok`),
    });
    const startMs = performance.now();
    const response = await send(requestTo(new URL('/a%20b?c=d', url), { body: 'é' }));
    const elapsedMs = performance.now() - startMs;
    expect(response).toMatchObject({ status: 200, body: 'ok', isComplete: true, headers: { 'x-one': '1' } });
    expect(Number.isInteger(response.durationMs)).toBe(true);
    expect(response.durationMs).toBeGreaterThanOrEqual(0);
    expect(response.durationMs).toBeLessThanOrEqual(Math.ceil(elapsedMs));
    const [request = '', body] = (connections[0]?.received ?? '').split('\r\n\r\n');
    expect(request.split('\r\n')[0]).toBe('POST /a%20b?c=d HTTP/1.1');
    expect(request.toLowerCase().split('\r\n').slice(1).sort()).toEqual([
      'accept-encoding: identity',
      'connection: close',
      'content-length: 2',
      'content-type: application/json',
      `host: ${url.host}`,
      `user-agent: ${manifest.name}/${manifest.version}`,
    ]);
    expect(body).toBe(Buffer.from('é').toString('latin1'));
  });

  test('does not follow a redirect', async () => {
    const { url, connections } = await startRaw({
      onRequest: ({ socket }) => socket.end(head(307, 'location: /elsewhere', 'content-length: 0')),
    });
    expect(await send(requestTo(url, { method: 'GET' }))).toMatchObject({ status: 307, isComplete: true });
    expect(connections).toHaveLength(1);
  });

  test('has a clock in milliseconds that only runs forward', async () => {
    const [startMs, otherStartMs] = [monotonicMs(), performance.now()];
    await until(() => performance.now() > otherStartMs + 50);
    expect(monotonicMs() - startMs).toBeGreaterThan(49);
    expect(monotonicMs() - startMs).toBeLessThan(performance.now() - otherStartMs + 1);
  });

  test.each<[string, (socket: Socket) => void]>([
    ['a response', (socket) => socket.write(head(200, 'content-length: 0'))],
    ['a close', (socket) => socket.end()],
  ])('leaves no timer behind after %s', async (_, answer) => {
    const { url } = await startRaw({
      onRequest: ({ socket }) => {
        answer(socket);
      },
    });
    const before = countActive('Timeout');
    await send(requestTo(url)).catch(() => undefined);
    expect(countActive('Timeout')).toBe(before);
  });
});

const statuses = [200, 401, 413, 429, 503];
const half = '{"success":true,"rel';

describe('a response whose status is known', () => {
  test.each(['plain', 'TLS'].flatMap((kind) => statuses.map((status) => [status, kind] as const)))(
    'is returned although the server does not read the request: %i, %s',
    async (status, kind) => {
      const cert = kind === 'TLS' ? await makeCertificate('localhost') : undefined;
      if (cert !== undefined) trust(cert.cert);
      const { url, connections } = await startRaw({
        onRequest: ({ socket }) => {
          socket.pause();
          socket.write(`${head(status, 'content-length: 4')}done`);
        },
        ...(cert && { cert }),
      });
      url.hostname = 'localhost';
      const body = 'x'.repeat(16 * 1024 * 1024);
      expect(await send(requestTo(url, { body }))).toMatchObject({ status, body: 'done', isComplete: true });
      // Only what was read tells the server that the connection has ended.
      connections[0]?.socket.resume();
      await until(() => connections[0]?.isClosed ?? false);
    },
  );

  /** How a response of a known status goes wrong, and what is left of it. */
  const faults: Readonly<Record<string, readonly [(socket: Socket, status: number) => void, string, boolean]>> = {
    'a body that ends too early': [
      (socket, status) => socket.end(head(status, 'content-length: 500') + half),
      half,
      false,
    ],
    'a body that a reset ends': [
      (socket, status) =>
        socket.write(head(status, 'content-length: 500') + half, () => setTimeout(() => socket.resetAndDestroy(), 50)),
      half,
      false,
    ],
    'a body without a length that a reset ends': [
      (socket, status) => socket.write(head(status) + half, () => setTimeout(() => socket.resetAndDestroy(), 50)),
      half,
      false,
    ],
    'a body without a length': [(socket, status) => socket.end(head(status) + half), half, true],
    'a bad chunk': [
      (socket, status) => socket.end(`${head(status, 'transfer-encoding: chunked')}3\r\nabc\r\nZZ\r\n`),
      'abc',
      false,
    ],
    'surplus bytes': [
      (socket, status) => socket.end(`${head(status, 'content-length: 3')}abc\r\nHTTP/1.1 GARBAGE\r\n\r\n`),
      'abc',
      true,
    ],
    'a second response': [
      (socket, status) => socket.end(`${head(status, 'content-length: 3')}abc${head(500, 'content-length: 0')}`),
      'abc',
      true,
    ],
    'a reset after the body': [
      (socket, status) => socket.write(`${head(status, 'content-length: 3')}abc`, () => socket.resetAndDestroy()),
      'abc',
      true,
    ],
    'an encoding that changes nothing': [
      (socket, status) => socket.end(`${head(status, 'content-encoding: identity', 'content-length: 3')}abc`),
      'abc',
      true,
    ],
    'interim responses before it': [
      (socket, status) =>
        socket.write(head(100) + head(103, 'link: </x>').repeat(9_999), () =>
          setTimeout(() => socket.end(`${head(status, 'content-length: 3')}abc`), 50),
        ),
      'abc',
      true,
    ],
    'an encoding that was not asked for': [
      (socket, status) => {
        const bytes = gzipSync('abc');
        socket.write(head(status, 'content-encoding: gzip', `content-length: ${bytes.length}`));
        socket.end(bytes);
      },
      '',
      false,
    ],
  };

  test.each(
    Object.entries(faults).flatMap(([name, [answer, body, isComplete]]) =>
      statuses.map((status) => ({ name, status, answer, body, isComplete })),
    ),
  )('keeps it with $name: $status', async ({ status, answer, body, isComplete }) => {
    const { url } = await startRaw({
      onRequest: ({ socket }) => {
        answer(socket, status);
      },
    });
    expect(await send(requestTo(url, { body: '{}' }))).toMatchObject({ status, body, isComplete });
  });

  test.each([
    ['with a length', ['content-length: 500']],
    ['without a length', []],
    ['in chunks', ['transfer-encoding: chunked']],
  ])('is returned as far as it came when the time is up: %s', async (_, lines) => {
    const { url, connections } = await startRaw({
      onRequest: ({ socket }) =>
        socket.write(head(200, ...lines) + (lines[0]?.includes('chunked') ? '3\r\nabc\r\n' : 'abc')),
    });
    const response = await send(requestTo(url, { timeoutMs: 500 }));
    expect(response).toMatchObject({ status: 200, body: 'abc', isComplete: false });
    await until(() => connections[0]?.isClosed ?? false);
  });

  test.each([
    [1_000, 'ab'.repeat(500), true],
    [999, 'ab'.repeat(499) + 'a', false],
    [0, '', false],
  ])('is cut after %i bytes of 1,000', async (maxBodyBytes, body, isComplete) => {
    const { url } = await startHttp((_, response) => response.end('ab'.repeat(500)));
    expect(await send(requestTo(url, { maxBodyBytes }))).toMatchObject({ status: 200, body, isComplete });
  });

  test('is cut without waiting for its end', async () => {
    const { url, connections } = await startRaw({
      onRequest: ({ socket }) => socket.write(head(200, 'content-length: 5000') + 'x'.repeat(2_000)),
    });
    const response = await send(requestTo(url, { maxBodyBytes: 1_000, timeoutMs: 25_000 }));
    expect(response).toMatchObject({ status: 200, body: 'x'.repeat(1_000), isComplete: false });
    expect(response.durationMs).toBeLessThan(20_000);
    await until(() => connections[0]?.isClosed ?? false);
  });

  test('is the same in a million parts as in one, and takes no more memory', async () => {
    const digits = '0123456789';
    const part = digits.replace(/./g, '1\r\n$&\r\n').repeat(1_000);
    let maxBytes = 0;
    const before = process.memoryUsage().heapUsed;
    const { url } = await startRaw({
      onRequest: ({ socket }) => {
        socket.write(head(200, 'transfer-encoding: chunked'));
        const write = (left: number) => {
          maxBytes = Math.max(maxBytes, process.memoryUsage().heapUsed - before);
          if (left === 0) socket.end('0\r\n\r\n');
          else
            socket.write(part, () => {
              write(left - 1);
            });
        };
        write(100);
      },
    });
    const { body, isComplete } = await send(requestTo(url, { maxBodyBytes: 2_000_000, timeoutMs: 25_000 }));
    expect([body === digits.repeat(100_000), isComplete]).toEqual([true, true]);
    expect(maxBytes).toBeLessThan(60_000_000);
  });
});

describe('a request without a response', () => {
  test.each<[string, (socket: Socket) => void]>([
    ['a status that is not final, 101', (socket) => socket.write(head(101))],
    ['a switch of protocols', (socket) => socket.write(head(101, 'connection: upgrade', 'upgrade: x'))],
    ['the status 099', (socket) => socket.write(`${head(99, 'content-length: 2')}{}`)],
    ['the status 000', (socket) => socket.write(`${head(0, 'content-length: 2')}{}`)],
    ['bytes that are not HTTP', (socket) => socket.end('SSH-2.0-x\r\n')],
    ['half a head', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-')],
    ['nothing', (socket) => socket.end()],
    ['a reset', (socket) => socket.resetAndDestroy()],
    ['interim responses alone', (socket) => socket.end(head(103))],
  ])('may have been processed: %s', async (_, answer) => {
    const { url, connections } = await startRaw({
      onRequest: ({ socket }) => {
        answer(socket);
      },
    });
    const { stage, message } = await failureOf(send(requestTo(url, { body: '{}' })));
    expect([stage, connections.length]).toEqual(['sent', 1]);
    expect(message).toContain(url.host);
  });

  test.each([
    ['101', head(101)],
    ['99', head(99, 'content-length: 0')],
  ])('names a status that is not final: %s', async (status, answer) => {
    const { url } = await startRaw({ onRequest: ({ socket }) => socket.write(answer) });
    const { message } = await failureOf(send(requestTo(url)));
    expect(message).toBe(`${url.host}: the response has the status ${status}, which is not a final one`);
  });

  test('is given up after too many interim responses', async () => {
    const { url } = await startRaw({ onRequest: ({ socket }) => socket.write(head(103).repeat(10_001)) });
    expect(await failureOf(send(requestTo(url)))).toEqual({
      stage: 'sent',
      message: `${url.host}: there are too many interim responses`,
    });
  });

  test('may have been processed when the time is up', async () => {
    const { url, connections } = await startRaw({});
    expect(await failureOf(send(requestTo(url, { timeoutMs: 500 })))).toEqual({
      stage: 'sent',
      message: `${url.host}: no response within 0.5 s`,
    });
    await until(() => connections[0]?.isClosed ?? false);
  });

  test('was not written where nobody listens', async () => {
    await expect(send(requestTo(new URL('http://127.0.0.1:1')))).rejects.toMatchObject({
      name: 'RequestError',
      stage: 'connecting',
      message: '127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1',
      cause: { code: 'ECONNREFUSED' },
    });
  });

  test('was not written where the host is unknown', async () => {
    const { stage } = await failureOf(send(requestTo(new URL('http://host.invalid'))));
    expect(stage).toBe('connecting');
  });

  test.each(['EMFILE', 'ENETUNREACH', 'EACCES', 'EADDRNOTAVAIL'])(
    'was not written where connect fails with %s',
    async (code) => {
      const connecting = jest.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket) {
        return this.destroy(Object.assign(new Error(`connect ${code}`), { code, syscall: 'connect' }));
      });
      try {
        const { stage, message } = await failureOf(send(requestTo(new URL('http://127.0.0.1:1'))));
        expect([stage, message]).toEqual(['connecting', `127.0.0.1:1: connect ${code}`]);
      } finally {
        connecting.mockRestore();
      }
    },
  );

  test.each<[string, (socket: Socket) => void, RegExp]>([
    ['silence', () => undefined, /no TLS connection to .*: no response within 0\.5 s/],
    ['a close', (socket) => socket.end(), /disconnected before secure TLS connection/],
    ['a reset', (socket) => socket.resetAndDestroy(), /ECONNRESET|disconnected before/],
    ['plain HTTP', (socket) => socket.end(head(503)), /: wrong version number$/],
  ])('was not written where TLS meets %s', async (_, answer, reason) => {
    const { url, connections } = await startRaw({
      onConnect: ({ socket }) =>
        socket.once('data', () => {
          answer(socket);
        }),
    });
    url.protocol = 'https:';
    const secure = new URL(`https://${url.host}`);
    const { stage, message } = await failureOf(send(requestTo(secure, { timeoutMs: 500 })));
    expect(stage).toBe('connecting');
    expect(message).toMatch(reason);
    await until(() => connections[0]?.isClosed ?? false);
  });

  test('was not written where the certificate is unknown', async () => {
    trust(undefined);
    const { url, connections } = await startRaw({ cert: await makeCertificate('127.0.0.1') });
    const { stage, message } = await failureOf(send(requestTo(url)));
    expect([stage, connections.map(({ received }) => received).join('')]).toEqual(['verifying', '']);
    expect(message).toContain(`${url.host}: the certificate of ${url.host}: `);
  });

  test('was not written where the certificate is of another host', async () => {
    const cert = await makeCertificate('example.com');
    trust(cert.cert);
    const { url, connections } = await startRaw({ cert });
    const { stage, message } = await failureOf(send(requestTo(url)));
    expect([stage, connections.map(({ received }) => received).join('')]).toEqual(['verifying', '']);
    expect(message).toMatch(/does not match certificate's altnames/);
  });

  test('was not written where no time is left for a response', async () => {
    const { url, connections } = await startRaw({});
    const { stage, message } = await failureOf(send(requestTo(url, { timeoutMs: minResponseMs })));
    expect(stage).toBe('connecting');
    // On a busy machine, the time is up before the connection is open.
    expect(message).toMatch(/: (?:no time is left for a response|no response within 0\.1 s)$/);
    await until(() => connections[0]?.isClosed ?? false);
    expect(connections[0]?.received).toBe('');
  });
});

describe('a cancelled request', () => {
  test('is not even begun', async () => {
    const { url, connections } = await startRaw({});
    const { stage } = await failureOf(send(requestTo(url, { signal: AbortSignal.abort() })));
    expect([stage, connections]).toEqual(['connecting', []]);
  });

  test.each(['http', 'https'])('ends at once while it waits: %s', async (scheme) => {
    const { url, connections } = await startRaw({});
    const controller = new AbortController();
    const response = failureOf(send(requestTo(new URL(`${scheme}://${url.host}`), { signal: controller.signal })));
    await until(() => (connections[0]?.received ?? '') !== '');
    controller.abort();
    const { stage, message } = await response;
    expect(stage).toBe(scheme === 'http' ? 'sent' : 'connecting');
    expect(message).toContain('the request was cancelled');
    await until(() => connections[0]?.isClosed ?? false);
  });
});

describe('a request whose connection is opened early', () => {
  const rest = { body: '{"late":true}', timeoutMs: 10_000, maxBodyBytes: 100_000 } as const;
  const openTo = (url: URL, { maxWaitMs = 10_000, signal }: { maxWaitMs?: number; signal?: AbortSignal } = {}) =>
    openRequest(requestTo(url, { signal }), maxWaitMs);

  test.each(['plain', 'TLS'])('connects at once, and writes nothing before it is sent: %s', async (kind) => {
    const cert = kind === 'TLS' ? await makeCertificate('127.0.0.1') : undefined;
    if (cert !== undefined) trust(cert.cert);
    const { url, connections } = await startRaw({
      onRequest: ({ socket }) => socket.end(head(200, 'content-length: 0')),
      ...(cert && { cert }),
    });
    const request = openTo(url);
    // With TLS, the server has a connection when the handshake is over.
    await until(() => connections.length > 0);
    await turnsOfTheLoop();
    expect(connections[0]?.received).toBe('');
    expect(await request.send(rest)).toMatchObject({ status: 200, isComplete: true });
    expect(connections).toHaveLength(1);
    expect(connections[0]?.received).toMatch(/^POST \/ HTTP\/1\.1\r\n[^]*\r\n\r\n\{"late":true\}$/);
  });

  test('may be sent before the connection is open', async () => {
    const { url, connections } = await startRaw({
      onRequest: ({ socket }) => socket.end(head(200, 'content-length: 0')),
    });
    expect(await openTo(url).send(rest)).toMatchObject({ status: 200 });
    expect(connections).toHaveLength(1);
  });

  test.each<[string, (socket: Socket) => void]>([
    ['closed', (socket) => socket.end()],
    ['reset', (socket) => socket.resetAndDestroy()],
    ['answered', (socket) => socket.write(head(408, 'content-length: 0'))],
    ['answered as if the request were there', (socket) => socket.write(`${head(200, 'content-length: 2')}{}`)],
    ['broken', (socket) => socket.write('garbage\r\n\r\n')],
  ])('gets another connection when the first one is %s while it waits', async (_, end) => {
    const { url, connections } = await startRaw({
      onRequest: ({ socket }) => socket.end(`${head(201, 'content-length: 3')}new`),
    });
    const request = openTo(url);
    await until(() => connections.length > 0);
    await turnsOfTheLoop();
    for (const { socket } of connections) end(socket);
    await turnsOfTheLoop();
    expect(await request.send(rest)).toMatchObject({ status: 201, body: 'new' });
    expect(connections.map(({ received }) => received.length > 0)).toEqual([false, true]);
  });

  test('gets another connection when the first one has waited for too long', async () => {
    const { url, connections } = await startRaw({
      onRequest: ({ socket }) => socket.end(head(200, 'content-length: 0')),
    });
    const request = openTo(url, { maxWaitMs: 50 });
    await until(() => connections[0]?.isClosed ?? false);
    expect(await request.send(rest)).toMatchObject({ status: 200 });
    expect(connections.map(({ received }) => received.length > 0)).toEqual([false, true]);
  });

  test('gets another connection when the first one could not be opened', async () => {
    const { url, connections, server } = await startRaw({
      onRequest: ({ socket }) => socket.end(head(200, 'content-length: 0')),
    });
    const port = Number(url.port);
    await new Promise((resolve) => server.close(resolve));
    const request = openTo(url);
    await turnsOfTheLoop();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    expect(await request.send(rest)).toMatchObject({ status: 200 });
    expect(connections).toHaveLength(1);
  });

  test.each<[string, (socket: Socket) => void]>([
    ['closes', (socket) => socket.end()],
    ['resets', (socket) => socket.resetAndDestroy()],
  ])('gets no third connection where a server %s each of them at once', async (_, end) => {
    const { url, connections } = await startRaw({
      onConnect: ({ socket }) => {
        end(socket);
      },
    });
    const request = openTo(url);
    await until(() => connections.length > 0);
    await turnsOfTheLoop();
    await failureOf(request.send(rest));
    expect(connections).toHaveLength(2);
    expect(connections[0]?.received).toBe('');
  });

  test('has its whole time from when it is sent', async () => {
    const { url, connections } = await startRaw({});
    const request = openTo(url);
    await until(() => connections.length > 0);
    expect(await failureOf(request.send({ ...rest, timeoutMs: 300 }))).toEqual({
      stage: 'sent',
      message: `${url.host}: no response within 0.3 s`,
    });
  });

  test('fails where nobody listens', async () => {
    const request = openTo(new URL('http://127.0.0.1:1'));
    await turnsOfTheLoop();
    expect((await failureOf(request.send(rest))).stage).toBe('connecting');
  });

  test('leaves nothing when it is cancelled', async () => {
    const { url, connections } = await startRaw({});
    const controller = new AbortController();
    const request = openTo(url, { signal: controller.signal });
    await until(() => connections.length > 0);
    controller.abort();
    await until(() => connections[0]?.isClosed ?? false);
    expect((await failureOf(request.send(rest))).stage).toBe('connecting');
    expect(connections.map(({ received }) => received)).toEqual(['']);
  });

  test.each(['plain', 'TLS'])('does not keep the process alive before it is sent: %s', async (kind) => {
    const { url, connections } = await startRaw({ onConnect: ({ socket }) => socket.unref() });
    await until(() => activeSockets() === 0);
    const controller = new AbortController();
    const before = countActive('Timeout');
    openTo(new URL(`${kind === 'TLS' ? 'https' : 'http'}://${url.host}`), { signal: controller.signal });
    await until(() => connections.length > 0 && (kind === 'plain' || connections[0]?.received !== ''));
    expect([activeSockets(), countActive('Timeout')]).toEqual([0, before]);
    controller.abort();
  });

  test('keeps the process alive while it is sent', async () => {
    const { url, connections } = await startRaw({ onConnect: ({ socket }) => socket.unref() });
    await until(() => activeSockets() === 0);
    const controller = new AbortController();
    const before = countActive('Timeout');
    const request = openTo(url, { signal: controller.signal });
    await until(() => connections.length > 0);
    const response = failureOf(request.send(rest));
    await until(() => connections[0]?.received !== '');
    expect([activeSockets(), countActive('Timeout')]).toEqual([1, before + 1]);
    controller.abort();
    expect((await response).stage).toBe('sent');
  });
});

test('two requests at once do not disturb each other', async () => {
  const { url } = await startHttp(({ url: path }, response) => {
    if (path === '/hangs') return;
    response.end(path);
  });
  const controller = new AbortController();
  const first = failureOf(send(requestTo(new URL('/hangs', url), { signal: controller.signal })));
  const second = send(requestTo(new URL('/second', url)));
  expect(await second).toMatchObject({ status: 200, body: '/second' });
  controller.abort();
  expect((await first).stage).toBe('sent');
});
