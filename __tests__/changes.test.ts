import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { changesFromPush, type ChangesQuery, findPreviousTag, lookUpChanges } from '../src/changes.js';
import { readProxySettings } from '../src/proxy.js';
import { type Answers, comparePath, startGitHub, tagsPath } from '../testing/github.js';

const token = 'ghs_0123456789abcdefghijklmnopqrstuvwxyz';

async function lookUp(answers: Answers, query: Partial<ChangesQuery> = {}) {
  const gitHub = await startGitHub(answers);
  const startMs = performance.now();
  const changes = await lookUpChanges({
    token,
    githubApiUrl: gitHub.url,
    proxies: readProxySettings({}),
    githubServerUrl: 'https://github.com',
    githubGraphqlUrl: `${gitHub.url}/graphql`,
    owner: 'octo-org',
    repo: 'shop',
    tag: 'v1.4.0',
    ...query,
  }).finally(gitHub.close);
  const paths = gitHub.requests.map(({ path }) => path);
  return { ...changes, paths, requests: gitHub.requests, durationMs: performance.now() - startMs };
}

/** The names of tags, as GitHub's GraphQL API lists them. */
const tags = (...names: readonly string[]): Answers => ({
  '/graphql#Tags': { data: { repository: { refs: { nodes: names.map((name) => ({ name })) } } } },
});

const commit = (message: string, name = 'Mona') => ({ message, author: { name } });

/** A comparison, with its oldest commit first. */
const comparison = (nodes: readonly object[], totalCount = nodes.length): Answers => ({
  '/graphql#Comparison': { data: { repository: { ref: { compare: { commits: { totalCount, nodes } } } } } },
});

const undefinedField = {
  errors: [
    { message: "Field 'compare' doesn't exist on type 'Ref'", extensions: { code: 'undefinedField', typeName: 'Ref' } },
  ],
};

describe('changes since the previous tag', () => {
  test('are the titles of its commits, newest first', async () => {
    const nodes = [commit('Round prices (#11)\n\nHalf a cent was lost.'), commit('Add a one-page checkout (#12)')];
    const { paths, requests, ...changes } = await lookUp({
      ...tags('v1.4.0', 'v1.3.0', 'v1.2.0'),
      ...comparison(nodes),
    });
    expect(changes).toMatchObject({
      text: '• Add a one-page checkout (#12)\n• Round prices (#11)',
      url: 'https://github.com/octo-org/shop/compare/v1.3.0...v1.4.0',
      previousTag: 'v1.3.0',
      problem: undefined,
    });
    expect(paths).toEqual(['/graphql', '/graphql']);
    expect(JSON.parse(requests[1]?.body ?? '')).toMatchObject({
      variables: { owner: 'octo-org', repo: 'shop', base: 'refs/tags/v1.3.0', head: 'v1.4.0' },
    });
    expect(requests.map(({ headers }) => headers.authorization)).toEqual([`token ${token}`, `token ${token}`]);
  });

  test('are not looked up where there is no previous tag', async () => {
    const { paths, ...changes } = await lookUp(tags('v1.4.0', 'web@1.3.0', 'nightly'));
    expect(changes).toMatchObject({ text: undefined, url: undefined, previousTag: undefined, problem: undefined });
    expect(paths).toEqual(['/graphql']);
  });

  test('have the page of the comparison where there is nothing to list', async () => {
    const { text, url } = await lookUp({ ...tags('v1.3.0'), ...comparison([commit('v1.4.0')]) });
    expect([text, url]).toEqual([undefined, 'https://github.com/octo-org/shop/compare/v1.3.0...v1.4.0']);
  });

  test('link to tags with characters of their own', async () => {
    const query = { tag: 'web/v2#é', githubServerUrl: 'https://ghe.example' };
    const { url } = await lookUp({ ...tags('web/v1#é'), ...comparison([]) }, query);
    expect(url).toBe('https://ghe.example/octo-org/shop/compare/web/v1%23%C3%A9...web/v2%23%C3%A9');
  });

  test.each([
    ['merges', [commit("Merge branch 'main' into cart"), commit('Merge pull request #9 from octo-org/cart')]],
    ['remote merges', [commit("Merge remote-tracking branch 'origin/main'"), commit("Merge tag 'v1.3.1'")]],
    ['dependency bots', [commit('Bump zod from 4.6.6 to 4.6.7', 'dependabot[bot]'), commit('Pin it', 'renovate[bot]')]],
    ['releases', [commit('chore(main): release 1.4.0 (#14)', 'github-actions[bot]'), commit('Version Packages (#15)')]],
    ['versions', [commit('v1.4.0'), commit('chore(release): 1.3.9 [skip ci]', 'semantic-release-bot')]],
    ['blank titles', [commit(''), commit(' \n ')]],
  ])('leave out %s', async (_, nodes) => {
    const { text } = await lookUp({ ...tags('v1.3.0'), ...comparison([...nodes, commit('Fix the cart')]) });
    expect(text).toBe('• Fix the cart');
  });

  test.each([
    ['of a coding agent', commit('Update the login page', 'copilot-swe-agent[bot]')],
    ['that start like a merge', commit('Merge the two carts into one')],
    ['of a merge with a title of its own', { ...commit('Add a cart (#12)'), parents: { totalCount: 2 } }],
    ['without an author', { message: 'Fix the cart', author: null }],
  ])('keep commits %s', async (_, node) => {
    const { text } = await lookUp({ ...tags('v1.3.0'), ...comparison([node]) });
    expect(text).toBe(`• ${node.message}`);
  });

  test('end in how many more there are, after the newest 50', async () => {
    const nodes = Array.from({ length: 50 }, (_, index) => commit(`Change ${index} of the cart`));
    const { text } = await lookUp({ ...tags('v1.3.0'), ...comparison(nodes, 87) });
    const lines = text?.split('\n') ?? [];
    expect([lines.length, lines[0], lines[49], lines[50]]).toEqual([
      51,
      '• Change 49 of the cart',
      '• Change 0 of the cart',
      '… and 37 more',
    ]);
  });

  test('are one line each, whatever their titles hold', async () => {
    const titles = ['a\r\nb', 'c\u2028d', 'e\u0000\u001b[31mf', 'g'.repeat(500), '\n\n  h  i  '];
    const { text } = await lookUp({ ...tags('v1.3.0'), ...comparison(titles.map((title) => commit(title))) });
    expect(text?.split(/[\r\n\u2028]/)).toEqual(['• h i', `• ${'g'.repeat(200)}…`, '• e [31mf', '• c', '• a']);
  });
});

describe('changes without all of GraphQL', () => {
  const listed = (message: string, date: string) => ({
    commit: { message, author: { name: 'Mona' }, committer: { date } },
  });
  const older = listed('Round prices', '2026-11-01T10:00:00Z');
  const newer = listed('Add a cart', '2026-11-02T09:00:00+02:00');
  const text = '• Add a cart\n• Round prices\n… and 3 more';
  const compared = (...commits: readonly object[]) => ({
    [comparePath('v1.3.0', 'v1.4.0')]: { total_commits: 5, commits, files: [{ patch: '@@' }] },
  });

  test('are compared through REST on an old GitHub Enterprise Server', async () => {
    const answers = { ...tags('v1.3.0'), '/graphql#Comparison': undefinedField, ...compared(older, newer) };
    const changes = await lookUp(answers);
    expect([changes.text, changes.problem]).toEqual([text, undefined]);
    expect(changes.paths).toEqual(['/graphql', '/graphql', comparePath('v1.3.0', 'v1.4.0')]);
  });

  test.each([
    ['without an address of it', { githubGraphqlUrl: undefined }, {}],
    ['where nothing answers as it', {}, { '/graphql#Tags': new Response('<h1>404</h1>', { status: 404 }) }],
  ])('are looked up through REST on Gitea, %s', async (_, query, answers) => {
    const changes = await lookUp({ ...answers, [tagsPath]: [{ name: 'v1.3.0' }], ...compared(newer, older) }, query);
    expect([changes.text, changes.previousTag, changes.problem]).toEqual([text, 'v1.3.0', undefined]);
  });
});

describe('problem of the changes', () => {
  const graphqlError = (error: object): Answers => ({ '/graphql#Tags': { data: null, errors: [error] } });

  test.each([
    ['a rate limit', graphqlError({ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }), 'rate-limit'],
    ['a permission', graphqlError({ type: 'FORBIDDEN', message: 'Resource not accessible' }), 'permission'],
    ['a scope', graphqlError({ type: 'INSUFFICIENT_SCOPES', message: 'Needs read:org' }), 'permission'],
    [
      'single sign-on',
      graphqlError({ type: 'FORBIDDEN', message: 'Protected', extensions: { saml_failure: true } }),
      'single-sign-on',
    ],
    ['a repository', graphqlError({ type: 'NOT_FOUND', message: 'Could not resolve to a Repository' }), 'not-found'],
    ['a failure inside GitHub', graphqlError({ message: 'Something went wrong' }), 'unavailable'],
    ['a status', { '/graphql#Tags': 502 }, 'unavailable'],
    ['a token', { '/graphql#Tags': 401 }, 'token'],
  ])('names %s', async (_, answers, kind) => {
    const { text, previousTag, problem } = await lookUp(answers);
    expect([text, previousTag, problem?.kind]).toEqual([undefined, undefined, kind]);
    expect(problem?.message).toMatch(/\(127\.0\.0\.1:\d+: .+\)$/);
  });

  test.each([
    ['a sign-in page', new Response('<!DOCTYPE html><title>Sign in</title>')],
    ['a list', []],
    ['no data', {}],
  ])('names GraphQL where it answers with %s, and does not ask REST', async (_, answer) => {
    const { paths, problem } = await lookUp({ '/graphql#Tags': answer, [tagsPath]: [{ name: 'v1.3.0' }] });
    expect(problem).toMatchObject({ kind: 'response', message: expect.stringContaining('another shape') });
    expect(paths).toEqual(['/graphql']);
  });

  test('of the comparison keeps the previous tag', async () => {
    const { text, previousTag, problem } = await lookUp({ ...tags('v1.3.0'), '/graphql#Comparison': 500 });
    expect([text, previousTag, problem?.kind]).toEqual([undefined, 'v1.3.0', 'unavailable']);
  });

  test('quotes REST where GraphQL finds nothing to compare', async () => {
    const nothing = { data: { repository: { ref: { compare: null } } } };
    const { problem } = await lookUp({ ...tags('v1.3.0'), '/graphql#Comparison': nothing });
    expect(problem).toMatchObject({ kind: 'not-found', message: expect.stringContaining('404') });
  });

  test('is that both requests together have 5 seconds', async () => {
    const slowTags = new Promise((resolve) => setTimeout(resolve, 2_000, tags('v1.3.0')['/graphql#Tags']));
    const { problem, durationMs } = await lookUp({ '/graphql#Tags': slowTags, '/graphql#Comparison': 'hang' });
    expect(problem?.kind).toBe('unavailable');
    expect(durationMs).toBeGreaterThan(4_500);
    expect(durationMs).toBeLessThan(6_000);
  });
});

describe('previous tag', () => {
  test.each([
    ['v1.10.0', ['v1.9.0', 'v1.2.0', 'v1.10.0', 'v2.0.0'], 'v1.9.0'],
    ['v1.4.0', ['v1.3.9', 'v1.4.0-rc.1'], 'v1.3.9'],
    ['v1.4.0-rc.10', ['v1.4.0-rc.2', 'v1.4.0-rc.9', 'v1.4.0-beta.11', 'v1.4.0'], 'v1.4.0-rc.9'],
    ['v1.4.0-rc.1', ['v1.3.9', 'v1.3.9-rc.4', 'v1.4.0'], 'v1.3.9'],
    ['1.4.0rc2', ['1.4.0rc1', '1.3'], '1.4.0rc1'],
    ['v1.4.1', ['v1', 'v1.4', 'v1.4.0', 'v1.3.7'], 'v1.4.0'],
    ['v1.4.0', ['v1', 'v1.4', 'v1.3.7'], 'v1.3.7'],
    ['go1.21.1', ['go1.21', 'go1.20.5'], 'go1.21'],
    ['1.4.0.2', ['1.4.0.1', '1.4.0', '1.4.0.10'], '1.4.0.1'],
    ['1.4', ['1.3', '1.10'], '1.3'],
    ['v12', ['v9', 'v11', 'v13'], 'v11'],
    ['2026.11.25', ['2026.11.3', '2026.10.31', '2025.12.31'], '2026.11.3'],
    ['2026.01.05', ['2025.12.31', '2026.01.04'], '2026.01.04'],
    ['release-2026-11-25', ['release-2026-11-24', 'release-2026-11-4', 'release-2026-9-30'], 'release-2026-11-24'],
    ['20261125103000', ['20261124235959', '20261126000000'], '20261124235959'],
    ['v1.4.0+5', ['v1.4.0+4', 'v1.3.0'], 'v1.4.0+4'],
    ['v1.5.0', ['v1.4.0+5', 'v1.3.0'], 'v1.4.0+5'],
    ['@scope/pkg@1.4.0', ['@scope/pkg@1.3.0', '@scope/other@1.3.9', 'v1.3.9'], '@scope/pkg@1.3.0'],
    ['k8s-v1.4.0', ['k8s-v1.3.0', 'k9s-v1.3.5'], 'k8s-v1.3.0'],
    ['log4j-2.18.0', ['log4j-2.17.0', 'log4j-2.17.1-rc.1', 'log4j-1.2.17'], 'log4j-2.17.0'],
    ['v1.4.0', ['1.3.0', 'web-v1.3.0', 'v1.4.0', 'v1.4.1', 'vnext'], undefined],
    ['nightly', ['v1.3.0'], undefined],
    ['v1.4.0', [], undefined],
  ])('of %s among %j is %s', (tag, names, previous) => {
    expect(findPreviousTag(tag, names)).toBe(previous);
    expect(findPreviousTag(tag, names.toReversed())).toBe(previous);
  });

  test('of any version is the highest lower one', () => {
    const part = fc.nat({ max: 30 });
    const version = fc.tuple(part, part, part);
    fc.assert(
      fc.property(version, fc.array(version, { maxLength: 20 }), (current, others) => {
        const rank = ([major, minor, patch]: readonly [number, number, number]) => (major * 31 + minor) * 31 + patch;
        const below = others.filter((other) => rank(other) < rank(current)).sort((a, b) => rank(b) - rank(a))[0];
        const names = others.map((other) => `v${other.join('.')}`);
        expect(findPreviousTag(`v${current.join('.')}`, names)).toBe(below && `v${below.join('.')}`);
      }),
    );
  });

  test('of any tag is another one that was there', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (tag, names) => {
        const previous = findPreviousTag(tag, [...names, tag]);
        expect(previous === undefined || (previous !== tag && names.includes(previous))).toBe(true);
      }),
    );
  });
});

describe('changes of a push', () => {
  const push = { githubServerUrl: 'https://github.com', owner: 'octo-org', repo: 'shop' } as const;
  const [before, after] = ['1'.repeat(40), '2'.repeat(40)];

  test('are the titles of its commits, newest first', () => {
    const commits = ['Round prices\n\nAll of them.', "Merge branch 'cart'", 'Add a cart'].map((message) => ({
      message,
      author: 'Mona',
    }));
    expect(changesFromPush({ ...push, commits, before, after })).toEqual({
      text: '• Add a cart\n• Round prices',
      url: `https://github.com/octo-org/shop/compare/${before}...${after}`,
    });
  });

  test('end in how many more there are', () => {
    const commits = Array.from({ length: 60 }, (_, index) => ({ message: `Change ${index} of it`, author: undefined }));
    const lines = changesFromPush({ ...push, commits, before, after }).text?.split('\n');
    expect([lines?.length, lines?.[0], lines?.at(-1)]).toEqual([51, '• Change 59 of it', '… and 10 more']);
  });

  test.each([
    ['a new branch', '0'.repeat(40), after],
    ['an event without them', undefined, undefined],
  ])('have no page to compare for %s', (_, from, to) => {
    expect(changesFromPush({ ...push, commits: [], before: from, after: to })).toEqual({
      text: undefined,
      url: undefined,
    });
  });
});
