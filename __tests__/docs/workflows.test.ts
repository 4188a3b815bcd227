import { execSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import * as z from 'zod';
import manifest from '../../package.json' with { type: 'json' };
import { evaluate } from '../harness/workflow.js';

const stepSchema = z.object({
  if: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).default({}),
});
const jobSchema = z.object({
  if: z.string().optional(),
  uses: z.string().optional(),
  permissions: z.record(z.string(), z.string()),
  'timeout-minutes': z.number().optional(),
  needs: z.union([z.string(), z.array(z.string())]).default([]),
  steps: z.array(stepSchema).default([]),
});
const workflowSchema = z.object({
  permissions: z.unknown(),
  concurrency: z.object({ group: z.string(), 'cancel-in-progress': z.boolean() }),
  jobs: z.record(z.string(), jobSchema),
});

const sbomSchema = z.object({
  components: z.array(
    z.object({
      name: z.string(),
      scope: z.string(),
      licenses: z.unknown(),
    }),
  ),
});

const folder = '.github/workflows';
const workflows = readdirSync(folder).map((file) => {
  const text = readFileSync(`${folder}/${file}`, 'utf8');
  const workflow = workflowSchema.parse(parse(text));
  const jobs = Object.entries(workflow.jobs);
  return { file, text, workflow, jobs, steps: jobs.flatMap(([, job]) => job.steps) };
});

describe.each(workflows)('$file', ({ text, workflow, jobs, steps }) => {
  test('pins actions to a commit, with the version beside it', () => {
    const lines = text.split('\n').filter((line) => /^ *(?:- )?uses:/.test(line));
    const uses = [...jobs.map(([, job]) => job.uses), ...steps.map((step) => step.uses)];
    expect(lines).toHaveLength(uses.filter((name) => name !== undefined).length);
    for (const line of lines) {
      expect(line).toMatch(/uses: (?:\.\/|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/);
    }
  });

  test('grants permissions to jobs only, with a reason beside each', () => {
    expect(workflow.permissions).toEqual({});
    for (const [, { permissions }] of jobs) {
      for (const [scope, access] of Object.entries(permissions)) {
        expect(text).toMatch(new RegExp(`^ {6}${scope}: ${access} # \\w`, 'm'));
      }
    }
    const grants = jobs.flatMap(([, { permissions }]) => Object.keys(permissions));
    expect(text.match(/^ {6}[\w-]+: (?:read|write) # \w/gm)).toHaveLength(grants.length);
  });

  test('limits the time of every job', () => {
    for (const [, job] of jobs) {
      // A job that calls a workflow may not have one: the jobs of that workflow do.
      if (job.uses === undefined) expect(job['timeout-minutes']).toBeGreaterThan(0);
    }
  });

  test('does not persist the token of a checkout', () => {
    for (const step of steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'))) {
      expect(step.with['persist-credentials']).toBe(false);
    }
  });

  test('has no expression in a script', () => {
    for (const { run } of steps) expect(run ?? '').not.toContain('${{');
  });
});

test('jobs that may write run no code from dependencies', () => {
  const jobs = workflows.flatMap(({ workflow }) => Object.values(workflow.jobs));
  const writing = jobs.filter(({ permissions }) => Object.values(permissions).includes('write'));
  expect(writing.length).toBeGreaterThan(1);
  for (const { run = '' } of writing.flatMap(({ steps }) => steps)) {
    expect(run).not.toMatch(/npm (?!sbom)|npx|pip|go run/);
  }
});

describe('the SBOM of a release', () => {
  const { steps = [] } = workflows.find(({ file }) => file === 'release.yml')?.workflow.jobs['release'] ?? {};
  const run = steps.map((step) => step.run ?? '').find((script) => script.startsWith('npm sbom'));
  const [command = ''] = run?.split(' > ') ?? [];
  const sbom = sbomSchema.parse(JSON.parse(execSync(command, { encoding: 'utf8' })));
  const required = sbom.components.filter(({ scope }) => scope === 'required');

  const licenses = readFileSync('dist/licenses.txt', 'utf8');

  test('lists the packages in dist', () => {
    // The first two lines about a package are its name and its license.
    const bundled = [...licenses.matchAll(/^(\S+)\n\S+$/gm)].map(([, name]) => name);
    expect(bundled).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies)));
    expect(required.map(({ name }) => name)).toEqual(expect.arrayContaining(bundled));
  });

  test('has for the packages in dist only licenses that ask for no more than to be passed on', () => {
    const lines = licenses.split('\n');
    const bundled = required.filter(({ name }) => lines.includes(name));
    expect(bundled.length).toBeGreaterThanOrEqual(Object.keys(manifest.dependencies).length);
    const id = expect.stringMatching(/^(?:MIT|ISC|BSD-[23]-Clause|Apache-2\.0|0BSD)$/);
    for (const component of bundled) expect(component).toMatchObject({ licenses: [{ license: { id } }] });
  });
});

describe('the gate of ci.yml', () => {
  const { jobs } = workflowSchema.parse(parse(readFileSync(`${folder}/ci.yml`, 'utf8')));
  const others = Object.keys(jobs).filter((id) => id !== 'gate');
  const [step] = jobs['gate']?.steps ?? [];

  /** Whether the gate fails, after jobs with these results. */
  function gateFails(results: readonly string[]) {
    const needs = Object.fromEntries(results.map((result, index) => [`job-${index}`, { result }]));
    return evaluate(step?.if ?? '', { needs }) === 'true';
  }

  test('needs every other job', () => {
    expect([jobs['gate']?.needs ?? []].flat().sort()).toEqual([...others].sort());
  });

  test('always runs, and its only step fails', () => {
    expect(jobs['gate']?.if).toBe('always()');
    expect(jobs['gate']?.steps).toEqual([expect.objectContaining({ run: 'exit 1' })]);
  });

  test('passes when every job succeeded', () => {
    expect(gateFails(others.map(() => 'success'))).toBe(false);
  });

  test.each(['failure', 'cancelled', 'skipped'])('fails when one job ended with %s', (result) => {
    for (const index of others.keys()) {
      expect(gateFails(others.map((_, other) => (other === index ? result : 'success')))).toBe(true);
    }
  });
});

describe('scripts/release-notes.js', () => {
  const { version } = manifest;

  function releaseNotes(tag: string, cwd = '.') {
    return spawnSync(process.execPath, [resolve('scripts/release-notes.js'), tag], { cwd, encoding: 'utf8' });
  }

  test('prints the section of the version in CHANGELOG.md', () => {
    const { status, stdout } = releaseNotes(`v${version}`);
    expect(status).toBe(0);
    expect(stdout.trim()).not.toBe('');
    expect(stdout).not.toMatch(/^## /m);
    expect(readFileSync('CHANGELOG.md', 'utf8')).toContain(`## ${version}\n\n${stdout.trim()}\n`);
  });

  test.each([version, `v${version}-rc.1`, 'v0.0.0', ''])('rejects the tag "%s"', (tag) => {
    const { status, stdout, stderr } = releaseNotes(tag);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(`The tag ${tag} is not the version ${version} of package.json`);
  });

  test.each(['## 1.10.0\n\n- More\n', '## 1.1.0\n\n## 1.0.0\n\n- First\n'])(
    'rejects a CHANGELOG.md without notes for the version: %j',
    (sections) => {
      const folder = mkdtempSync(join(tmpdir(), 'changelog-'));
      writeFileSync(join(folder, 'package.json'), '{ "version": "1.1.0" }');
      writeFileSync(join(folder, 'CHANGELOG.md'), `# Changelog\n\n${sections}`);
      const { status, stdout, stderr } = releaseNotes('v1.1.0', folder);
      rmSync(folder, { recursive: true });
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toContain('CHANGELOG.md has no section `## 1.1.0`, or nothing in it');
    },
  );
});
