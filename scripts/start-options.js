import { readFileSync } from 'node:fs';
import util from 'node:util';
import { readActionInputs } from '../testing/action-inputs.js';
import { fieldsOf, textAt } from '../testing/json.js';

export const help = `Runs the action as a GitHub workflow would, and shows the result.

  npm start                         publishes a sample release to a stand-in for Amplitude on this machine, twice
  npm start -- [options]

  --event FILE         JSON of the event to run on, as in GITHUB_EVENT_PATH (default: a sample)
  --event-name NAME    its name, as in GITHUB_EVENT_NAME: release, push, deployment_status …
                       (default: the one that fits FILE, else push with --ref, else release)
  --ref REF            GITHUB_REF, if the event does not contain it, such as refs/tags/v1.4.0
  --input NAME=VALUE   an input of the action, such as tag-prefix=v; can be repeated
  --check              publishes nothing, and compares a version with those that your app sends, with
                       AMPLITUDE_API_KEY and AMPLITUDE_SECRET_KEY of the environment; give it the next version
                       as --input version=1.4.0, or the tag that it comes from as --ref refs/tags/v1.4.0
  --live               publishes for real, with AMPLITUDE_API_KEY and AMPLITUDE_SECRET_KEY of the environment;
                       give it an event of your own as --event FILE, or --input version=1.4.0 --input title=…
                       GITHUB_TOKEN, to read release notes with, and AMPLITUDE_ACCESS_TOKEN are used if they are set
  -h, --help           shows this
`;

/** Which variable of the environment holds an input that must not be in the history of a shell. */
const secretVariables = new Map(
  Object.entries({
    'api-key': 'AMPLITUDE_API_KEY',
    'secret-key': 'AMPLITUDE_SECRET_KEY',
    'access-token': 'AMPLITUDE_ACCESS_TOKEN',
    'github-token': 'GITHUB_TOKEN',
  }),
);

/** The part of a payload that only the event of this name has, the most telling first. */
const marks = new Map(
  Object.entries({
    release: 'release',
    deployment_status: 'deployment_status',
    workflow_run: 'workflow_run',
    deployment: 'deployment',
  }),
);

/**
 * @typedef {object} Options
 * @property {'stand-in' | 'check' | 'live'} mode
 * @property {string} eventName
 * @property {unknown} payload
 * @property {string | undefined} ref
 * @property {Readonly<Record<string, string>>} inputs without the secrets
 * @property {Readonly<Record<string, string>>} secrets the inputs that come from the environment
 */

/**
 * Reads the options of `npm start`.
 *
 * @param {readonly string[]} args the command line
 * @param {Readonly<Record<string, string | undefined>>} environment where the keys are
 * @returns {Options | 'help'}
 * @throws {Error} whose message says on one line what is wrong
 */
export function readOptions(args, environment) {
  const { values } = util.parseArgs({
    args: [...args],
    options: {
      event: { type: 'string' },
      'event-name': { type: 'string' },
      ref: { type: 'string' },
      input: { type: 'string', multiple: true, default: [] },
      check: { type: 'boolean', default: false },
      live: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const { check, event: file, live, ref } = values;
  if (check && live) throw new Error('--check publishes nothing: leave out --live.');
  const mode = live ? 'live' : check ? 'check' : 'stand-in';
  if (ref !== undefined && !ref.startsWith('refs/')) {
    throw new Error(`--ref ${ref}: write it as refs/tags/${ref} or refs/heads/${ref}.`);
  }
  const inputs = readInputs(values.input);
  const secrets = mode === 'stand-in' ? {} : readSecrets(mode, environment);
  if (mode === 'stand-in' && inputs['api-url'] !== undefined) {
    throw new Error('--input api-url: the stand-in has an address of its own. Add --check or --live.');
  }
  const own = file === undefined ? undefined : readEvent(file);
  if (live && own !== undefined && isSample(own))
    throw new Error(`--live does not publish the sample in ${String(file)}.`);
  if (live && own === undefined) assertComplete(inputs);
  if (check && own === undefined && [inputs['version'], inputs['tag'], ref].every((value) => value === undefined)) {
    throw new Error('--check needs the version to compare: --input version=1.4.0, or --ref refs/tags/v1.4.0.');
  }
  const event =
    file === undefined
      ? eventWithoutFile(values['event-name'], ref, mode)
      : { eventName: nameOf(own, values['event-name'], file), payload: own };
  return { mode, ...event, ref, inputs, secrets };
}

/** @param {readonly string[]} texts */
function readInputs(texts) {
  const known = readActionInputs();
  /** @type {Record<string, string>} */
  const inputs = {};
  for (const text of texts) {
    const at = text.indexOf('=');
    const name = at === -1 ? text : text.slice(0, at);
    const variable = secretVariables.get(name);
    if (variable !== undefined) throw new Error(`--input ${name}: set ${variable} in the environment instead.`);
    if (at < 1) throw new Error(`--input ${text}: write it as NAME=VALUE.`);
    if (!known.has(name)) throw new Error(`--input ${name}: the inputs are ${[...known.keys()].join(', ')}.`);
    inputs[name] = text.slice(at + 1);
  }
  return inputs;
}

/**
 * @param {'check' | 'live'} mode
 * @param {Readonly<Record<string, string | undefined>>} environment
 */
function readSecrets(mode, environment) {
  const secrets = Object.fromEntries(
    [...secretVariables].map(([name, variable]) => [name, environment[variable]?.trim() ?? '']),
  );
  if (secrets['api-key'] === '' || secrets['secret-key'] === '') {
    throw new Error(`--${mode} needs AMPLITUDE_API_KEY and AMPLITUDE_SECRET_KEY in the environment.`);
  }
  return secrets;
}

/**
 * What Amplitude cannot take back must not come from the sample.
 *
 * @param {Readonly<Record<string, string>>} inputs
 */
function assertComplete(inputs) {
  const missing = ['version', 'title'].filter((name) => (inputs[name] ?? '').trim() === '');
  if (missing.length === 0) return;
  throw new Error(
    `--live does not publish the sample. Give it an event of your own as --event FILE, or ${missing.map((name) => `--input ${name}=…`).join(' and ')}.`,
  );
}

/** @param {unknown} payload */
function isSample(payload) {
  const text = JSON.stringify(payload);
  return samples.some((file) => JSON.stringify(readSample(file)) === text);
}

const samples = ['release.json', 'push-tag.json'];

/** @param {string} file the name of a sample */
function readSample(file) {
  /** @type {unknown} */
  const payload = JSON.parse(readFileSync(new URL(`../testing/events/${file}`, import.meta.url), 'utf8'));
  return payload;
}

/**
 * @param {string} file
 * @returns {unknown} an object
 */
function readEvent(file) {
  const payload = parseEvent(file, readText(file));
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw new Error(`--event ${file}: the file is JSON, but not an object.`);
  }
  return payload;
}

/** @param {string} file */
function readText(file) {
  try {
    // Drops a byte order mark, as PowerShell writes it.
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    const code = textAt(error, 'code');
    const reason =
      code === 'ENOENT'
        ? 'does not exist'
        : code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
          ? 'is not UTF-8 text'
          : `cannot be read (${messageOf(error)})`;
    throw new Error(`--event ${file}: the file ${reason}.`, { cause: error });
  }
}

/**
 * @param {string} file
 * @param {string} text
 * @returns {unknown}
 */
function parseEvent(file, text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`--event ${file}: the file is not JSON. ${messageOf(error)}`, { cause: error });
  }
}

/**
 * The name of the event that a payload is of.
 *
 * @param {unknown} payload
 * @param {string | undefined} given the name that the user gives
 * @param {string} file
 */
function nameOf(payload, given, file) {
  const fields = fieldsOf(payload);
  const found = [...marks].find(([, mark]) => typeof fields.get(mark) === 'object')?.[0] ?? pushOf(fields);
  if (given === undefined && found === undefined) {
    throw new Error(`--event ${file}: give the name of the event as well, as --event-name NAME.`);
  }
  const isOther = given !== undefined && (found === undefined ? marks.has(given) : found !== given);
  if (isOther) {
    throw new Error(
      `--event-name ${given} does not fit ${file}, which has the payload of ${found ?? 'another event'}.`,
    );
  }
  return given ?? found ?? '';
}

/** @param {ReadonlyMap<string, unknown>} fields */
function pushOf(fields) {
  return fields.has('ref') && fields.has('head_commit') ? 'push' : undefined;
}

/**
 * @param {string | undefined} given the name that the user gives
 * @param {string | undefined} ref
 * @param {Options['mode']} mode
 */
function eventWithoutFile(given, ref, mode) {
  if (mode !== 'stand-in')
    return { eventName: given ?? (ref === undefined ? 'workflow_dispatch' : 'push'), payload: {} };
  const eventName = given ?? (ref === undefined ? 'release' : 'push');
  if (eventName === 'release' && ref !== undefined) {
    throw new Error('--ref: the event `release` names its tag itself. Leave out one of them.');
  }
  if (eventName === 'release') return { eventName, payload: readSample('release.json') };
  if (marks.has(eventName)) throw new Error(`--event-name ${eventName} needs the event as --event FILE.`);
  const push = readSample('push-tag.json');
  if (eventName !== 'push') return { eventName, payload: {} };
  return { eventName, payload: ref === undefined ? push : { ...Object.fromEntries(fieldsOf(push)), ref } };
}

/**
 * @param {unknown} error
 * @returns {string} one line
 */
export function messageOf(error) {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\s+/g, ' ');
}
