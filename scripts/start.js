import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readActionInputs } from '../testing/action-inputs.js';
import { amplitudeKeys, startAmplitude } from '../testing/amplitude.js';
import { amplitudeProject } from '../testing/amplitude-developer-api.js';
import { runStep } from '../testing/runner.js';
import { mask, readRunnerLog } from '../testing/runner-log.js';

const help = `Runs the action as a GitHub workflow would, and shows what comes of it.

  npm start                         publishes a sample release to a stand-in for Amplitude on this machine, twice
  npm start -- [options]

  --event FILE         JSON of the event to run on, as in GITHUB_EVENT_PATH (default: a sample release)
  --event-name NAME    its name, as in GITHUB_EVENT_NAME: release, push, deployment … (default: release)
  --ref REF            GITHUB_REF, where the event does not tell it, such as refs/tags/v1.4.0
  --input NAME=VALUE   an input of the action, such as tag-prefix=v; may be given several times
  --check              publishes nothing, and compares a version with those that your app sends, with
                       AMPLITUDE_API_KEY and AMPLITUDE_SECRET_KEY of the environment; give it the next version
                       as --input version=1.4.0, or the tag that it comes from as --ref refs/tags/v1.4.0
  --live               publishes for real, with AMPLITUDE_API_KEY and AMPLITUDE_SECRET_KEY of the environment,
                       and reads release notes with GITHUB_TOKEN where it is set
  --help               shows this
`;

/** @returns {ReturnType<typeof readOptions> | string} */
function optionsOrProblem() {
  try {
    return readOptions();
  } catch (error) {
    return messageOf(error);
  }
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      event: { type: 'string' },
      'event-name': { type: 'string', default: 'release' },
      ref: { type: 'string' },
      input: { type: 'string', multiple: true, default: [] },
      check: { type: 'boolean', default: false },
      live: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const known = readActionInputs();
  /** @type {Record<string, string>} */
  const inputs = {};
  for (const text of values.input) {
    const at = text.indexOf('=');
    const name = text.slice(0, at);
    if (at < 1) throw new Error(`--input ${text}: write it as NAME=VALUE.`);
    if (!known.has(name)) throw new Error(`--input ${text}: the inputs are ${[...known.keys()].join(', ')}.`);
    inputs[name] = text.slice(at + 1);
  }
  const { AMPLITUDE_API_KEY: apiKey, AMPLITUDE_SECRET_KEY: secretKey } = process.env;
  const { check, live, ref } = values;
  if ((check || live) && (!apiKey || !secretKey)) {
    throw new Error(
      `--${live ? 'live' : 'check'} needs AMPLITUDE_API_KEY and AMPLITUDE_SECRET_KEY in the environment.`,
    );
  }
  if (check && live) throw new Error('--check publishes nothing: leave out --live.');
  if (check && inputs['version'] === undefined && ref === undefined) {
    throw new Error('--check needs the version to compare: --input version=1.4.0, or --ref refs/tags/v1.4.0.');
  }
  return { ...values, inputs, apiKey, secretKey, payload: readEvent(values.event) };
}

/**
 * @param {string | undefined} file the sample release if left out
 * @returns {unknown}
 */
function readEvent(file) {
  try {
    return JSON.parse(readFileSync(file ?? new URL('../testing/events/release.json', import.meta.url), 'utf8'));
  } catch (error) {
    throw new Error(`--event ${String(file)}: the file cannot be read as JSON. ${messageOf(error)}`, { cause: error });
  }
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * @param {string} title
 * @param {string} text
 */
function show(title, text) {
  console.log(`\n── ${title} ${'─'.repeat(Math.max(0, 76 - title.length))}\n`);
  console.log(text.trimEnd());
}

/** @param {ReturnType<typeof readOptions>} options */
async function start({ payload, 'event-name': eventName, ref, inputs, check, live, apiKey = '', secretKey = '' }) {
  const step = { eventName, payload, ...(ref !== undefined && { ref }) };
  const keys = { 'api-key': apiKey, 'secret-key': secretKey };
  if (check) {
    const push = { eventName: 'push', payload: {}, ref: ref ?? 'refs/heads/main' };
    const dryRun = { ...keys, 'dry-run': 'true', ...inputs };
    return { result: await runStep({ ...push, environment: process.env, inputs: dryRun }) };
  }
  if (live) {
    const token = process.env['GITHUB_TOKEN'] ?? '';
    return {
      result: await runStep({
        ...step,
        environment: process.env,
        inputs: { ...keys, 'github-token': token, ...inputs },
      }),
    };
  }
  const standIn = await startAmplitude();
  const target = {
    'api-key': amplitudeKeys.apiKey,
    'secret-key': amplitudeKeys.secretKey,
    'project-id': amplitudeProject.id,
    'access-token': amplitudeProject.accessToken,
    'api-url': standIn.url,
  };
  const result = await runStep({ ...step, inputs: { ...target, ...inputs } });
  const isPublished = result.outputs['outcome'] === 'published';
  const environment = { GITHUB_RUN_ATTEMPT: '2' };
  const second = isPublished ? await runStep({ ...step, environment, inputs: { ...target, ...inputs } }) : undefined;
  await standIn.close();
  return { result, second, stored: standIn.bodies };
}

const options = optionsOrProblem();
if (typeof options === 'string') {
  console.error(`${options}\n\n${help}`);
  process.exitCode = 2;
} else if (options.help) {
  console.log(help);
} else {
  const { result, second, stored } = await start(options);
  const { commands, shown } = readRunnerLog(result.stdout + result.stderr);
  const secrets = commands.flatMap(({ name, message }) => (name === 'add-mask' ? [message] : []));
  show('Log of the step', shown);
  show(
    'Outputs',
    Object.entries(result.outputs)
      .map(([name, value]) => `${name}: ${mask(value, secrets)}`)
      .join('\n'),
  );
  show('Job summary (Markdown)', mask(result.summary, secrets) || '(none)');
  if (second !== undefined) {
    show('Log of a second attempt of the same workflow run', readRunnerLog(second.stdout + second.stderr).shown);
    console.log(`\noutcome: ${second.outputs['outcome']}`);
  }
  if (stored !== undefined) show('What the stand-in for Amplitude stored', JSON.stringify(stored, null, 2));
  console.log(`\nThe step ended with exit code ${result.exitCode}.`);
  process.exitCode = result.exitCode ?? 1;
}
