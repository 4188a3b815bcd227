import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { findProblem, amplitudeKeys } from '../testing/amplitude.js';
import { readContext } from '../src/context.js';
import { EventError, InputError } from '../src/errors.js';
import { readInputs, schema } from '../src/inputs.js';
import { planRelease } from '../src/plan.js';
import { composeRelease } from '../src/release.js';
import { targets } from './harness/step.js';

// The first counterexample has killed the mutant: where only source is run, nobody waits for the smallest one.
fc.configureGlobal({ endOnFailure: targets.every(([name]) => name === 'source') });

const names = Object.keys(schema.shape);
const folder = mkdtempSync(join(tmpdir(), 'properties-'));
const eventFile = join(folder, 'event.json');
writeFileSync(join(folder, 'notes.md'), 'Notes');

const environment = process.env;
beforeAll(() => {
  // The inputs are read from the environment, and the keys among them are printed for the runner to mask.
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterAll(() => {
  process.env = environment;
  jest.restoreAllMocks();
});

/** What a step would send, or the error that it would end with. */
function compose(inputs: Readonly<Record<string, string>>, variables: Readonly<Record<string, string>>, event: string) {
  writeFileSync(eventFile, event);
  process.env = {
    GITHUB_EVENT_PATH: eventFile,
    GITHUB_WORKSPACE: folder,
    ...variables,
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
  };
  try {
    const context = readContext(process.env);
    const read = readInputs(context);
    const decision = planRelease(read, context);
    return 'skip' in decision ? decision.skip : composeRelease(decision.plan, undefined, undefined, new Date()).release;
  } catch (error) {
    return error;
  }
}

function judge(result: unknown): void {
  if (typeof result === 'string') {
    expect(result).toMatch(/success|deployment_status/);
  } else if (result instanceof InputError) {
    expect(result.problems.length).toBeGreaterThan(0);
    for (const { input } of result.problems) expect(names).toContain(input);
  } else if (result instanceof EventError) {
    expect(result.message).toContain('types: [published]');
    expect(['push', 'release']).toContain(result.event);
  } else {
    expect(findProblem(JSON.parse(JSON.stringify(result)))).toBeUndefined();
  }
}

const anyText = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replaceAll('\0', ''));
const likelyText = fc.constantFrom(
  '',
  ' ',
  'true',
  'false',
  'fail',
  'skip',
  'v',
  'v1',
  '1',
  '30',
  'us',
  'notes.md',
  'iOS, Web',
  'https://gateway',
  '2026-11-23 10:52:35',
  '2026-11-23T10:52:35Z',
  '1795431155',
  '../x',
  '<!-- -->',
);
const text = fc.oneof(anyText, likelyText);
const keys = { 'api-key': amplitudeKeys.apiKey, 'secret-key': amplitudeKeys.secretKey };
const someInputs = fc
  .dictionary(fc.constantFrom(...names), text, { maxKeys: 6 })
  .map((inputs) => ({ ...keys, ...inputs }));
const variables = fc.record(
  {
    GITHUB_EVENT_NAME: fc.constantFrom(
      'release',
      'push',
      'deployment',
      'deployment_status',
      'workflow_run',
      'create',
      '',
    ),
    GITHUB_REF: fc.oneof(
      fc.constantFrom('refs/tags/v1.2.3', 'refs/heads/main', 'refs/tags/', 'refs/pull/1/merge', ''),
      anyText,
    ),
    GITHUB_ACTOR: text,
    GITHUB_REPOSITORY: fc.oneof(fc.constant('octo-org/shop'), anyText),
    GITHUB_RUN_ATTEMPT: text,
  },
  { requiredKeys: [] },
);
const release = fc.record(
  {
    tag_name: fc.oneof(text, fc.jsonValue()),
    name: fc.oneof(text, fc.jsonValue()),
    body: fc.oneof(text, fc.jsonValue()),
    draft: fc.oneof(fc.boolean(), fc.jsonValue()),
    published_at: fc.oneof(fc.constant('2026-11-23T10:52:35Z'), text, fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const payload = fc.oneof(
  fc.json(),
  anyText,
  fc
    .record(
      {
        action: fc.oneof(fc.constantFrom('published', 'edited'), fc.jsonValue()),
        release: fc.oneof(release, fc.jsonValue()),
        deleted: fc.jsonValue(),
        deployment: fc.jsonValue(),
        deployment_status: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    .map((event) => JSON.stringify(event)),
);

describe('whatever comes in', () => {
  test('either a body goes out that Amplitude takes, or an error that names an input or the event', () => {
    fc.assert(
      fc.property(someInputs, variables, payload, (inputs, environmentOfRun, event) => {
        judge(compose(inputs, environmentOfRun, event));
      }),
      { numRuns: 1_000 },
    );
  });

  test('with a version, the text that may be free is never refused', () => {
    const free = fc.record({
      version: fc.constantFrom('1', '1.2.3', '2.0.0-rc.1+5', '版本 1', '🚀'),
      title: text,
      description: text,
      'created-by': text,
      platforms: text,
    });
    fc.assert(
      fc.property(free, release, (inputs, payloadRelease) => {
        const result = compose(
          { ...keys, ...inputs },
          { GITHUB_EVENT_NAME: 'release' },
          JSON.stringify({ action: 'published', release: { ...payloadRelease, draft: false } }),
        );
        expect(result).toMatchObject({ version: inputs.version.trim() });
        judge(result);
      }),
    );
  });

  test('lists of platforms come out the same when they are put in again', () => {
    const platformsOf = (platforms: string) =>
      schema.parse({ platforms: platforms === '' ? undefined : platforms }).platforms;
    fc.assert(
      fc.property(fc.array(fc.oneof(anyText, fc.constantFrom(',', '\n', ' , ', 'iOS', 'Web'))), (parts) => {
        const once = platformsOf(parts.join(','));
        const again = once === undefined ? undefined : platformsOf(once.join('\n'));
        expect(again).toEqual(once);
        expect(new Set(once).size).toBe(once?.length ?? 0);
        expect(once ?? []).not.toContain('');
      }),
    );
  });
});
