import { describe, expect, test } from '@jest/globals';
import { releaseEvent, plainEvent, tagEvent } from './harness/events.js';
import { targets } from './harness/step.js';

describe.each(targets)('the version, from the %s', (_, run) => {
  const dryRun = (
    inputs: Readonly<Record<string, string>>,
    event = plainEvent('workflow_dispatch', 'refs/heads/main'),
  ) => run({ ...event, inputs: { 'dry-run': 'true', ...inputs } });

  test.each([
    ['a color code', '\u001b[32m2.3.0\u001b[0m', /U\+001B/],
    ['a second line', '2.3.0\n2.3.1', /U\+000A/],
    ['a zero-width space', '2.3.0\u200b', /U\+200B/],
    ['a bidirectional override', '\u202e0.3.2', /U\+202E/],
    ['a soft hyphen', '2.3\u00ad.0', /U\+00AD/],
    ['a line separator', '2.3.0\u2028x', /U\+2028/],
    ['a tag character', '2.3.0\u{e0031}', /U\+E0031/],
    ['a shell variable', '$VERSION', /placeholder/],
    ['a shell variable within text', 'web-${VERSION#v}', /placeholder/],
    ['a command', '$(git describe)', /placeholder/],
    ['a template', '{{ github.ref_name }}', /placeholder/],
    ['half an expression', '${{ env.VERSION }', /placeholder/],
    ['a variable of Windows', '%VERSION%', /placeholder/],
    ['null', 'null', /missing value/],
    ['Undefined', 'Undefined', /missing value/],
    ['NaN', 'NaN', /missing value/],
    ['None', 'None', /missing value/],
    ['vundefined', 'vundefined', /missing value/],
    ['a missing part', 'web@undefined', /missing value/],
    ['a missing part in the middle', '2.undefined.0', /missing value/],
    ['an object as text', '[object Object]', /missing value/],
    ['a JSON array', '["2.3.0"]', /is JSON/],
    ['a JSON object', '{"version":"2.3.0"}', /is JSON/],
    ['quotes', '"2.3.0"', /is in quotes/],
    ['a prefix without a version', 'v', /ends where a value should follow/],
    ['the name of a package without a version', 'web@', /ends where a value should follow/],
    ['a prefix of two parts without a version', 'release-v', /ends where a value should follow/],
    ['an empty build number', '2.3.0+', /ends where a value should follow/],
    ['a dash', '-', /ends where a value should follow/],
    ['a dash outside ASCII', '—', /ends where a value should follow/],
    ['the start of a ref', 'refs/tags/', /ends where a value should follow/],
    ['the ref of a branch', 'refs/heads/main', /is a ref, but not of a tag/],
    ['the ref of a pull request', 'refs/pull/7/merge', /is a ref, but not of a tag/],
  ])('rejects %s', async (_, version, message) => {
    for (const name of ['version', 'tag']) {
      const { exitCode, errors, outputs } = await dryRun({ [name]: version });
      expect([name, exitCode, outputs]).toEqual([name, 1, { outcome: 'failed' }]);
      expect(errors).toEqual([expect.stringMatching(new RegExp(`^Input \`${name}\` .*${message.source}`))]);
    }
  });

  test.each([
    ['refs/tags/v2.3.0', 'v2.3.0'],
    ['2.3.0-rc.1+build.5', '2.3.0-rc.1+build.5'],
    ['版本-2.3', '版本-2.3'],
    ['v1.0.0-🚀', 'v1.0.0-🚀'],
    ['null-loader@4.0.1', 'null-loader@4.0.1'],
    ['release/01%20x', 'release/01%20x'],
    ['none-of-these', 'none-of-these'],
    ['2.3.0-dev', '2.3.0-dev'],
    ['🚀', '🚀'],
    ['2026.11.25 (build 7)', '2026.11.25 (build 7)'],
  ])('accepts %s', async (text, version) => {
    expect((await dryRun({ version: text })).outputs).toMatchObject({ outcome: 'dry-run', version });
    expect((await dryRun({ tag: text })).outputs).toMatchObject({ outcome: 'dry-run', version });
  });

  test('rejects a tag that cannot be a version', async () => {
    const { errors } = await dryRun({}, { ref: 'refs/tags/v2\u200b', ...tagEvent('v2\u200b') });
    expect(errors).toEqual([expect.stringMatching(/^Input `version` is not set, and the version from tag .*U\+200B/)]);
  });

  test.each([
    ['v', 'version3'],
    ['v', 'vnext'],
    ['v', 'vue@3.5.0'],
    ['v', 'V2.3.0'],
    ['v', '2.3.0'],
    ['api/v', 'api/version2'],
    ['web@', 'api@2.3.0'],
  ])('rejects the prefix %s of the tag %s', async (prefix, tag) => {
    const { errors } = await dryRun({ tag, 'tag-prefix': prefix });
    expect(errors).toEqual([
      expect.stringMatching(
        /^Input `tag-prefix` is .* is not that followed by a version\..*remove `tag-prefix`.*another package/,
      ),
    ]);
  });

  test.each([
    ['release', releaseEvent(), 'github.event.release.tag_name'],
    ['push', { ref: 'refs/tags/v1.4.0', ...tagEvent('v1.4.0') }, 'github.ref_name'],
  ])('names a condition that works on %s', async (_, event, expression) => {
    const { errors } = await run({ ...event, inputs: { 'dry-run': 'true', 'tag-prefix': 'web@' } });
    expect(errors[0]).toContain(`if: startsWith(${expression}, 'web@')`);
  });

  test('drops `refs/tags/` from the prefix', async () => {
    const { outputs } = await dryRun({ tag: 'v2.3.0', 'tag-prefix': 'refs/tags/v' });
    expect(outputs['version']).toBe('2.3.0');
    const whole = await dryRun({ tag: 'v2.3.0', 'tag-prefix': 'refs/tags/' });
    expect(whole.outputs['version']).toBe('v2.3.0');
  });

  test('reports a prefix that has no effect', async () => {
    const { outputs, notices } = await dryRun({ version: 'v2.3.0', 'tag-prefix': 'v' });
    expect(outputs['version']).toBe('v2.3.0');
    expect(notices).toEqual([expect.stringMatching(/^`tag-prefix` has no effect/)]);
  });
});

describe.each(targets)('the input `tag`, from the %s', (_, run) => {
  const payloadOf = async (event: ReturnType<typeof releaseEvent> | ReturnType<typeof plainEvent>, inputs: object) => {
    const { outputs, errors } = await run({ ...event, inputs: { 'dry-run': 'true', ...inputs } });
    expect(errors).toEqual([]);
    const payload: unknown = JSON.parse(outputs['payload'] ?? '');
    return payload;
  };

  test.each(['push', 'workflow_dispatch', 'schedule', 'repository_dispatch'])(
    'gives version and title on %s',
    async (name) => {
      const event = plainEvent(name, 'refs/heads/main');
      const payload = await payloadOf(event, { tag: 'refs/tags/v2.3.0', 'tag-prefix': 'v' });
      expect(payload).toMatchObject({ version: '2.3.0', title: 'v2.3.0' });
    },
  );

  test('leaves the version to the input `version`', async () => {
    const payload = await payloadOf(plainEvent('push', 'refs/heads/main'), { tag: 'v2.3.0', version: '2.3' });
    expect(payload).toMatchObject({ version: '2.3', title: 'v2.3.0' });
  });

  test('uses the default where it is empty', async () => {
    expect(await payloadOf(releaseEvent(), { tag: ' ' })).toMatchObject({ version: 'v1.4.0' });
  });

  test("keeps the event's title, notes and time for the same tag", async () => {
    expect(await payloadOf(releaseEvent(), { tag: 'v1.4.0' })).toMatchObject({
      title: 'Checkout in one step',
      description: expect.stringContaining('• Checkout fits on one page'),
      release_start: '2026-11-23 10:52:35',
    });
  });

  test("does not use another tag's title, notes and time", async () => {
    const payload = await payloadOf(releaseEvent(), { tag: 'v9' });
    expect(payload).toMatchObject({ version: 'v9', title: 'v9' });
    expect(payload).toMatchObject({ description: 'https://github.com/octo-org/shop/releases/tag/v9' });
    expect(payload).not.toMatchObject({ release_start: '2026-11-23 10:52:35' });
  });

  test('keeps the time of the deployment of a commit', async () => {
    const event = {
      ...plainEvent('deployment_status', ''),
      payload: { deployment_status: { state: 'success', created_at: '2026-11-23T10:52:35Z' } },
    };
    const { outputs } = await run({ ...event, inputs: { 'dry-run': 'true', tag: 'v2.3.0' } });
    expect(JSON.parse(outputs['payload'] ?? '')).toMatchObject({
      version: 'v2.3.0',
      release_start: '2026-11-23 10:52:35',
    });
  });
});
