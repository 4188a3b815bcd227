import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer, type Socket } from 'node:net';
import { RequestError } from '../src/errors.js';
import { proxyFor, proxySecrets, readProxySettings } from '../src/proxy.js';
import { send } from '../src/request.js';
import { listen, type Listening } from '../testing/listen.js';

const target = new URL('https://amplitude.test/api');
const password = 'correct-horse';

/** @returns the proxy for the URL as a URL with its credential, `direct`, or the error. */
function chosen(url: URL, environment: Readonly<Record<string, string>>) {
  try {
    const proxy = proxyFor(url, readProxySettings(environment));
    return proxy === undefined
      ? 'direct'
      : { host: proxy.host, scheme: proxy.url.protocol, authorization: proxy.authorization };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return { stage: error.stage, message: error.message };
  }
}

const basic = (credential: string) => `Basic ${Buffer.from(credential).toString('base64')}`;

describe('the value of a proxy variable', () => {
  test.each<readonly [string, string, string | undefined, 'http:' | 'https:']>([
    ['http://proxy.test:3128', 'proxy.test:3128', undefined, 'http:'],
    ['HTTP://Proxy.Test:3128/', 'proxy.test:3128', undefined, 'http:'],
    [' \thttp://proxy.test:3128\n', 'proxy.test:3128', undefined, 'http:'],
    ['proxy.test:3128', 'proxy.test:3128', undefined, 'http:'],
    ['proxy.test', 'proxy.test', undefined, 'http:'],
    ['//proxy.test:3128', 'proxy.test:3128', undefined, 'http:'],
    ['localhost:3128', 'localhost:3128', undefined, 'http:'],
    ['[fd00::1]:3128', '[fd00::1]:3128', undefined, 'http:'],
    ['http://[fd00::1]:3128', '[fd00::1]:3128', undefined, 'http:'],
    [`http://user:${password}@proxy.test`, 'proxy.test', `user:${password}`, 'http:'],
    [`user:${password}@proxy.test:3128`, 'proxy.test:3128', `user:${password}`, 'http:'],
    [`1user:${password}@proxy.test:3128`, 'proxy.test:3128', `1user:${password}`, 'http:'],
    ['http://user:p@ss@proxy.test', 'proxy.test', 'user:p@ss', 'http:'],
    ['http://me%40corp:p%23w%3A1%25@proxy.test', 'proxy.test', 'me@corp:p#w:1%', 'http:'],
    ['http://user:p%C3%A4ss@proxy.test', 'proxy.test', 'user:päss', 'http:'],
    ['http://user:päss@proxy.test', 'proxy.test', 'user:päss', 'http:'],
    ['http://user@proxy.test', 'proxy.test', 'user:', 'http:'],
    ['https://proxy.test', 'proxy.test', undefined, 'https:'],
    ['https://proxy.test:8443', 'proxy.test:8443', undefined, 'https:'],
  ])('is understood: %j', (value, host, credential, scheme) => {
    const authorization = credential === undefined ? undefined : basic(credential);
    expect(chosen(target, { HTTPS_PROXY: value })).toEqual({ host, scheme, authorization });
  });

  test.each([
    ...['socks5', 'socks5h', 'socks4', 'socks', 'ftp', 'file', 'javascript', 'ws', 'httpx'].map(
      (scheme) => `${scheme}://user:${password}@proxy.test:1`,
    ),
    ...['#', '/', '?', '%', '\\', ' ', '%zz', '%E4'].map(
      (character) => `http://user:${password}${character}@proxy.test:1`,
    ),
    ...['#', '/', '?', '%', '\\', ' '].map((character) => `http://user:1${character}${password}@proxy.test:1`),
    ...['#', '/', '?'].map((character) => `http://proxy.test:1/${character}${password}`),
    ...[
      '%',
      'x y',
      'http://',
      'https://',
      'http://%',
      '[::1',
      'proxy.test:99999',
      'proxy.test:port',
      '\u0001',
      '"http://proxy.test:1"',
      'http://pro\nxy.test',
      'http://a.test:1,http://b.test:1',
      'http:proxy.test:1',
      ':3128',
      '@',
      'http://:1',
    ],
  ])('is an error that names the variable and nothing of the value: %j', (value) => {
    for (const name of ['HTTPS_PROXY', 'https_proxy']) {
      expect(chosen(target, { [name]: value })).toEqual({
        stage: 'proxy',
        message: expect.stringContaining(`\`${name}\` must be \`http://host:port\` or \`https://host:port\``),
      });
    }
    expect(JSON.stringify(chosen(target, { HTTPS_PROXY: value }))).not.toMatch(/correct|horse|proxy\.test|user:1/);
  });

  test.each(['', ' ', '\t\n'])('means no proxy if it is blank: %j', (value) => {
    expect(chosen(target, { HTTPS_PROXY: value })).toBe('direct');
  });

  test('has an order: lower case first, and blank ones do not count', () => {
    const first = (environment: Readonly<Record<string, string>>, url = target) => chosen(url, environment);
    expect(first({ https_proxy: 'a.test', HTTPS_PROXY: 'b.test' })).toMatchObject({ host: 'a.test' });
    expect(first({ https_proxy: ' ', HTTPS_PROXY: 'b.test' })).toMatchObject({ host: 'b.test' });
    expect(first({ HTTP_PROXY: 'b.test', ALL_PROXY: 'c.test' })).toBe('direct');
    expect(first({ HTTPS_PROXY: 'b.test' }, new URL('http://ghe.test'))).toBe('direct');
    expect(first({ http_proxy: 'b.test' }, new URL('http://ghe.test'))).toMatchObject({ host: 'b.test' });
    expect(first({ HTTPS_PROXY: 'b.test', no_proxy: 'x', NO_PROXY: '*' })).toMatchObject({ host: 'b.test' });
  });
});

describe('NO_PROXY', () => {
  const rows: readonly (readonly [host: string, direct: readonly string[], proxied: readonly string[]])[] = [
    [
      'a.corp.test',
      [
        '*',
        'a.corp.test',
        'corp.test',
        'test',
        '.corp.test',
        '*.corp.test',
        '.test',
        'A.CORP.TEST',
        'a.corp.test.',
        'corp.test:443',
        '.corp.test:443',
        'x,corp.test',
        'x corp.test',
        ' , x ,\tcorp.test ',
        'x,*',
      ],
      [
        '',
        ',',
        '.',
        '*.',
        'orp.test',
        '*corp.test',
        'b.a.corp.test',
        'a.corp',
        'corp.test:8443',
        '.a.corp.test',
        '*.a.corp.test',
        '10.0.0.0/8',
        '0.0.0.0/0',
        '::/0',
        'fe80::1%eth0',
        '10.0.0.0/99',
        '[',
        '/',
        ':443',
        '**',
      ],
    ],
    ['corp.test:8443', ['corp.test', 'corp.test:8443'], ['corp.test:443', '.corp.test', '*.corp.test']],
    ['corp.test.', ['corp.test', 'test'], ['corp']],
    [
      '10.1.2.3',
      [
        '10.1.2.3',
        '10.0.0.0/8',
        '10.1.2.3/32',
        '10.1.2.2/31',
        '0.0.0.0/0',
        '10.1.2.3:443',
        '10.0.0.0/8:443',
        '::ffff:10.1.2.3',
        'x,10.0.0.0/8',
      ],
      ['10.1.2.4', '10.1.2.0/31', '11.0.0.0/8', '10.1.2.3:8443', '1.2.3', '2.3', '10.0.0.0/33', '10.0.0/8', '::1'],
    ],
    [
      '[fd00::2]',
      ['fd00::2', '[fd00::2]', 'FD00:0:0::2', 'fd00::/8', '[fd00::]/8', '[fd00::2]:443', '::/0', 'fd00::2/128'],
      ['fd00::3', '[fd00::2]:8443', 'fe00::/8', 'fd00::2/129', '2', '0.0.0.0/0'],
    ],
  ];
  test.each(rows.flatMap(([host, direct]) => direct.map((noProxy) => [noProxy, host])))(
    '%j has %s',
    (noProxy, host) => {
      expect(chosen(new URL(`https://${host}`), { HTTPS_PROXY: 'proxy.test', NO_PROXY: noProxy })).toBe('direct');
    },
  );
  test.each(rows.flatMap(([host, , proxied]) => proxied.map((noProxy) => [noProxy, host])))(
    '%j does not have %s',
    (noProxy, host) => {
      expect(chosen(new URL(`https://${host}`), { HTTPS_PROXY: 'proxy.test', NO_PROXY: noProxy })).toMatchObject({
        host: 'proxy.test',
      });
    },
  );
});

test.each(['localhost', '127.0.0.1', '127.1.2.3', '[::1]'])('%s is never behind a proxy', (host) => {
  expect(chosen(new URL(`https://${host}:1`), { HTTPS_PROXY: 'proxy.test' })).toBe('direct');
  expect(chosen(new URL(`https://${host}:1`), { HTTPS_PROXY: 'socks://x' })).toBe('direct');
});

test.each(['127.evil.test', '127.0.0.1.evil.test', 'localhost.evil.test', '[::2]', '128.0.0.1'])(
  '%s is behind a proxy',
  (host) => {
    expect(chosen(new URL(`https://${host}`), { HTTPS_PROXY: 'proxy.test' })).toMatchObject({ host: 'proxy.test' });
  },
);

test('the secrets of the proxies are their passwords and credentials', () => {
  const settings = readProxySettings({ HTTPS_PROXY: 'http://me:p%40ss@a.test', http_proxy: 'token@b.test' });
  expect(proxySecrets(settings)).toEqual(['p@ss', basic('me:p@ss').slice(6), 'token', basic('token:').slice(6)]);
  expect(proxySecrets(readProxySettings({ HTTPS_PROXY: 'a.test', HTTP_PROXY: 'socks://x:y@b.test' }))).toEqual([]);
});

const listening: Listening[] = [];
afterEach(async () => {
  await Promise.all(listening.splice(0).map(({ close }) => close()));
});

/** Starts a proxy that answers CONNECT in its own way, and then the request as the target would. */
async function startRawProxy(answer: (socket: Socket) => void) {
  const received: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const index = received.push('') - 1;
    sockets.push(socket);
    let hasAnswered = false;
    socket.on('data', (bytes: Buffer) => {
      received[index] = `${received[index] ?? ''}${bytes.toString('latin1')}`;
      const heads = received[index].match(/\r\n\r\n/g)?.length ?? 0;
      if (heads > 0 && !hasAnswered) {
        hasAnswered = true;
        answer(socket);
      }
      if (heads > 1) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone');
    });
  });
  const { url, close, port } = await listen(server);
  listening.push({ url, close, port });
  return { host: `127.0.0.1:${port}`, received, sockets };
}

function through(
  host: string,
  {
    url = new URL('http://ghe.test/x'),
    timeoutMs = 10_000,
    signal,
  }: { url?: URL; timeoutMs?: number; signal?: AbortSignal } = {},
) {
  const proxies = readProxySettings({ HTTP_PROXY: `http://user:${password}@${host}` });
  return send({
    method: 'GET',
    url,
    headers: { authorization: 'token' },
    proxies,
    timeoutMs,
    maxBodyBytes: 100,
    signal,
  });
}

async function failureOf(response: Promise<unknown>) {
  const error = await response.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RequestError)) throw new Error('not a RequestError', { cause: error });
  return error;
}

/** Waits until the proxy has seen the end of each connection. */
async function allClosed(sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) {
    socket.resume();
    while (!socket.destroyed) await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a tunnel', () => {
  test.each([
    ['200', 'HTTP/1.1 200 Connection established\r\n\r\n'],
    ['200 of HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\n'],
    ['200 without a reason', 'HTTP/1.1 200\r\n\r\n'],
    ['201', 'HTTP/1.1 201 Created\r\n\r\n'],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['299', 'HTTP/1.1 299 X\r\n\r\n'],
    [
      '200 with headers that mean nothing here',
      'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n',
    ],
    ['100 and 200', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['103, 102 and 204', 'HTTP/1.1 103 X\r\nlink: </x>\r\n\r\nHTTP/1.1 102 X\r\n\r\nHTTP/1.1 204 X\r\n\r\n'],
  ])('is made with %s', async (_, head) => {
    for (const step of [head.length, 7, 1]) {
      const { host, received } = await startRawProxy((socket) => {
        for (let at = 0; at < head.length; at += step) socket.write(head.slice(at, at + step));
      });
      expect(await through(host)).toMatchObject({ status: 200, body: 'done', isComplete: true });
      const [connect = '', request = ''] = (received[0] ?? '').split('\r\n\r\n');
      expect(connect.split('\r\n')).toEqual([
        'CONNECT ghe.test:80 HTTP/1.1',
        'Host: ghe.test:80',
        `Proxy-Authorization: ${basic(`user:${password}`)}`,
      ]);
      expect(request).toMatch(/^GET \/x HTTP\/1\.1\r\n/);
      expect(request).not.toMatch(/proxy-authorization/i);
    }
  });

  test('keeps what the host says with the head of the proxy', async () => {
    const { host } = await startRawProxy((socket) =>
      socket.write('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 403 X\r\ncontent-length: 5\r\n\r\nearly'),
    );
    expect(await through(host)).toMatchObject({ status: 403, body: 'early' });
  });

  test.each([0, 5])('is made anew where the host responds before there is a request: %i bytes', async (length) => {
    const { host, received } = await startRawProxy((socket) => {
      const early = received.length === 1 ? `HTTP/1.1 408 X\r\ncontent-length: ${length}\r\n\r\n` : '';
      socket.write(`HTTP/1.1 200 OK\r\n\r\n${early}`);
    });
    expect(await through(host)).toMatchObject({ status: 200, body: 'done' });
    expect(received).toEqual([
      expect.not.stringContaining('GET'),
      expect.stringMatching(/^CONNECT [^]*\r\n\r\nGET \/x HTTP/),
    ]);
  });

  test.each([
    ['[fd00::2]', '[fd00::2]:80'],
    ['[fd00::2]:8443', '[fd00::2]:8443'],
    ['10.1.2.3', '10.1.2.3:80'],
    ['GHE.test:8080', 'ghe.test:8080'],
  ])('leads to %s', async (target, authority) => {
    const { host, received } = await startRawProxy((socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    expect(await through(host, { url: new URL(`http://${target}/`) })).toMatchObject({ status: 200 });
    expect(received[0]).toMatch(
      new RegExp(
        `^CONNECT ${authority.replaceAll(/[[\].]/g, '\\$&')} HTTP/1.1\r\nHost: ${authority.replaceAll(/[[\].]/g, '\\$&')}\r\n`,
      ),
    );
  });

  test.each<[string, 'connecting' | 'proxy', (socket: Socket) => void, RegExp]>([
    [
      '407',
      'proxy',
      (socket) => socket.write('HTTP/1.1 407 X\r\ncontent-length: 100000\r\n\r\n'),
      /answered 407.*user name and password.*`HTTP_PROXY`/,
    ],
    ['403', 'proxy', (socket) => socket.write('HTTP/1.1 403 X\r\n\r\n'), /answered 403.*`NO_PROXY`/],
    [
      '407 after 103',
      'proxy',
      (socket) => socket.write('HTTP/1.1 103 X\r\n\r\nHTTP/1.1 407 X\r\n\r\n'),
      /answered 407/,
    ],
    ['502', 'connecting', (socket) => socket.end('HTTP/1.1 502 X\r\n\r\n'), /answered 502$/],
    [
      'a response as if it were the host',
      'connecting',
      (socket) => socket.end('HTTP/1.1 500 ::error::x\r\ncontent-length: 2\r\n\r\n{}'),
      /answered 500$/,
    ],
    ['302', 'connecting', (socket) => socket.end('HTTP/1.1 302 X\r\nlocation: /\r\n\r\n'), /answered 302$/],
    ['a close', 'connecting', (socket) => socket.end(), /closed the connection$/],
    ['half a head', 'connecting', (socket) => socket.end('HTTP/1.1 200'), /closed the connection$/],
    ['a reset', 'connecting', (socket) => socket.resetAndDestroy(), /ECONNRESET|Premature close/],
    ['what is not HTTP', 'connecting', (socket) => socket.end('SSH-2.0 200\r\n\r\n'), /did not answer in HTTP$/],
    [
      'a status of four digits',
      'connecting',
      (socket) => socket.end('HTTP/1.1 2000 OK\r\n\r\n'),
      /did not answer in HTTP$/,
    ],
    [
      'a head without end',
      'connecting',
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`),
      /longer than 16384 bytes$/,
    ],
    [
      'interim responses without end',
      'connecting',
      (socket) => socket.write('HTTP/1.1 103 X\r\n\r\n'.repeat(10_000)),
      /longer than 16384 bytes$/,
    ],
    ['silence', 'connecting', () => undefined, /no response within 0\.5 s$/],
    [
      'an interim response and silence',
      'connecting',
      (socket) => socket.write('HTTP/1.1 100 X\r\n\r\n'),
      /no response within 0\.5 s$/,
    ],
  ])('is not made with %s', async (_, stage, answer, reason) => {
    const { host, received, sockets } = await startRawProxy(answer);
    const error = await failureOf(through(host, { timeoutMs: 500 }));
    expect([error.stage, received.length]).toEqual([stage, 1]);
    expect(error.message).toMatch(reason);
    expect(error.message).toContain(`ghe.test through the proxy ${host}: `);
    expect(error.message).not.toContain(password);
    expect(received[0]).not.toContain('token');
    await allClosed(sockets);
  });

  test('is not made where no proxy listens', async () => {
    const error = await failureOf(through('127.0.0.1:1'));
    expect([error.stage, error.message]).toEqual([
      'connecting',
      'ghe.test through the proxy 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1',
    ]);
  });

  test('is given up at once, and does not disturb another', async () => {
    let answers = 0;
    const { host, sockets } = await startRawProxy((socket) => {
      answers += 1;
      if (answers > 1) socket.write('HTTP/1.1 200 OK\r\n\r\n');
    });
    const controller = new AbortController();
    const first = failureOf(through(host, { signal: controller.signal }));
    while (answers === 0) await new Promise((resolve) => setImmediate(resolve));
    const second = through(host);
    controller.abort();
    expect([(await first).stage, (await second).status]).toEqual(['connecting', 200]);
    await allClosed(sockets);
  });
});
