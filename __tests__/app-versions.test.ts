import { describe, expect, test } from '@jest/globals';
import { amplitudeKeys, startAmplitude } from '../testing/amplitude.js';
import { makeCertificate } from '../testing/certificate.js';
import { type ServerFault, startFaultyServer } from '../testing/faulty-server.js';
import {
  type AppQuery,
  checkApp,
  type CheckedRelease,
  compareWithApp,
  type Composition,
  describeFinding,
} from '../src/app-versions.js';
import { createRedactor } from '../src/secrets.js';

const basic = Buffer.from(`${amplitudeKeys.apiKey}:${amplitudeKeys.secretKey}`).toString('base64');
const now = new Date('2026-11-25T09:00:00Z');

function queryFor(url: string, facts: Partial<AppQuery['credentials']> = {}): AppQuery {
  return {
    releaseUrl: new URL(`${url}/api/2/release`),
    credentials: { ...amplitudeKeys, basic, ...facts },
    proxies: { http: undefined, https: undefined, noProxy: '' },
    redactor: createRedactor([]),
    signal: new AbortController().signal,
    timeoutMs: 2_000,
  };
}

function releaseWith(facts: Partial<CheckedRelease> = {}): CheckedRelease {
  return { version: '1.4.0', platforms: undefined, tagPrefix: undefined, isVersionFromTag: true, ...facts };
}

/** A composition of users who have each of these values, ever fewer. */
function values(...given: readonly string[]): Composition {
  return { kind: 'values', values: given.map((value, index) => ({ value, users: 1_000 - index })) };
}

/** What a dry run says about a release and an app. */
function say(release: Partial<CheckedRelease>, versions: Composition, platforms?: Composition) {
  const findings = compareWithApp(releaseWith(release), versions, platforms).map(describeFinding);
  return {
    facts: findings.filter(({ isNotice }) => !isNotice).map(({ text }) => text),
    notices: findings.filter(({ isNotice }) => isNotice).map(({ text }) => text),
  };
}

describe('compareWithApp: version', () => {
  test.each([
    ['1.4.0', ['1.3.2', '1.3.1', '1.3.0']],
    ['v1.4.0', ['v1.3.2']],
    ['1.4', ['1.3.9', '1.3']],
    ['2026.11.25', ['2026.10.3']],
    ['1.5.0-beta.1', ['1.4.0']],
    ['1.5.0rc1', ['1.4.0']],
    ['1.5.0', ['1.5.0-beta.2']],
    ['1.4.0+46', ['1.3.2+45']],
    ['1.4.0 (46)', ['1.3.2 (45)']],
    ['main', ['develop']],
    ['0d7e5f1', ['940bd33']],
    ['v1.4.0', ['1.3.2', 'v1.4.0']],
  ])('accepts %s beside %j', (version, sent) => {
    const { facts, notices } = say({ version }, values(...sent));
    expect(notices).toEqual([]);
    expect(facts).toEqual([
      'Amplitude accepts the keys in this region.',
      `Your app sends versions such as ${sent.slice(0, 3).join(', ')} (30 days).`,
    ]);
  });

  test.each<[string, Partial<CheckedRelease>, string, string, string]>([
    ['a `v` from the tag', { version: 'v1.4.0' }, '1.3.2', 'begins with `v`', 'Set `tag-prefix: v`.'],
    [
      'the rest of a package name',
      { version: '@v1.4.0', tagPrefix: 'web' },
      '1.3.2',
      'begins with `@v`',
      'Set `tag-prefix: web@v`.',
    ],
    [
      'a prefix that `tag-prefix` strips',
      { tagPrefix: 'v' },
      'v1.3.2',
      'does not begin with `v`',
      'Remove `tag-prefix`.',
    ],
    [
      'a prefix that is the end of `tag-prefix`',
      { tagPrefix: 'web@v' },
      'v1.3.2',
      'does not begin with `v`',
      'Set `tag-prefix: web@`.',
    ],
    ['a prefix that the tag does not have', {}, 'v1.3.2', 'does not begin with `v`', 'Set `version` to'],
    [
      'a `v` that `version` sets',
      { version: 'v1.4.0', isVersionFromTag: false },
      '1.3.2',
      'begins with `v`',
      'Set `version` to',
    ],
    ['a number too many', {}, '1.3', 'has 3 instead of 2 numbers', 'Set `version` to'],
    ['a number too few', { version: '1.4' }, '1.3.2', 'has 2 instead of 3 numbers', 'Set `version` to'],
    ['a build', { version: '1.4.0+46' }, '1.3.2', 'ends with a build', 'Set `version` to'],
    ['no build', {}, '1.3.2 (45)', 'does not end with a build', 'Set `version` to'],
    ['no build after a hyphen', {}, '1.3.2-45', 'does not end with a build', 'Set `version` to'],
    [
      'two differences',
      { version: 'v1.4.0' },
      '1.3',
      'begins with `v` and has 3 instead of 2 numbers',
      'Set `version` to',
    ],
    ['a branch', { version: 'main' }, '1.3.2', 'is not made of numbers', 'Set `version` to'],
    ['a commit', { version: '0d7e5f1' }, '1.3.2', 'is not made of numbers', 'Set `version` to'],
    ['numbers where the app has commits', {}, '940bd33', 'is made of numbers', 'Set `version` to'],
  ])('warns about %s, and names the input', (_, release, sent, difference, advice) => {
    const { notices } = say(release, values(sent));
    expect(notices).toEqual([
      expect.stringMatching(/^The version .*, unlike the versions that your app sends, such as .*exactly/),
    ]);
    expect(notices[0]).toContain(`The version ${release.version ?? '1.4.0'} ${difference}, unlike`);
    expect(notices[0]).toContain(`such as ${sent}.`);
    expect(notices[0]).toContain(advice);
  });

  test('ignores a form that hardly any user has', () => {
    const sent: Composition = {
      kind: 'values',
      values: [
        { value: '1.3.2', users: 1_000 },
        { value: 'v1.0.0', users: 3 },
      ],
    };
    expect(say({ version: 'v1.4.0' }, sent).notices).toEqual([expect.stringContaining('`tag-prefix: v`')]);
  });

  test('warns if the app sends no version', () => {
    expect(say({}, values())).toEqual({
      facts: ['Amplitude accepts the keys in this region.'],
      notices: [expect.stringMatching(/^Your app has sent no `Version` .*would stay empty.*`appVersion`.*https:\/\//)],
    });
  });
});

describe('compareWithApp: platforms', () => {
  const used = values('iOS', 'Web', 'Android TV');

  test('says nothing if the release names none', () => {
    expect(say({}, values('1.3.2')).facts).toHaveLength(2);
  });

  test('accepts platforms that users have', () => {
    const { facts, notices } = say({ platforms: ['Web', 'iOS'] }, values('1.3.2'), used);
    expect(notices).toEqual([]);
    expect(facts).toContain('Your users have the platforms iOS, Web, Android TV (30 days).');
  });

  test.each([
    ['ios', 'Did you mean iOS?'],
    ['WEB', 'Did you mean Web?'],
    ['AndroidTV', 'Did you mean Android TV?'],
    ['android-tv', 'Did you mean Android TV?'],
    ['Android\u00a0TV', 'Did you mean Android TV?'],
    ['Windows', 'Check `platforms`'],
    ['Android', 'Check `platforms`'],
  ])('warns about %s', (platform, advice) => {
    const { notices } = say({ platforms: ['iOS', platform] }, values('1.3.2'), used);
    expect(notices).toEqual([
      expect.stringContaining(`None of your users has the platform ${platform} (30 days). ${advice}`),
    ]);
  });

  test('warns about each if no user has a platform', () => {
    const { facts, notices } = say({ platforms: ['iOS', 'Web'] }, values('1.3.2'), values());
    expect(facts).toContain('Your users have no `Platform` (30 days).');
    expect(notices).toHaveLength(2);
  });
});

describe('checkApp', () => {
  test('reads the versions of 30 days with one GET, and creates nothing', async () => {
    const amplitude = await startAmplitude();
    const check = await checkApp(queryFor(amplitude.url), releaseWith(), now).finally(amplitude.close);
    expect(check).toEqual({
      kind: 'checked',
      findings: [{ kind: 'keys-accepted' }, { kind: 'versions', versions: ['1.3.2', '1.3.1', '1.3.0'] }],
    });
    expect(amplitude.bodies).toEqual([]);
    expect(amplitude.requests).toEqual([
      expect.objectContaining({ method: 'GET', url: '/api/2/composition?start=20261027&end=20261125&p=version' }),
    ]);
    expect(amplitude.requests[0]?.headers).toMatchObject({
      accept: 'application/json',
      authorization: `Basic ${basic}`,
    });
  });

  test('reads the platforms too if the release names some', async () => {
    const amplitude = await startAmplitude();
    const release = releaseWith({ platforms: ['ios'] });
    const check = await checkApp(queryFor(amplitude.url), release, now).finally(amplitude.close);
    expect(check).toMatchObject({
      findings: [
        { kind: 'keys-accepted' },
        { kind: 'versions' },
        { kind: 'platforms', platforms: ['iOS', 'Web', 'Android'] },
        { kind: 'unused-platform', platform: 'ios', alike: 'iOS' },
      ],
    });
    expect(amplitude.requests).toHaveLength(2);
  });

  test('sorts versions by users, and leaves out users without one', async () => {
    const amplitude = await startAmplitude(0, { versions: { '0.9': 1, '(none)': 99, '1.1': 0, '1.0': 40, '1.2': 7 } });
    const check = await checkApp(queryFor(amplitude.url), releaseWith({ version: '1.3' }), now).finally(
      amplitude.close,
    );
    expect(check).toMatchObject({ findings: [{}, { versions: ['1.0', '1.2', '0.9'] }] });
  });

  test.each([{}, { '(none)': 1_000 }])('finds that the app sends no version in %j', async (versions) => {
    const amplitude = await startAmplitude(0, { versions });
    const check = await checkApp(queryFor(amplitude.url), releaseWith(), now).finally(amplitude.close);
    expect(check).toMatchObject({ findings: [{ kind: 'keys-accepted' }, { kind: 'no-version' }] });
  });

  test('leaves the versions unchecked if the API is not available', async () => {
    const amplitude = await startAmplitude(0, { compositionStatus: 429 });
    const check = await checkApp(queryFor(amplitude.url), releaseWith(), now).finally(amplitude.close);
    expect(check).toMatchObject({ findings: [{ kind: 'unchecked', what: 'versions' }] });
  });

  test('returns the response to wrong keys', async () => {
    const amplitude = await startAmplitude();
    const check = await checkApp(queryFor(amplitude.url, { basic: 'wrong' }), releaseWith(), now).finally(
      amplitude.close,
    );
    expect(check).toMatchObject({
      kind: 'rejected',
      cause: { status: 403, body: expect.stringContaining('Invalid API Key') },
    });
  });
});

describe('checkApp with an Amplitude that does not answer', () => {
  async function checkWith(...faults: readonly ServerFault[]) {
    const server = await startFaultyServer(faults);
    return checkApp(queryFor(server.url), releaseWith(), now).finally(server.close);
  }
  const answer = (status: number, body = ''): ServerFault => ({ kind: 'answer', status, body });
  const shape = (data: unknown) => answer(200, JSON.stringify({ data }));

  test.each<[string, ServerFault]>([
    ['401', answer(401)],
    ['403', answer(403, '{"error":{"metadata":{"details":"Invalid API Key"}}}')],
    ['403 without a word', answer(403)],
  ])('returns the response: %s', async (_, fault) => {
    expect(await checkWith(fault)).toMatchObject({ kind: 'rejected' });
  });

  test.each<[string, ServerFault, RegExp]>([
    ['429', answer(429), /: 429$/],
    ['503', answer(503), /: 503$/],
    ['a gateway that serves releases only', answer(404), /: 404$/],
    ['a plan that must be paid', answer(402), /: 402$/],
    ['a plan without it', answer(403, '{"error":{"message":"Upgrade your plan to use this API"}}'), /: 403$/],
    ['a redirect', answer(307), /: 307$/],
    ['no JSON', answer(200, 'OK'), /200 in an unknown shape$/],
    ['no data', answer(200, '{}'), /200 in an unknown shape$/],
    ['a user too few', shape({ series: [[1]], xValues: ['1.0', '1.1'] }), /200 in an unknown shape$/],
    ['two series', shape({ series: [[1], [2]], xValues: ['1.0'] }), /200 in an unknown shape$/],
    ['numbers as values', shape({ series: [[1]], xValues: [1] }), /200 in an unknown shape$/],
    ['a response cut short', { kind: 'cut', status: 200, body: '{"data":' }, /200, the response was cut short$/],
    ['a reset', { kind: 'reset', when: 'after' }, /ECONNRESET|hang up/],
    ['silence', { kind: 'hang', when: 'after' }, /within 2 s/],
  ])('leaves the versions unchecked after %s', async (_, fault, reason) => {
    const check = await checkWith(fault);
    expect(check).toEqual({
      kind: 'checked',
      findings: [{ kind: 'unchecked', what: 'versions', reason: expect.stringMatching(reason) }],
    });
  });

  test('says in a notice what could not be checked', () => {
    const unknown = { kind: 'unknown', reason: 'amplitude.com: 429' } as const;
    expect(say({ platforms: ['iOS'] }, unknown, unknown)).toEqual({
      facts: [],
      notices: [
        'The versions that your app sends could not be checked (amplitude.com: 429). This does not affect the release.',
        'The platforms that your app sends could not be checked (amplitude.com: 429). This does not affect the release.',
      ],
    });
  });

  test('returns the failure of a proxy that cannot be used', async () => {
    const proxies = { http: { name: 'HTTP_PROXY', value: 'ftp://proxy' }, https: undefined, noProxy: '' };
    const query = { ...queryFor('http://amplitude.example'), proxies };
    expect(await checkApp(query, releaseWith(), now)).toMatchObject({ kind: 'rejected', cause: { stage: 'proxy' } });
  });

  test('returns the failure of a certificate that does not verify', async () => {
    const server = await startFaultyServer([answer(200)], await makeCertificate());
    const check = await checkApp(queryFor(server.url), releaseWith(), now).finally(server.close);
    expect(check).toMatchObject({ kind: 'rejected', cause: { stage: 'verifying' } });
  });
});
