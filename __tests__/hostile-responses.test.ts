import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import { amplitudeKeys } from '../testing/amplitude.js';
import { listen } from '../testing/listen.js';
import { openPublication, publish, targetFor } from '../src/amplitude.js';
import { ApiError } from '../src/failures.js';
import { monotonicMs } from '../src/request.js';
import { createRedactor } from '../src/secrets.js';

/** How many releases to publish. More by hand: `--globals '{"hostileRuns":20000}'`. */
const runs = z.number().catch(600).parse(Reflect.get(globalThis, 'hostileRuns'));
const batchSize = 100;
const timeoutMs = 1_000;

const basic = Buffer.from(`${amplitudeKeys.apiKey}:${amplitudeKeys.secretKey}`).toString('base64');
const secrets = [amplitudeKeys.apiKey, amplitudeKeys.secretKey, basic];
const published = 'PUBLISHED';

const envoy = 'upstream connect error or disconnect/reset before headers. reset reason: ';
const anyBody = fc.oneof(
  fc.constantFrom(
    '',
    '{}',
    'null',
    '[]',
    '{"success":false}',
    '{"success":true}',
    '{"success":true,"release":null}',
    '{"success":true,"release":{"id":""}}',
    '{"success":false,"errors":[{"message":"Missing required parameter title"}]}',
    '{"error":{"http_code":400,"type":"x","message":"Unspecified Error","metadata":{"details":"Invalid API Key"}}}',
    `<!DOCTYPE html><title>Sign in</title>${basic}`,
    `{"message":"${amplitudeKeys.secretKey} of ${amplitudeKeys.apiKey}"}`,
    `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
    `{"errors":[${'0,'.repeat(20_000)}0]}`,
    '::error::x\r\n##[error]y',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.json({ maxDepth: 2 }),
);
const publishedBody = fc.oneof({ weight: 4, arbitrary: fc.constant(published) }, anyBody);

/** What a server that keeps to HTTP and to Amplitude's documentation may say about a release, and whether it has it. */
const fact = fc.oneof(
  fc.record({ creates: fc.constant(true), status: fc.constantFrom(200, 200, 200, 201, 206), body: publishedBody }),
  fc.record({
    creates: fc.boolean(),
    status: fc.constantFrom(200, 202, 204, 299, 500, 501, 502, 504, 520, 599, 600, 999, 100, 101, 199),
    body: anyBody,
  }),
  fc.record({
    creates: fc.constant(false),
    status: fc.constantFrom(429, 503, 400, 401, 403, 404, 408, 413, 422, 300, 301, 302, 304, 307, 308),
    body: anyBody,
  }),
);
/** Envoy's words are what decides, so they arrive. */
const envoyFact = fc.oneof(
  fc.record({
    creates: fc.boolean(),
    status: fc.constant(503),
    body: fc
      .constantFrom('connection termination', 'remote reset', 'local reset', 'protocol error', 'unheard of', '')
      .map((reason) => envoy + reason),
  }),
  fc.record({
    creates: fc.constant(false),
    status: fc.constant(503),
    body: fc
      .constantFrom('connection failure', 'remote connection failure', 'local connection failure', 'overflow')
      .map((reason) => envoy + reason),
  }),
);

const headers = fc.array(
  fc.constantFrom(
    'retry-after: 0',
    'retry-after: 1',
    'retry-after: soon',
    `retry-after: ${'9'.repeat(400)}`,
    'content-type: text/html',
    'location: http://127.0.0.1:1/',
    'connection: keep-alive',
    'set-cookie: a=b',
    `x-echo: ${basic}`,
  ),
  { maxLength: 3 },
);
type Framing = (body: Buffer) => readonly [header: string, ...content: readonly (Buffer | string)[]];
const chunksOf = (body: Buffer) => (body.length === 0 ? [] : [`${body.length.toString(16)}\r\n`, body, '\r\n']);
/** How a response says where its body ends. */
const framings = {
  length: (body) => [`content-length: ${body.length}`, body],
  chunks: (body) => ['transfer-encoding: chunked', ...chunksOf(body), '0\r\n\r\n'],
  close: (body) => ['x-framing: close', body],
  'too long': (body) => [`content-length: ${body.length + 9}`, body],
  'too short': (body) => [`content-length: ${Math.max(0, body.length - 1)}`, body],
  surplus: (body) => [`content-length: ${body.length}`, body, 'x'],
  'bad chunk': (body) => ['transfer-encoding: chunked', ...chunksOf(body), 'ZZ\r\n'],
} as const satisfies Readonly<Record<string, Framing>>;
type FramingName = keyof typeof framings;
const framingNames: readonly FramingName[] = [
  'length',
  'length',
  'chunks',
  'close',
  'too long',
  'too short',
  'surplus',
  'bad chunk',
];

/** The ways in which a response can reach a client, or fail to. */
const wire = fc.record({
  framing: fc.constantFrom(...framingNames),
  headers: fc.oneof({ weight: 4, arbitrary: headers }, fc.constant(['content-encoding: gzip'])),
  interim: fc.constantFrom('', '', '', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'),
  isEarly: fc.boolean(),
  /** How much of it is sent. */
  share: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.double({ min: 0, max: 1, noNaN: true })),
  /** The bytes of a packet. */
  packet: fc.constantFrom(1e9, 1e9, 1_000, 7, 1),
  end: fc.constantFrom('close', 'close', 'reset', 'silence'),
  flip: fc.option(fc.nat({ max: 10_000 }), { freq: 6 }),
});
const soundWire = fc.record({
  framing: fc.constantFrom<FramingName[]>('length', 'chunks'),
  headers: fc.constant([]),
  interim: fc.constant(''),
  isEarly: fc.boolean(),
  share: fc.constant(1),
  packet: fc.constant(1e9),
  end: fc.constant('close'),
  flip: fc.constant(null),
});

const answer = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fact, wire) },
  { weight: 1, arbitrary: fc.tuple(envoyFact, soundWire) },
  {
    weight: 1,
    arbitrary: fc.record({ creates: fc.boolean(), garbage: fc.constantFrom('', 'SSH-2.0\r\n', 'HTTP/1.1 \r\n\r\n') }),
  },
);
type ValueOf<Values> = Values extends fc.Arbitrary<infer Value> ? Value : never;
type Answer = ValueOf<typeof answer>;

const scenario = fc.record({
  answers: fc.array(answer, { minLength: 1, maxLength: 4 }),
  /** What happens to the first connection before there is a request. */
  idle: fc.constantFrom('nothing', 'nothing', 'nothing', 'close', 'reset', 'greeting'),
  idleMs: fc.nat({ max: 8 }),
  waitMs: fc.nat({ max: 8 }),
  retries: fc.nat({ max: 3 }),
});
type Scenario = ValueOf<typeof scenario>;

/** The bytes of a response, as far as they are sent, and how the connection ends. */
function bytesOf(given: Answer, id: string, sent: string) {
  if ('garbage' in given) return { bytes: Buffer.from(given.garbage), packet: 1e9, end: 'close' } as const;
  const [{ status, body: template }, { framing, headers: more, interim, share, packet, end, flip }] = given;
  const text = template === published ? `{"success":true,"release":{"id":"${id}","sent":${sent}}}` : template;
  const body = Buffer.from(text);
  if (flip !== null && flip < body.length) body[flip] = (body[flip] ?? 0) ^ 1;
  const [header, ...content] = framings[framing](body);
  const head = [`HTTP/1.1 ${String(status).padStart(3, '0')} X`, header, ...more].join('\r\n');
  const whole = Buffer.concat([`${interim}${head}\r\n\r\n`, ...content].map((part) => Buffer.from(part)));
  return { bytes: whole.subarray(0, Math.ceil(whole.length * share)), packet, end };
}

/** A server that answers each connection in its turn, and knows which releases it has. */
async function startServer({ answers, idle, idleMs }: Scenario) {
  const created: string[] = [];
  let connections = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    const index = connections;
    connections += 1;
    const given = answers[Math.min(index, answers.length - 1)];
    let received = '';
    let isAnswered = false;
    const disturb = () => {
      if (idle === 'nothing' || isAnswered) return;
      // After its words about the lack of a request, a server does not read one.
      isAnswered = idle === 'greeting';
      if (idle === 'greeting') socket.end('HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n');
      if (idle === 'close') socket.end();
      if (idle === 'reset') socket.resetAndDestroy();
    };
    if (index === 0) setTimeout(disturb, idleMs);
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
      const [head = '', body] = received.split('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      const isEarly = Array.isArray(given) && given[1].isEarly;
      if (given === undefined || isAnswered || body === undefined || (!isEarly && body.length < length)) return;
      isAnswered = true;
      const id = `release-${String(index)}`;
      if (Array.isArray(given) ? given[0].creates : given.creates) created.push(id);
      void respond(socket, bytesOf(given, id, isEarly ? '{}' : Buffer.from(body, 'latin1').toString()));
    });
  });
  return { ...(await listen(server)), created };
}

async function respond(socket: Socket, { bytes, packet, end }: ReturnType<typeof bytesOf>): Promise<void> {
  for (let at = 0; at < bytes.length && at < 40 * packet; at += packet) {
    socket.write(bytes.subarray(at, at + packet));
    if (packet < bytes.length) await sleep(0);
  }
  if (bytes.length > 40 * packet) socket.write(bytes.subarray(40 * packet));
  if (end === 'close') socket.end();
  if (end === 'reset') socket.resetAndDestroy();
}

/** Publishes a release as the step does without a token. */
async function publishTo(url: string, { retries, waitMs }: Scenario) {
  const controller = new AbortController();
  const destination = {
    target: targetFor({ region: 'us', apiUrl: new URL(url) }),
    credentials: { ...amplitudeKeys, basic },
    proxies: { http: undefined, https: undefined, noProxy: '' },
    redactor: createRedactor(secrets),
    signal: controller.signal,
  };
  const publication = openPublication(destination, timeoutMs);
  await sleep(waitMs);
  const reasons: string[] = [];
  const options = { ...destination, ...publication, retries, timeoutMs, query: undefined };
  try {
    const release = { version: '2.3.0', release_start: '2026-11-23 10:52:35', title: 'One 😀 step' };
    const onRetry = (reason: string) => reasons.push(reason);
    await publish(JSON.stringify(release), { ...options, onRetry });
    return { class: 'published', said: reasons.join('\n') } as const;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { class: error.failure.class, said: [...reasons, error.message].join('\n') } as const;
  }
}

async function judge(one: Scenario): Promise<string> {
  const server = await startServer(one);
  const startMs = monotonicMs();
  const result = await publishTo(server.url, one).finally(server.close);
  const facts = { one, result, created: server.created };
  const fault = faultOf(result, server.created);
  if (fault !== undefined) throw new Error(`${fault}: ${JSON.stringify(facts)}`);
  if (monotonicMs() - startMs > timeoutMs + 5_000) throw new Error(`late: ${JSON.stringify(facts)}`);
  return result.class;
}

function faultOf({ class: end, said }: Awaited<ReturnType<typeof publishTo>>, created: readonly string[]) {
  if (created.length > 1) return 'published twice';
  if (end === 'published' && created.length === 0) return 'reported as published, and is not';
  if ((end === 'not-created' || end === 'misconfiguration') && created.length > 0)
    return 'reported as not created, and is';
  if (secrets.some((secret) => said.includes(secret.slice(2, 10)))) return 'a part of a secret is shown';
  return undefined;
}

beforeEach(() => {
  // Waits are random up to an upper bound. So they are short.
  jest.spyOn(Math, 'random').mockReturnValue(0.000_1);
});
afterEach(() => {
  jest.restoreAllMocks();
});

const sound: ValueOf<typeof wire> = {
  framing: 'length',
  headers: [],
  interim: '',
  isEarly: false,
  share: 1,
  packet: 1e9,
  end: 'close',
  flip: null,
};
const ends: readonly (readonly [ValueOf<typeof fact>, string])[] = [
  [{ creates: true, status: 200, body: published }, 'published'],
  [{ creates: true, status: 200, body: '{}' }, 'no-release'],
  [{ creates: true, status: 500, body: '' }, 'maybe-created'],
  [{ creates: false, status: 429, body: '' }, 'not-created'],
  [{ creates: false, status: 401, body: '' }, 'misconfiguration'],
];
test.each(ends)('the answer %j ends as %s', async (answered, end) => {
  const one: Scenario = { answers: [[answered, sound]], idle: 'nothing', idleMs: 0, waitMs: 0, retries: 0 };
  expect(await judge(one)).toBe(end);
});

test('no response makes a second release, a false success, or a false "not created"', async () => {
  // Side by side, as most of the time is spent waiting.
  const batches = fc.array(scenario, { minLength: batchSize, maxLength: batchSize });
  await fc.assert(
    fc.asyncProperty(batches, async (batch) => {
      await Promise.all(batch.map(judge));
    }),
    { numRuns: Math.ceil(runs / batchSize), endOnFailure: true },
  );
}, 600_000);
