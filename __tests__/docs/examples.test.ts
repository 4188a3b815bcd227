import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { amplitudeProject } from '../../testing/amplitude-developer-api.js';
import { amplitudeKeys, startAmplitude } from '../../testing/amplitude.js';
import { type GitHubServer, startGitHub } from '../../testing/github.js';
import { runStep } from '../../testing/runner.js';
import { codeBlocksOf } from '../harness/documents.js';
import { payloadOf } from '../harness/webhooks.js';
import { type Contexts, evaluate, fill, publishingJobOf, publishingWorkflowSchema } from '../harness/workflow.js';

const examples = codeBlocksOf('README.md', 'yaml', 'yml');

/** The workflow under a heading. */
const exampleOf = (heading: string) => examples.find((example) => example.heading === heading)?.text ?? '';

const published = payloadOf('release', 10, {
  release: { tag_name: 'v1.4.0', name: 'Checkout', body: 'Fits on a page' },
});
const checkout = {
  version: '1.4.0',
  title: 'Checkout',
  description: expect.stringMatching(/^Fits on a page\n\nhttps:/),
  release_start: '2019-05-15 15:20:53',
};
const tagged = {
  eventName: 'push',
  payload: payloadOf('push', 0, { ref: 'refs/tags/v1.4.0' }),
  ref: 'refs/tags/v1.4.0',
};
const succeeded = payloadOf('deployment_status', 0);
const completed = (facts: Contexts) => payloadOf('workflow_run', 1, { workflow_run: { event: 'push', ...facts } });

type Row = {
  readonly heading: string;
  readonly job?: string;
  readonly eventName: string;
  readonly payload: unknown;
  readonly ref?: string;
  /** The contexts `inputs`, `matrix` and `steps`, where the example reads them. */
  readonly contexts?: Contexts;
  readonly host?: string;
  /** What Amplitude must get; `undefined` where the job must not run. */
  readonly stored: Contexts | undefined;
};

const release = { eventName: 'release', payload: published, stored: checkout };
const tag = { ...tagged, stored: { version: '1.4.0', title: 'v1.4.0' } };

/** A run of each example, and of each condition in it both ways. */
const rows: readonly Row[] = [
  { heading: 'Start', ...release },
  { heading: 'A tag is pushed', ...tag },
  {
    heading: 'Inside the deploy job',
    eventName: 'push',
    payload: payloadOf('push', 4),
    contexts: { steps: { package: { outputs: { version: '1.4.0' } } } },
    stored: { version: '1.4.0', title: 'Shop 1.4.0', description: 'Fits on a page' },
  },
  {
    heading: 'A deployment succeeds',
    eventName: 'deployment_status',
    payload: succeeded,
    ref: 'refs/tags/v1.4.0',
    stored: { version: '1.4.0', release_start: '2019-05-15 15:20:55' },
  },
  {
    heading: 'A deployment succeeds',
    eventName: 'deployment_status',
    payload: succeeded,
    ref: 'refs/heads/master',
    stored: undefined,
  },
  {
    heading: 'A deployment succeeds',
    eventName: 'deployment_status',
    payload: payloadOf('deployment_status', 0, { deployment_status: { state: 'in_progress' } }),
    ref: 'refs/tags/v1.4.0',
    stored: undefined,
  },
  {
    heading: 'A deployment succeeds',
    eventName: 'deployment_status',
    payload: payloadOf('deployment_status', 1, { deployment_status: { state: 'success' } }),
    ref: 'refs/tags/v1.4.0',
    stored: undefined,
  },
  {
    heading: 'By hand',
    eventName: 'workflow_dispatch',
    payload: payloadOf('workflow_dispatch', 0),
    contexts: { inputs: { version: '1.4.0', start: '2026-11-23T11:52:35+01:00' } },
    stored: { version: '1.4.0', title: '1.4.0', release_start: '2026-11-23 10:52:35' },
  },
  {
    heading: 'By hand',
    eventName: 'workflow_dispatch',
    payload: payloadOf('workflow_dispatch', 1),
    contexts: { inputs: { version: '1.4.0', start: '' } },
    stored: { version: '1.4.0' },
  },
  {
    heading: 'After another workflow',
    eventName: 'workflow_run',
    payload: completed({ head_branch: 'v1.4.0' }),
    stored: { version: '1.4.0', title: 'v1.4.0' },
  },
  { heading: 'After another workflow', eventName: 'workflow_run', payload: completed({}), stored: undefined },
  {
    heading: 'After another workflow',
    eventName: 'workflow_run',
    payload: completed({ head_branch: 'v1.4.0', conclusion: 'failure' }),
    stored: undefined,
  },
  {
    heading: 'After another workflow',
    eventName: 'workflow_run',
    payload: completed({ head_branch: 'v1.4.0', event: 'pull_request' }),
    stored: undefined,
  },
  {
    heading: 'A monorepo',
    job: 'web',
    ...tagged,
    ref: 'refs/tags/web@1.4.0',
    stored: { version: '1.4.0', platforms: ['Web'] },
  },
  { heading: 'A monorepo', job: 'mobile', ...tagged, ref: 'refs/tags/web@1.4.0', stored: undefined },
  {
    heading: 'A monorepo',
    job: 'mobile',
    ...tagged,
    ref: 'refs/tags/mobile@1.4.0',
    stored: { version: '1.4.0', platforms: ['iOS', 'Android'] },
  },
  { heading: 'A monorepo', job: 'web', ...tagged, ref: 'refs/tags/mobile@1.4.0', stored: undefined },
  {
    heading: 'Several Amplitude projects',
    ...release,
    contexts: { matrix: { project: 'amplitude-us', region: 'us' } },
  },
  {
    heading: 'Several Amplitude projects',
    ...release,
    contexts: { matrix: { project: 'amplitude-eu', region: 'eu' } },
    host: 'analytics.eu.amplitude.com',
  },
  { heading: 'Exactly once', ...release },
  { heading: 'A project in the EU', ...release, host: 'analytics.eu.amplitude.com' },
  {
    heading: 'A staged roll-out',
    ...tagged,
    contexts: { steps: { 'roll-out': { outputs: { start: '2026-11-23T10:52:35Z', end: '2026-11-23T16:00:00Z' } } } },
    stored: { version: '1.4.0', release_start: '2026-11-23 10:52:35', release_end: '2026-11-23 16:00:00' },
  },
  { heading: 'Forks and Dependabot', ...tag },
  { heading: 'The id in a later step', ...release },
  { heading: 'GitHub Enterprise Server', ...tag },
  { heading: 'Behind a proxy', ...tag },
  { heading: 'Warn when Amplitude is down', ...release },
];

function contextsOf({ eventName, payload, ref = 'refs/heads/main', contexts }: Row): Contexts {
  const github = { event: payload, event_name: eventName, ref, ref_name: ref.replace(/^refs\/\w+\//, '') };
  const secrets = {
    AMPLITUDE_API_KEY: amplitudeKeys.apiKey,
    AMPLITUDE_SECRET_KEY: amplitudeKeys.secretKey,
    AMPLITUDE_ACCESS_TOKEN: amplitudeProject.accessToken,
  };
  return { github, secrets, ...contexts };
}

describe('the examples', () => {
  let gitHub: GitHubServer;
  beforeAll(async () => {
    gitHub = await startGitHub();
  });
  afterAll(() => gitHub.close());

  test('each have a run in this file', () => {
    expect(examples.map(({ heading }) => heading)).toEqual([...new Set(rows.map(({ heading }) => heading))]);
  });

  test.each(rows)('publish what they say: $heading, on $eventName, run $#', async (row) => {
    const { job, step } = publishingJobOf(exampleOf(row.heading), row.job);
    const contexts = contextsOf(row);
    const runs = evaluate(job.if, contexts) === 'true';
    expect(runs).toBe(row.stored !== undefined);
    if (row.stored === undefined) return;

    const standIn = await startAmplitude();
    const before = gitHub.requests.length;
    const { eventName, payload, ref } = row;
    const inputs = fill(step.with, contexts);
    const run = {
      eventName,
      payload,
      ...(ref !== undefined && { ref }),
      workspace: { 'RELEASE_NOTES.md': 'Fits on a page\n' },
      environment: { ...fill(step.env, contexts), GITHUB_API_URL: gitHub.url },
    };
    const target = {
      'api-url': standIn.url,
      'github-token': 'token',
      ...('project-id' in inputs && { 'project-id': amplitudeProject.id }),
    };
    const result = await runStep({ ...run, inputs: { ...inputs, ...target } });
    await standIn.close();
    expect(result.outputs['outcome']).toBe('published');
    expect(standIn.bodies).toEqual([expect.objectContaining(row.stored)]);

    // The permission to read is asked for exactly where it is used.
    const looksUp = gitHub.requests.length > before;
    const checksOut = job.steps.some(({ uses }) => uses.startsWith('actions/checkout@'));
    expect(job.permissions.contents).toBe(looksUp || checksOut ? 'read' : undefined);

    // Without keys, as a dry run with keys asks Amplitude.
    const withoutKeys = { 'api-key': '', 'secret-key': '', 'access-token': '', 'project-id': '' };
    const dry = await runStep({ ...run, inputs: { ...inputs, ...withoutKeys, 'dry-run': 'true' } });
    expect(dry.stdout).toContain(`nothing was sent to ${row.host ?? 'amplitude.com'}/api/2/release`);
  });

  test('skip a fork, which has no secrets', async () => {
    const row = { heading: 'Forks and Dependabot', ...tag };
    const contexts = { ...contextsOf(row), secrets: {} };
    const result = await runStep({
      ...tagged,
      inputs: fill(publishingJobOf(exampleOf(row.heading)).step.with, contexts),
    });
    expect(result.outputs['outcome']).toBe('skipped');
    expect(result.exitCode).toBe(0);
  });

  test.each([
    ['published', 'true'],
    ['failed', 'false'],
  ])('run a later step on the outcome: %s', (outcome, runs) => {
    const condition = /if: (.+)/.exec(exampleOf('The id in a later step'))?.[1] ?? '';
    expect(evaluate(condition, { steps: { amplitude: { outputs: { outcome } } } })).toBe(runs);
  });

  test.each(examples)('ask for no more than they need: $heading', ({ text, heading }) => {
    const workflow: unknown = parse(text);
    expect(publishingWorkflowSchema.safeParse(workflow).error).toBeUndefined();
    const secrets = text.match(/^.*\bsecrets[.[].*$/gm)?.map((line) => line.trim()) ?? [];
    expect(new Set(secrets)).toEqual(
      new Set([
        'api-key: ${{ secrets.AMPLITUDE_API_KEY }}',
        'secret-key: ${{ secrets.AMPLITUDE_SECRET_KEY }}',
        ...(heading === 'Exactly once'
          ? ['access-token: ${{ secrets.AMPLITUDE_ACCESS_TOKEN }} # scope analytics:read']
          : []),
      ]),
    );
  });
});
