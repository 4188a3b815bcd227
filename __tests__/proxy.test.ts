import { describe, expect, test } from '@jest/globals';
import { makeCertificate } from '../testing/certificate.js';
import { type ConnectProxy, startProxy } from '../testing/connect-proxy.js';
import { plainEvent, tagEvent } from './harness/events.js';
import { type ServerFault, publishedBody, startFaultyServer } from '../testing/faulty-server.js';
import { releasePath, startGitHub } from '../testing/github.js';
import { keys, runBundle, type Target, targets } from './harness/step.js';

// Both names end nowhere but in the proxy: `.test` is reserved for tests (RFC 2606).
const amplitude = 'amplitude.test';
const gitHub = 'api.github.test';
const good: ServerFault = { kind: 'answer', status: 200, body: publishedBody };
const token = 'ghs_0123456789abcdefghijklmnopqrstuvwxyz';
const tagRelease = { tag_name: 'v1', name: 'One page', body: 'Through the proxy' };

/** Publishes through a proxy that leads to a server which speaks TLS as Amplitude's host. */
async function publish(
  run: Target,
  variables: (proxy: ConnectProxy) => Readonly<Record<string, string>>,
  {
    faults = [good],
    inputs = {},
    refuse,
    proxyHosts,
  }: {
    faults?: readonly ServerFault[];
    inputs?: Readonly<Record<string, string>>;
    refuse?: { status: number } | 'hang';
    /** Makes it an `https` proxy with a certificate for these hosts. */
    proxyHosts?: readonly string[];
  } = {},
) {
  // One certificate for both: a process trusts a single file.
  const authority = await makeCertificate(...(proxyHosts ?? []), amplitude);
  const server = await startFaultyServer(faults, authority);
  const proxy = await startProxy(refuse ?? server.port, proxyHosts && authority);
  const result = await run({
    ...plainEvent('workflow_dispatch', 'refs/heads/main'),
    inputs: { ...keys, 'api-url': `https://${amplitude}`, version: '2.0.0', retries: '0', ...inputs },
    environment: { NODE_EXTRA_CA_CERTS: authority.file, ...variables(proxy) },
  }).finally(() => Promise.all([server.close(), proxy.close()]));
  return { ...result, requests: server.requests, proxy, targets: proxy.targets.map(({ target }) => target) };
}

describe('behind a proxy', () => {
  test.each(['HTTPS_PROXY', 'https_proxy'])('the release goes through %s', async (name) => {
    const result = await publish(runBundle, (proxy) => ({ [name]: proxy.url }));
    expect([result.exitCode, result.outputs['release-id']]).toEqual([0, 'w4962caj']);
    expect(result.targets).toEqual([`${amplitude}:443`]);
    expect(result.requests).toHaveLength(1);
    expect(JSON.stringify(result.proxy.targets)).not.toContain('authorization');
  });

  test('the release goes through one that wants a password, which nobody shows', async () => {
    const result = await publish(runBundle, ({ host }) => ({ HTTPS_PROXY: `http://user:pass%20word@${host}` }));
    expect(result.exitCode).toBe(0);
    const credential = `Basic ${Buffer.from('user:pass word').toString('base64')}`;
    expect(result.proxy.targets[0]?.headers['proxy-authorization']).toBe(credential);
    expect(result.log).not.toMatch(/pass(%20| )word/);
  });

  test('shows nothing of a password when debugging is on', async () => {
    const result = await publish(runBundle, ({ host }) => ({
      HTTPS_PROXY: `http://user:password@${host}`,
      DEBUG: '*',
      RUNNER_DEBUG: '1',
      ACTIONS_STEP_DEBUG: 'true',
    }));
    expect([result.exitCode, result.targets]).toEqual([0, [`${amplitude}:443`]]);
    expect(result.log).not.toContain('password');
  });

  test('an `https` proxy has a certificate of its own name', async () => {
    const variables = ({ port }: ConnectProxy) => ({ HTTPS_PROXY: `https://localhost:${port}` });
    const right = await publish(runBundle, variables, { proxyHosts: ['localhost'] });
    expect([right.exitCode, right.requests.length, right.targets]).toEqual([0, 1, [`${amplitude}:443`]]);
    const wrong = await publish(runBundle, variables, { proxyHosts: ['example.com'] });
    expect([wrong.exitCode, wrong.requests, wrong.targets]).toEqual([1, [], []]);
    expect(wrong.errors).toEqual([
      expect.stringMatching(/certificate could not be verified .*the certificate of localhost:\d+: .*nothing was sent/),
    ]);
  });

  test.each([
    ['NO_PROXY', 'example.com,.test'],
    ['no_proxy', amplitude],
    ['NO_PROXY', '*'],
    ['NO_PROXY', '*.test'],
  ])('the release does not go through it with %s=%s', async (name, value) => {
    const result = await publish(runBundle, (proxy) => ({ HTTPS_PROXY: proxy.url, [name]: value }));
    expect(result.targets).toEqual([]);
    expect(result.errors).toEqual([expect.stringMatching(/amplitude\.test.*The release was not created/)]);
  });

  test('an address of this machine never goes through it', async () => {
    const server = await startFaultyServer([good]);
    const proxy = await startProxy({ status: 403 });
    const { exitCode } = await runBundle({
      ...plainEvent('workflow_dispatch', 'refs/heads/main'),
      inputs: { ...keys, 'api-url': server.url, version: '1' },
      environment: { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url },
    }).finally(() => Promise.all([server.close(), proxy.close()]));
    expect([exitCode, proxy.targets]).toEqual([0, []]);
  });

  test('a reset after the tunnel is made is not tried again', async () => {
    const result = await publish(runBundle, (proxy) => ({ HTTPS_PROXY: proxy.url }), {
      faults: [{ kind: 'close', when: 'after' }, good],
      inputs: { retries: '3' },
    });
    expect(result.targets).toHaveLength(1);
    expect(result.errors).toEqual([expect.stringContaining('may or may not')]);
  });

  test('the notes are looked up through it too', async () => {
    const authority = await makeCertificate(gitHub);
    const server = await startGitHub({ [releasePath('v1')]: tagRelease }, authority);
    const proxy = await startProxy(server.port);
    const { exitCode, outputs, notices } = await runBundle({
      ...tagEvent('v1'),
      inputs: { 'dry-run': 'true', 'github-token': token },
      environment: { NODE_EXTRA_CA_CERTS: authority.file, HTTPS_PROXY: proxy.url, GITHUB_API_URL: `https://${gitHub}` },
    }).finally(() => Promise.all([server.close(), proxy.close()]));
    expect([exitCode, notices]).toEqual([0, []]);
    expect(JSON.parse(outputs['payload'] ?? '')).toMatchObject({
      title: 'One page',
      description: expect.stringMatching(/^Through the proxy\n\nhttps:/),
    });
    expect(new Set(proxy.targets.map(({ target }) => target))).toEqual(new Set([`${gitHub}:443`]));
    expect(new Set(server.requests.map(({ headers }) => headers.authorization))).toEqual(new Set([`token ${token}`]));
    expect(JSON.stringify(proxy.targets)).not.toContain(token);
  });
});

describe.each(targets)('a proxy that fails, from the %s', (_, run) => {
  test.each([400, 502, 503])('a refusal with %i names the proxy, and is retried', async (status) => {
    const result = await publish(run, (proxy) => ({ HTTPS_PROXY: proxy.url.replace('//', '//user:hidden@') }), {
      refuse: { status },
      inputs: { retries: '1' },
    });
    expect([result.exitCode, result.requests]).toEqual([1, []]);
    expect(result.targets).toHaveLength(2);
    expect(result.errors).toEqual([
      expect.stringMatching(
        new RegExp(`through the proxy ${result.proxy.host}: .*${status}, after 2 attempts\\).*not created`),
      ),
    ]);
    expect(result.log).not.toContain('hidden');
  });

  test.each([
    [403, /does not allow .*`NO_PROXY`/],
    [407, /user name and password .*`HTTPS_PROXY`/],
  ])('a refusal with %i is a misconfiguration', async (status, advice) => {
    const result = await publish(run, (proxy) => ({ HTTPS_PROXY: proxy.url.replace('//', '//user:hidden@') }), {
      refuse: { status },
      inputs: { retries: '3', 'on-outage': 'warn' },
    });
    expect([result.exitCode, result.requests, result.targets.length]).toEqual([1, [], 1]);
    expect(result.errors).toEqual([
      expect.stringMatching(
        new RegExp(`^The proxy cannot be used .*through the proxy ${result.proxy.host}: .*${status}.*Nothing was sent`),
      ),
    ]);
    expect(result.errors[0]).toMatch(advice);
    expect(result.log).not.toContain('hidden');
  });

  test.each([
    ['a SOCKS proxy', 'socks5://user:hidden@127.0.0.1:1080'],
    ['a bare `#` in the password', 'http://user:hid#den@127.0.0.1:1'],
    ['no host', 'http://'],
  ])('names the variable, and not its value: %s', async (_, value) => {
    const result = await publish(run, () => ({ HTTPS_PROXY: value }), { inputs: { retries: '3' } });
    expect([result.exitCode, result.requests, result.targets]).toEqual([1, [], []]);
    expect(result.errors).toEqual([expect.stringMatching(/^The proxy cannot be used .*`HTTPS_PROXY` must be/)]);
    expect(result.log).not.toMatch(/hid|1080|127\.0\.0\.1:1/);
  });

  test('a proxy that never answers is given up within `timeout`, and keeps nothing alive', async () => {
    const result = await publish(run, (proxy) => ({ HTTPS_PROXY: proxy.url }), {
      refuse: 'hang',
      inputs: { timeout: '1' },
    });
    expect(result.exitCode).toBe(1);
    expect(result.errors).toEqual([
      expect.stringMatching(/through the proxy .*no response within 1 s.*The release was not created/),
    ]);
    expect(result.durationMs).toBeLessThan(10_000);
  });

  test('a proxy that is not there is named', async () => {
    const result = await publish(run, () => ({ HTTPS_PROXY: 'http://127.0.0.1:1' }));
    expect(result.errors).toEqual([
      expect.stringMatching(/through the proxy 127\.0\.0\.1:1: .*ECONNREFUSED.*not created/),
    ]);
  });
});

describe.each(targets)('on GitHub Enterprise Server without TLS, from the %s', (_, run) => {
  test.each(['HTTP_PROXY', 'http_proxy'])('the notes are looked up through %s', async (name) => {
    const server = await startGitHub({
      [`/api/v3${releasePath('v1')}`]: { tag_name: 'v1', name: 'One page', body: 'Notes' },
    });
    const proxy = await startProxy(Number(new URL(server.url).port));
    const { exitCode, outputs, notices } = await run({
      ...tagEvent('v1'),
      inputs: { 'dry-run': 'true', 'github-token': token },
      environment: { [name]: proxy.url, GITHUB_API_URL: `http://${gitHub}/api/v3` },
    }).finally(() => Promise.all([server.close(), proxy.close()]));
    expect(new Set(proxy.targets.map(({ target }) => target))).toEqual(new Set([`${gitHub}:80`]));
    expect([exitCode, notices]).toEqual([0, []]);
    expect(JSON.parse(outputs['payload'] ?? '')).toMatchObject({
      title: 'One page',
      description: expect.stringMatching(/^Notes\n\nhttps:/),
    });
  });
});

describe('on GitHub Enterprise Server', () => {
  test('the notes come from the address that `GITHUB_API_URL` names', async () => {
    const authority = await makeCertificate('127.0.0.1');
    const server = await startGitHub({ [releasePath('v1')]: tagRelease }, authority);
    const { outputs } = await runBundle({
      ...tagEvent('v1'),
      inputs: { 'dry-run': 'true', 'github-token': token },
      environment: {
        NODE_EXTRA_CA_CERTS: authority.file,
        GITHUB_API_URL: `https://127.0.0.1:${server.port}`,
        GITHUB_SERVER_URL: 'https://github.example.com',
      },
    }).finally(server.close);
    expect(JSON.parse(outputs['payload'] ?? '')).toMatchObject({
      description: expect.stringMatching(/^Through the proxy\n\nhttps:/),
    });
  });
});
