import { readFileSync } from 'node:fs';
import { amplitudeKeys, startAmplitude } from '../testing/amplitude.js';
import { amplitudeProject } from '../testing/amplitude-developer-api.js';
import { textAt } from '../testing/json.js';
import { runStep } from '../testing/runner.js';
import { mask, readRunnerLog } from '../testing/runner-log.js';
import { help, messageOf, readOptions } from './start-options.js';

/** The versions of Node.js that run the action, as `engines` in package.json has them. */
const supported = textAt(
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')),
  'engines',
  'node',
);

/**
 * Whether a version of Node.js is in a range of `^major.minor` and `>=major.minor`.
 *
 * @param {string} version such as `22.6.0`
 * @param {string} range such as `^20.17 || >=22.6`
 */
function isIn(version, range) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return range.split('||').some((part) => {
    const [, operator, leastMajor, leastMinor] = /^\s*(\^|>=)(\d+)\.(\d+)\s*$/.exec(part) ?? [];
    const isSameMajor = major === Number(leastMajor);
    return (isSameMajor && minor >= Number(leastMinor)) || (operator === '>=' && major > Number(leastMajor));
  });
}

/** @returns {import('./start-options.js').Options | 'help' | { readonly problem: string }} */
function optionsOrProblem() {
  // Not `process.versions`, which a test cannot replace.
  const version = process.version.slice(1);
  if (supported !== undefined && !isIn(version, supported)) {
    return { problem: `npm start needs Node.js ${supported}, and this is ${version}.` };
  }
  try {
    return readOptions(process.argv.slice(2), process.env);
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

/**
 * @param {string} title
 * @param {string} text
 */
function show(title, text) {
  console.log(`\n── ${title} ${'─'.repeat(Math.max(0, 76 - title.length))}\n`);
  console.log(text.trimEnd());
}

/**
 * What Amplitude's charts show of a release: the time and the title on the marker, and the description one click further.
 *
 * @param {Readonly<Record<string, unknown>>} release
 */
function markerOf(release) {
  const fields = ['release_start', 'title', 'version', 'description'].map((name) => textAt(release, name) ?? '');
  // In a terminal, a control character of an event could do anything. A description has lines.
  const [start, title, version, description] = fields.map((text) => text.replace(/(?!\n)\p{Cc}/gu, ' '));
  return `${start} UTC: ${title} (version ${version})\n\n${description}`;
}

/**
 * The environment of the user, for proxies and certificates, and nothing that a sample or another runner has put there.
 *
 * @param {unknown} payload
 */
function environmentFor(payload) {
  const own = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:ACTIONS|GITHUB|INPUT|RUNNER)_/i.test(name)),
  );
  const { GITHUB_ACTOR: actor, GITHUB_REPOSITORY: repository } = process.env;
  return {
    ...own,
    GITHUB_ACTOR: textAt(payload, 'sender', 'login') ?? actor,
    GITHUB_REPOSITORY: textAt(payload, 'repository', 'full_name') ?? repository,
    GITHUB_API_URL: process.env['GITHUB_API_URL'] ?? 'https://api.github.com',
    GITHUB_SERVER_URL: process.env['GITHUB_SERVER_URL'] ?? 'https://github.com',
  };
}

/** @param {import('./start-options.js').Options} options */
async function start({ mode, eventName, payload, ref, inputs, secrets }) {
  const step = { eventName, payload, ...(ref !== undefined && { ref }) };
  if (mode !== 'stand-in') {
    const isDryRun = mode === 'check' ? { 'dry-run': 'true' } : {};
    const environment = environmentFor(payload);
    return { result: await runStep({ ...step, environment, inputs: { ...secrets, ...inputs, ...isDryRun } }) };
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
if (options === 'help') {
  console.log(help);
} else if ('problem' in options) {
  console.error(`${options.problem.replace(/[^.…]$/, '$&.')} Options: npm start -- --help`);
  process.exitCode = 2;
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
  if (stored !== undefined) show('What a reader of the charts sees', stored.map(markerOf).join('\n\n') || '(nothing)');
  console.log(`\nThe step ended with exit code ${result.exitCode}.`);
  process.exitCode = result.exitCode ?? 1;
}
