import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { EOL, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readActionInputs } from './action-inputs.js';
import { textAt } from './json.js';

/**
 * @typedef {object} Step what the runner knows about a step
 * @property {Readonly<Record<string, string>>} [inputs] the step's `with`; an input left out has the default of action.yml
 * @property {string} eventName
 * @property {unknown} [payload] the event; no event file is written if left out
 * @property {string} [ref] GITHUB_REF; if left out, the one that GitHub would set for the payload
 * @property {Readonly<Record<string, string | undefined>>} [environment] more variables; `undefined` removes one
 * @property {Readonly<Record<string, string | Uint8Array>>} [workspace] files in the workspace, by their paths
 *
 * @typedef {object} Result what a step leaves behind
 * @property {number | null} exitCode
 * @property {string} stdout
 * @property {string} stderr
 * @property {Readonly<Record<string, string>>} outputs
 * @property {string} summary Markdown of the job summary; its lines end in `\n` on every platform
 * @property {number} durationMs
 *
 * @typedef {object} Prepared the environment of a step, and what to do after it
 * @property {Record<string, string>} environment
 * @property {string} workspace the folder that is the working directory of the step
 * @property {() => Promise<Pick<Result, 'outputs' | 'summary'>>} finish reads what the step wrote, and cleans up
 */

/** The bundle that a workflow runs. */
export const bundle = fileURLToPath(new URL('../dist/index.js', import.meta.url));

/**
 * Makes the environment of a step as GitHub's runner does, and adds nothing.
 *
 * @param {Step} step
 * @returns {Promise<Prepared>}
 */
export async function prepareStep({ inputs = {}, eventName, payload, ref, environment = {}, workspace = {} }) {
  const folder = await mkdtemp(join(tmpdir(), 'step-'));
  const paths = {
    workspace: join(folder, 'workspace'),
    output: join(folder, 'output'),
    summary: join(folder, 'summary.md'),
    event: join(folder, 'event.json'),
  };
  await mkdir(paths.workspace);
  await writeFile(paths.output, '');
  await writeFile(paths.summary, '');
  if (payload !== undefined) await writeFile(paths.event, JSON.stringify(payload));
  for (const [path, content] of Object.entries(workspace)) {
    await mkdir(dirname(join(paths.workspace, path)), { recursive: true });
    await writeFile(join(paths.workspace, path), content);
  }

  /** @type {Record<string, string>} */
  const variables = {};
  for (const [name, preset] of readActionInputs()) {
    // Only a real runner has a token to put there.
    const value = inputs[name] ?? (preset === '${{ github.token }}' ? '' : preset);
    variables[`INPUT_${name.toUpperCase()}`] = value;
  }
  /** @type {Record<string, string | undefined>} */
  const actual = {
    PATH: process.env['PATH'],
    // Windows starts no process without it.
    SystemRoot: process.env['SystemRoot'],
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: textAt(payload, 'sender', 'login') ?? 'octocat',
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_EVENT_NAME: eventName,
    GITHUB_EVENT_PATH: paths.event,
    GITHUB_OUTPUT: paths.output,
    GITHUB_REF: ref ?? refOf(eventName, payload),
    GITHUB_REPOSITORY: textAt(payload, 'repository', 'full_name') ?? 'octo-org/shop',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_STEP_SUMMARY: paths.summary,
    GITHUB_WORKSPACE: paths.workspace,
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: folder,
    ...variables,
    ...environment,
  };
  return {
    environment: Object.fromEntries(
      Object.entries(actual).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    workspace: paths.workspace,
    finish: async () => {
      const outputs = parseOutputs(await readFile(paths.output, 'utf8').catch(() => ''));
      const summary = await readFile(paths.summary, 'utf8').catch(() => '');
      await rm(folder, { recursive: true, force: true });
      return { outputs, summary: summary.replaceAll(EOL, '\n') };
    },
  };
}

/**
 * Runs a step as GitHub's runner does: a Node.js process for the bundle, with an environment made for it.
 *
 * @param {Step} step
 * @param {string} [node] the Node.js to run it with
 * @returns {Promise<Result>}
 */
export async function runStep(step, node = process.execPath) {
  const { environment, workspace, finish } = await prepareStep(step);
  const startMs = performance.now();
  const child = spawn(node, [bundle], { cwd: workspace, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => (stderr += text));
  /** @type {number | null} */
  const exitCode = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const durationMs = performance.now() - startMs;
  return { exitCode, stdout, stderr, durationMs, ...(await finish()) };
}

/**
 * The ref that GitHub sets for an event, as far as the payload says.
 *
 * @param {string} eventName
 * @param {unknown} payload
 * @returns {string}
 */
function refOf(eventName, payload) {
  const tag = textAt(payload, 'release', 'tag_name');
  if (eventName === 'release' && tag !== undefined) return `refs/tags/${tag}`;
  const ref = textAt(payload, 'ref');
  if (ref?.startsWith('refs/')) return ref;
  if (eventName === 'create' && ref !== undefined && textAt(payload, 'ref_type') === 'tag') return `refs/tags/${ref}`;
  return `refs/heads/${textAt(payload, 'repository', 'default_branch') ?? 'main'}`;
}

/**
 * Reads the file of outputs as the runner does. Only the runner for Windows reads `\r\n` as the end of a line.
 *
 * @param {string} text lines of `name=value`, or `name<<delimiter`, lines of the value and the delimiter
 * @returns {Record<string, string>}
 * @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#multiline-strings
 */
function parseOutputs(text) {
  /** @type {Record<string, string>} */
  const outputs = {};
  const lines = text.split(process.platform === 'win32' ? /\r?\n/ : '\n');
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const [, name, mark] = /^([^=]+?)<<(.+)$/.exec(line) ?? [];
    if (name !== undefined && mark !== undefined) {
      const end = lines.indexOf(mark, index + 1);
      if (end === -1) throw new Error(`The output ${name} has no end`);
      outputs[name] = lines.slice(index + 1, end).join('\n');
      index = end;
    } else if (line !== '') {
      const at = line.indexOf('=');
      if (at < 1) throw new Error(`Not an output: ${line}`);
      outputs[line.slice(0, at)] = line.slice(at + 1);
    }
  }
  return outputs;
}
