import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { validate } from '@actions/languageservice';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { lexer, walkTokens } from 'marked';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { parse } from 'yaml';
import * as z from 'zod';
import { runStep } from '../../testing/runner.js';
import { amplitudeKeys, startAmplitude } from '../../testing/amplitude.js';
import { type GitHubServer, startGitHub } from '../../testing/github.js';
import { type Contexts, evaluate, fill } from '../harness/workflow.js';

const declarations = z.record(
  z.string(),
  z.object({ description: z.string(), required: z.boolean().optional(), default: z.string().optional() }),
);
const action = z
  .object({ name: z.string(), description: z.string(), inputs: declarations, outputs: declarations })
  .parse(parse(readFileSync('action.yml', 'utf8')));
const manifest = z.object({ repository: z.url() }).parse(JSON.parse(readFileSync('package.json', 'utf8')));
const slug = new URL(manifest.repository).pathname.slice(1);

const tokenSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('heading'), text: z.string() }),
  z.object({ type: z.literal('code'), lang: z.string().optional(), text: z.string() }),
  z.object({ type: z.literal('link'), href: z.string() }),
  z.object({ type: z.literal('table'), rows: z.array(z.array(z.object({ text: z.string() }))) }),
]);
type Part = z.infer<typeof tokenSchema> & { readonly heading: string };

/** The parts of a document that can be held against the truth, each with the heading above it. */
function partsOf(document: string): readonly Part[] {
  const parts: Part[] = [];
  let heading = '';
  void walkTokens(lexer(readFileSync(document, 'utf8')), (token) => {
    const { data: known } = tokenSchema.safeParse(token);
    if (known?.type === 'heading') heading = known.text;
    if (known !== undefined) parts.push({ ...known, heading });
  });
  return parts;
}

function codeOf(document: string, ...languages: readonly string[]) {
  return partsOf(document).flatMap((part) =>
    part.type === 'code' && languages.includes(part.lang ?? '') ? [{ heading: part.heading, text: part.text }] : [],
  );
}

const documents = ['README.md', ...readdirSync('docs').map((file) => join('docs', file))].filter((file) =>
  file.endsWith('.md'),
);

/** What GitHub's own validator says of a workflow, or of a part of one, with our action.yml behind `uses`. */
async function problemsOf(text: string, uri: string): Promise<readonly string[]> {
  const job = 'jobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n';
  const isSteps = text.startsWith('- ');
  const isWhole = /^jobs:/m.test(text);
  const workflow = isSteps
    ? `on: push\n${job}${text.replaceAll(/^/gm, '      ')}\n`
    : `${text}\n${isWhole ? '' : `${job}      - run: 'true'\n`}`;
  const diagnostics = await validate(TextDocument.create(uri, 'yaml', 1, workflow), {
    actionsMetadataProvider: {
      fetchActionMetadata({ owner, name, ref }) {
        if (`${owner}/${name}` === slug && ref === 'v1') return Promise.resolve(action);
        return Promise.resolve(owner === 'actions' ? { name, description: '' } : undefined);
      },
    },
  });
  return diagnostics
    .filter(({ code }) => isWhole || code !== 'missing-required-inputs')
    .map(({ message, range }) => {
      const words = typeof message === 'string' ? message : message.value;
      return `${words} (${workflow.split('\n')[range.start.line]?.trim() ?? ''})`;
    });
}

const texts = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean()]).transform((value) => String(value)),
);
const permissionsSchema = z.strictObject({ contents: z.literal('read').optional() });
const workflowSchema = z.object({
  permissions: z.strictObject({}),
  jobs: z.record(
    z.string(),
    z.object({
      if: z.string().default('true'),
      permissions: permissionsSchema.default({}),
      steps: z.array(z.object({ uses: z.string().default(''), with: texts.default({}), env: texts.default({}) })),
    }),
  ),
});

const payloads = z
  .array(z.object({ name: z.string(), examples: z.array(z.unknown()) }))
  .parse(JSON.parse(readFileSync('node_modules/@octokit/webhooks-examples/api.github.com/index.json', 'utf8')));
const fields = z.record(z.string(), z.unknown());

/** A real payload of an event, with some facts of it replaced. */
function payloadOf(name: string, index: number, facts: Contexts = {}): unknown {
  return merge(payloads.find((event) => event.name === name)?.examples[index], facts);
}

function merge(value: unknown, facts: unknown): unknown {
  const before = fields.safeParse(value);
  const after = fields.safeParse(facts);
  if (!before.success || !after.success) return facts;
  const names = Object.keys(after.data);
  return {
    ...before.data,
    ...Object.fromEntries(names.map((name) => [name, merge(before.data[name], after.data[name])])),
  };
}

const published = payloadOf('release', 10, {
  release: { tag_name: 'v1.4.0', name: 'Checkout', body: 'Fits on a page' },
});
const checkout = {
  version: '1.4.0',
  title: 'Checkout',
  description: 'Fits on a page',
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
    stored: { version: '1.4.0', title: 'Shop 1.4.0', description: 'Fits on a page\n' },
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
    stored: { version: 'v1.4.0' },
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

const examples = codeOf('README.md', 'yaml', 'yml').map(({ heading, text }) => ({ heading, text }));

/** The job of an example, and its step that uses this action. */
function jobOf({ heading, job }: Pick<Row, 'heading' | 'job'>) {
  const example = examples.find((candidate) => candidate.heading === heading);
  const { jobs } = workflowSchema.parse(parse(example?.text ?? ''));
  const found = Object.entries(jobs).find(([name]) => job === undefined || name === job)?.[1];
  const step = found?.steps.find(({ uses }) => uses === `${slug}@v1`);
  if (found === undefined || step === undefined)
    throw new Error(`No job in the example of "${heading}" uses the action`);
  return { job: found, step };
}

function contextsOf({ eventName, payload, ref = 'refs/heads/main', contexts }: Row): Contexts {
  const github = { event: payload, event_name: eventName, ref, ref_name: ref.replace(/^refs\/\w+\//, '') };
  const secrets = { AMPLITUDE_API_KEY: amplitudeKeys.apiKey, AMPLITUDE_SECRET_KEY: amplitudeKeys.secretKey };
  return { github, secrets, ...contexts };
}

describe('the YAML in the documents', () => {
  const blocks = documents.flatMap((document) =>
    codeOf(document, 'yaml', 'yml').map((block, index) => ({
      ...block,
      document,
      name: `${document}, "${block.heading}", block ${String(index + 1)}`,
    })),
  );

  test.each(blocks)("is valid for GitHub's own validator: $name", async ({ text, name }) => {
    expect(await problemsOf(text, `file:///${encodeURIComponent(name)}.yml`)).toEqual([]);
  });

  test.each([
    ['an unknown input', 'tag-prefix: v', 'tag-prefixes: v', "Invalid action input 'tag-prefixes'"],
    [
      'a missing key',
      'secret-key: ${{ secrets.AMPLITUDE_SECRET_KEY }}',
      'region: us',
      'Missing required input `secret-key`',
    ],
    ['an unknown context', 'tag-prefix: v', 'version: ${{ gitub.ref_name }}', "Unrecognized named-value: 'gitub'"],
    [
      'an unknown field of the event',
      'tag-prefix: v',
      'version: ${{ github.event.release.tag }}',
      'Context access might be invalid: tag',
    ],
    ['an expression that does not end', 'tag-prefix: v', "version: ${{ format('{0}', 1 }}", "Unexpected symbol: 'EOF'"],
    ['an unknown event type', 'types: [published]', 'types: [publish]', "Unexpected value 'publish'"],
    ['an unknown permission', 'permissions: {}', 'permissions: { content: read }', "Unexpected value 'content'"],
    ['another version of the action', '@v1', '@v0', 'Unable to resolve action'],
  ])('would be refused with %s', async (name, before, after, message) => {
    const text = examples[0]?.text ?? '';
    expect(text).toContain(before);
    const problems = await problemsOf(text.replace(before, after), `file:///${encodeURIComponent(name)}.yml`);
    expect(problems.join('\n')).toContain(message);
  });

  test.each([
    ['steps', `- uses: ${slug}@v1\n  with:\n    tag-prefixes: v`, "Invalid action input 'tag-prefixes'"],
    ['a trigger', 'on:\n  release:\n    types: [publish]', "Unexpected value 'publish'"],
  ])('would be refused in a part of a workflow: %s', async (name, text, message) => {
    expect((await problemsOf(text, `file:///${encodeURIComponent(name)}.yml`)).join('\n')).toContain(message);
  });

  test.each(examples)('asks for no more than it needs: README.md, "$heading"', ({ text }) => {
    const workflow: unknown = parse(text);
    expect(workflowSchema.safeParse(workflow).error).toBeUndefined();
    const secrets = text.match(/^.*\bsecrets[.[].*$/gm)?.map((line) => line.trim()) ?? [];
    expect(new Set(secrets)).toEqual(
      new Set(['api-key: ${{ secrets.AMPLITUDE_API_KEY }}', 'secret-key: ${{ secrets.AMPLITUDE_SECRET_KEY }}']),
    );
  });
});

describe('the examples of the README', () => {
  let gitHub: GitHubServer;
  beforeAll(async () => {
    gitHub = await startGitHub();
  });
  afterAll(() => gitHub.close());

  test('are all run below', () => {
    expect(examples.map(({ heading }) => heading)).toEqual([...new Set(rows.map(({ heading }) => heading))]);
  });

  test.each(rows)('do what they say: $heading, $eventName, run $#', async (row) => {
    const { job, step } = jobOf(row);
    const contexts = contextsOf(row);
    const runs = evaluate(job.if.replace(/^\$\{\{(.*)\}\}$/s, '$1'), contexts) === 'true';
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
    const result = await runStep({ ...run, inputs: { ...inputs, 'api-url': standIn.url, 'github-token': 'token' } });
    await standIn.close();
    expect(result.outputs['outcome']).toBe('published');
    expect(standIn.bodies).toEqual([expect.objectContaining(row.stored)]);

    // The permission to read is asked for exactly where it is used.
    const looksUp = gitHub.requests.length > before;
    const checksOut = job.steps.some(({ uses }) => uses.startsWith('actions/checkout@'));
    expect(job.permissions.contents).toBe(looksUp || checksOut ? 'read' : undefined);

    const dry = await runStep({ ...run, inputs: { ...inputs, 'dry-run': 'true' } });
    expect(dry.stdout).toContain(`nothing was sent to ${row.host ?? 'amplitude.com'}/api/2/release`);
  });

  test('pass without secrets where they say so', async () => {
    const row = { heading: 'Forks and Dependabot', ...tag };
    const contexts = { ...contextsOf(row), secrets: {} };
    const result = await runStep({ ...tagged, inputs: fill(jobOf(row).step.with, contexts) });
    expect(result.outputs['outcome']).toBe('skipped');
    expect(result.exitCode).toBe(0);
  });

  test.each([
    ['published', 'true'],
    ['failed', 'false'],
  ])('go on in a later step: %s', (outcome, runs) => {
    const text = examples.find(({ heading }) => heading === 'The id in a later step')?.text ?? '';
    const condition = /if: (.+)/.exec(text)?.[1] ?? '';
    expect(evaluate(condition, { steps: { amplitude: { outputs: { outcome } } } })).toBe(runs);
  });
});

/** `npm start`, which fails where its exit code is not 0. */
function runStart(options: readonly string[]) {
  return promisify(execFile)(process.execPath, ['scripts/start.js', ...options]);
}

describe('the README', () => {
  const parts = partsOf('README.md');

  test.each([
    {
      heading: 'Inputs',
      expected: Object.entries(action.inputs).map(([name, { required, default: preset = '', description }]) => [
        `\`${name}\``,
        required === true ? '**required**' : preset && `\`${preset}\``,
        description.trim(),
      ]),
    },
    {
      heading: 'Outputs',
      expected: Object.entries(action.outputs).map(([name, { description }]) => [`\`${name}\``, description.trim()]),
    },
  ])('has the table of action.yml: $heading', ({ heading, expected }) => {
    const rowsOf = parts.flatMap((part) => (part.type === 'table' && part.heading === heading ? part.rows : []));
    expect(rowsOf.map((cells) => cells.map(({ text }) => text))).toEqual(expected);
  });

  test('leads nowhere that is not there', () => {
    const slugOf = (text: string) =>
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\d -]/gu, '')
        .replaceAll(' ', '-');
    const anchors = parts.flatMap((part) => (part.type === 'heading' ? [`#${slugOf(part.text)}`] : []));
    const links = parts.flatMap((part) => (part.type === 'link' ? [part.href] : []));
    const pictures = [...readFileSync('README.md', 'utf8').matchAll(/src(?:set)?="([^"]+)"/g)].map(
      ([, path = '']) => path,
    );
    const dead = [...links, ...pictures].filter((link) =>
      link.startsWith('#') ? !anchors.includes(link) : !link.startsWith('https://') && !existsSync(link),
    );
    expect(links.length).toBeGreaterThan(0);
    expect(dead).toEqual([]);
  });

  const commands = codeOf('README.md', 'sh').flatMap(({ text }) => text.match(/^npm start.*$/gm) ?? []);

  test.each(commands)('has a command that works: %s', async (command) => {
    const [, options = ''] = command.replace(/ #.*/, '').split(' -- ');
    const { stdout } = await runStart(options.split(' ').filter(Boolean));
    expect(stdout).toContain('outcome: published');
  });

  test('shows the log that `npm start` shows', async () => {
    const { stdout } = await runStart([]);
    const anew = (text: string) =>
      text
        .replace(/:\d+\/api/, ':0/api')
        .replace(/in \d+ ms/, 'in 0 ms')
        .replace(/release \w+$/m, 'release 0');
    expect(anew(stdout)).toContain(anew(codeOf('README.md', 'text')[0]?.text ?? ''));
  });
});
