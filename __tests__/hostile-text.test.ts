import { describe, expect, test } from '@jest/globals';
import { startAmplitude } from '../testing/amplitude.js';
import type { Step } from '../testing/runner.js';
import { releaseEvent, tagEvent } from './harness/events.js';
import { startFaultyServer } from '../testing/faulty-server.js';
import { keys, type Target, targets } from './harness/step.js';

const hostile = [
  '::error::x',
  '  ::stop-commands::x',
  'a\n::set-output name=outcome::published',
  'a\r::add-mask::a',
  'a ##[error]x',
  '#\u202E#[error]x',
  '####[group]x',
  'a\u2028::warning::x\u2029::warning::x',
  '\u0000\u001b[31m\u009b2J',
  '\u202Egnp.exe\u2066\u200F\u061C',
  '%0A::error::x%0D%25',
  '</td></table><script>alert(1)</script><img src=x onerror=alert(1)>',
  '"\'&amp;`|*_[x](javascript:x)',
  'EOF\nghadelimiter_\noutcome=published',
  '\uD800 \uDFFF',
  '@octo-org/everyone #1',
];

async function publish(run: Target, step: Step) {
  const standIn = await startAmplitude();
  const inputs = { ...keys, 'api-url': standIn.url, ...step.inputs };
  // `run` reads the log by the runner's grammar, and fails where it finds a command or a key.
  const result = await run({ ...step, inputs }).finally(standIn.close);
  return { ...result, bodies: standIn.bodies };
}

describe.each(targets)('renders hostile text harmless, from the %s', (_, run) => {
  test.each(hostile)('as name, notes and author of a release: %j', async (text) => {
    const step = releaseEvent({ name: `N ${text}`, body: text, tag_name: `v1${text}` });
    // A tag with invisible characters is rejected as a version.
    const version = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text) ? '1.4.0' : `v1${text}`;
    const { exitCode, bodies, outputs, log, summary, notices, warnings, errors } = await publish(run, {
      ...step,
      inputs: { version: version === '1.4.0' ? version : '' },
      ref: '',
      environment: { GITHUB_ACTOR: `a${text.replaceAll('\0', '')}`, RUNNER_DEBUG: '1', ACTIONS_STEP_DEBUG: 'true' },
    });
    expect([exitCode, notices, warnings, errors]).toEqual([0, [], [], []]);
    // To Amplitude as it is, but for the carriage returns of notes; half a character is none in UTF-8.
    const title: unknown = JSON.parse(JSON.stringify(`N ${text}`));
    expect(bodies).toMatchObject([{ title, version }]);
    expect(JSON.parse(outputs['payload'] ?? '')).toEqual(bodies[0]);
    expect(outputs['outcome']).toBe('published');
    expect(log.split('\n').filter((line) => line !== '')).toHaveLength(7);
    expect(log).not.toMatch(/\p{Bidi_Control}|[^\P{Cc}\n]|##\[/u);
    expect(summary).not.toMatch(/\p{Bidi_Control}|[^\P{Cc}\n]/u);
    expect(summary.replace(/^```text\n[^]*^```$/m, '')).not.toMatch(/<script|<img/);
    expect(summary.split('\n').filter((line) => line.startsWith('<table>'))).toHaveLength(1);
  });

  test.each([
    ['```\n<script>\n````\n~~~', '`````'],
    ['no marks', '```'],
    ['`'.repeat(500), '`'.repeat(501)],
    ['a\r```\r\n</details>', '````'],
  ])('as notes that would leave their fence: %j', async (body, marks) => {
    const { summary } = await publish(run, { ...releaseEvent(), inputs: { description: body } });
    const lines = summary.split('\n');
    expect(lines.filter((line) => line.startsWith(marks))).toEqual([`${marks}text`, marks]);
    expect(lines.at(-2)).toBe('</details>');
  });

  test('as text of the summary, which shows it as it is', async () => {
    const inputs = { title: `<b>&'"`, description: '\n\n\n* One\u0007\n\n* Two\n \n' };
    const unchanged = 'One\n\nTwo';
    const { summary } = await publish(run, { ...releaseEvent(), inputs });
    expect(summary).toContain('<th>Title</th><td>&lt;b&gt;&amp;&#39;&quot;</td>');
    expect(summary).toContain('<details><summary>Description</summary>\n\n```text\n* One\n\n* Two\n```\n\n</details>');
    const other = await publish(run, { ...releaseEvent(), inputs: { description: unchanged } });
    expect(other.summary).toContain(`\`\`\`text\n${unchanged}\n\`\`\``);
  });

  test.each(['\u202e', '\u0001', '\u2066\u2069'])('as a title of nothing visible: %j', async (title) => {
    const { summary } = await publish(run, { ...releaseEvent(), inputs: { title } });
    expect(summary).toMatch(/<th>Title<\/th><td>(?:&nbsp;| )<\/td>/);
  });

  test('longer than a line of the log, which is cut', async () => {
    const titles = ['t'.repeat(200), 't'.repeat(201)];
    const logs = [];
    for (const title of titles) logs.push((await publish(run, { ...releaseEvent(), inputs: { title } })).log);
    expect(logs[0]).toContain(`Title: ${'t'.repeat(200)} (input`);
    expect(logs[1]).toContain(`Title: ${'t'.repeat(200)}… (input`);
  });

  test('of any size stays below the limits of the log and the summary, and reaches Amplitude whole', async () => {
    const body = '😀`'.repeat(62_500);
    const title = '<'.repeat(100_000);
    const inputs = { markdown: 'keep', link: 'false' };
    const { exitCode, bodies, summary, log } = await publish(run, { ...releaseEvent({ body, name: title }), inputs });
    expect(exitCode).toBe(0);
    expect(bodies).toMatchObject([{ description: body, title }]);
    expect(Buffer.byteLength(summary)).toBeLessThan(1024 * 1024);
    expect(log.length).toBeLessThan(2_000);
    expect(summary.isWellFormed()).toBe(true);
  });

  test.each(['a', 'é', '漢', '😀', '\u0000', '"'])(
    '%j, 125,000 times, reaches Amplitude as it is',
    async (character) => {
      const body = character.repeat(125_000);
      const inputs = { markdown: 'keep', link: 'false' };
      const { exitCode, bodies, outputs } = await publish(run, { ...releaseEvent({ body }), inputs });
      expect(exitCode).toBe(0);
      expect(bodies[0]?.['description'] === body).toBe(true);
      expect(outputs['release']).toContain('"id"');
    },
  );

  test.each([
    ['comments that are never closed', '<!--'.repeat(30_000)],
    ['empty lines', `a${'\n'.repeat(125_000)}b`],
    ['back quotes', '` '.repeat(62_500)],
    ['spaces', `a${' '.repeat(125_000)}b`],
  ])('as notes of nothing but %s, without taking long', async (_, body) => {
    const { bodies, durationMs } = await publish(run, releaseEvent({ body }));
    expect(bodies).toHaveLength(1);
    expect(durationMs).toBeLessThan(10_000);
  });

  test('as an id of Amplitude', async () => {
    const release = { id: 'x\r\n::error::y ##[error]z', note: '::error::' };
    const server = await startFaultyServer([
      { kind: 'answer', status: 200, body: JSON.stringify({ success: true, release }) },
    ]);
    const { exitCode, outputs, log } = await run({
      ...releaseEvent(),
      inputs: { ...keys, 'api-url': server.url },
    }).finally(server.close);
    expect(exitCode).toBe(0);
    expect(JSON.parse(outputs['release'] ?? '')).toEqual(release);
    expect(log).toContain('Published release x ::error::y ## [error]z\n');
  });

  test('as a tag that is refused', async () => {
    const { errors } = await publish(run, { ...tagEvent('a##[error]b\u202E'), inputs: { 'tag-prefix': 'web@' } });
    expect(errors).toEqual([expect.stringContaining('tag `a## [error]b`')]);
  });
});
