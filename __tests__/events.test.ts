import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Step } from '../testing/runner.js';
import { plainEvent, releaseEvent, tagEvent } from './harness/events.js';
import { targets } from './harness/step.js';

const statusEvent = (deploymentStatus: object) => ({
  eventName: 'deployment_status',
  ref: 'refs/tags/v2.3.0',
  payload: { deployment_status: { created_at: '2026-11-23T10:52:35Z', ...deploymentStatus } },
});
const runEvent = (workflowRun: object) => ({
  eventName: 'workflow_run',
  ref: 'refs/heads/main',
  payload: { workflow_run: workflowRun },
});

describe.each(targets)('an event, from the %s', (_, run) => {
  const dryRun = (step: Step) => run({ ...step, inputs: { 'dry-run': 'true', ...step.inputs } });

  test.each(['failure', 'error', 'pending', 'queued', 'in_progress', 'inactive', 'waiting', undefined])(
    'skips a deployment in the state %s',
    async (state) => {
      const { exitCode, outputs, notices } = await dryRun(statusEvent({ state }));
      expect([exitCode, outputs]).toEqual([0, { outcome: 'skipped' }]);
      expect(notices).toEqual([expect.stringContaining(`is not \`success\` (${state ?? 'unknown'})`)]);
    },
  );

  test.each(['failure', 'cancelled', 'timed_out', 'action_required', 'skipped', null])(
    'skips a workflow run with the conclusion %s, even with a version',
    async (conclusion) => {
      const { exitCode, outputs, notices } = await dryRun({
        ...runEvent({ conclusion }),
        inputs: { version: '2.3.0' },
      });
      expect([exitCode, outputs]).toEqual([0, { outcome: 'skipped' }]);
      expect(notices).toEqual([expect.stringContaining(`is not \`success\` (${conclusion ?? 'unknown'})`)]);
    },
  );

  test.each([
    ['push', tagEvent('v1.4.0', { deleted: 'true', forced: 1, created: 'false', commits: 'none', head_commit: 5 })],
    ['release', releaseEvent({ draft: 'true', name: 5, body: ['x'], published_at: 1_795_431_155, html_url: {} })],
  ])('ignores fields of another type: %s', async (_name, event) => {
    const { outputs, log } = await dryRun({ ...event, inputs: { link: 'false' } });
    expect(JSON.parse(outputs['payload'] ?? '')).toMatchObject({ version: 'v1.4.0', title: 'v1.4.0' });
    expect(log).toContain('(time of this run)');
    expect(log).not.toContain('moved');
  });

  test('skips a deployment that is only requested', async () => {
    const { exitCode, outputs, notices } = await dryRun(plainEvent('deployment', 'refs/tags/v2.3.0'));
    expect([exitCode, outputs]).toEqual([0, { outcome: 'skipped' }]);
    expect(notices).toEqual([expect.stringMatching(/only requests a deployment.*`deployment_status`/)]);
  });

  test('publishes a successful deployment at its time', async () => {
    const { outputs, log } = await dryRun(statusEvent({ state: 'success' }));
    expect(JSON.parse(outputs['payload'] ?? '')).toMatchObject({
      version: 'v2.3.0',
      release_start: '2026-11-23 10:52:35',
    });
    expect(log).toContain('(when the deployment succeeded)');
  });

  test('publishes a successful workflow run with a version', async () => {
    const { outputs } = await dryRun({ ...runEvent({ conclusion: 'success' }), inputs: { version: '2.3.0' } });
    expect(outputs).toMatchObject({ outcome: 'dry-run', version: '2.3.0' });
    const { errors } = await dryRun(runEvent({ conclusion: 'success' }));
    expect(errors).toEqual([expect.stringContaining('set `tag: ${{ github.event.workflow_run.head_branch }}`')]);
  });

  test.each(['updated', 'edited', 'deleted', 'unpublished', 'some-new-type'])(
    'rejects a release event of type %s',
    async (action) => {
      const { exitCode, errors } = await dryRun(releaseEvent({}, action));
      expect([exitCode, errors]).toEqual([1, [expect.stringContaining(`type \`${action}\` are not published`)]]);
    },
  );

  test.each([
    ['published', '2026-11-20 09:00:00', 'published'],
    ['created', '2026-11-20 09:00:00', 'published'],
    ['released', '2026-11-23 10:52:35', 'released'],
    ['prereleased', '2026-11-23 10:52:35', 'prereleased'],
  ])('starts a release event of type %s when it happened', async (action, start, what) => {
    const times = { published_at: '2026-11-20T09:00:00Z', updated_at: '2026-11-23T10:52:35Z' };
    const { outputs, log } = await dryRun(releaseEvent(times, action));
    expect(JSON.parse(outputs['payload'] ?? '')).toMatchObject({ release_start: start });
    expect(log).toContain(`Start: ${start} UTC (when the GitHub release was ${what})`);
  });

  test('starts a promoted release now where the event does not say when', async () => {
    const { log } = await dryRun(releaseEvent({ published_at: '2026-05-20T09:00:00Z' }, 'released'));
    expect(log).toContain('(time of this run)');
  });

  test.each(['untagged-0776142c1f3b9d2e4a5c', 'untagged-00aa11bb22cc33dd44ee'])('rejects the tag %s', async (tag) => {
    for (const inputs of [{}, { 'tag-prefix': 'v' }]) {
      const { errors } = await dryRun({ ...releaseEvent({ tag_name: tag }), inputs });
      expect(errors).toEqual([expect.stringContaining(`the GitHub release is not bound to a tag (\`${tag}\`)`)]);
    }
    const { outputs } = await dryRun({ ...releaseEvent({ tag_name: tag, name: '' }), inputs: { version: '2.3.0' } });
    expect(JSON.parse(outputs['payload'] ?? '')).toMatchObject({ version: '2.3.0', title: '2.3.0' });
  });

  test.each(['was-untagged-0776142c', 'untagged-v1', 'untagged-0776142c-1'])('publishes the tag %s', async (tag) => {
    const { outputs } = await dryRun(releaseEvent({ tag_name: tag }));
    expect(outputs).toMatchObject({ version: tag });
  });

  const refusing = {
    'api-key': 'a1',
    'secret-key': 'b2',
    'api-url': 'http://127.0.0.1:1',
    retries: '0',
    'dry-run': '',
  };
  test.each([
    ['created', false],
    ['forced', true],
  ])('warns about a moved tag: %s %s', async (field, value) => {
    const { notices } = await dryRun({ ...tagEvent('v2', { [field]: value }), inputs: refusing });
    expect(notices).toEqual([expect.stringMatching(/^The tag `v2` was moved/)]);
  });

  test('does not call a push to a branch a moved tag', async () => {
    const event = { ...plainEvent('push', 'refs/heads/main'), payload: { created: false, forced: true } };
    const { notices } = await dryRun({ ...event, inputs: { ...refusing, version: '1' } });
    expect(notices).toEqual([]);
  });

  test.each(['created', 'prereleased', 'released'])('asks to keep one type, not which: %s', async (action) => {
    const { notices } = await dryRun({ ...releaseEvent({}, action), inputs: refusing });
    expect(notices).toEqual([expect.stringMatching(/more than one type, keep one, or/)]);
    expect(notices[0]).not.toContain('published`');
  });
});

describe.each(targets)('the event file, from the %s', (_, run) => {
  const release = JSON.stringify(releaseEvent().payload);

  test('may begin with a byte order mark', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'event-'));
    const file = join(folder, 'event.json');
    writeFileSync(file, `\uFEFF${release}`);
    const { outputs, errors } = await run({
      eventName: 'release',
      inputs: { 'dry-run': 'true' },
      environment: { GITHUB_EVENT_PATH: file },
    }).finally(() => {
      rmSync(folder, { recursive: true });
    });
    expect([errors, outputs['version']]).toEqual([[], 'v1.4.0']);
  });

  test.each([
    ['is missing', 'nowhere\n::error::x', /the event file does not exist\. Set/],
    ['is not set', undefined, /the event file is not set \(`GITHUB_EVENT_PATH`\)/],
    ['is a folder', '.', /the event file is not a plain file/],
    ['is a device', '/dev/zero', /the event file is not a plain file/],
  ])('is named where it %s', async (_, path, message) => {
    const step = { eventName: 'release', environment: { GITHUB_EVENT_PATH: path } };
    const { errors } = await run({ ...step, inputs: { 'dry-run': 'true' } });
    expect(errors).toEqual([expect.stringMatching(message)]);
    const known = await run({ ...step, inputs: { 'dry-run': 'true', version: '1' } });
    expect(known.notices).toEqual([expect.stringMatching(/^The event file .* not known\.$/)]);
    expect(known.outputs['outcome']).toBe('dry-run');
  });
});
