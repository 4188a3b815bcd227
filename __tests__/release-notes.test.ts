import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readProxySettings } from '../src/proxy.js';
import { lookUpReleaseNotes, type ReleaseNotesQuery, repeatsVersion } from '../src/release-notes.js';
import { startAmplitude } from '../testing/amplitude.js';
import { makeCertificate } from '../testing/certificate.js';
import { startProxy } from '../testing/connect-proxy.js';
import { type Answers, refPath, releasePath, startGitHub, tagPath } from '../testing/github.js';
import type { Step } from '../testing/runner.js';
import { plainEvent, releaseEvent, tagEvent } from './harness/events.js';
import { keys, type Target, targets } from './harness/step.js';

const token = 'ghs_0123456789abcdefghijklmnopqrstuvwxyz';
const sha = '0123456789abcdef0123456789abcdef01234567';
const commit = 'fedcba9876543210fedcba9876543210fedcba98';

const annotatedTagEvent = (tag: string) => tagEvent(tag, { after: sha, head_commit: { id: commit } });
const lightweightTagEvent = (tag: string) => tagEvent(tag, { after: commit, head_commit: { id: commit } });

async function publish(run: Target, answers: Answers, step: Step) {
  const [standIn, gitHub] = await Promise.all([startAmplitude(), startGitHub(answers)]);
  const result = await run({
    ...step,
    inputs: { ...keys, 'api-url': standIn.url, 'github-token': token, link: 'false', ...step.inputs },
    environment: { GITHUB_API_URL: gitHub.url, ...step.environment },
  }).finally(() => Promise.all([standIn.close(), gitHub.close()]));
  const paths = gitHub.requests.map(({ path }) => path).sort();
  return { ...result, body: standIn.bodies[0], amplitude: standIn.requests, gitHub: gitHub.requests, paths };
}

/** Looks up a tag without a step around it. */
async function lookUp(answers: Answers, query: Partial<ReleaseNotesQuery> = {}) {
  const gitHub = await startGitHub(answers);
  const startMs = performance.now();
  const notes = await lookUpReleaseNotes({
    token,
    githubApiUrl: gitHub.url,
    proxies: readProxySettings({}),
    githubServerUrl: 'https://github.com',
    owner: 'octo-org',
    repo: 'shop',
    tag: 'v1',
    tagObject: { kind: 'annotated', sha },
    isDescriptionOpen: true,
    ...query,
  }).finally(gitHub.close);
  const paths = gitHub.requests.map(({ path }) => path).sort();
  return { ...notes, paths, host: new URL(gitHub.url).host, durationMs: performance.now() - startMs };
}

const release = { tag_name: 'v1', name: 'One page', body: '* Checkout fits on one page' };
const withMessage = (message: string): Answers => ({ [tagPath(sha)]: { tag: 'v1', sha, message } });
const withRef = (type: string): Answers => ({ [refPath('v1')]: { ref: 'refs/tags/v1', object: { type, sha } } });

describe.each(targets)('release notes of a tag (%s)', (_, run) => {
  test.each(['v1', 'api/v1.2.3', '@scope/pkg@1.2.3', '100% ?#&', '漢-1.0+2'])('from the release of %s', async (tag) => {
    const answers = { [releasePath(tag)]: { tag_name: tag, name: 'One page', body: '<!-- made -->* One page\r\n' } };
    const result = await publish(run, answers, lightweightTagEvent(tag));
    expect(result.exitCode).toBe(0);
    expect(result.body).toMatchObject({ version: tag, title: 'One page', description: '* One page' });
    expect(result.paths).toEqual([releasePath(tag)]);
    expect(result.gitHub[0]?.headers.authorization).toBe(`token ${token}`);
    expect(JSON.stringify(result.amplitude)).not.toContain(token);
    expect(JSON.stringify(result.gitHub)).not.toContain(keys['secret-key']);
    expect(result.notices).toEqual([]);
    expect(result.log).toContain('Title: One page (the name of the GitHub release)');
    expect(result.log).toContain('Description: 10 characters (the notes of the GitHub release, as plain text)');
    expect(result.log).not.toContain('* One page');
  });

  test('from a release with a million levels of something else, in little memory', async () => {
    const levels = `${'['.repeat(1e6)}${']'.repeat(1e6)}`;
    const answers = { [releasePath('v1')]: new Response(`{"levels":${levels},${JSON.stringify(release).slice(1)}`) };
    const step = { ...annotatedTagEvent('v1'), environment: { NODE_OPTIONS: '--max-old-space-size=100' } };
    const { notices, body } = await publish(run, answers, step);
    expect([notices, body?.['title']]).toEqual([[], 'One page']);
  });

  test('from the message of an annotated tag, asked for beside the release', async () => {
    const result = await publish(run, withMessage('Faster\n'), annotatedTagEvent('v1'));
    expect(result.body).toMatchObject({ title: 'v1', description: 'Faster' });
    expect(result.paths).toEqual([tagPath(sha), releasePath('v1')]);
    expect(result.log).toContain('(the message of the tag)');
    expect(result.notices).toEqual([]);
  });

  const branchPush = {
    ...plainEvent('push', 'refs/heads/main'),
    payload: { after: commit, head_commit: { id: commit } },
  };

  // What the event of a push says about its own tag says nothing about the one in the input `tag`.
  test.each<[what: string, step: Step]>([
    ['on a workflow that is run by hand', plainEvent('workflow_dispatch', 'refs/tags/v1')],
    ['where the push does not name the commit', tagEvent('v1', { after: sha })],
    ['where the push does not name the tag object', tagEvent('v1', { head_commit: { id: commit } })],
    ['for the input `tag` on the push of a branch', { ...branchPush, inputs: { tag: 'v1' } }],
    ['for the input `tag` on the push of another tag', { ...lightweightTagEvent('v2'), inputs: { tag: 'v1' } }],
  ])('from the message of a tag, found through its ref, %s', async (_, step) => {
    const result = await publish(run, { ...withRef('tag'), ...withMessage('Faster\n') }, step);
    expect(result.body).toMatchObject({ version: 'v1', description: 'Faster' });
    expect(result.paths).toEqual([refPath('v1'), tagPath(sha), releasePath('v1')]);
  });

  test('from the release of a release event without notes, whose name wins', async () => {
    const answers = { [releasePath('v1.4.0')]: { tag_name: 'v1.4.0', name: 'Renamed', body: 'Written since' } };
    const { body } = await publish(run, answers, releaseEvent({ body: '', name: 'As published' }));
    expect(body).toMatchObject({ title: 'As published', description: 'Written since' });
  });

  test('from the tag, with the version of the input', async () => {
    const answers = { [releasePath('v1')]: { tag_name: 'v1', name: 'One', body: 'Notes' } };
    const { body } = await publish(run, answers, { ...tagEvent('v1'), inputs: { version: '1.0.0' } });
    expect(body).toMatchObject({ version: '1.0.0', title: 'One', description: 'Notes' });
  });

  test('only from the release where the description is an input', async () => {
    const answers = { [releasePath('v1')]: { tag_name: 'v1', name: 'One', body: 'Notes' } };
    const step = { ...annotatedTagEvent('v1'), inputs: { description: 'Mine' } };
    const { body, paths } = await publish(run, answers, step);
    expect(body).toMatchObject({ title: 'One', description: 'Mine' });
    expect(paths).toEqual([releasePath('v1')]);
  });

  test('a failed lookup is a notice', async () => {
    const answers = { [releasePath('v1')]: 403, [tagPath(sha)]: 403 };
    const { exitCode, notices, body } = await publish(run, answers, annotatedTagEvent('v1'));
    expect([exitCode, body?.['version'], body?.['title']]).toEqual([0, 'v1', 'v1']);
    expect(notices).toEqual([
      expect.stringMatching(
        /^Could not fetch the release notes of tag `v1`: .*\(127\.0\.0\.1:\d+: 403, "Not Found .*"\)\..*Give the job `permissions: \{ contents: read \}`/,
      ),
    ]);
  });
});

describe.each(targets)('GitHub is not asked (%s)', (_, run) => {
  test.each([
    ['for a release event with notes', releaseEvent({ name: '' })],
    ['with title and description set', { ...tagEvent('v1'), inputs: { title: 'One', description: 'Written' } }],
    ['without a token', { ...tagEvent('v1'), inputs: { 'github-token': '' } }],
    ['without a tag', { ...plainEvent('push', 'refs/heads/main'), inputs: { version: '1' } }],
    ['for the tag of another package', { ...tagEvent('v1'), inputs: { 'tag-prefix': 'web@' } }],
    ['without a repository', { ...tagEvent('v1'), environment: { GITHUB_REPOSITORY: undefined } }],
  ])('%s', async (_, step) => {
    expect((await publish(run, {}, step)).paths).toEqual([]);
  });
});

describe('lookup of release and tag', () => {
  test('finds title, notes and page of a release, and gives up the tag', async () => {
    const html_url = 'https://github.com/octo-org/shop/releases/tag/v1';
    const answers = { [releasePath('v1')]: { ...release, html_url }, [tagPath(sha)]: 'hang' };
    const { durationMs, ...notes } = await lookUp(answers);
    expect(notes).toMatchObject({
      title: 'One page',
      description: { text: '* Checkout fits on one page', source: 'release' },
      url: html_url,
      problem: undefined,
    });
    expect(durationMs).toBeLessThan(2_000);
  });

  test('gives up the ref of a tag too', async () => {
    const answers = { [releasePath('v1')]: release, [refPath('v1')]: 'hang' };
    const { description, problem, durationMs } = await lookUp(answers, { tagObject: { kind: 'unknown' } });
    expect([description?.source, problem]).toEqual(['release', undefined]);
    expect(durationMs).toBeLessThan(2_000);
  });

  test('uses the message where the release has a name and no notes', async () => {
    const answers = { [releasePath('v1')]: { ...release, body: null }, ...withMessage('Faster') };
    const { title, description } = await lookUp(answers);
    expect([title, description]).toEqual(['One page', { text: 'Faster', source: 'tag' }]);
  });

  test('asks only for the release where the tag is lightweight', async () => {
    const { paths, description, problem } = await lookUp({}, { tagObject: { kind: 'lightweight' } });
    expect([paths, description, problem]).toEqual([[releasePath('v1')], undefined, undefined]);
  });

  test('asks only for the release where only the title is open', async () => {
    const answers = { [releasePath('v1')]: { ...release, body: '' }, ...withMessage('Not this') };
    const { paths, title, description } = await lookUp(answers, { isDescriptionOpen: false });
    expect([paths, title, description]).toEqual([[releasePath('v1')], 'One page', undefined]);
  });

  test('finds the tag object of an unknown tag through its ref', async () => {
    const query = { tagObject: { kind: 'unknown' } } as const;
    const { paths, description } = await lookUp({ ...withRef('tag'), ...withMessage('Faster') }, query);
    expect(paths).toEqual([refPath('v1'), tagPath(sha), releasePath('v1')]);
    expect(description).toEqual({ text: 'Faster', source: 'tag' });
  });

  test('finds no message in a tag that the ref shows to be lightweight', async () => {
    const { paths, description, problem } = await lookUp(withRef('commit'), { tagObject: { kind: 'unknown' } });
    expect(paths).toEqual([refPath('v1'), releasePath('v1')]);
    expect([description, problem]).toEqual([undefined, undefined]);
  });

  test('accepts an API address below a path', async () => {
    const gitHub = await startGitHub({ [`/gitea/api/v1${releasePath('v1')}`]: release });
    const { title } = await lookUp({}, { githubApiUrl: `${gitHub.url}/gitea/api/v1` }).finally(gitHub.close);
    expect(title).toBe('One page');
  });

  test('asks for both at the same time through a proxy', async () => {
    const gitHub = await startGitHub(withMessage('Faster'));
    const proxy = await startProxy(gitHub.port);
    const proxies = readProxySettings({ HTTP_PROXY: proxy.url });
    const { description, problem } = await lookUp({}, { githubApiUrl: 'http://api.github.test', proxies }).finally(() =>
      Promise.all([gitHub.close(), proxy.close()]),
    );
    expect([description?.text, problem]).toEqual(['Faster', undefined]);
    expect(proxy.targets.map(({ target }) => target)).toEqual(['api.github.test:80', 'api.github.test:80']);
    expect(JSON.stringify(proxy.targets)).not.toContain(token);
  });

  test.each([
    ['another host', 'https://github.com.example/octo-org/shop/releases/tag/v1'],
    ['another port', 'https://github.com:8443/octo-org/shop/releases/tag/v1'],
    ['another scheme', 'javascript:alert(1)'],
    ['an invalid address', 'v1'],
  ])('drops a page with %s', async (_, html_url) => {
    const { title, url } = await lookUp({ [releasePath('v1')]: { ...release, html_url } });
    expect([title, url]).toEqual(['One page', undefined]);
  });
});

describe('message of a tag', () => {
  test.each([
    ['without a signature', 'Faster\n\n<!-- x -->Much.\n\n', 'Faster\n\n<!-- x -->Much.'],
    ['that mentions a signature', 'Drop -----BEGIN PGP SIGNATURE-----\n', 'Drop -----BEGIN PGP SIGNATURE-----'],
    ['with a PGP signature', 'Faster\n-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----\n', 'Faster'],
    ['with an SSH signature', 'Faster\n-----BEGIN SSH SIGNATURE-----\nU1\n-----END SSH SIGNATURE-----\n', 'Faster'],
    [
      'with an X.509 signature',
      'Faster\r\n-----BEGIN SIGNED MESSAGE-----\r\nMI\r\n-----END SIGNED MESSAGE-----',
      'Faster',
    ],
    ['that is only a signature', '-----BEGIN PGP SIGNATURE-----\n', undefined],
    ['that is blank', ' \n', undefined],
    ['that repeats the version', 'v1\n-----BEGIN PGP SIGNATURE-----\n', undefined],
  ])('%s', async (_, message, text) => {
    const { description, problem } = await lookUp(withMessage(message));
    expect(description?.text).toBe(text);
    expect(problem).toBeUndefined();
  });

  test.each([
    ['v1.4.0', '1.4.0\n'],
    ['v1.4.0', 'v1.4.0.'],
    ['1.4.0', 'Version 1.4.0'],
    ['v1.4.0', 'Release v1.4.0!'],
    ['v1.4.0', 'chore(release): 1.4.0 [skip ci]'],
    ['v1.4.0', 'chore(main): release 1.4.0'],
    ['v1.4.0', 'v1.4.0\n\nRelease 1.4.0'],
    ['v1.4.0-rc.1', '1.4.0-rc.1'],
    ['@scope/shop@1.4.0', 'scope/shop 1.4.0'],
    ['web/v1.4.0', 'Release web/v1.4.0'],
    ['shop-2026-11-25', 'Shop 2026-11-25 🚀'],
  ])('of %s only repeats the version: %j', (tag, message) => {
    expect(repeatsVersion(message, tag)).toBe(true);
  });

  test.each([
    ['v1.4.0', 'Release 1.4.0: one-page checkout'],
    ['v1.4.0', 'fix(cart): rounding'],
    ['v1.4.0', 'Hotfix'],
    ['v1.4.0', 'fix: preview'],
    ['web/v1.4.0', 'Update web'],
    ['v1.4.0', '#128'],
    ['v1.4.0', 'v1.4.0\n\nThe cart rounds prices.'],
    ['v1.4.0', 'バージョン 1.4.0 公開'],
  ])('of %s says more than the version: %j', (tag, message) => {
    expect(repeatsVersion(message, tag)).toBe(false);
  });

  test('says more than the version with any word that the tag does not have', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,12}zz$/), fc.string(), fc.string(), (word, before, after) => {
        expect(repeatsVersion(`${before}\n${word} ${after}`, 'v1.4.0')).toBe(false);
      }),
    );
  });
});

const both = (answer: unknown): Answers => ({ [releasePath('v1')]: answer, [tagPath(sha)]: answer });
const saying = (status: number, message: string, headers: Readonly<Record<string, string>> = {}) =>
  both(Response.json({ message }, { status, headers }));

describe('problem of a lookup', () => {
  test.each([
    [
      'an exceeded rate limit',
      saying(403, 'API rate limit exceeded for installation ID 42.', {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': '1795431155',
      }),
      'rate-limit',
      'GitHub\'s rate limit is exceeded (<host>: 403, "API rate limit exceeded for installation ID 42.", resets at 10:52 UTC)',
    ],
    ['a 429', saying(429, 'Too many requests'), 'rate-limit', '(<host>: 429, "Too many requests")'],
    ['a 403 with Retry-After', saying(403, 'Wait', { 'retry-after': '60' }), 'rate-limit', '(<host>: 403, "Wait")'],
    [
      'a secondary rate limit',
      saying(403, 'You have exceeded a secondary rate limit. Please wait.'),
      'rate-limit',
      '(<host>: 403, "You have exceeded a secondary rate limit. Please wait.")',
    ],
    [
      'an expired token',
      saying(401, 'Bad credentials', { 'x-ratelimit-remaining': '0' }),
      'token',
      'GitHub rejected the token (<host>: 401, "Bad credentials")',
    ],
    [
      'a missing permission',
      saying(403, 'Resource not accessible by integration', {
        'x-ratelimit-remaining': '4999',
        'x-ratelimit-reset': '1795431155',
      }),
      'permission',
      'the token may not read the repository (<host>: 403, "Resource not accessible by integration")',
    ],
    [
      'single sign-on, by its message',
      saying(403, 'Resource protected by organization SAML enforcement.'),
      'single-sign-on',
      'the organization requires single sign-on (<host>: 403, "Resource protected by organization SAML enforcement.")',
    ],
    [
      'single sign-on, by its header',
      saying(403, 'Forbidden', { 'x-github-sso': 'required; url=https://github.com/orgs/octo-org/sso' }),
      'single-sign-on',
      '(<host>: 403, "Forbidden")',
    ],
    [
      'a tag that does not exist, or a private repository',
      saying(404, 'Not Found'),
      'not-found',
      'the tag was not found (<host>: 404, "Not Found")',
    ],
    [
      'a repository that was renamed',
      saying(301, 'Moved Permanently', { location: '/repositories/1' }),
      'moved',
      'the repository has moved (<host>: 301, "Moved Permanently")',
    ],
    [
      'an error on the server',
      both(new Response('<h1>Unicorn</h1>', { status: 502 })),
      'unavailable',
      'GitHub is unavailable (<host>: 502)',
    ],
    [
      'a response that is cut short',
      both('cut'),
      'unavailable',
      'GitHub is unavailable (<host>: 200, the response was cut short)',
    ],
    [
      'a route that does not exist',
      both(new Response('<h1>Not Found</h1>', { status: 404 })),
      'response',
      'GitHub sent an unexpected response (<host>: 404)',
    ],
    ['a redirect to elsewhere', both(new Response('<h1>Moved</h1>', { status: 301 })), 'response', '(<host>: 301)'],
    ['a sign-in page', both(new Response('<h1>Sign in</h1>', { status: 302 })), 'response', '(<host>: 302)'],
    [
      'a response in another shape',
      both(['no release']),
      'response',
      'GitHub sent an unexpected response (<host>: another shape than documented)',
    ],
    ['a response that is not JSON', both(new Response('<h1>')), 'response', '(<host>: another shape than documented)'],
    [
      'another status',
      saying(451, 'Repository access blocked'),
      'response',
      '(<host>: 451, "Repository access blocked")',
    ],
  ])('%s', async (_, answers, kind, message) => {
    const { problem, title, description, host } = await lookUp(answers);
    expect([title, description]).toEqual([undefined, undefined]);
    expect(problem?.kind).toBe(kind);
    expect(problem?.message).toContain(message.replace('<host>', host));
    expect(problem?.advice).toMatch(/^[A-Z].*\.$/);
  });

  test('quotes one line of at most 200 characters', async () => {
    const { problem } = await lookUp(saying(401, `Bad\r\n${'x'.repeat(300)}`));
    expect(problem?.message).toContain(`"Bad ${'x'.repeat(196)}…"`);
  });

  test('an untrusted certificate', async () => {
    const { key, cert } = await makeCertificate('127.0.0.1');
    const gitHub = await startGitHub({}, { key, cert });
    const { problem } = await lookUp({}, { githubApiUrl: gitHub.url }).finally(gitHub.close);
    expect(problem).toMatchObject({
      kind: 'certificate',
      message: expect.stringMatching(/^the TLS certificate could not be verified \(127\.0\.0\.1:\d+: .*certificate/),
      advice: expect.stringContaining('`NODE_EXTRA_CA_CERTS`'),
    });
  });

  test('a proxy that refuses', async () => {
    const proxy = await startProxy({ status: 407 });
    const proxies = readProxySettings({ HTTP_PROXY: proxy.url });
    const { problem } = await lookUp({}, { githubApiUrl: 'http://api.github.test', proxies }).finally(proxy.close);
    expect(problem).toMatchObject({
      kind: 'proxy',
      message: expect.stringMatching(/^the proxy cannot be used \(api\.github\.test through the proxy .*407/),
    });
  });

  test('no connection', async () => {
    const { problem } = await lookUp({}, { githubApiUrl: 'http://127.0.0.1:1' });
    expect(problem).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED 127.0.0.1:1'),
    });
  });

  test('an invalid API address', async () => {
    const { problem } = await lookUp({}, { githubApiUrl: 'api.github.com' });
    expect(problem).toMatchObject({ kind: 'response', advice: expect.stringContaining('`GITHUB_API_URL`') });
  });

  test('no response within 5 seconds, keeping what was found', async () => {
    const answers = { [releasePath('v1')]: { ...release, body: '' }, [tagPath(sha)]: 'hang' };
    const { title, problem, durationMs } = await lookUp(answers);
    expect(title).toBe('One page');
    expect(problem).toMatchObject({ kind: 'unavailable', message: expect.stringMatching(/within [45](\.\d+)? s\)$/) });
    expect(durationMs).toBeGreaterThan(4_500);
    expect(durationMs).toBeLessThan(6_000);
  });

  test('of the release keeps the message of the tag', async () => {
    const { problem, description } = await lookUp({ [releasePath('v1')]: 500, ...withMessage('Faster') });
    expect(problem?.kind).toBe('unavailable');
    expect(description).toEqual({ text: 'Faster', source: 'tag' });
  });

  test('of the tag keeps the title of the release', async () => {
    const { problem, title } = await lookUp({ [releasePath('v1')]: { ...release, body: '' }, [tagPath(sha)]: 500 });
    expect([problem?.kind, title]).toEqual(['unavailable', 'One page']);
  });

  test('is not that the tag of a release was deleted', async () => {
    const { problem, title } = await lookUp({ [releasePath('v1')]: { ...release, body: '' } });
    expect([problem, title]).toEqual([undefined, 'One page']);
  });

  test('is not that a tag has no release', async () => {
    const { problem, description } = await lookUp(withMessage('Faster'));
    expect([problem, description?.source]).toEqual([undefined, 'tag']);
  });
});
