import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { startAmplitude } from '../testing/amplitude.js';
import type { Step } from '../testing/runner.js';
import { plainEvent, releaseEvent, tagEvent } from './harness/events.js';
import { startFaultyServer } from '../testing/faulty-server.js';
import { keys, type Target, targets } from './harness/step.js';

async function publish(run: Target, step: Step) {
  const standIn = await startAmplitude();
  const result = await run({ ...step, inputs: { ...keys, 'api-url': standIn.url, ...step.inputs } }).finally(
    standIn.close,
  );
  return { ...result, bodies: standIn.bodies, requests: standIn.requests, standIn };
}

describe.each(targets)('publishes a release, from the %s', (_, run) => {
  test('sends one documented POST and outputs the id', async () => {
    const { exitCode, outputs, bodies, requests, summary, log, masks, standIn } = await publish(run, releaseEvent());
    expect(exitCode).toBe(0);
    expect(requests).toHaveLength(1);
    const basic = Buffer.from(`${keys['api-key']}:${keys['secret-key']}`).toString('base64');
    expect(requests[0]).toMatchObject({
      method: 'POST',
      url: '/api/2/release',
      headers: {
        accept: 'application/json',
        authorization: `Basic ${basic}`,
        'content-type': 'application/json',
        'user-agent': expect.stringMatching(/^publish-release-to-amplitude\/\d+\.\d+\.\d+$/),
      },
    });
    const body = {
      version: 'v1.4.0',
      release_start: '2026-11-23 10:52:35',
      title: 'Checkout in one step',
      description: '• Checkout fits on one page\n\nhttps://github.com/octo-org/shop/releases/tag/v1.4.0',
      created_by: 'octocat',
      chart_visibility: true,
    };
    expect(bodies).toEqual([body]);
    expect(masks).toEqual([keys['api-key'], keys['secret-key'], basic]);
    const release: unknown = JSON.parse(outputs['release'] ?? '');
    expect(release).toMatchObject({
      id: outputs['release-id'],
      version: 'v1.4.0',
      type: 'integration',
      platforms: null,
    });
    expect(JSON.parse(outputs['payload'] ?? '')).toEqual(body);
    expect(outputs).toMatchObject({ outcome: 'published', version: 'v1.4.0' });
    expect(outputs['release-id']).toMatch(/^[0-9a-f]{8}$/);

    const { host } = new URL(standIn.url);
    expect(log.split('\n').filter((line) => line !== '')).toEqual([
      'Version: v1.4.0 (the tag)',
      'Title: Checkout in one step (the name of the GitHub release)',
      'Description: 81 characters (the notes of the GitHub release, as plain text)',
      'Start: 2026-11-23 10:52:35 UTC (when the GitHub release was published)',
      `POST ${host}/api/2/release`,
      expect.stringMatching(/^Amplitude answered 200 in \d+ ms$/),
      `Published release ${String(outputs['release-id'])}`,
    ]);
    expect(summary).toContain('<h3>Release published to Amplitude</h3>');
    expect(summary).toContain(`<th>Id</th><td>${String(outputs['release-id'])}</td>`);
    expect(summary).toContain(
      '```text\n• Checkout fits on one page\n\nhttps://github.com/octo-org/shop/releases/tag/v1.4.0\n```',
    );
  });

  test('sends every input', async () => {
    const inputs = {
      'api-key': ` ${keys['api-key']}\n`,
      'secret-key': `\t${keys['secret-key']} `,
      version: '1.10',
      title: 'Spring release',
      description: '  Two lines,\nsent <!-- as they are -->\r\n',
      'release-start': '2026-11-23T10:00:00+01:00',
      'release-end': '1795431155',
      platforms: 'iOS, Android,,\n Web \niOS',
      'created-by': 'Release team',
      'chart-visibility': 'False',
    };
    const { exitCode, bodies, summary } = await publish(run, { ...releaseEvent(), inputs });
    expect(exitCode).toBe(0);
    expect(bodies).toEqual([
      {
        version: '1.10',
        release_start: '2026-11-23 09:00:00',
        release_end: '2026-11-23 10:52:35',
        title: 'Spring release',
        description: '  Two lines,\nsent <!-- as they are -->\r\n',
        platforms: ['iOS', 'Android', 'Web'],
        created_by: 'Release team',
        chart_visibility: false,
      },
    ]);
    const cells = [...summary.matchAll(/<th>(.+?)<\/th><td>(.+?)<\/td>/g)].map(([, name, value]) => [name, value]);
    expect(cells).toEqual([
      ['Title', 'Spring release'],
      ['Version', '1.10'],
      ['Start', '2026-11-23 09:00:00 UTC'],
      ['End', '2026-11-23 10:52:35 UTC'],
      ['Platforms', 'iOS, Android, Web'],
      ['Created by', 'Release team'],
      ['Id', expect.any(String)],
    ]);
  });

  test.each([
    ['{"success":true,"release":', '{"id":"w4962caj","org_id":440728,"new":{"deep":[null,1.5]}}', '}'],
    ['{"release":', '{"id":"w4962caj"}', ',"success":true,"more":{}}\n'],
    ['{"success":true,"release":{"id":"another"},"release":', '{"id":"w4962caj"}', '}'],
    ['\r\n{ "note":"{}", "release" : ', '{"id":"w4962caj","title":"é😀\\n"}', ' }'],
  ])('outputs the release that Amplitude returned: %s%s%s', async (before, release, after) => {
    const server = await startFaultyServer([{ kind: 'answer', status: 200, body: `${before}${release}${after}` }]);
    const inputs = { ...keys, 'api-url': server.url };
    const { outputs } = await run({ ...releaseEvent(), inputs }).finally(server.close);
    expect(outputs).toMatchObject({ outcome: 'published', 'release-id': 'w4962caj', release });
  });

  test('outputs the payload before Amplitude answers', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'output-')), 'output');
    writeFileSync(file, '');
    const isOutput = () => /^version<<[^]*^payload<</m.test(readFileSync(file, 'utf8'));
    const server = await startFaultyServer([{ kind: 'hold', until: isOutput }]);
    const inputs = { ...keys, 'api-url': server.url, timeout: '5' };
    const step = { ...releaseEvent(), inputs, environment: { GITHUB_OUTPUT: file } };
    const { exitCode, errors } = await run(step).finally(server.close);
    expect([exitCode, errors]).toEqual([0, []]);
  });

  test('appends the path to a gateway URL', async () => {
    const standIn = await startAmplitude();
    const inputs = { ...keys, 'api-url': `${standIn.url}/amplitude//` };
    const { exitCode, errors } = await run({ ...releaseEvent(), inputs }).finally(standIn.close);
    expect(standIn.requests.map(({ url }) => url)).toEqual(['/amplitude/api/2/release']);
    expect(exitCode).toBe(1);
    expect(errors).toEqual([expect.stringMatching(/404.*Check `api-url`/)]);
  });

  test.each([
    ['us', 'amplitude.com'],
    ['Standard', 'amplitude.com'],
    ['EU', 'analytics.eu.amplitude.com'],
  ])('uses the host of region %s: %s', async (region, host) => {
    const { log, outputs } = await run({ ...releaseEvent(), inputs: { region, 'dry-run': 'true' } });
    expect(log).toContain(`Dry run: nothing was sent to ${host}/api/2/release\n`);
    expect(outputs['outcome']).toBe('dry-run');
  });

  test('sends nothing in a dry run, which needs no keys', async () => {
    const inputs = { 'api-key': '', 'secret-key': '', 'dry-run': 'true' };
    const { exitCode, outputs, requests, summary, log } = await publish(run, { ...releaseEvent(), inputs });
    expect(exitCode).toBe(0);
    expect(requests).toEqual([]);
    expect(log).toMatch(/^Version: v1\.4\.0 .*\nTitle: .*\nDescription: .*\nStart: .*\nDry run: nothing was sent/m);
    expect(Object.keys(outputs).sort()).toEqual(['outcome', 'payload', 'version']);
    expect(outputs['outcome']).toBe('dry-run');
    expect(JSON.parse(outputs['payload'] ?? '')).toMatchObject({ version: 'v1.4.0' });
    expect(summary).toContain('<h3>Dry run: this release was not sent to Amplitude</h3>');
    expect(summary).not.toContain('<th>Id</th>');
  });

  test('sends the smallest body where nothing more is known', async () => {
    const { bodies, summary, warnings } = await publish(run, {
      ...plainEvent('workflow_dispatch', 'refs/heads/main'),
      inputs: { version: '2.0.0', 'release-start': '2026-11-23 10:52:35' },
      environment: { GITHUB_ACTOR: undefined },
    });
    expect(bodies).toEqual([
      { version: '2.0.0', release_start: '2026-11-23 10:52:35', title: '2.0.0', chart_visibility: true },
    ]);
    expect(summary).toContain('<table>');
    expect(summary).not.toContain('<details>');
    expect(warnings).toEqual([]);
  });

  test('sends a description file unchanged', async () => {
    const { bodies } = await publish(run, {
      ...releaseEvent(),
      inputs: { 'description-file': 'notes/1.4.0.txt' },
      workspace: { 'notes/1.4.0.txt': '\uFEFFWritten <!-- by hand -->\r\n' },
    });
    expect(bodies).toMatchObject([{ description: 'Written <!-- by hand -->\r\n' }]);
  });

  test('prefers `description` to `description-file`', async () => {
    const { bodies } = await publish(run, {
      ...releaseEvent(),
      inputs: { description: 'Said', 'description-file': 'notes.md' },
      workspace: { 'notes.md': 'Written' },
    });
    expect(bodies).toMatchObject([{ description: 'Said' }]);
  });

  test('falls back to the release notes where the description file is blank', async () => {
    const { bodies } = await publish(run, {
      ...releaseEvent(),
      inputs: { 'description-file': 'notes.md' },
      workspace: { 'notes.md': ' \n' },
    });
    expect(bodies).toMatchObject([{ description: expect.stringContaining('• Checkout fits on one page') }]);
  });

  test('drops what GitHub hides from the notes', async () => {
    const body = '<!-- one -->\n## What <!--two-->changed\r\n\r\n<!-- three\r\nlines -->\n* `a --> b` <!-- open';
    const { bodies, log } = await publish(run, releaseEvent({ body }));
    expect(bodies).toMatchObject([
      { description: expect.stringMatching(/^What changed\n\n?• a --> b <!-- open\n\nhttps/) },
    ]);
    expect(log).not.toContain('changed');
  });

  test.each([null, '', ' \n ', '<!-- only a comment -->', '<!-- one -->\n<!-- two -->'])(
    'sends no description for the notes %j',
    async (body) => {
      const { bodies, log } = await publish(run, { ...releaseEvent({ body }), inputs: { link: 'false' } });
      expect(bodies).toHaveLength(1);
      expect(bodies[0]).not.toHaveProperty('description');
      expect(log).toContain('Description: none (no release notes found)');
    },
  );

  test.each([null, '', ' '])('uses the tag as the title where the release name is %j', async (name) => {
    const { bodies } = await publish(run, releaseEvent({ name }));
    expect(bodies).toMatchObject([{ title: 'v1.4.0' }]);
  });

  test.each([
    ['v', 'v1.4.0', '1.4.0'],
    ['web@', 'web@2.0.0-rc.1+5', '2.0.0-rc.1+5'],
    ['web@', 'web@next', 'next'],
    ['api/v', 'api/v3', '3'],
    ['@scope/pkg@', '@scope/pkg@1.2.3', '1.2.3'],
  ])('removes the tag prefix %s from the tag %s: %s', async (prefix, tag, version) => {
    const { bodies, outputs, log } = await publish(run, { ...tagEvent(tag), inputs: { 'tag-prefix': prefix } });
    expect(bodies).toMatchObject([{ version, title: tag }]);
    expect(outputs['version']).toBe(version);
    expect(log).toContain(`Version: ${version} (the tag \`${tag}\` without \`tag-prefix\`)`);
  });

  test('starts now where nothing says when', async () => {
    const before = Date.now();
    const { bodies, log } = await publish(run, tagEvent('v1'));
    const start = Date.parse(`${String(bodies[0]?.['release_start'])}Z`);
    expect(start).toBeGreaterThanOrEqual(Math.floor(before / 1000) * 1000);
    expect(start).toBeLessThanOrEqual(Date.now());
    expect(log).toContain('(time of this run)');
  });

  test.each(['push', 'workflow_dispatch'])('starts now on %s, whatever else the payload holds', async (eventName) => {
    const payload = {
      deployment: { created_at: '2020-01-01T00:00:00Z' },
      release: { published_at: '2020-01-01T00:00:00Z' },
    };
    const { log } = await publish(run, { eventName, ref: 'refs/tags/v1', payload });
    expect(log).toContain('(time of this run)');
  });

  test('logs where each value came from', async () => {
    const inputs = { version: '2', title: 'Two', description: 'New', 'release-start': '2026-11-23 10:52:35' };
    const { log } = await publish(run, { ...releaseEvent(), inputs });
    expect(log).toContain(
      [
        'Version: 2 (input `version`)',
        'Title: Two (input `title`)',
        'Description: 3 characters (input `description`)',
        'Start: 2026-11-23 10:52:35 UTC (input `release-start`)',
      ].join('\n'),
    );
    const file = { inputs: { 'description-file': 'notes.md' }, workspace: { 'notes.md': 'Written' } };
    const plain = await publish(run, { ...plainEvent('workflow_dispatch', 'refs/tags/v1'), ...file });
    expect(plain.log).toContain(
      'Title: v1 (the tag)\nDescription: 7 characters (input `description-file`, as plain text)',
    );
    const untagged = await publish(run, {
      ...plainEvent('push', 'refs/heads/main'),
      inputs: { version: '3', link: 'false' },
    });
    expect(untagged.log).toContain('Title: 3 (the version)\nDescription: none (no release notes found)');
  });

  test('accepts an end that equals the start', async () => {
    const at = '2026-11-23 10:52:35';
    const { bodies } = await publish(run, { ...releaseEvent(), inputs: { 'release-start': at, 'release-end': at } });
    expect(bodies).toMatchObject([{ release_start: at, release_end: at }]);
  });

  test('publishes without an event name and an event file', async () => {
    const environment = { GITHUB_EVENT_NAME: undefined, GITHUB_EVENT_PATH: undefined, GITHUB_RUN_ATTEMPT: undefined };
    const { bodies, notices } = await publish(run, { eventName: 'push', ref: 'refs/tags/v1', environment });
    expect(bodies).toMatchObject([{ version: 'v1' }]);
    expect(notices).toEqual([]);
  });

  test('warns about a second attempt', async () => {
    const { exitCode, notices } = await publish(run, {
      ...releaseEvent(),
      environment: { GITHUB_RUN_ATTEMPT: '2' },
    });
    expect(exitCode).toBe(0);
    expect(notices).toEqual([
      expect.stringMatching(
        /^This is attempt 2.*already published this release, Amplitude now shows it twice: delete one under/,
      ),
    ]);
  });

  test('publishes a release event without a type', async () => {
    const { eventName, payload } = releaseEvent();
    const { bodies, notices } = await publish(run, { eventName, payload: { ...payload, action: undefined } });
    expect(bodies).toMatchObject([{ version: 'v1.4.0' }]);
    expect(notices).toEqual([]);
  });

  test('passes when neither summary nor outputs can be written', async () => {
    const { exitCode, bodies, warnings, log } = await publish(run, {
      ...releaseEvent(),
      environment: { GITHUB_OUTPUT: '/nowhere/output', GITHUB_STEP_SUMMARY: undefined },
    });
    expect(exitCode).toBe(0);
    expect(bodies).toHaveLength(1);
    expect(log).toContain('Published release ');
    expect(warnings).toEqual([
      expect.stringMatching(/^The outputs `version`, `payload` could not be set: .*\/nowhere\/output/),
      expect.stringMatching(/^The outputs `outcome`, `release-id`, `release` could not be set: .*\/nowhere\/output/),
      expect.stringMatching(/^The job summary could not be written: .*GITHUB_STEP_SUMMARY/),
    ]);
  });

  test('keeps the notes out of the log where the runner provides no file for outputs', async () => {
    const { exitCode, log, warnings } = await publish(run, {
      ...releaseEvent({ body: 'Not for the log' }),
      environment: { GITHUB_OUTPUT: undefined },
    });
    expect(exitCode).toBe(0);
    expect(log).not.toContain('Not for the log');
    expect(warnings[0]).toContain('GITHUB_OUTPUT is not set');
  });
});

describe.each(targets)('publishes nothing, from the %s', (_, run) => {
  test('skips without keys where they may be missing', async () => {
    const inputs = { 'api-key': ' ', 'secret-key': '', 'on-missing-credentials': 'skip' };
    const result = await publish(run, { ...plainEvent('pull_request', 'refs/pull/12/merge'), inputs });
    expect(result.exitCode).toBe(0);
    expect(result.requests).toEqual([]);
    expect(result.outputs).toEqual({ outcome: 'skipped' });
    expect(result.notices).toEqual([
      expect.stringMatching(/`api-key` and `secret-key` are both empty.*`on-missing-credentials` is `skip`\.$/),
    ]);
  });

  test.each([
    ['edited', {}],
    ['deleted', {}],
    ['unpublished', {}],
    ['created', { draft: true }],
  ])('rejects a release that was %s', async (action, release) => {
    const { exitCode, requests, outputs, errors } = await publish(run, releaseEvent(release, action));
    expect(exitCode).toBe(1);
    expect(requests).toEqual([]);
    expect(outputs).toEqual({ outcome: 'failed' });
    const what = action === 'created' ? 'Draft releases' : `\`release\` events of type \`${action}\``;
    expect(errors).toEqual([
      expect.stringMatching(new RegExp(`^${what} are not published\\. .*types: \\[published\\]`)),
    ]);
  });

  test('rejects a deleted tag', async () => {
    const { exitCode, requests, errors } = await publish(run, tagEvent('v1', { deleted: true }));
    expect([exitCode, requests]).toEqual([1, []]);
    expect(errors).toEqual([expect.stringContaining('types: [published]')]);
  });

  test.each([
    ['push', 'refs/heads/main', /`version` is not set.*`refs\/heads\/main`, which is not a tag/],
    ['pull_request', 'refs/pull/12/merge', /`version` is not set.*not a tag/],
    ['push', 'refs/tags/', /`version` is not set/],
    ['schedule', '', /`version` is not set.*without a tag/],
  ])('rejects %s for %j, which has no version', async (eventName, ref, message) => {
    const { exitCode, requests, errors } = await publish(run, plainEvent(eventName, ref));
    expect([exitCode, requests]).toEqual([1, []]);
    expect(errors).toEqual([expect.stringMatching(message)]);
    expect(errors[0]).toContain('Set `version` or `tag`, or trigger');
  });

  test.each([
    ['web@', 'api@1.0.0'],
    ['v', 'v'],
  ])('rejects the tag prefix %s for the tag %s', async (prefix, tag) => {
    const { exitCode, requests, errors } = await publish(run, { ...tagEvent(tag), inputs: { 'tag-prefix': prefix } });
    expect([exitCode, requests]).toEqual([1, []]);
    expect(errors).toEqual([
      expect.stringContaining(`\`tag-prefix\` is \`${prefix}\`, and tag \`${tag}\` is not that followed by a version`),
    ]);
  });

  test('rejects an end before the start', async () => {
    const { exitCode, requests, errors } = await publish(run, {
      ...releaseEvent(),
      inputs: { 'release-end': '2026-11-23 10:52:34' },
    });
    expect([exitCode, requests]).toEqual([1, []]);
    expect(errors).toEqual([expect.stringMatching(/`release-end` is 2026-11-23 10:52:34 UTC, before the start/)]);
  });
});
