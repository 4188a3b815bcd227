import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { startAmplitude } from '../testing/amplitude.js';
import { amplitudeProject, type ListedRelease } from '../testing/amplitude-developer-api.js';
import { type ServerFault, startFaultyServer } from '../testing/faulty-server.js';
import { InputError } from '../src/errors.js';
import { createRedactor } from '../src/secrets.js';
import { findRelease, projectReleasesUrl, type ReleaseQuery, waitForRelease } from '../src/project-releases.js';

type Listed = readonly Partial<ListedRelease>[];
type Looked = Pick<ReleaseQuery['release'], 'version' | 'platforms'>;

function queryFor(
  url: string,
  release: Partial<ReleaseQuery['release']> = {},
  accessToken: string = amplitudeProject.accessToken,
): ReleaseQuery {
  return {
    region: 'us',
    apiUrl: new URL(url),
    projectId: amplitudeProject.id,
    accessToken,
    proxies: { http: undefined, https: undefined, noProxy: '' },
    redactor: createRedactor([accessToken]),
    signal: new AbortController().signal,
    release: { version: '1.4.0', platforms: undefined, release_start: '2026-11-23 10:52:35', ...release },
  };
}

/** Looks for a release in a project with these releases. */
async function find(release: Partial<Looked>, listed: Listed) {
  const amplitude = await startAmplitude(0, { listed });
  return findRelease(queryFor(amplitude.url, release), 5_000).finally(amplitude.close);
}

/** Looks for release 1.4.0 where each request meets the next fault. */
async function findWith(...faults: readonly ServerFault[]) {
  const server = await startFaultyServer(faults);
  const finding = await findRelease(queryFor(server.url), 4_000).finally(server.close);
  return { finding, requests: server.requests };
}

const answer = (status: number, body: unknown, headers = {}): ServerFault => ({
  kind: 'answer',
  status,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  headers,
});

const release = {
  id: 'x1',
  version: '1.4.0',
  platforms: null,
  release_start: '2026-11-23T10:52:35Z',
  type: 'integration',
  deleted: false,
};
const page = (data: readonly unknown[], next_cursor: string | null = null) => ({ data, pagination: { next_cursor } });

beforeEach(() => {
  // The waits are random. So they are 5, 10, 20 ms and so on.
  jest.spyOn(Math, 'random').mockReturnValue(0.01);
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe('projectReleasesUrl', () => {
  test.each([
    ['us', undefined, 'https://developer-api.amplitude.com/v1/projects/100001/releases'],
    ['eu', undefined, 'https://developer-api.eu.amplitude.com/v1/projects/100001/releases'],
    ['eu', 'https://gateway.example.com/', 'https://gateway.example.com/v1/projects/100001/releases'],
    [
      'us',
      'https://gateway.example.com/amplitude/',
      'https://gateway.example.com/amplitude/v1/projects/100001/releases',
    ],
  ] as const)('region %s, api-url %s: %s', (region, apiUrl, expected) => {
    const url = projectReleasesUrl({ region, apiUrl: apiUrl && new URL(apiUrl), projectId: '100001' });
    expect(url.href).toBe(expected);
  });
});

describe('findRelease', () => {
  test('sends one GET for the 200 newest releases up to a day after the start', async () => {
    const amplitude = await startAmplitude();
    await findRelease(queryFor(amplitude.url), 5_000).finally(amplitude.close);
    expect(amplitude.requests).toHaveLength(1);
    expect(amplitude.requests[0]).toMatchObject({
      method: 'GET',
      url: '/v1/projects/100001/releases?limit=200&release_start_before=2026-11-24T10%3A52%3A35.000Z',
      headers: { accept: 'application/json', authorization: `Bearer ${amplitudeProject.accessToken}` },
    });
  });

  test("sends a personal access token in the form of Amplitude's client where the documented one is rejected", async () => {
    const server = await startFaultyServer([answer(401, {}), answer(200, page([]))]);
    const finding = await findRelease(queryFor(server.url), 2_000).finally(server.close);
    expect(finding).toEqual({ kind: 'absent', isDetected: false });
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${amplitudeProject.accessToken}`,
      `Bearer PAT=${amplitudeProject.accessToken}`,
    ]);
  });

  test('sends an OAuth token as it is', async () => {
    const server = await startFaultyServer([answer(200, page([]))]);
    await findRelease(queryFor(server.url, {}, 'eyJhbGciOi.J9'), 2_000).finally(server.close);
    expect(server.requests[0]?.headers.authorization).toBe('Bearer eyJhbGciOi.J9');
  });

  test.each<[string, Partial<Looked>, Listed]>([
    ['without platforms', {}, [{ id: 'x1', version: '1.4.0' }]],
    ['with an empty list of platforms', {}, [{ id: 'x1', version: '1.4.0', platforms: [] }]],
    [
      'with the same platforms in another order',
      { platforms: ['iOS', 'Web'] },
      [{ id: 'x1', version: '1.4.0', platforms: ['Web', 'iOS', 'Web'] }],
    ],
    ['with another start', {}, [{ id: 'x1', version: '1.4.0', release_start: '2026-10-01T00:00:00Z' }]],
    ['made by a user', {}, [{ id: 'x1', version: '1.4.0', type: 'manual' }]],
    ['made by the Releases API', {}, [{ id: 'x1', version: '1.4.0', type: 'integration' }]],
    [
      'beside an automatic one',
      {},
      [
        { id: 'x2', version: '1.4.0', type: 'automatic', release_start: '2026-11-24T00:00:00Z' },
        { id: 'x1', version: '1.4.0' },
      ],
    ],
    [
      'listed twice, the newest one',
      {},
      [
        { id: 'x2', version: '1.4.0', release_start: '2026-11-01T00:00:00Z' },
        { id: 'x1', version: '1.4.0', release_start: '2026-11-02T00:00:00Z' },
      ],
    ],
  ])('finds a release %s', async (_, looked, listed) => {
    expect(await find(looked, listed)).toMatchObject({ kind: 'found', id: 'x1' });
  });

  test('returns the release with unknown fields', async () => {
    const { finding } = await findWith(answer(200, page([{ ...release, owner: { name: 'Ada' } }])));
    expect(finding).toEqual({
      kind: 'found',
      id: 'x1',
      release: JSON.stringify({ ...release, owner: { name: 'Ada' } }),
    });
  });

  test('redacts secrets in the release', async () => {
    const title = `Now with ${amplitudeProject.accessToken}`;
    const { finding } = await findWith(answer(200, page([{ ...release, title }])));
    expect(finding).toMatchObject({ kind: 'found', release: expect.stringContaining('"title":"Now with ***"') });
  });

  test.each<[string, Partial<Looked>, Listed]>([
    ['in an empty project', {}, []],
    ['with another version', {}, [{ version: 'v1.4.0' }, { version: '1.4' }, { version: null }]],
    ['with more platforms', {}, [{ version: '1.4.0', platforms: ['iOS'] }]],
    ['with fewer platforms', { platforms: ['iOS', 'Web'] }, [{ version: '1.4.0', platforms: ['iOS'] }]],
    ['with no platforms', { platforms: ['iOS'] }, [{ version: '1.4.0' }]],
    ['with platforms in another spelling', { platforms: ['iOS'] }, [{ version: '1.4.0', platforms: ['ios'] }]],
    ['that is deleted', {}, [{ version: '1.4.0', deleted: true }]],
  ])('does not find a release %s', async (_, looked, listed) => {
    expect(await find(looked, listed)).toEqual({ kind: 'absent', isDetected: false });
  });

  test('ignores a deleted release in the list', async () => {
    const { finding } = await findWith(answer(200, page([{ ...release, deleted: true }])));
    expect(finding).toEqual({ kind: 'absent', isDetected: false });
  });

  test('reports an automatic release of the version, whatever its platforms', async () => {
    const listed = [{ version: '1.4.0', type: 'automatic' as const, platforms: ['iOS'] }];
    expect(await find({}, listed)).toEqual({ kind: 'absent', isDetected: true });
    expect(await find({ version: '1.5.0' }, listed)).toEqual({ kind: 'absent', isDetected: false });
    expect(await find({}, [{ version: '1.4.0', type: 'automatic', deleted: true }])).toMatchObject({
      isDetected: false,
    });
  });
});

describe('findRelease with more than 200 releases in the project', () => {
  const others = (start: string) =>
    Array.from({ length: 201 }, (_, index) => ({ id: `x${String(index)}`, release_start: start }));

  test('reports a release as absent if the first page goes back to its start', async () => {
    expect(await find({}, others('2026-11-01T00:00:00Z'))).toEqual({ kind: 'absent', isDetected: false });
  });

  test('does not know if the first page does not go back to its start', async () => {
    expect(await find({}, others('2026-11-24T00:00:00Z'))).toEqual({
      kind: 'unknown',
      reason: expect.stringMatching(/^127\.0\.0\.1:\d+: 200 with 200 releases that do not go back to the start/),
    });
  });

  test('finds a release on the first page', async () => {
    const listed = [...others('2026-11-01T00:00:00Z'), { id: 'x', version: '1.4.0' }];
    expect(await find({}, listed)).toMatchObject({ kind: 'found', id: 'x' });
  });
});

describe('findRelease with a list that cannot be read', () => {
  test.each<[string, ServerFault, RegExp]>([
    ['400', answer(400, { detail: 'Bad cursor' }), /: 400, "Bad cursor"$/],
    ['404', answer(404, { title: 'Project not found', detail: null }), /: 404, "Project not found"$/],
    ['429 that does not say when', answer(429, ''), /: 429$/],
    ['429 that asks to wait too long', answer(429, '', { 'retry-after': '60' }), /: 429$/],
    ['500', answer(500, '<html>'), /: 500$/],
    ['502', answer(502, { detail: 'Upstream' }), /: 502, "Upstream"$/],
    ['a redirect', answer(302, '', { location: '/' }), /: 302$/],
    ['no content', answer(204, ''), /: 204$/],
    ['no JSON', answer(200, 'OK'), /200 in an unknown shape$/],
    ['an empty object', answer(200, {}), /200 in an unknown shape$/],
    ['no pagination', answer(200, { data: [] }), /200 in an unknown shape$/],
    ['releases that are not a list', answer(200, { ...page([]), data: { x1: release } }), /200 in an unknown shape$/],
    ['a release without a type', answer(200, page([{ ...release, type: undefined }])), /release in an unknown shape$/],
    ['a release without platforms', answer(200, page([{ ...release, platforms: undefined }])), /release in an unknown/],
    [
      'a release with text as platforms',
      answer(200, page([{ ...release, platforms: 'iOS' }])),
      /release in an unknown/,
    ],
    ['a release that is null', answer(200, page([null])), /release in an unknown shape$/],
    [
      'a full page whose last start is not a time',
      answer(200, page([{ ...release, version: '1', release_start: 'soon' }], 'abc')),
      /do not go back to the start/,
    ],
    [
      'a page cut short',
      { kind: 'cut', status: 200, body: JSON.stringify(page([release])) },
      /200, the response was cut/,
    ],
    ['a reset', { kind: 'reset', when: 'after' }, /ECONNRESET|hang up/],
    ['silence', { kind: 'hang', when: 'after' }, /within 2 s/],
    ['a byte now and then', { kind: 'trickle', status: 200 }, /200, the response was cut short/],
    ['something that is not HTTP', { kind: 'garbage' }, /Parse Error/],
    [
      'a release that is nested too deep to return',
      answer(
        200,
        JSON.stringify(page([release])).replace('"x1"', `"x1","deep":${'['.repeat(99_999)}${']'.repeat(99_999)}`),
      ),
      /call stack/i,
    ],
  ])('does not know after %s', async (_, fault, reason) => {
    const { finding, requests } = await findWith(fault);
    expect(finding).toMatchObject({ kind: 'unknown', reason: expect.stringMatching(reason) });
    expect(requests.length).toBeLessThanOrEqual(1);
  });

  test('does not know if nobody listens', async () => {
    const server = await startFaultyServer([]);
    await server.close();
    const finding = await findRelease(queryFor(server.url), 4_000);
    expect(finding).toMatchObject({ kind: 'unknown', reason: expect.stringContaining('ECONNREFUSED') });
  });

  test('finds a release beside one in an unknown shape', async () => {
    const { finding } = await findWith(answer(200, page([{ shape: 'new' }, release])));
    expect(finding).toMatchObject({ kind: 'found', id: 'x1' });
  });

  test.each([
    ['its header', { 'retry-after': '0' }, ''],
    ['its body', {}, { retry_after_seconds: 0 }],
  ])('asks again after a 429 with a wait in %s', async (_, headers, body) => {
    const { finding, requests } = await findWith(answer(429, body, headers), answer(200, page([release])));
    expect(finding).toMatchObject({ kind: 'found', id: 'x1' });
    expect(requests).toHaveLength(2);
  });

  test('gives up in time if every response is a 429', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    const { finding, requests } = await findWith(answer(429, '', { 'retry-after': '0' }));
    expect(finding).toMatchObject({ kind: 'unknown', reason: expect.stringMatching(/: 429$/) });
    expect(requests.length).toBeGreaterThan(1);
    expect(requests.length).toBeLessThan(6);
  });
});

describe('findRelease with a token that is rejected', () => {
  test.each([
    ['is unknown', 'amp_0000', 401],
    ['lacks the scope', amplitudeProject.accessTokenWithoutScope, 403],
  ])('throws an error that names both inputs and the scope: the token %s', async (_, token, status) => {
    const amplitude = await startAmplitude();
    const finding = findRelease(queryFor(amplitude.url, {}, token), 5_000).finally(amplitude.close);
    const error: unknown = await finding.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect(String(error)).toMatch(
      new RegExp(
        `Input \`access-token\` was rejected for the project in \`project-id\` \\(127.*: ${String(status)}, "The token`,
      ),
    );
    expect(String(error)).toContain('scope `analytics:read`');
  });

  test('redacts the token in the message of the server', async () => {
    const finding = findWith(answer(401, { detail: `PAT=${amplitudeProject.accessToken} has expired` }));
    await expect(finding).rejects.toThrow('401, "PAT=*** has expired"');
  });
});

describe('waitForRelease', () => {
  async function waitWith(faults: readonly ServerFault[], timeoutMs: number) {
    const server = await startFaultyServer(faults);
    const search = await waitForRelease(queryFor(server.url), timeoutMs).finally(server.close);
    return { search, requests: server.requests };
  }

  test('finds the release when the index has caught up', async () => {
    const amplitude = await startAmplitude(0, { indexLag: 3 });
    await fetch(`${amplitude.url}/api/2/release`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('00112233445566778899aabbccddeeff:ffeeddccbbaa99887766554433221100')}` },
      body: JSON.stringify({ version: '1.4.0', title: 'Checkout', release_start: '2026-11-23 10:52:35' }),
    });
    const search = await waitForRelease(queryFor(amplitude.url), 5_000).finally(amplitude.close);
    expect(search).toMatchObject({ kind: 'found', release: expect.stringContaining('"type":"integration"') });
    expect(amplitude.requests).toHaveLength(5);
  });

  test.each<[string, ServerFault]>([
    ['a 500', answer(500, '')],
    ['a 429', answer(429, '', { 'retry-after': '0' })],
    ['an unknown shape', answer(200, '{}')],
    ['a reset', { kind: 'reset', when: 'after' }],
  ])('asks again after %s', async (_, fault) => {
    const { search } = await waitWith([fault, answer(200, page([])), answer(200, page([release]))], 5_000);
    expect(search).toMatchObject({ kind: 'found', id: 'x1' });
  });

  test('gives up when the time is over, after growing waits', async () => {
    const { search, requests } = await waitWith([answer(200, page([]))], 300);
    expect(search).toMatchObject({ kind: 'not-found', problem: undefined });
    expect(search).toHaveProperty('searchedMs', expect.any(Number));
    // Waits of 5, 10, 20 and then 40 ms: at most ten of them fit in 300 ms.
    expect(requests.length).toBeGreaterThan(1);
    expect(requests.length).toBeLessThanOrEqual(11);
  });

  test('reports why the list could not be read', async () => {
    const { search } = await waitWith([answer(503, { detail: 'Overloaded' })], 200);
    expect(search).toMatchObject({ kind: 'not-found', problem: expect.stringMatching(/503, "Overloaded"$/) });
    const { search: later } = await waitWith([answer(200, page([])), answer(503, '')], 200);
    expect(later).toMatchObject({ kind: 'not-found', problem: undefined });
  });

  test('gives up when it is cancelled', async () => {
    const server = await startFaultyServer([answer(200, page([]))]);
    const cancellation = new AbortController();
    jest.spyOn(Math, 'random').mockReturnValue(0.99);
    const startMs = Date.now();
    const searching = waitForRelease({ ...queryFor(server.url), signal: cancellation.signal }, 20_000);
    cancellation.abort();
    expect(await searching.finally(server.close)).toMatchObject({ kind: 'not-found' });
    expect(Date.now() - startMs).toBeLessThan(5_000);
  });

  test('gives up at once if the token is rejected', async () => {
    const { search, requests } = await waitWith([answer(403, { detail: 'insufficient scope' })], 5_000);
    expect(search).toMatchObject({ kind: 'not-found', problem: expect.stringContaining('insufficient scope') });
    expect(requests).toHaveLength(1);
  });
});
