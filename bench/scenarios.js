import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { amplitudeKeys } from '../testing/amplitude.js';
import { bundle, prepareStep } from '../testing/runner.js';
import { isInstalled, run } from './run.js';

/**
 * @typedef {object} Network
 * @property {number} rttMs the round-trip time in milliseconds; 0 for loopback without a relay
 * @property {string} amplitudeUrl
 * @property {string} githubUrl
 *
 * @typedef {object} Candidate a process that publishes the release
 * @property {'floor' | 'action' | 'curl'} name
 * @property {string} command
 * @property {readonly string[]} args
 * @property {import('../testing/runner.js').Prepared} step
 *
 * @typedef {object} Scenario a step on a network, and the candidates that do its work
 * @property {string} name
 * @property {number} rttMs
 * @property {readonly Candidate[]} candidates
 */

const floor = fileURLToPath(new URL('baseline.cjs', import.meta.url));
const releaseEvent = z
  .looseObject({ release: z.looseObject({}) })
  .parse(JSON.parse(readFileSync(new URL('../testing/events/release.json', import.meta.url), 'utf8')));
const pushEvent = z
  .looseObject({})
  .parse(JSON.parse(readFileSync(new URL('../testing/events/push-tag.json', import.meta.url), 'utf8')));

const changes = Array.from(
  { length: 20 },
  (_, index) =>
    `* Fit the checkout on **one page** by @octocat in https://github.com/octo-org/shop/pull/${751 + index}`,
);
/** 2 kB of Markdown, as GitHub generates it. */
const notes = `## What's Changed\r\n${changes.join('\r\n')}\r\n`;

/** The tag object that the event of a push names, and GitHub returns. */
export const tagSha = '940bd336248efae0f9ee5bc7b2d5c985887b16ac';
export const tagMessage = 'The checkout fits on one page.';

/** What is measured. `sends` has to be in the payload: a lookup that failed would be faster. */
const steps = [
  {
    name: 'Release event without notes',
    eventName: 'release',
    payload: { ...releaseEvent, release: { ...releaseEvent.release, body: null } },
    // With a token, the action would look for the notes elsewhere.
    githubToken: '',
    sends: '/releases/tag/v1.4.0"',
  },
  {
    name: 'Release event with 2 kB of Markdown notes',
    eventName: 'release',
    payload: { ...releaseEvent, release: { ...releaseEvent.release, body: notes } },
    githubToken: 'token',
    sends: '• Fit the checkout on one page',
  },
  {
    name: 'Push of an annotated tag without a release',
    eventName: 'push',
    payload: { ...pushEvent, after: tagSha },
    githubToken: 'token',
    sends: tagMessage,
  },
];

/**
 * Prepares every step on every network.
 *
 * @param {string} node the Node.js to run
 * @param {readonly Network[]} networks
 * @param {string} folder for the files of the candidates
 * @param {string} authority the file of the servers' certificate
 * @returns {Promise<{ scenarios: readonly Scenario[], cleanUp: () => Promise<unknown> }>}
 */
export async function prepareScenarios(node, networks, folder, authority) {
  // Windows' own curl asks whether a certificate was revoked, which nobody knows of a throw-away one.
  const hasCurl = process.platform !== 'win32' && isInstalled('curl', '--version');
  /** @type {Scenario[]} */
  const scenarios = [];
  for (const { rttMs, amplitudeUrl, githubUrl } of networks) {
    for (const { name, eventName, payload, githubToken, sends } of steps) {
      const step = await prepareStep({
        eventName,
        payload,
        inputs: {
          'api-key': amplitudeKeys.apiKey,
          'secret-key': amplitudeKeys.secretKey,
          'api-url': amplitudeUrl,
          'github-token': githubToken,
        },
        environment: { GITHUB_API_URL: githubUrl, NODE_EXTRA_CA_CERTS: authority },
      });
      // The other candidates send what the action sends.
      run(node, [bundle], { cwd: step.workspace, env: step.environment });
      const payloadText = readPayload(step);
      if (!payloadText.includes(sends)) throw new Error(`${name}: the payload is not as expected. ${payloadText}`);
      const file = join(folder, `${scenarios.length}.json`);
      writeFileSync(file, payloadText);
      /** @type {Candidate[]} */
      const candidates = [
        { name: 'floor', command: node, args: [floor, file], step },
        { name: 'action', command: node, args: [bundle], step },
      ];
      if (hasCurl) candidates.push({ name: 'curl', command: 'curl', args: curl(amplitudeUrl, file, authority), step });
      scenarios.push({ name, rttMs, candidates });
    }
  }
  const prepared = new Set(scenarios.flatMap(({ candidates }) => candidates.map(({ step }) => step)));
  return { scenarios, cleanUp: () => Promise.all([...prepared].map(({ finish }) => finish())) };
}

/**
 * The options of curl for the same request.
 *
 * @param {string} url
 * @param {string} file
 * @param {string} authority
 */
function curl(url, file, authority) {
  const user = `${amplitudeKeys.apiKey}:${amplitudeKeys.secretKey}`;
  const request = ['--user', user, '--header', 'content-type: application/json', '--data-binary', `@${file}`];
  return ['--silent', '--show-error', '--fail', '--cacert', authority, ...request, `${url}/api/2/release`];
}

/** @param {import('../testing/runner.js').Prepared} step */
function readPayload({ environment }) {
  const text = readFileSync(environment['GITHUB_OUTPUT'] ?? '', 'utf8');
  const payload = /^payload<<.*\r?\n(.*)\r?\n/m.exec(text)?.[1];
  if (payload === undefined) throw new Error('The action did not set the output `payload`.');
  return payload;
}
