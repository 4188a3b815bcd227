import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { amplitudeKeys, startAmplitude } from '../testing/amplitude.js';
import { textAt } from '../testing/json.js';

/** What a runner of these tests may have set. */
const unset = { GITHUB_ACTOR: '', GITHUB_REPOSITORY: '', GITHUB_TOKEN: '' };

const startWith = (environment: Readonly<Record<string, string>>, ...options: readonly string[]) =>
  promisify(execFile)(process.execPath, ['scripts/start.js', ...options], {
    env: { ...process.env, ...unset, ...environment },
  });
const start = (...options: readonly string[]) => startWith({}, ...options);

const liveKeys = { AMPLITUDE_API_KEY: amplitudeKeys.apiKey, AMPLITUDE_SECRET_KEY: amplitudeKeys.secretKey };

/** What `npm start` says on one line, when it runs nothing. */
async function problemOf(environment: Readonly<Record<string, string>>, ...options: readonly string[]) {
  const failure: unknown = await startWith(environment, ...options).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^.* Options: npm start -- --help\n$/),
  });
  return textAt(failure, 'stderr')?.replace(/ Options: .*\n$/, '') ?? '';
}

describe('npm start', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'start-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** Writes a file, or removes it where there is no content. */
  const fileWith = (content: string | Uint8Array | undefined, name = 'event.json') => {
    const file = join(folder, name);
    rmSync(file, { force: true });
    if (content !== undefined) writeFileSync(file, content);
    return file;
  };

  test('shows no key and no mask', async () => {
    const { stdout } = await start();
    expect(stdout).toContain('outcome: published');
    expect(stdout).not.toMatch(/add-mask|[0-9a-f]{32}/);
  });

  test('publishes the release of a second attempt only once', async () => {
    const { stdout } = await start();
    expect(stdout).toMatch(/second attempt[^]*Already published as release [^]*\noutcome: already-published\n/);
    const [, seen = ''] = stdout.split('What a reader of the charts sees');
    expect(seen.match(/Checkout in one step/g)).toHaveLength(1);
  });

  test('shows no control character of an event', async () => {
    const release = { tag_name: 'v1.4.0', name: 'One\u001b[31m step\u0007', body: '* Carts\u009b2J', draft: false };
    const file = fileWith(JSON.stringify({ action: 'published', release, repository: {}, sender: {} }));
    const { stdout } = await start('--event', file);
    expect(stdout).toMatch(/What a reader of the charts sees[^]*One \[31m step {2}\(version v1\.4\.0\)\n\n• Carts/);
    expect(stdout).not.toMatch(/(?!\n)\p{Cc}/u);
  });

  test('checks a version with the keys of the environment', async () => {
    const amplitude = await startAmplitude();
    const options = ['--check', '--ref', 'refs/tags/v1.4.0', '--input', `api-url=${amplitude.url}`];
    const { stdout } = await startWith(liveKeys, ...options).finally(amplitude.close);
    expect(stdout).toContain('Amplitude accepts the keys in this region.');
    expect(stdout).toContain('Your app sends versions such as 1.3.2, 1.3.1, 1.3.0 (30 days).');
    expect(stdout).toContain('Set `tag-prefix: v`.');
    expect(stdout).not.toMatch(/[0-9a-f]{32}/);
    expect(amplitude.bodies).toEqual([]);
  });

  test('needs keys, and a version to check', async () => {
    const message = '--check needs AMPLITUDE_API_KEY and AMPLITUDE_SECRET_KEY in the environment.';
    expect(await problemOf({}, '--check')).toContain(message);
    expect(await problemOf(liveKeys, '--check')).toMatch(/^--check needs the version/);
  });

  test.each([[[]], [['--event-name', 'push', '--ref', 'refs/tags/v9']]])(
    'publishes no part of a sample for real: %j',
    async (options) => {
      const amplitude = await startAmplitude();
      const live = ['--live', '--input', `api-url=${amplitude.url}`, ...options];
      for (const inputs of [[], ['--input', 'version=2.3.0'], ['--input', 'title=Faster']]) {
        expect(await problemOf(liveKeys, ...live, ...inputs)).toMatch(
          /^--live does not publish the sample\. .*--event/,
        );
      }
      expect(await problemOf({}, ...live)).toMatch(/^--live needs AMPLITUDE_API_KEY and AMPLITUDE_SECRET_KEY/);
      await startWith(liveKeys, ...live, '--input', 'version=2.3.0', '--input', 'title=Faster');
      await amplitude.close();
      const release = { version: '2.3.0', title: 'Faster', chart_visibility: true };
      expect(amplitude.bodies).toEqual([{ ...release, release_start: expect.any(String) }]);
    },
  );

  test.each(['release.json', 'push-tag.json'])('does not publish the sample %s for real', async (sample) => {
    const file = `testing/events/${sample}`;
    const inputs = ['--input', 'version=2.3.0', '--input', 'title=Faster', '--input', 'api-url=http://127.0.0.1:1'];
    const message = `--live does not publish the sample in ${file}.`;
    expect(await problemOf(liveKeys, '--live', '--event', file, ...inputs)).toBe(message);
  });

  test("publishes an event of the user's own for real", async () => {
    const amplitude = await startAmplitude();
    const file = fileWith(JSON.stringify({ release: { tag_name: 'v2.3.0', name: 'Faster', body: 'Notes' } }));
    const options = ['--live', '--event', file, '--input', `api-url=${amplitude.url}`];
    const environment = { ...liveKeys, INPUT_TITLE: 'Stray', GITHUB_OUTPUT: '/nowhere', GITHUB_RUN_ATTEMPT: '3' };
    const { stdout } = await startWith(environment, ...options).finally(amplitude.close);
    expect(amplitude.bodies).toEqual([expect.objectContaining({ version: 'v2.3.0', title: 'Faster' })]);
    expect(amplitude.bodies[0]).not.toHaveProperty('created_by');
    expect(stdout).toMatch(/\noutcome: published\n/);
    expect(stdout).not.toMatch(/attempt|[0-9a-f]{32}/);
  });

  test.each([
    ['api-key', 'AMPLITUDE_API_KEY'],
    ['secret-key', 'AMPLITUDE_SECRET_KEY'],
    ['access-token', 'AMPLITUDE_ACCESS_TOKEN'],
    ['github-token', 'GITHUB_TOKEN'],
  ])('reads %s from the environment only', async (name, variable) => {
    for (const mode of [[], ['--live'], ['--check']]) {
      const message = await problemOf(liveKeys, ...mode, '--input', `${name}=hunter2hunter2`);
      expect(message).toBe(`--input ${name}: set ${variable} in the environment instead.`);
    }
  });

  test.each([
    ['an unknown option', ['--nope'], "Unknown option '--nope'"],
    ['an argument', ['release.json'], "Unexpected argument 'release.json'"],
    ['an input without a value', ['--input', 'version'], '--input version: write it as NAME=VALUE.'],
    ['an unknown input', ['--input', 'versoin=1'], '--input versoin: the inputs are api-key, secret-key, '],
    ['another address for the stand-in', ['--input', 'api-url='], '--input api-url: the stand-in has an address'],
    ['the bare name of a tag', ['--ref', 'v1'], '--ref v1: write it as refs/tags/v1 or refs/heads/v1.'],
    ['a ref beside a release', ['--event-name', 'release', '--ref', 'refs/tags/v1'], '--ref: the event `release`'],
    ['both modes', ['--check', '--live'], '--check publishes nothing: leave out --live.'],
    [
      'an event without a payload',
      ['--event-name', 'deployment_status'],
      '--event-name deployment_status needs the event as --event FILE.',
    ],
    [
      'a name that does not fit the payload',
      ['--event', 'testing/events/release.json', '--event-name', 'push'],
      '--event-name push does not fit testing/events/release.json, which has the payload of release.',
    ],
    [
      'a payload that does not fit the name',
      ['--event', 'testing/events/push-tag.json', '--event-name', 'release'],
      '--event-name release does not fit testing/events/push-tag.json, which has the payload of push.',
    ],
  ])('rejects %s', async (_, options, message) => {
    expect(await problemOf({}, ...options)).toContain(message);
  });

  test.each([
    ['is missing', undefined, 'does not exist.'],
    ['is not JSON', '{\n', 'is not JSON. '],
    ['is empty', '', 'is not JSON. '],
    ['is not an object', '["v1"]', 'is JSON, but not an object.'],
    ['is not UTF-8', Buffer.from('{}', 'utf16le').fill(0xff, 1), 'is not UTF-8 text.'],
  ])('rejects an event file that %s', async (_, text, message) => {
    const file = fileWith(text);
    expect(await problemOf({}, '--event', file)).toContain(`--event ${file}: the file ${message}`);
  });

  test('needs the name of an event that its payload does not tell', async () => {
    const file = fileWith('{"schedule":"17 4 * * 1"}');
    expect(await problemOf({}, '--event', file)).toMatch(/give the name of the event as well, as --event-name NAME\.$/);
    const { stdout } = await start('--event', file, '--event-name', 'schedule', '--input', 'version=2.3.0');
    expect(stdout).toContain('\nVersion: 2.3.0 (input `version`)\n');
  });

  test.each([
    ['a payload with a byte order mark', ['--event', 'FILE'], 'v7'],
    ['a payload whose name is given as well', ['--event', 'FILE', '--event-name', 'push'], 'v7'],
    ['a ref alone', ['--ref', 'refs/tags/v8'], 'v8'],
    ['a ref of a push', ['--event-name', 'push', '--ref', 'refs/tags/v9'], 'v9'],
    ['the sample of a push', ['--event-name', 'push'], 'v1.4.0'],
  ])('understands %s', async (_, options, version) => {
    const file = fileWith('\uFEFF{"ref":"refs/tags/v7","head_commit":{"id":"ab12"}}');
    const { stdout } = await start(...options.map((option) => (option === 'FILE' ? file : option)));
    expect(stdout).toContain(`\nVersion: ${version} (the tag)\n`);
  });

  test('shows the log as GitHub does', async () => {
    const file = fileWith(JSON.stringify({ deployment_status: { state: 'failure' } }));
    const { stdout } = await start('--event', file);
    expect(stdout).toContain('\nNotice: No release was published. The state of the deployment is not `success`');
    expect(stdout).not.toMatch(/::|%0A/);
  });

  test.each(['--help', '-h'])('shows its options with %s', async (option) => {
    const { stdout, stderr } = await start(option);
    expect(stdout).toContain('  --event FILE ');
    expect(stderr).toBe('');
  });

  test.each([
    ['18.20.8', false],
    ['20.16.0', false],
    ['20.17.0', true],
    ['21.7.3', false],
    ['22.5.1', false],
    ['22.6.0', true],
    ['23.0.0', true],
    ['26.0.0', true],
  ])('on Node.js %s: %p', async (version, isSupported) => {
    const preload = fileWith(`Object.defineProperty(process, 'version', { value: 'v${version}' });`, 'version.cjs');
    const environment = { NODE_OPTIONS: `--require "${preload}"` };
    const message = `npm start needs Node.js ^20.17 || >=22.6, and this is ${version}.`;
    if (isSupported) expect((await startWith(environment, '--help')).stderr).toBe('');
    else expect(await problemOf(environment, '--help')).toBe(message);
  });
});
