import { describe, expect, jest, test } from '@jest/globals';
import { makeCertificate } from '../testing/certificate.js';
import { plainEvent } from './harness/events.js';
import { type ServerFault, publishedBody, startFaultyServer } from '../testing/faulty-server.js';
import { keys, runBundle, runSource, type Target, targets } from './harness/step.js';

const details = 'Missing required parameter title';
const shapes = {
  A: JSON.stringify({ error: { http_code: 400, type: 'x', message: 'Unspecified Error', metadata: { details } } }),
  'A without metadata': JSON.stringify({ error: { http_code: 400, type: 'x', message: details } }),
  'A without details': JSON.stringify({ error: { http_code: 400, type: 'x', message: details, metadata: {} } }),
  B: JSON.stringify({ success: false, errors: [{ message: details }, { message: 'And more' }] }),
  C: JSON.stringify({ code: 403, error: details }),
  'one message': JSON.stringify({ message: details }),
  'plain text': `\n ${details} \n`,
} as const;

const answer = (status: number, body = '', headers = {}): ServerFault => ({ kind: 'answer', status, body, headers });
const good = answer(200, publishedBody);

async function publish(run: Target, faults: readonly ServerFault[], inputs: Readonly<Record<string, string>> = {}) {
  const server = await startFaultyServer(faults);
  const result = await run({
    ...plainEvent('workflow_dispatch', 'refs/heads/main'),
    inputs: { ...keys, 'api-url': server.url, version: '2.0.0', ...inputs },
  }).finally(server.close);
  return { ...result, requests: server.requests, connections: server.connections() };
}

/** The end of a step: how it ended, after how many connections, and what its one error or warning says. */
type Row = readonly [name: string, faults: readonly ServerFault[], connections: number, message: RegExp];

const misconfiguration: readonly Row[] = [
  ...Object.entries(shapes).map(([shape, body]): Row => [
    `400 in the shape ${shape}`,
    [answer(400, body)],
    1,
    new RegExp(`400, "${details}${shape === 'B' ? '; And more' : ''}"\\)\\. Fix the value that Amplitude names`),
  ]),
  [
    '400 without a word',
    [answer(400)],
    1,
    /\(127\.0\.0\.1:\d+: 400\)\. Fix the value that Amplitude names\. If it names none/,
  ],
  ['401', [answer(401)], 1, /401.*`api-key` and `secret-key` belong to the same project \([^()]*\([^()]*\)[^()]*\)\.$/],
  ['403', [answer(403, shapes.A)], 1, /403.*`api-key` and `secret-key`/],
  ['404', [answer(404, '<html>Not here</html>')], 1, /404, "<html>Not here<\/html>".*Check `api-url`/],
  ['413', [answer(413)], 1, /413.*Shorten `description`/],
  ['405', [answer(405)], 1, /405.*Fix the value that Amplitude names/],
  [
    'a redirect to another host',
    [answer(307, '', { location: 'http://127.0.0.1:1/api/2/release' })],
    1,
    /redirect.*307.*not followed.*`api-url`/,
  ],
  ['a redirect by GET', [answer(302, '', { location: '/' }), good], 1, /302.*not followed/],
  ['300', [answer(300)], 1, /redirect.*300.*not followed/],
  ['304', [answer(304)], 1, /304/],
  [
    '400 with a response cut short',
    [{ kind: 'cut', status: 400, body: details }],
    1,
    /400, the response was cut short, "Missing/,
  ],
];

const envoy = 'upstream connect error or disconnect/reset before headers.';

const notCreated: readonly Row[] = [
  [
    '429',
    [answer(429, shapes.A)],
    2,
    /^Amplitude is unavailable.*429, "Missing.*after 2 attempts\)\. The release was not created\. Re-run the job later/,
  ],
  ['503', [answer(503)], 2, /503, after 2 attempts.*was not created/],
  ...['connection failure', 'remote connection failure', 'overflow'].map((reason): Row => [
    `503 from Envoy after ${reason}`,
    [answer(503, `${envoy} reset reason: ${reason}`)],
    2,
    /503, "upstream.*after 2 attempts.*was not created/,
  ]),
  [
    'a wait of more digits than a number has',
    [answer(503, '', { 'retry-after': '9'.repeat(400) })],
    1,
    /503, which asks to wait longer than any `timeout`\)/,
  ],
  [
    'a wait that `timeout` does not allow',
    [answer(503, '', { 'retry-after': '3600' })],
    1,
    /503, which asks to wait 3600 s\)/,
  ],
];

const maybeCreated: readonly Row[] = [
  ...['connection termination', 'remote reset', 'local reset', 'protocol error', 'something new'].map((reason): Row => [
    `503 from Envoy after ${reason}`,
    [answer(503, `${envoy} reset reason: ${reason}`), good],
    1,
    /may or may not.*503, "upstream/,
  ]),
  [
    '503 from Envoy after a retry of its own',
    [answer(503, `${envoy} retried and the latest reset reason: connection failure`), good],
    1,
    /may or may not/,
  ],
  ...[600, 999].map((status): Row => [`${status}`, [answer(status), good], 1, /may or may not/]),
  [
    'a compressed response',
    [answer(200, publishedBody, { 'content-encoding': 'br' }), good],
    1,
    /may or may not.*200, the response was cut short/,
  ],
  ...[500, 502, 504, 501, 520].map((status): Row => [
    `${status}`,
    [answer(status, shapes.A), good],
    1,
    new RegExp(`may or may not.*${status}, "Missing`),
  ]),
  [
    'a reset before reading',
    [{ kind: 'reset', when: 'before' }, good],
    1,
    /may or may not.*Check in Amplitude, under .*Releases/,
  ],
  [
    'a reset after reading',
    [{ kind: 'reset', when: 'after' }, good],
    1,
    /may or may not have been created.*ECONNRESET|socket hang up/,
  ],
  ['a close before reading', [{ kind: 'close', when: 'before' }, good], 1, /may or may not/],
  ['a close after reading', [{ kind: 'close', when: 'after' }, good], 1, /may or may not.*socket hang up/],
  [
    'a response cut short',
    [{ kind: 'cut', status: 200, body: publishedBody.slice(0, -2) }, good],
    1,
    /may or may not.*200, the response was cut short/,
  ],
  [
    'a response that is too large',
    [{ kind: 'flood', bytes: 8 * 1024 * 1024 }, good],
    1,
    /may or may not.*200, the response was cut short/,
  ],
  ['a response that is not HTTP', [{ kind: 'garbage' }, good], 1, /may or may not.*Parse Error/],
];

const noRelease: readonly Row[] = [
  [
    'success: false',
    [answer(200, JSON.stringify({ success: false, errors: [{ message: details }] }))],
    1,
    /200, "Missing/,
  ],
  ['success: false with a release', [answer(200, publishedBody.replace('true', 'false'))], 1, /200/],
  ['no release', [answer(200, '{"success":true}')], 1, /response contains no release.*200, "\{"success":true\}"/],
  ['no id', [answer(200, '{"success":true,"release":{"id":""}}')], 1, /response contains no release/],
  ['a blank id', [answer(200, '{"success":true,"release":{"id":" "}}')], 1, /response contains no release/],
  ['more than JSON', [answer(200, `${publishedBody} OK`)], 1, /response contains no release.*200, "/],
  ['a brace too many', [answer(200, `${publishedBody}}`)], 1, /response contains no release.*200, "/],
  ...Object.entries({
    'after it': `${publishedBody}\u00A0`,
    'before it': `\uFEFF${publishedBody}`,
    'around the release': publishedBody.replace('"release":', '"release":\u00A0'),
  }).map(([where, body]): Row => [
    `white space that JSON does not know, ${where}`,
    [answer(200, body)],
    1,
    /response contains no release.*200, "/,
  ]),
  ['no JSON', [answer(200, 'OK')], 1, /response contains no release.*200, "OK"/],
  ['nothing', [answer(204)], 1, /response contains no release.*204\)/],
];

describe.each(targets)('a failure of Amplitude, from the %s', (_, run) => {
  test.each([...misconfiguration, ...noRelease])(
    'fails the step even with `on-outage: warn`: %s',
    async (_, faults, connections, message) => {
      const result = await publish(run, faults, { 'on-outage': 'warn', retries: '1' });
      expect(result.exitCode).toBe(1);
      expect(result.outputs).toMatchObject({ outcome: 'failed', version: '2.0.0' });
      expect(result.connections).toBe(connections);
      expect(result.errors).toEqual([expect.stringMatching(message)]);
      expect([result.warnings, result.summary]).toEqual([[], '']);
    },
  );

  test.each([...notCreated, ...maybeCreated])(
    'fails the step as an outage: %s',
    async (_, faults, connections, message) => {
      const result = await publish(run, faults, { retries: '1' });
      expect(result.exitCode).toBe(1);
      expect(result.outputs).toMatchObject({ outcome: 'failed', version: '2.0.0' });
      expect(result.connections).toBe(connections);
      expect(result.errors).toEqual([expect.stringMatching(message)]);
      expect(result.errors[0]).toContain('`on-outage: warn`');
      expect(result.warnings).toEqual([]);
    },
  );

  test.each([...notCreated, ...maybeCreated])(
    'only warns with `on-outage: warn`: %s',
    async (_, faults, connections, message) => {
      const result = await publish(run, faults, { retries: '1', 'on-outage': 'warn' });
      expect(result.exitCode).toBe(0);
      expect(result.outputs).toMatchObject({ outcome: 'failed' });
      expect(result.connections).toBe(connections);
      expect(result.warnings).toEqual([expect.stringMatching(message)]);
      expect([result.errors, result.summary]).toEqual([[], '']);
    },
  );

  test.each([
    ['429', answer(429)],
    ['503', answer(503)],
    ['503 that asks for a second', answer(503, '', { 'retry-after': '1' })],
    [
      '503 that asks to wait until a date',
      answer(503, '', { 'retry-after': new Date(Date.now() + 2_000).toUTCString() }),
    ],
    [
      '503 from a server whose clock is ahead',
      answer(503, '', { date: 'Wed, 25 Nov 2099 10:00:00 GMT', 'retry-after': 'Wed, 25 Nov 2099 10:00:01 GMT' }),
    ],
    ['503 that asks for nonsense', answer(503, '', { 'retry-after': 'soon' })],
  ])('retries with the same body: %s', async (_, fault) => {
    const result = await publish(run, [fault, good]);
    expect([result.exitCode, result.connections]).toEqual([0, 2]);
    expect(result.outputs).toMatchObject({ outcome: 'published', 'release-id': 'w4962caj' });
    expect(result.requests[1]).toEqual(result.requests[0]);
    expect(result.log).toMatch(/: (429|503).*; trying again in \d\.\d s\n/);
  });

  test('waits as long as `Retry-After` asks', async () => {
    const { durationMs, exitCode } = await publish(run, [answer(503, '', { 'retry-after': '1' }), good]);
    expect(exitCode).toBe(0);
    expect(durationMs).toBeGreaterThan(1_000);
  });

  test('retries as often as `retries` says', async () => {
    const none = await publish(run, [answer(503), good], { retries: '0' });
    expect([none.exitCode, none.connections]).toEqual([1, 1]);
    const two = await publish(run, [answer(503), answer(429), answer(503), good], { retries: '2' });
    expect([two.exitCode, two.connections]).toEqual([1, 3]);
    expect(two.errors).toEqual([expect.stringContaining('after 3 attempts')]);
    expect(two.log.match(/^(?:Version|POST)/gm)).toEqual(['Version', 'POST']);
  });

  test.each<[string, ServerFault, RegExp]>([
    ['before reading', { kind: 'hang', when: 'before' }, /may or may not.*no response within 1 s/],
    ['after reading', { kind: 'hang', when: 'after' }, /may or may not.*no response within 1 s/],
    ['while answering 200', { kind: 'trickle', status: 200 }, /may or may not.*200, the response was cut short/],
    ['while answering 403', { kind: 'trickle', status: 403 }, /403, the response was cut short.*`api-key`/],
  ])('ends within `timeout` when Amplitude hangs %s', async (_, fault, message) => {
    const result = await publish(run, [fault], { timeout: '1' });
    expect([result.exitCode, result.connections]).toEqual([1, 1]);
    expect(result.errors).toEqual([expect.stringMatching(message)]);
    expect(result.outputs).toMatchObject({ outcome: 'failed', version: '2.0.0' });
    expect(result.durationMs).toBeGreaterThan(950);
    expect(result.durationMs).toBeLessThan(10_000);
  });

  test('starts no attempt without the time to end it', async () => {
    const slow: ServerFault = { kind: 'answer', status: 503, headers: { 'retry-after': '1' } };
    const { connections, errors } = await publish(run, [slow, good], { timeout: '1', retries: '3' });
    expect([connections, errors]).toEqual([1, [expect.stringContaining('The release was not created')]]);
  });

  test('counts waits towards `timeout`', async () => {
    const asksForOne = answer(503, '', { 'retry-after': '1' });
    const { durationMs, connections, exitCode } = await publish(run, [asksForOne], { timeout: '2', retries: '10' });
    expect([exitCode, connections]).toEqual([1, 2]);
    expect(durationMs).toBeLessThan(10_000);
  });

  test('quotes at most 500 characters of a response, on one harmless line', async () => {
    const body = `::error::x\r\n##[warning]y\u202E \u0000${'é'.repeat(600)}`;
    const { errors, log } = await publish(run, [answer(400, body)]);
    expect(errors).toHaveLength(1);
    const said = /400, "(.*)"/.exec(errors[0] ?? '')?.[1] ?? '';
    expect(said).toMatch(/^::error::x ## \[warning\]y +é+…$/);
    expect(said.length).toBeLessThanOrEqual(501);
    expect(log).not.toContain('##[');
    const whole = 'é'.repeat(500);
    expect((await publish(run, [answer(400, whole)])).errors[0]).toContain(`"${whole}"`);
  });

  test.each([100, 5_000, 100_000])('publishes a response nested %i levels deep', async (depth) => {
    const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const body = `{"release":{"id":"w4962caj","deep":${deep}},"success":true}`;
    const { outputs, exitCode } = await publish(run, [answer(200, body)], { description: 'x'.repeat(100_000) });
    expect([exitCode, outputs['outcome'], outputs['release-id']]).toEqual([0, 'published', 'w4962caj']);
    expect(JSON.parse(outputs['release'] ?? '')).toMatchObject({ id: 'w4962caj' });
  });

  test('accepts a release in a response that does not say whether it is a success', async () => {
    const { outputs } = await publish(run, [answer(200, '{"release":{"id":"w4962caj"}}')]);
    expect(outputs).toMatchObject({ outcome: 'published', 'release-id': 'w4962caj' });
  });

  test('publishes a whole release although the response is cut short', async () => {
    const { outputs } = await publish(run, [{ kind: 'cut', status: 200, body: publishedBody }]);
    expect(outputs).toMatchObject({ outcome: 'published', 'release-id': 'w4962caj' });
  });

  test('keeps keys out of the outputs of a published release', async () => {
    const release = { id: 'w4962caj', echo: `${keys['api-key']}:${keys['secret-key']}` };
    const { outputs, summary } = await publish(run, [answer(200, JSON.stringify({ success: true, release }))]);
    expect(outputs['outcome']).toBe('published');
    expect(`${String(outputs['release'])}${summary}`).not.toContain(keys['secret-key']);
    expect(outputs['release']).toContain('***');
  });

  test('redacts keys that Amplitude repeats before it truncates', async () => {
    const padding = 'x'.repeat(450);
    const { errors } = await publish(run, [answer(403, `${keys['secret-key']} ${padding}${keys['api-key']}`)]);
    expect(errors).toEqual([expect.stringContaining(`403, "*** ${padding}***"`)]);
  });

  test('retries a refused connection', async () => {
    const { exitCode, outputs, errors, log } = await run({
      ...plainEvent('workflow_dispatch', 'refs/heads/main'),
      inputs: { ...keys, 'api-url': 'http://127.0.0.1:1', version: '1', retries: '2' },
    });
    expect(exitCode).toBe(1);
    expect(outputs).toEqual({ outcome: 'failed', version: '1', payload: expect.stringContaining('"version":"1"') });
    expect(errors).toEqual([
      expect.stringMatching(/ECONNREFUSED 127\.0\.0\.1:1, after 3 attempts\)\. The release was not created/),
    ]);
    expect(log.match(/trying again/g)).toHaveLength(2);
    expect(log).toMatch(/^Version: 1 [^]*^POST 127\.0\.0\.1:1\/api\/2\/release$[^]*trying again[^]*was not created/m);
  });

  test('names each address of a host that refuses connections', async () => {
    const { exitCode, errors } = await run({
      ...plainEvent('workflow_dispatch', 'refs/heads/main'),
      inputs: { ...keys, 'api-url': 'http://localhost:1', version: '1', retries: '0' },
    });
    expect(exitCode).toBe(1);
    expect(errors).toEqual([
      expect.stringMatching(/localhost:1: .*connect ECONNREFUSED \S+:1\)?.*The release was not created/),
    ]);
  });

  test('retries an unknown host name', async () => {
    const { exitCode, errors } = await run({
      ...plainEvent('workflow_dispatch', 'refs/heads/main'),
      inputs: { ...keys, 'api-url': 'https://amplitude.invalid', version: '1', retries: '1' },
    });
    expect(exitCode).toBe(1);
    expect(errors).toEqual([
      expect.stringMatching(/amplitude\.invalid.*after 2 attempts\)\. The release was not created/),
    ]);
  });
});

test.each([
  [0, ['0.0', '0.0', '0.0']],
  [0.999, ['0.5', '1.0', '2.0']],
])('waits at random, up to twice as long before each retry: %d', async (drawn, waits) => {
  const draw = jest.spyOn(Math, 'random').mockReturnValue(drawn);
  try {
    const { log, exitCode } = await publish(runSource, [answer(503), answer(503), answer(503), good]);
    expect(exitCode).toBe(0);
    expect([...log.matchAll(/trying again in (.+) s$/gm)].map(([, wait]) => wait)).toEqual(waits);
  } finally {
    draw.mockRestore();
  }
});

describe('a failure of TLS, from the bundle', () => {
  const step = (port: number, inputs = {}) => ({
    ...plainEvent('workflow_dispatch', 'refs/heads/main'),
    inputs: { ...keys, 'api-url': `https://127.0.0.1:${port}`, version: '1', retries: '1', ...inputs },
  });

  test('sends nothing to a server with an untrusted certificate', async () => {
    const server = await startFaultyServer([good], await makeCertificate('127.0.0.1'));
    const result = await runBundle(step(server.port, { 'on-outage': 'warn' })).finally(server.close);
    expect([result.exitCode, server.requests]).toEqual([1, []]);
    expect(result.errors).toEqual([
      expect.stringMatching(/^The TLS certificate could not be verified.*nothing was sent.*`NODE_EXTRA_CA_CERTS`/),
    ]);
  });

  test('sends nothing to a server with the certificate of another host', async () => {
    const authority = await makeCertificate('example.com');
    const server = await startFaultyServer([good], authority);
    const environment = { NODE_EXTRA_CA_CERTS: authority.file };
    const result = await runBundle({ ...step(server.port), environment }).finally(server.close);
    expect([result.exitCode, server.requests]).toEqual([1, []]);
    expect(result.errors).toEqual([expect.stringMatching(/could not be verified.*does not match/)]);
  });

  test('retries a handshake that the server ends, as nothing was sent', async () => {
    const server = await startFaultyServer([good], 'handshake');
    const result = await runBundle(step(server.port)).finally(server.close);
    expect([result.exitCode, server.connections()]).toEqual([1, 2]);
    expect(result.errors).toEqual([expect.stringMatching(/after 2 attempts\)\. The release was not created/)]);
  });

  test('trusts `NODE_EXTRA_CA_CERTS`, and does not retry a close after the handshake', async () => {
    const authority = await makeCertificate('127.0.0.1');
    const environment = { NODE_EXTRA_CA_CERTS: authority.file };
    const server = await startFaultyServer([good], authority);
    const result = await runBundle({ ...step(server.port), environment }).finally(server.close);
    expect([result.exitCode, result.outputs['release-id']]).toEqual([0, 'w4962caj']);

    const closing = await startFaultyServer([{ kind: 'close', when: 'before' }, good], authority);
    const lost = await runBundle({ ...step(closing.port), environment }).finally(closing.close);
    expect([lost.exitCode, closing.connections()]).toEqual([1, 1]);
    expect(lost.errors).toEqual([expect.stringContaining('may or may not')]);
  });
});
