import { describe, expect, test } from '@jest/globals';
import { type AmplitudeOptions, startAmplitude } from '../../testing/amplitude.js';
import { amplitudeProject } from '../../testing/amplitude-developer-api.js';
import type { Step } from '../../testing/runner.js';
import { plainEvent, releaseEvent, tagEvent } from '../harness/events.js';
import { type ServerFault, startFaultyServer } from '../../testing/faulty-server.js';
import { makeCertificate } from '../../testing/certificate.js';
import { keys, type Target, targets } from '../harness/step.js';
import { isHeadingOf, messageHeadings } from '../harness/troubleshooting.js';

const dispatch = plainEvent('workflow_dispatch', 'refs/heads/main');
const refused = (inputs: Readonly<Record<string, string>>): Step => ({
  ...releaseEvent(),
  inputs: { ...keys, ...inputs },
});
const dry = (step: Step): Step => ({ ...step, inputs: { ...step.inputs, 'dry-run': 'true' } });

type Given = Step | ServerFault | Asked | 'certificate';

/** What Amplitude has and answers, and the inputs of a step that asks it. */
type Asked = AmplitudeOptions & { readonly inputs: Readonly<Record<string, string>> };
const project = { 'access-token': amplitudeProject.accessToken, 'project-id': amplitudeProject.id };
const check = { 'dry-run': 'true', version: 'v1.4.0' };

/** A step for each heading that ends in its message. Every other test fails for a message without a heading. */
const steps: Readonly<Record<string, Given>> = {
  'Input `…` is missing': refused({ 'api-key': '' }),
  'Input `…` contains …, which keys do not have': refused({ 'api-key': 'a\nb' }),
  'Input `api-key` must not contain a colon': refused({ 'api-key': 'a:b' }),
  'Input `…` must be `…` or `…`': refused({ region: 'asia' }),
  'Input `…` must be a whole number from … to …': refused({ retries: 'many' }),
  'Input `…` is not a valid time': refused({ 'release-start': 'now' }),
  'Input `release-end` is … UTC, before the start at … UTC': refused({ 'release-end': '2020-01-01 00:00:00' }),
  'Input `project-id` must be the number of the project': refused({ ...project, 'project-id': 'Shop' }),
  'Input `access-token` was rejected for the project in `project-id` (…)': {
    inputs: { ...project, 'access-token': amplitudeProject.accessTokenWithoutScope, version: '1' },
  },
  'Input `api-url` is not a URL': refused({ 'api-url': 'gateway' }),
  'Input `api-url` must be an `https` URL': refused({ 'api-url': 'http://gateway' }),
  'Input `api-url` must not contain a user name or password': refused({ 'api-url': 'https://user@gateway' }),
  'Input `api-url` must not have a query or fragment': refused({ 'api-url': 'https://gateway?x' }),
  'Input `platforms` must be names separated by commas or line breaks': refused({ platforms: '- iOS' }),
  'Input `description-file` names `…`, which …': refused({ 'description-file': 'a.md' }),
  'Input `…` contains the control or invisible character …': refused({ version: '1\u200b' }),
  'Input `…` contains a placeholder that nothing replaced': refused({ version: '$TAG' }),
  'Input `…` is what a tool prints for a missing value': refused({ version: 'null' }),
  'Input `…` ends where a value should follow': refused({ version: 'v' }),
  'Input `…` is JSON': refused({ tag: '["v1"]' }),
  'Input `…` is in quotes': refused({ version: '"1.4.0"' }),
  'Input `…` is a ref, but not of a tag': refused({ version: 'refs/heads/main' }),
  'Input `version` is not set, and the version from tag `…` …': { ...tagEvent('v1\u200b'), inputs: keys },
  'Input `version` is not set, and the event file …': { eventName: 'release', ref: 'refs/tags/v1', inputs: keys },
  'Input `version` is not set, and the GitHub release is not bound to a tag': {
    ...releaseEvent({ tag_name: 'untagged-0123456789abcdef0123' }),
    inputs: keys,
  },
  'Input `version` is not set, and this workflow runs …': { ...dispatch, inputs: keys },
  'Input `tag-prefix` is `…`, and tag `…` is not that followed by a version': refused({ 'tag-prefix': 'web@' }),
  '`release` events of type `…` are not published': { ...releaseEvent({}, 'edited'), inputs: keys },
  'Draft releases are not published': { ...releaseEvent({ draft: true }, 'created'), inputs: keys },
  'This workflow was started by the deletion of a tag or branch': {
    ...tagEvent('v1', { deleted: true }),
    inputs: keys,
  },
  'Amplitude rejected the release (…: 400…)': { kind: 'answer', status: 400 },
  'Amplitude rejected the release (…: 401…)': { kind: 'answer', status: 401 },
  'Amplitude rejected the release (…: 403…)': { kind: 'answer', status: 403 },
  'Amplitude rejected the release (…: 404…)': { kind: 'answer', status: 404 },
  'Amplitude rejected the release (…: 413…)': { kind: 'answer', status: 413 },
  'Amplitude answered with a redirect (…)': { kind: 'answer', status: 308 },
  'The TLS certificate could not be verified (…)': 'certificate',
  'Amplitude rejected the release (…). Fix the value that Amplitude names': {
    kind: 'answer',
    status: 422,
  },
  'Amplitude is unavailable (…)': { kind: 'answer', status: 503 },
  'The release may or may not have been created (…)': { kind: 'answer', status: 500 },
  'The response contains no release (…)': { kind: 'answer', status: 200, body: 'Sign in' },
  'No release was published. `api-key` and `secret-key` are both empty': {
    ...dispatch,
    inputs: { 'on-missing-credentials': 'skip' },
  },
  "The project's list of releases could not be read (…), so the release is published without checking": {
    listStatuses: [500],
    inputs: { ...project, version: '1' },
  },
  'Amplitude has detected the version `…` and has made an automatic release for it': {
    listed: [{ version: '1', type: 'automatic' }],
    inputs: { ...project, version: '1' },
  },
  'The version … unlike the versions that your app sends, such as …': { inputs: check },
  'Your app has sent no `Version`': { versions: { '(none)': 1 }, inputs: check },
  'None of your users has the platform …': { inputs: { ...check, version: '1.4.0', platforms: 'ios' } },
  'The … that your app sends could not be checked': {
    compositionStatus: 429,
    inputs: { ...check, version: '1.4.0' },
  },
  'This is attempt … of the workflow run': {
    ...refused({ 'api-url': 'http://127.0.0.1:1', retries: '0' }),
    environment: { GITHUB_RUN_ATTEMPT: '2' },
  },
  'No release was published. A `deployment` event only requests a deployment': {
    ...plainEvent('deployment', 'refs/tags/v1'),
    inputs: keys,
  },
  'No release was published. The state of the deployment is not `success`': {
    ...plainEvent('deployment_status', 'refs/tags/v1'),
    inputs: keys,
  },
  'No release was published. The conclusion of the workflow run is not `success`': {
    ...plainEvent('workflow_run', 'refs/heads/main'),
    inputs: keys,
  },
  'GitHub fires up to three `release` events for one publication': {
    ...releaseEvent({}, 'released'),
    inputs: { ...keys, 'api-url': 'http://127.0.0.1:1', retries: '0' },
  },
  'The tag `…` was moved': {
    ...tagEvent('v1', { created: false }),
    inputs: { ...keys, 'api-url': 'http://127.0.0.1:1', retries: '0' },
  },
  '`tag-prefix` has no effect': dry(refused({ version: '1', 'tag-prefix': 'v' })),
  'The event file …': dry({ eventName: 'release', inputs: { version: '1' } }),
  'The proxy cannot be used (…)': {
    ...dispatch,
    inputs: { ...keys, 'api-url': 'https://amplitude.test', version: '1', retries: '0' },
    environment: { HTTPS_PROXY: 'socks5://127.0.0.1:1' },
  },
  'Could not fetch the release notes of tag `…`': {
    ...dry({ ...tagEvent('v1'), inputs: { 'github-token': 'ghs_0123456789' } }),
    environment: { GITHUB_API_URL: 'http://127.0.0.1:1' },
  },
  'The outputs … could not be set': { ...dry(releaseEvent()), environment: { GITHUB_OUTPUT: undefined } },
  'The job summary could not be written': { ...dry(releaseEvent()), environment: { GITHUB_STEP_SUMMARY: undefined } },
};

/** Covered by a test of its own: no step is known that runs into a bug. */
const untested = [
  '`project-id` is `…`, but the keys belong to the project `…`, so the releases of another project were checked',
  'This is a bug in the action',
  'The step was cancelled (…) before anything was sent',
  'Could not list what changed before tag `…`',
  'The release notes could not be converted to plain text',
];

describe('docs/troubleshooting.md', () => {
  test('has exactly the headings that are tested here', () => {
    expect([...messageHeadings].sort()).toEqual([...Object.keys(steps), ...untested].sort());
  });

  test.each(Object.entries(steps))('has the message of a real step: %s', async (heading, given) => {
    const shown = new Set<string>();
    for (const [, run] of targets) shown.add(await messagesUnder(heading, run, given));
    expect([...shown]).toMatchSnapshot();
  });
});

/** What a step says under the heading, a line each. All targets say the same, but for the port of the server. */
async function messagesUnder(heading: string, run: Target, given: Given) {
  const { notices, warnings, errors } = await end(run, given);
  const lines = [...notices, ...warnings, ...errors].flatMap((message) => message.split('\n'));
  const messages = lines.filter((line) => isHeadingOf(heading, line));
  expect(messages).not.toEqual([]);
  return messages
    .join('\n')
    .replace(/(self-signed certificate)[^)]*/, '$1')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>');
}

async function end(run: Target, given: Given) {
  if (typeof given === 'object' && 'eventName' in given) return run(given);
  if (typeof given === 'object' && 'inputs' in given) {
    const amplitude = await startAmplitude(0, given);
    const inputs = { ...keys, 'api-url': amplitude.url, ...given.inputs };
    return run({ ...dispatch, inputs }).finally(amplitude.close);
  }
  const isUntrusted = given === 'certificate';
  const faults: readonly ServerFault[] = [isUntrusted ? { kind: 'answer', status: 200 } : given];
  const server = await startFaultyServer(faults, isUntrusted ? await makeCertificate('127.0.0.1') : undefined);
  const inputs = { ...keys, 'api-url': server.url, version: '1', retries: '0' };
  return run({ ...dispatch, inputs }).finally(server.close);
}
