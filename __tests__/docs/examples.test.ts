import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { amplitudeProject } from '../../testing/amplitude-developer-api.js';
import { amplitudeKeys, startAmplitude } from '../../testing/amplitude.js';
import { type GitHubServer, startGitHub } from '../../testing/github.js';
import { runStep } from '../../testing/runner.js';
import { repository } from '../../scripts/action.js';
import { codeBlocksOf } from '../harness/documents.js';
import { payloadOf } from '../harness/webhooks.js';
import { type Contexts, evaluate, fill, publishingJobOf, workflowSchema } from '../harness/workflow.js';

const workflows = ['README.md', 'docs/examples.md'].flatMap((document) => codeBlocksOf(document, 'yaml', 'yml'));
/** The workflows that use this action. */
const examples = workflows.filter(({ text }) => publishingJobOf(text) !== undefined);

/** The workflow under a heading. */
const exampleOf = (heading: string) => examples.find((example) => example.heading === heading)?.text ?? '';

/** The job that publishes in the workflow under a heading, or the one of that name, and its step. */
function publishingJobUnder(heading: string, name?: string) {
  const found = publishingJobOf(exampleOf(heading), name);
  if (found === undefined) throw new Error(`No job of the example uses the action: ${heading}`);
  return found;
}

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
  /** The contexts `inputs`, `matrix`, `needs` and `steps`, where the example reads them. */
  readonly contexts?: Contexts;
  readonly host?: string;
  /** Whether the example shows the release and sends nothing. */
  readonly isDryRun?: true;
  /** What Amplitude must get; `undefined` where the job must not run. */
  readonly stored: Contexts | undefined;
};

const release = { eventName: 'release', payload: published, stored: checkout };
const tag = { ...tagged, stored: { version: '1.4.0', title: 'v1.4.0' } };
const preRelease = payloadOf('release', 10, { release: { tag_name: 'v1.4.0-rc.1', prerelease: true } });
const fromTag = (name: string) => ({
  eventName: 'push',
  payload: payloadOf('push', 4),
  contexts: { needs: { release: { outputs: { tag: name } } } },
});
/** As Vercel reports a deployment. */
const commit = payloadOf('deployment_status', 1, {
  deployment_status: { state: 'success' },
  deployment: { environment: 'Production', sha: '1c1b2a8f0e5d4c3b2a19080706050403020100ff', ref: 'main' },
});

/** A run of each example, and of each condition in it both ways. */
const rows: readonly Row[] = [
  { heading: 'Quick start', ...release },
  { heading: 'A tag is pushed', ...tag },
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
    heading: 'A commit is deployed',
    eventName: 'deployment_status',
    payload: commit,
    ref: '',
    stored: { version: '1c1b2a8f0e5d4c3b2a19080706050403020100ff', created_by: 'Web team' },
  },
  {
    heading: 'A commit is deployed',
    eventName: 'deployment_status',
    payload: payloadOf('deployment_status', 1, { deployment_status: { state: 'success' } }),
    ref: '',
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
    stored: { version: '1.4.0' },
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
    heading: 'Another system calls',
    eventName: 'repository_dispatch',
    payload: payloadOf('repository_dispatch', 0, { client_payload: { tag: 'v1.4.0', by: 'Argo CD' } }),
    stored: { version: '1.4.0', created_by: 'Argo CD' },
  },
  { heading: 'Pre-releases', ...release },
  { heading: 'Pre-releases', eventName: 'release', payload: preRelease, stored: undefined },
  {
    heading: 'In the workflow that deploys',
    eventName: 'push',
    payload: payloadOf('push', 4),
    contexts: { steps: { package: { outputs: { version: '1.4.0' } } } },
    stored: { version: '1.4.0', title: 'Shop 1.4.0', description: 'Fits on a page' },
  },
  { heading: 'release-please', ...fromTag('v1.4.0'), stored: { version: '1.4.0', title: 'v1.4.0' } },
  { heading: 'release-please', ...fromTag(''), stored: undefined },
  { heading: 'semantic-release', ...fromTag('v1.4.0'), stored: { version: '1.4.0', title: 'v1.4.0' } },
  { heading: 'semantic-release', ...fromTag(''), stored: undefined },
  { heading: 'Changesets', ...fromTag('web@1.4.0'), stored: { version: '1.4.0', title: 'web@1.4.0' } },
  { heading: 'Changesets', ...fromTag(''), stored: undefined },
  { heading: 'A project in the EU', ...release, host: 'analytics.eu.amplitude.com' },
  { heading: 'Several projects', ...release, contexts: { matrix: { project: 'amplitude-us', region: 'us' } } },
  {
    heading: 'Several projects',
    ...release,
    contexts: { matrix: { project: 'amplitude-eu', region: 'eu' } },
    host: 'analytics.eu.amplitude.com',
  },
  {
    heading: 'A monorepo that pushes tags',
    job: 'web',
    ...tagged,
    ref: 'refs/tags/web@1.4.0',
    stored: { version: '1.4.0', platforms: ['Web'] },
  },
  {
    heading: 'A monorepo that pushes tags',
    job: 'mobile',
    ...tagged,
    ref: 'refs/tags/web@1.4.0',
    stored: undefined,
  },
  {
    heading: 'A monorepo that pushes tags',
    job: 'mobile',
    ...tagged,
    ref: 'refs/tags/mobile@1.4.0',
    stored: { version: '1.4.0', platforms: ['iOS', 'Android'] },
  },
  { heading: 'A monorepo that pushes tags', job: 'web', ...tagged, ref: 'refs/tags/mobile@1.4.0', stored: undefined },
  {
    heading: 'A monorepo that publishes releases',
    eventName: 'release',
    payload: payloadOf('release', 10, { release: { tag_name: 'web@1.4.0', body: 'Fits on a page' } }),
    stored: { version: '1.4.0' },
  },
  {
    heading: 'A monorepo that publishes releases',
    eventName: 'release',
    payload: payloadOf('release', 10, { release: { tag_name: 'mobile@1.4.0' } }),
    stored: undefined,
  },
  { heading: 'Many repositories', ...tag, contexts: { inputs: { 'tag-prefix': 'v' } } },
  { heading: 'Behind a proxy', ...tag },
  { heading: 'GitHub Enterprise Server', ...tag },
  { heading: 'Exactly once', ...release },
  { heading: 'Never fail a deploy', ...release },
  {
    heading: 'A hardened job',
    ...release,
    stored: { version: '1.4.0', created_by: 'Web team', description: expect.stringMatching(/^https:\/\/\S+$/) },
  },
  {
    heading: 'Pull requests',
    eventName: 'pull_request',
    payload: payloadOf('pull_request', 0),
    ref: 'refs/pull/2/merge',
    contexts: { steps: { package: { outputs: { version: '1.4.0' } } } },
    isDryRun: true,
    stored: { version: '1.4.0' },
  },
  { heading: 'Forks', ...tag },
  {
    heading: 'A staged roll-out',
    ...tagged,
    contexts: { steps: { 'roll-out': { outputs: { start: '2026-11-23T10:52:35Z', end: '2026-11-23T16:00:00Z' } } } },
    stored: { version: '1.4.0', release_start: '2026-11-23 10:52:35', release_end: '2026-11-23 16:00:00' },
  },
  { heading: 'The ID in a later step', ...release },
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
    const { job, step } = publishingJobUnder(row.heading, row.job);
    const contexts = contextsOf(row);
    const runs = evaluate(`!!(${job.if})`, contexts) === 'true';
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
      ...(inputs['github-token'] === undefined && { 'github-token': 'token' }),
      ...('project-id' in inputs && { 'project-id': amplitudeProject.id }),
    };
    const result = await runStep({ ...run, inputs: { ...inputs, ...target } });
    await standIn.close();
    expect(result.outputs['outcome']).toBe(row.isDryRun ? 'dry-run' : 'published');
    expect(standIn.bodies).toEqual(row.isDryRun ? [] : [expect.objectContaining(row.stored)]);
    expect(JSON.parse(result.outputs['payload'] ?? '')).toEqual(expect.objectContaining(row.stored));

    // The permission to read is asked for exactly where it is used.
    const looksUp = gitHub.requests.length > before;
    const checksOut = job.steps.some(({ uses }) => uses.startsWith('actions/checkout@'));
    expect(job.permissions).toEqual(looksUp || checksOut ? { contents: 'read' } : {});

    // Without keys, as a dry run with keys asks Amplitude.
    const withoutKeys = { 'api-key': '', 'secret-key': '', 'access-token': '', 'project-id': '' };
    const dry = await runStep({ ...run, inputs: { ...inputs, ...withoutKeys, 'dry-run': 'true' } });
    expect(dry.stdout).toContain(`nothing was sent to ${row.host ?? 'amplitude.com'}/api/2/release`);
  });

  test('skip a fork, which has no secrets', async () => {
    const row = { heading: 'Forks', ...tag };
    const contexts = { ...contextsOf(row), secrets: {} };
    const result = await runStep({ ...tagged, inputs: fill(publishingJobUnder(row.heading).step.with, contexts) });
    expect(result.outputs['outcome']).toBe('skipped');
    expect(result.exitCode).toBe(0);
  });

  test.each([
    ['published', 'true'],
    ['failed', 'false'],
  ])('run a later step on the outcome: %s', (outcome, runs) => {
    const condition = /if: (.+)/.exec(exampleOf('The ID in a later step'))?.[1] ?? '';
    expect(evaluate(condition, { steps: { amplitude: { outputs: { outcome } } } })).toBe(runs);
  });

  test.each(workflows)('ask for no more than they need: $heading', ({ text, heading }) => {
    const { jobs } = workflowSchema.parse(parse(text));
    for (const { permissions } of Object.values(jobs)) {
      for (const [scope, access] of Object.entries(permissions)) expect(text).toContain(`${scope}: ${access} # to `);
    }
    const secrets = text.match(/^.*\bsecrets[.[].*$/gm)?.map((line) => line.trim()) ?? [];
    const keys = ['api-key: ${{ secrets.AMPLITUDE_API_KEY }}', 'secret-key: ${{ secrets.AMPLITUDE_SECRET_KEY }}'];
    const token = 'access-token: ${{ secrets.AMPLITUDE_ACCESS_TOKEN }}';
    const expected = publishingJobOf(text) === undefined ? [] : keys;
    expect(new Set(secrets)).toEqual(new Set(heading === 'Exactly once' ? [...expected, token] : expected));
  });

  test.each(workflows)('give the keys to no other code than this action: $heading', ({ text }) => {
    const { jobs } = workflowSchema.parse(parse(text));
    for (const { steps } of Object.values(jobs)) {
      const others = steps.filter(({ uses }) => !uses.startsWith(`${repository}@`));
      expect(JSON.stringify(others)).not.toContain('secrets.');
    }
  });

  test('call the workflow for many repositories with inputs that it has', () => {
    const blocks = workflows.filter(({ heading }) => heading === 'Many repositories');
    expect(blocks).toHaveLength(2);
    const [caller] = Object.values(workflowSchema.parse(parse(blocks[1]?.text ?? '')).jobs);
    expect(caller?.uses).toMatch(/^octo-org\/\.github\/\.github\/workflows\/amplitude\.yml@main$/);
    expect(caller?.permissions).toEqual(publishingJobUnder('Many repositories').job.permissions);
  });
});
