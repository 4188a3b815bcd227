import { describe, expect, test } from '@jest/globals';
import type { Step } from '../testing/runner.js';
import { startAmplitude } from '../testing/amplitude.js';
import { plainEvent, releaseEvent, tagEvent } from './harness/events.js';
import { type Answers, refPath, releasePath, startGitHub, tagPath } from '../testing/github.js';
import { keys, type Way, ways } from './harness/step.js';

const token = 'ghs_0123456789abcdefghijklmnopqrstuvwxyz';
const sha = '0123456789abcdef0123456789abcdef01234567';

async function publish(run: Way, answers: Answers, step: Step) {
  const [standIn, gitHub] = await Promise.all([startAmplitude(), startGitHub(answers)]);
  const result = await run({
    ...step,
    inputs: { ...keys, 'api-url': standIn.url, 'github-token': token, ...step.inputs },
    environment: { GITHUB_API_URL: gitHub.url, ...step.environment },
  }).finally(() => Promise.all([standIn.close(), gitHub.close()]));
  const paths = gitHub.requests.map(({ path }) => path);
  return { ...result, body: standIn.bodies[0], amplitude: standIn.requests, gitHub: gitHub.requests, paths };
}

const annotated = (message: string): Answers => ({
  [refPath('v1')]: { ref: 'refs/tags/v1', object: { type: 'tag', sha } },
  [tagPath(sha)]: { tag: 'v1', sha, message },
});

describe.each(ways)('looks up the notes of a tag, from the %s', (_, run) => {
  test.each(['v1', 'api/v1.2.3', '@scope/pkg@1.2.3', '100% ?#&'])('in the GitHub release of %s', async (tag) => {
    const release = { tag_name: tag, name: 'One page', body: '<!-- made -->* One page\r\n' };
    const result = await publish(run, { [releasePath(tag)]: release }, tagEvent(tag));
    expect(result.exitCode).toBe(0);
    expect(result.body).toMatchObject({ version: tag, title: 'One page', description: '* One page\n' });
    expect(result.paths).toEqual([releasePath(tag)]);
    expect(result.gitHub[0]?.headers.authorization).toBe(`token ${token}`);
    expect(JSON.stringify(result.amplitude)).not.toContain(token);
    expect(JSON.stringify(result.gitHub)).not.toContain(keys['secret-key']);
    expect(result.notices).toEqual([]);
    expect(result.log).toContain('Title: One page (the name of the GitHub release)');
    expect(result.log).toContain('Description: 11 characters (the notes of the GitHub release)');
    expect(result.log).not.toContain('* One page');
  });

  test.each([
    ['without a signature', 'Faster\n\n<!-- x -->Much.\n', 'Faster\n\nMuch.\n'],
    ['that speaks of signatures', 'Drop -----BEGIN PGP SIGNATURE-----\n', 'Drop -----BEGIN PGP SIGNATURE-----\n'],
    ['with one of PGP', 'Faster\n-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----\n', 'Faster\n'],
    ['with one of SSH', 'Faster\n-----BEGIN SSH SIGNATURE-----\nU1\n-----END SSH SIGNATURE-----\n', 'Faster\n'],
  ])('in the message of an annotated tag %s', async (_, message, description) => {
    const result = await publish(run, annotated(message), tagEvent('v1'));
    expect(result.body).toMatchObject({ title: 'v1', description });
    expect(result.paths).toEqual([releasePath('v1'), refPath('v1'), tagPath(sha)]);
    expect(result.log).toContain('(the message of the tag)');
    expect(result.notices).toEqual([]);
  });

  test('in the tag, where its release has a name and no notes', async () => {
    const answers = { [releasePath('v1')]: { tag_name: 'v1', name: 'One', body: null }, ...annotated('Said') };
    const { body } = await publish(run, answers, tagEvent('v1'));
    expect(body).toMatchObject({ title: 'One', description: 'Said' });
  });

  test.each(['-----BEGIN PGP SIGNATURE-----\n', ' \n'])('and the message %j is none', async (message) => {
    const { body, notices, exitCode } = await publish(run, annotated(message), tagEvent('v1'));
    expect(body).not.toHaveProperty('description');
    expect([exitCode, notices]).toEqual([0, []]);
  });

  test('and a tag that is no object has no message', async () => {
    const answers = { [refPath('v1')]: { object: { type: 'commit', sha } } };
    const { body, paths, notices } = await publish(run, answers, tagEvent('v1'));
    expect(body).not.toHaveProperty('description');
    expect(paths).toEqual([releasePath('v1'), refPath('v1')]);
    expect(notices).toEqual([]);
  });

  test('for a release event without notes, whose name counts nevertheless', async () => {
    const answers = { [releasePath('v1.4.0')]: { tag_name: 'v1.4.0', name: 'Renamed', body: 'Written since' } };
    const { body } = await publish(run, answers, releaseEvent({ body: '', name: 'As published' }));
    expect(body).toMatchObject({ title: 'As published', description: 'Written since' });
  });

  test('in the release alone where only the title is open', async () => {
    const { body, paths } = await publish(run, annotated('Not this'), {
      ...tagEvent('v1'),
      inputs: { description: 'Said' },
    });
    expect(body).toMatchObject({ title: 'v1', description: 'Said' });
    expect(paths).toEqual([releasePath('v1')]);
  });

  test('in the release alone, whose name counts where the description is given', async () => {
    const answers = { [releasePath('v1')]: { tag_name: 'v1', name: 'One', body: null } };
    const { body } = await publish(run, answers, { ...tagEvent('v1'), inputs: { description: 'Said' } });
    expect(body).toMatchObject({ title: 'One', description: 'Said' });
  });

  test('with the version of the user, for the tag', async () => {
    const answers = { [releasePath('v1')]: { tag_name: 'v1', name: 'One', body: 'Notes' } };
    const { body } = await publish(run, answers, { ...tagEvent('v1'), inputs: { version: '1.0.0' } });
    expect(body).toMatchObject({ version: '1.0.0', title: 'One', description: 'Notes' });
  });
});

describe.each(ways)('does not ask GitHub, from the %s', (_, run) => {
  test.each([
    ['for a release whose notes the event has', releaseEvent({ name: '' })],
    ['where title and description are given', { ...tagEvent('v1'), inputs: { title: 'One', description: 'Said' } }],
    ['without a token', { ...tagEvent('v1'), inputs: { 'github-token': '' } }],
    ['without a tag', { ...plainEvent('push', 'refs/heads/main'), inputs: { version: '1' } }],
    ['for the tag of another package', { ...tagEvent('v1'), inputs: { 'tag-prefix': 'web@' } }],
    ['without a repository', { ...tagEvent('v1'), environment: { GITHUB_REPOSITORY: undefined } }],
  ])('%s', async (_, step) => {
    expect((await publish(run, {}, step)).paths).toEqual([]);
  });
});

describe.each(ways)('reports a failed lookup as a notice, from the %s', (_, run) => {
  test.each([403, 404, 500, 301])('of a %i', async (status) => {
    const answers = { [releasePath('v1')]: status, [refPath('v1')]: status };
    const { exitCode, notices, body, paths } = await publish(run, answers, tagEvent('v1'));
    expect(exitCode).toBe(0);
    expect(paths).toEqual(status === 404 ? [releasePath('v1'), refPath('v1')] : [releasePath('v1')]);
    expect(body).toMatchObject({ version: 'v1', title: 'v1' });
    expect(notices).toEqual([
      expect.stringMatching(
        /^Could not fetch the release notes of tag `v1`: GitHub answered.*Give the job `permissions: \{ contents: read \}`/,
      ),
    ]);
  });

  test('of a response in another shape', async () => {
    const { exitCode, notices } = await publish(run, { [releasePath('v1')]: ['no release'] }, tagEvent('v1'));
    expect(exitCode).toBe(0);
    expect(notices).toEqual([expect.stringContaining('GitHub answered in an unknown shape')]);
  });

  test('of a response cut short', async () => {
    const { exitCode, notices, body } = await publish(run, { [releasePath('v1')]: 'cut' }, tagEvent('v1'));
    expect([exitCode, body?.['version']]).toEqual([0, 'v1']);
    expect(notices).toEqual([expect.stringContaining('the response was cut short')]);
  });

  test('of no network', async () => {
    const { exitCode, notices, body } = await publish(
      run,
      {},
      {
        ...tagEvent('v1'),
        environment: { GITHUB_API_URL: 'http://127.0.0.1:1' },
      },
    );
    expect([exitCode, body?.['version']]).toEqual([0, 'v1']);
    expect(notices).toEqual([expect.stringContaining('connect ECONNREFUSED 127.0.0.1:1')]);
  });

  test('of 5 seconds without a response, and keeps what came before', async () => {
    const answers = { [releasePath('v1')]: { tag_name: 'v1', name: 'One', body: '' }, [refPath('v1')]: 'hang' };
    const { exitCode, notices, body, durationMs } = await publish(run, answers, tagEvent('v1'));
    expect([exitCode, body?.['title']]).toEqual([0, 'One']);
    expect(notices).toEqual([expect.stringMatching(/no response within [45](\.\d+)? s/)]);
    expect(durationMs).toBeGreaterThan(4_900);
    expect(durationMs).toBeLessThan(15_000);
  });
});
