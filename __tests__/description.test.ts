import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { bundle, prepareStep, type Step } from '../testing/runner.js';
import { type Answers, comparePath, releasePath, startGitHub, tagsPath } from '../testing/github.js';
import { readRunnerLog } from '../testing/runner-log.js';
import { plainEvent, releaseEvent, tagEvent } from './harness/events.js';
import { type Target, targets } from './harness/step.js';

const notes = '## New\n\n* **Faster** checkout by @octocat in https://github.com/octo-org/shop/pull/751\n';
const plain = 'New\n• Faster checkout by @octocat in #751';
const token = 'ghs_0123456789abcdefghijklmnopqrstuvwxyz';

/** Runs a step without sending anything, and returns its description. */
async function describeStep(run: Target, step: Step, answers?: Answers) {
  const gitHub = answers === undefined ? undefined : await startGitHub(answers);
  const result = await run({
    ...step,
    inputs: { 'dry-run': 'true', ...(gitHub !== undefined && { 'github-token': token }), ...step.inputs },
    environment: {
      GITHUB_RUN_ID: '1658821493',
      ...(gitHub !== undefined && { GITHUB_API_URL: gitHub.url }),
      ...step.environment,
    },
  }).finally(() => gitHub?.close());
  const payload: unknown = JSON.parse(result.outputs['payload'] ?? '{}');
  const description: unknown =
    payload !== null && typeof payload === 'object' && 'description' in payload ? payload.description : undefined;
  return { ...result, description };
}

describe.each(targets)('the description, from the %s', (_, run) => {
  test('is plain text with a link to the GitHub release', async () => {
    const page = 'https://github.com/octo-org/shop/releases/tag/v1.4.0';
    const { description, log, summary } = await describeStep(run, releaseEvent({ body: notes, html_url: page }));
    expect(description).toBe(`${plain}\n\n${page}`);
    expect(log).toContain('(the notes of the GitHub release, as plain text)');
    expect(summary).toContain(plain);
  });

  test('has the characters that entities in the notes stand for', async () => {
    const body = 'Fish &amp; chips &copy; Octo\n\n<p>Caf&eacute;</p>\n';
    const { description } = await describeStep(run, { ...releaseEvent({ body }), inputs: { link: 'false' } });
    expect(description).toBe('Fish & chips © Octo\n\nCafé');
  });

  test('is Markdown without comments and carriage returns with `markdown: keep`', async () => {
    const body = '<!-- bot -->\r\n\r\n* **Faster** `<!-- shown -->`\r\n';
    const { description } = await describeStep(run, {
      ...releaseEvent({ body }),
      inputs: { markdown: 'keep', link: 'false' },
    });
    expect(description).toBe('* **Faster** `<!-- shown -->`');
  });

  test.each(['description', 'description-file'])("is the user's own words, without a link: %s", async (input) => {
    const step = { ...releaseEvent(), inputs: { [input]: input === 'description' ? '* **One** ' : 'notes.txt' } };
    const { description } = await describeStep(run, { ...step, workspace: { 'notes.txt': '* **One** ' } });
    expect(description).toBe('* **One** ');
  });

  test.each(['notes.md', 'NOTES.MARKDOWN'])('is plain text from the file %s', async (file) => {
    const step = { ...releaseEvent(), inputs: { 'description-file': file }, workspace: { [file]: '* **One**\n' } };
    expect((await describeStep(run, step)).description).toBe('• One');
  });

  test.each([
    ['the tag', tagEvent('api/v1.2.3'), 'https://github.com/octo-org/shop/releases/tag/api/v1.2.3'],
    [
      'the run',
      { ...plainEvent('push', 'refs/heads/main'), inputs: { version: '1' } },
      'https://github.com/octo-org/shop/actions/runs/1658821493',
    ],
    ['the release', releaseEvent({ body: null }), 'https://github.com/octo-org/shop/releases/tag/v1.4.0'],
  ])('is a link to %s where there are no notes', async (_, step, page) => {
    expect((await describeStep(run, step)).description).toBe(page);
    const without: Step = { ...step, inputs: { ...('inputs' in step ? step.inputs : {}), link: 'false' } };
    expect((await describeStep(run, without)).description).toBeUndefined();
  });

  test.each(['https://evil.example/releases/1', 'javascript:alert(1)', 'https://github.com.evil.example/x'])(
    'does not link to a page elsewhere: %s',
    async (page) => {
      const { description } = await describeStep(run, releaseEvent({ html_url: page }));
      expect(description).toMatch(/\n\nhttps:\/\/github\.com\/octo-org\/shop\/releases\/tag\/v1\.4\.0$/);
    },
  );
});

const commit = (message: string, author = 'Octocat') => ({ commit: { message, author: { name: author } } });
const lightweight = (tag: string) => tagEvent(tag, { after: 'ab12', head_commit: { id: 'ab12' } });

describe.each(targets)('the list of changes, from the %s', (_, run) => {
  const answers: Answers = {
    [tagsPath]: [{ name: 'v1.4.0' }, { name: 'v1.3.0' }, { name: 'v1.2.0' }],
    [comparePath('v1.3.0', 'v1.4.0')]: {
      total_commits: 3,
      commits: [
        commit('Speed up search (#7)'),
        commit("Merge branch 'x'"),
        commit('Bump a from 1 to 2', 'dependabot[bot]'),
      ],
    },
  };

  test('is sent only where the user asks for it', async () => {
    const changes = await describeStep(run, { ...lightweight('v1.4.0'), inputs: { changes: 'true' } }, answers);
    expect(changes.description).toBe(
      '• Speed up search (#7)\n\nhttps://github.com/octo-org/shop/compare/v1.3.0...v1.4.0',
    );
    expect(changes.log).toContain('(the changes from `v1.3.0` to `v1.4.0`)');
    const none = await describeStep(run, lightweight('v1.4.0'), answers);
    expect(none.description).toBe('https://github.com/octo-org/shop/releases/tag/v1.4.0');
  });

  test.each([
    ['true', '• Speed up search (#7)\n\nhttps://ghe.example/octo-org/shop/compare/v1.3.0...v1.4.0'],
    ['false', 'https://ghe.example/octo-org/shop/releases/tag/v1.4.0'],
  ])('comes with a link where the addresses of GitHub end in slashes: `changes: %s`', async (changes, description) => {
    const below = Object.entries(answers).map(([path, answer]) => [`/api/v3${path}`, answer] as const);
    const gitHub = await startGitHub(Object.fromEntries(below));
    const { outputs, notices } = await run({
      ...lightweight('v1.4.0'),
      inputs: { 'dry-run': 'true', 'github-token': token, changes },
      environment: { GITHUB_API_URL: `${gitHub.url}/api/v3/`, GITHUB_SERVER_URL: 'https://ghe.example//' },
    }).finally(gitHub.close);
    expect(JSON.parse(outputs['payload'] ?? '')).toMatchObject({ description });
    expect(notices).toEqual([]);
  });

  test('gives way to release notes', async () => {
    const release = { tag_name: 'v1.4.0', name: null, body: 'Written', html_url: null };
    const step = { ...lightweight('v1.4.0'), inputs: { changes: 'true', link: 'false' } };
    const { description } = await describeStep(run, step, { ...answers, [releasePath('v1.4.0')]: release });
    expect(description).toBe('Written');
  });

  test('costs only itself where GitHub fails', async () => {
    const step = { ...lightweight('v1.4.0'), inputs: { changes: 'true' } };
    const { description, notices, exitCode } = await describeStep(run, step, { [tagsPath]: 500 });
    expect([exitCode, description]).toEqual([0, 'https://github.com/octo-org/shop/releases/tag/v1.4.0']);
    expect(notices).toEqual([expect.stringMatching(/^Could not list what changed before tag `v1\.4\.0`: GitHub/)]);
  });

  test('comes from the event of a push to a branch', async () => {
    const event = plainEvent('push', 'refs/heads/main');
    const payload = {
      ...event.payload,
      before: 'a'.repeat(40),
      after: 'b'.repeat(40),
      commits: [{ message: 'Older' }, { message: 'Newer\n\nBody', author: { name: 'Octocat' } }],
    };
    const { description } = await describeStep(run, { ...event, payload, inputs: { version: '1', changes: 'true' } });
    expect(description).toBe(
      `• Newer\n• Older\n\nhttps://github.com/octo-org/shop/compare/${'a'.repeat(40)}...${'b'.repeat(40)}`,
    );
  });
});

test('sends Markdown unchanged where the parser fails', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'broken-'));
  cpSync(dirname(bundle), folder, { recursive: true });
  rmSync(join(folder, 'markdown.js'));
  const { environment, workspace, finish } = await prepareStep({
    ...releaseEvent({ body: '* **One**\r\n' }),
    inputs: { 'dry-run': 'true', link: 'false' },
  });
  const child = spawn(process.execPath, [join(folder, 'index.js')], { cwd: workspace, env: environment });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  await once(child, 'close');
  const { outputs } = await finish();
  rmSync(folder, { recursive: true });
  expect(JSON.parse(outputs['payload'] ?? '')).toMatchObject({ description: '* **One**' });
  const notices = readRunnerLog(stdout).commands.filter(({ name }) => name === 'notice');
  expect(notices.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^The release notes could not be converted to plain text .*sent as Markdown\.$/),
  ]);
});
