import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { amplitudeKeys, toListedRelease, releaseResponse, startAmplitude } from '../testing/amplitude.js';
import { amplitudeProject, createDeveloperApi, type ListedRelease } from '../testing/amplitude-developer-api.js';
import { listen } from '../testing/listen.js';
import { openPublication, publish, targetFor } from '../src/amplitude.js';
import { ApiError } from '../src/failures.js';
import { findRelease } from '../src/project-releases.js';
import { createRedactor } from '../src/secrets.js';
import { plainEvent, releaseEvent } from './harness/events.js';
import { keys, type Target, targets } from './harness/step.js';

const project = { 'access-token': amplitudeProject.accessToken, 'project-id': amplitudeProject.id } as const;

/** What Amplitude does with a POST: whether it creates the release, and what it answers. A number is a status. */
const postFaults = {
  success: { creates: true, answer: 200 },
  'a lost response': { creates: true, answer: 'reset' },
  'a response cut short': { creates: true, answer: 'cut' },
  'a response without a release': { creates: true, answer: 204 },
  '500 after creating': { creates: true, answer: 500 },
  '502 after creating': { creates: true, answer: 502 },
  '504 after creating': { creates: true, answer: 504 },
  '503 of a gateway after creating': { creates: true, answer: 503 },
  'silence after creating': { creates: true, answer: 'hang' },
  'a lost request': { creates: false, answer: 'reset' },
  '500 without creating': { creates: false, answer: 500 },
  '503 without creating': { creates: false, answer: 503 },
  '429': { creates: false, answer: 429 },
  '400': { creates: false, answer: 400 },
} as const;
type PostFault = keyof typeof postFaults;

/** What the list of releases does with a request. A number is a status. */
type ListFault = 'list' | 'reset' | 'unknown shape' | 429 | 500;

/** What happens to the requests of one run, each in turn; the last one happens to all that follow. */
type Scenario = {
  readonly posts: readonly PostFault[];
  readonly lists?: readonly ListFault[];
  /** How many requests for the list a new release is missing from. */
  readonly indexLag?: number;
  readonly listed?: readonly Partial<ListedRelease>[];
};

async function startProject({ posts, lists = ['list'], indexLag = 0, listed = [] }: Scenario) {
  const stored = listed.map(({ id = '' }) => id);
  const shown = new Set<string>();
  const counts = { posts: 0, lists: 0 };
  let isAskedSinceLastCreation = true;
  let isLastAnswerClear = true;
  let mistake: string | undefined;
  const developerApi = createDeveloperApi({ indexLag, listed });

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://127.0.0.1');
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'GET') {
        const fault = lists[Math.min(counts.lists, lists.length - 1)] ?? 'list';
        counts.lists += 1;
        isAskedSinceLastCreation = true;
        if (fault === 'reset') request.socket.destroy();
        else if (fault === 'unknown shape') response.end('{"releases":[]}');
        else if (fault !== 'list') response.writeHead(fault).end('{}');
        else {
          const answer = developerApi.respond('GET', url, request.headers.authorization);
          const body = JSON.stringify(answer.body);
          for (const id of stored) if (body.includes(`"id":"${id}"`)) shown.add(id);
          response.writeHead(answer.status, answer.headers).end(body);
        }
        return;
      }
      const { creates, answer } = postFaults[posts[Math.min(counts.posts, posts.length - 1)] ?? 'success'];
      counts.posts += 1;
      if (!isLastAnswerClear) mistake = 'a second request after a response that proves nothing';
      isLastAnswerClear = answer === 429 || answer === 503;
      const fields: unknown = JSON.parse(Buffer.concat(chunks).toString());
      const body = releaseResponse(Object.fromEntries(Object.entries(fields ?? {})));
      if (creates) {
        if (shown.size > 0) mistake = 'a second release although the list has shown the first';
        if (!isAskedSinceLastCreation) mistake = 'a second release without looking for the first';
        stored.push(body.release.id);
        developerApi.add(toListedRelease(body.release));
        isAskedSinceLastCreation = false;
      }
      if (answer === 'reset') request.socket.destroy();
      else if (answer === 'cut') {
        response.writeHead(200, { 'content-length': 9_999 }).write('{', () => response.destroy());
      } else if (answer !== 'hang') response.writeHead(answer).end(answer === 200 ? JSON.stringify(body) : '{}');
    });
  });
  const { url, close } = await listen(server);
  return { url, close, stored, counts, mistake: () => mistake };
}

describe.each(targets)('a release of a project that can be asked, from the %s', (_, run) => {
  async function runWith(scenario: Scenario, inputs: Readonly<Record<string, string>> = {}) {
    const amplitude = await startProject(scenario);
    const result = await run({
      ...plainEvent('workflow_dispatch', 'refs/heads/main'),
      inputs: { ...keys, ...project, 'api-url': amplitude.url, version: '1.4.0', timeout: '6', ...inputs },
    }).finally(amplitude.close);
    return { ...result, ...amplitude };
  }

  const mayExist = [
    'a lost response',
    'a response cut short',
    'a response without a release',
    '500 after creating',
    '502 after creating',
    '504 after creating',
    '503 of a gateway after creating',
    'silence after creating',
  ] as const;

  test.each(mayExist)('is published once, as the list shows: %s', async (fault) => {
    const { exitCode, outputs, errors, warnings, log, stored, counts } = await runWith({ posts: [fault] });
    expect([exitCode, errors, warnings]).toEqual([0, [], []]);
    expect([stored.length, counts.posts]).toEqual([1, 1]);
    expect(outputs).toMatchObject({ outcome: 'published', 'release-id': stored[0] });
    expect(JSON.parse(outputs['release'] ?? '')).toMatchObject({ id: stored[0], type: 'integration' });
    expect(log).toContain(`Published release ${String(stored[0])}\n`);
  });

  test('is found when the index has caught up', async () => {
    const { outputs, stored, counts } = await runWith(
      { posts: ['500 after creating'], indexLag: 3 },
      { timeout: '30' },
    );
    expect(outputs).toMatchObject({ outcome: 'published', 'release-id': stored[0] });
    expect(counts).toEqual({ posts: 1, lists: 5 });
  });

  test.each<[string, Scenario, RegExp]>([
    [
      'a lag that is too long',
      { posts: ['500 after creating'], indexLag: 1_000 },
      /may or may not.*500.*did not show it within [123] s, but the list may lag\. Check in Amplitude/,
    ],
    [
      'a list that fails later',
      { posts: ['500 after creating'], lists: ['list', 500] },
      /may or may not.*could not be read \(127.*: 500\)\. Check in Amplitude/,
    ],
    ['a lost request', { posts: ['a lost request'] }, /may or may not.*did not show it/],
  ])('may have been created, and is not sent again: %s', async (_name, scenario, message) => {
    const { exitCode, outputs, errors, counts } = await runWith(scenario, { timeout: '3' });
    expect([exitCode, counts.posts]).toEqual([1, 1]);
    expect(errors).toEqual([expect.stringMatching(message)]);
    expect(outputs).toMatchObject({ outcome: 'failed' });
  });

  test('is sent again after a 503 if the list does not show it', async () => {
    const { exitCode, outputs, stored, counts } = await runWith({ posts: ['503 without creating', 'success'] });
    expect([exitCode, counts]).toEqual([0, { posts: 2, lists: 2 }]);
    expect(outputs).toMatchObject({ outcome: 'published', 'release-id': stored[0] });
  });

  test.each(['429', '400'] as const)('is not looked for after %s', async (fault) => {
    const { counts } = await runWith({ posts: [fault] }, { retries: '0' });
    expect(counts).toEqual({ posts: 1, lists: 1 });
  });
});

describe.each(targets)('a release that was published before, from the %s', (_, run: Target) => {
  async function runTwice(inputs: Readonly<Record<string, string>>) {
    const amplitude = await startAmplitude();
    const step = { ...releaseEvent(), inputs: { ...keys, 'api-url': amplitude.url, ...inputs } };
    try {
      const first = await run(step);
      const second = await run({ ...step, environment: { GITHUB_RUN_ATTEMPT: '2' } });
      return { first, second, bodies: amplitude.bodies };
    } finally {
      await amplitude.close();
    }
  }

  test('is not published again', async () => {
    const { first, second, bodies } = await runTwice(project);
    expect(bodies).toHaveLength(1);
    expect([first.exitCode, first.outputs['outcome']]).toEqual([0, 'published']);
    expect([second.exitCode, second.notices, second.warnings, second.errors]).toEqual([0, [], [], []]);
    const id = first.outputs['release-id'];
    expect(second.outputs).toEqual({
      outcome: 'already-published',
      'release-id': id,
      version: 'v1.4.0',
      payload: first.outputs['payload'],
      release: expect.stringContaining(`"id":"${String(id)}"`),
    });
    expect(second.log).toContain(`Already published as release ${String(id)}; nothing was sent\n`);
    expect(second.log).not.toContain('POST');
    expect(second.summary).toContain('<h3>Release was already published to Amplitude</h3>');
    expect(second.summary).toContain(`<th>Id</th><td>${String(id)}</td>`);
    expect(second.masks).toContain(amplitudeProject.accessToken);
  });

  test('is published again without a token, with a notice', async () => {
    const { second, bodies } = await runTwice({});
    expect(bodies).toHaveLength(2);
    expect(second.outputs['outcome']).toBe('published');
    expect(second.notices).toEqual([expect.stringContaining('attempt 2')]);
  });

  test('is published for other platforms', async () => {
    const amplitude = await startAmplitude(0, { listed: [{ version: 'v1.4.0', platforms: ['iOS'] }] });
    const inputs = { ...keys, ...project, 'api-url': amplitude.url, platforms: 'Android' };
    const { outputs } = await run({ ...releaseEvent(), inputs }).finally(amplitude.close);
    expect([outputs['outcome'], amplitude.bodies.length]).toEqual(['published', 1]);
  });

  test('is published beside an automatic one, with a notice', async () => {
    const amplitude = await startAmplitude(0, { listed: [{ version: 'v1.4.0', type: 'automatic' }] });
    const inputs = { ...keys, ...project, 'api-url': amplitude.url };
    const { outputs, notices } = await run({ ...releaseEvent(), inputs }).finally(amplitude.close);
    expect([outputs['outcome'], amplitude.bodies.length]).toEqual(['published', 1]);
    expect(notices).toEqual([expect.stringMatching(/detected the version `v1\.4\.0`.*automatic release/)]);
  });

  test.each([
    ['429', [429, 429, 429, 429, 429, 429, 429, 429, 429, 429, 429, 429]],
    ['500', [500]],
  ])('is published with a warning if the list cannot be read: %s', async (status, listStatuses) => {
    const amplitude = await startAmplitude(0, { listStatuses });
    const inputs = { ...keys, ...project, 'api-url': amplitude.url, timeout: '4' };
    const { exitCode, outputs, warnings } = await run({ ...releaseEvent(), inputs }).finally(amplitude.close);
    expect([exitCode, outputs['outcome'], amplitude.bodies.length]).toEqual([0, 'published', 1]);
    expect(warnings).toEqual([expect.stringMatching(new RegExp(`list of releases could not be read .*${status}`))]);
  });

  test('is published with a warning if the keys belong to another project', async () => {
    const server = createServer((request, response) => {
      const list = { data: [], pagination: { next_cursor: null } };
      request.resume().on('end', () => {
        response.end(JSON.stringify(request.method === 'GET' ? list : releaseResponse({ version: 'v1.4.0' })));
      });
    });
    const { url, close } = await listen(server);
    const inputs = { ...keys, ...project, 'api-url': url };
    const runFor = (projectId: string) => run({ ...releaseEvent(), inputs: { ...inputs, 'project-id': projectId } });
    const other = await runFor('999');
    const same = await runFor(amplitudeProject.id).finally(close);
    expect([other.exitCode, other.outputs['outcome'], same.warnings]).toEqual([0, 'published', []]);
    expect(other.warnings).toEqual([expect.stringMatching(/`999`, but the keys belong to the project `100001`/)]);
  });

  test('is not published with a token that is rejected', async () => {
    const amplitude = await startAmplitude();
    const inputs = { ...keys, ...project, 'api-url': amplitude.url, 'on-outage': 'warn' };
    const token = { 'access-token': amplitudeProject.accessTokenWithoutScope };
    const result = await run({ ...releaseEvent(), inputs: { ...inputs, ...token } }).finally(amplitude.close);
    expect([result.exitCode, amplitude.bodies]).toEqual([1, []]);
    expect(result.errors).toEqual([
      expect.stringMatching(/`access-token` was rejected.*`project-id`.*`analytics:read`/),
    ]);
  });

  test.each(Object.entries(project))('needs more than %s', async (name, value) => {
    const [other] = Object.keys(project).filter((input) => input !== name);
    const { exitCode, errors } = await run({ ...releaseEvent(), inputs: { ...keys, [name]: value } });
    expect(exitCode).toBe(1);
    expect(errors).toEqual([
      `Input \`${String(other)}\` is missing, although \`${name}\` is set. Set both, or neither.`,
    ]);
  });
});

describe('any sequence of responses and lags', () => {
  beforeEach(() => {
    // Waits are random up to an upper bound. So they are short.
    jest.spyOn(Math, 'random').mockReturnValue(0.000_1);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** Publishes a release as the step does. */
  async function publishOnce(apiUrl: string, timeoutMs: number) {
    const release = { version: '1.4.0', release_start: '2026-11-23 10:52:35', title: 'One step', platforms: undefined };
    const inputs = { region: 'us', apiUrl: new URL(apiUrl), retries: 3, timeoutMs } as const;
    const network = {
      target: targetFor(inputs),
      proxies: { http: undefined, https: undefined, noProxy: '' },
      redactor: createRedactor([]),
      signal: new AbortController().signal,
    };
    const { id: projectId, accessToken } = amplitudeProject;
    const query = { ...inputs, ...network, projectId, accessToken, release };
    const finding = await findRelease(query, timeoutMs);
    if (finding.kind === 'found') return { outcome: 'already-published', id: finding.id } as const;
    const basic = Buffer.from(`${amplitudeKeys.apiKey}:${amplitudeKeys.secretKey}`).toString('base64');
    const publication = openPublication({ ...network, credentials: { ...amplitudeKeys, basic } }, timeoutMs);
    const options = { ...inputs, ...network, ...publication, query, onRetry: () => undefined };
    try {
      const { id } = await publish(JSON.stringify(release), options);
      return { outcome: 'published', id } as const;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { outcome: 'failed', class: error.failure.class } as const;
    }
  }

  const earlier = { id: 'earlier', version: '1.4.0', type: 'integration' } as const;
  const scenario = fc.record({
    posts: fc.array(
      fc.constantFrom<PostFault[]>(
        'success',
        'a lost response',
        'a response cut short',
        'a response without a release',
        '500 after creating',
        '503 of a gateway after creating',
        'a lost request',
        '500 without creating',
        '503 without creating',
        '429',
        '400',
      ),
      { minLength: 1, maxLength: 4 },
    ),
    lists: fc.array(fc.constantFrom<ListFault[]>('list', 'list', 'list', 'reset', 'unknown shape', 429, 500), {
      minLength: 1,
      maxLength: 6,
    }),
    indexLag: fc.nat({ max: 6 }),
    listed: fc.constantFrom([], [], [], [earlier]),
  });

  test('creates no second release knowingly, and reports none that does not exist', async () => {
    const outcomes = new Map<string, number>();
    const scenarios = fc.sample(scenario, 1_000);
    const runInTurn = async () => {
      for (let one = scenarios.pop(); one !== undefined; one = scenarios.pop()) {
        const amplitude = await startProject(one);
        // Long enough for a busy machine: a list that is read too late counts as one that cannot be read.
        const result = await publishOnce(amplitude.url, 2_500).finally(amplitude.close);
        outcomes.set(result.outcome, (outcomes.get(result.outcome) ?? 0) + 1);
        expect({ scenario: one, mistake: amplitude.mistake() }).toEqual({ scenario: one, mistake: undefined });
        if (result.outcome !== 'failed') expect(amplitude.stored).toContain(result.id);
        if (result.outcome === 'already-published') expect(amplitude.counts.posts).toBe(0);
        if (result.outcome === 'failed' && result.class === 'not-created' && one.indexLag === 0) {
          // A list that has caught up is always believed, if it can be read.
          if (amplitude.stored.length > 0) expect(one.lists).not.toEqual(one.lists.map(() => 'list'));
        }
      }
    };
    // Side by side, as most of the time is spent waiting.
    await Promise.all(Array.from({ length: 50 }, runInTurn));
    expect([...outcomes.keys()].sort()).toEqual(['already-published', 'failed', 'published']);
  }, 120_000);
});
