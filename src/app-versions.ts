import * as z from 'zod/mini';
import { messageOf, RequestError } from './errors.js';
import type { Credentials, Inputs } from './inputs.js';
import { parseJson } from './json.js';
import type { ProxySettings } from './proxy.js';
import type { Release } from './release.js';
import { type HttpResponse, send } from './request.js';
import type { Redactor } from './secrets.js';
import { unicodePattern } from './unicode-pattern.js';

/** The Amplitude project to ask. */
export type AppQuery = {
  /** The address that the release would be sent to. */
  readonly releaseUrl: URL;
  readonly credentials: Credentials;
  readonly proxies: ProxySettings;
  readonly redactor: Redactor;
  /** Gives up what is under way. */
  readonly signal: AbortSignal;
  /** Bounds the whole check. */
  readonly timeoutMs: number;
};

/** What of a release has to fit the app, and where its version comes from. */
export type CheckedRelease = Pick<Release, 'version' | 'platforms'> &
  Pick<Inputs, 'tagPrefix'> & { readonly isVersionFromTag: boolean };

/** What Amplitude says about one property of the users of the last 30 days. */
export type Composition =
  /** The values, most users first. Users without a value are not counted. */
  | { readonly kind: 'values'; readonly values: readonly { readonly value: string; readonly users: number }[] }
  | { readonly kind: 'unknown'; readonly reason: string };

/** One result of the check. */
export type Finding =
  | { readonly kind: 'keys-accepted' }
  | { readonly kind: 'unchecked'; readonly what: 'versions' | 'platforms'; readonly reason: string }
  | { readonly kind: 'versions'; readonly versions: readonly string[] }
  | { readonly kind: 'no-version' }
  | {
      readonly kind: 'version-form';
      readonly version: string;
      readonly example: string;
      readonly differences: readonly string[];
      /** What `tag-prefix` has to be, empty for none; `undefined` where no prefix gives the version the right form. */
      readonly tagPrefix: string | undefined;
    }
  | { readonly kind: 'platforms'; readonly platforms: readonly string[] }
  | {
      readonly kind: 'unused-platform';
      readonly platform: string;
      /** The platform that users have and that is spelled almost like this one. */
      readonly alike: string | undefined;
    };

/** `rejected`: a release would fail for the same cause, such as wrong keys, the wrong region, a certificate or a proxy. */
export type Check =
  | { readonly kind: 'checked'; readonly findings: readonly Finding[] }
  | { readonly kind: 'rejected'; readonly cause: HttpResponse | RequestError };

const periodDays = 30;
const dayMs = 24 * 60 * 60 * 1000;
/** The most bytes of a response that are read: far more than any app has versions. */
const maxBodyBytes = 1024 * 1024;
/** Forms of versions that fewer users have do not count: they come from tests. */
const minUserShare = 0.01;
const maxExamples = 3;
/** What Amplitude calls users without a value. */
const noValue = '(none)';

/**
 * Asks Amplitude which versions the app sends, and which platforms if the release names some, and compares the release
 * with them. It only reads.
 *
 * @param now the end of the 30 days that are looked at.
 * @see https://amplitude.com/docs/apis/analytics/dashboard-rest
 */
export async function checkApp(query: AppQuery, release: CheckedRelease, now: Date): Promise<Check> {
  const [versions, platforms] = await Promise.all([
    readComposition(query, 'version', now),
    release.platforms === undefined ? undefined : readComposition(query, 'platform', now),
  ]);
  if (versions.kind === 'rejected') return versions;
  if (platforms?.kind === 'rejected') return platforms;
  return { kind: 'checked', findings: compareWithApp(release, versions, platforms) };
}

/**
 * Compares a release with what the app sends. A new version is not there yet, so that its form is compared: what stands
 * before its numbers, how many numbers it has, and whether a build follows them.
 *
 * @param platforms `undefined` where the release names no platforms.
 */
export function compareWithApp(
  release: CheckedRelease,
  versions: Composition,
  platforms: Composition | undefined,
): readonly Finding[] {
  const isAnswered = versions.kind === 'values' || platforms?.kind === 'values';
  return [
    ...(isAnswered ? [{ kind: 'keys-accepted' } as const] : []),
    ...compareVersion(release, versions),
    ...(platforms === undefined ? [] : comparePlatforms(release.platforms ?? [], platforms)),
  ];
}

function compareVersion(release: CheckedRelease, versions: Composition): readonly Finding[] {
  if (versions.kind === 'unknown') return [{ kind: 'unchecked', what: 'versions', reason: versions.reason }];
  const [first] = versions.values;
  if (first === undefined) return [{ kind: 'no-version' }];
  const shown = {
    kind: 'versions',
    versions: versions.values.slice(0, maxExamples).map(({ value }) => value),
  } as const;

  const allUsers = versions.values.reduce((sum, { users }) => sum + users, 0);
  const common = versions.values.filter(({ users }) => users >= allUsers * minUserShare);
  const form = formOf(release.version);
  const isKnown = versions.values.some(({ value }) => value === release.version);
  if (isKnown || common.some(({ value }) => isSameForm(formOf(value), form))) return [shown];
  const example = first.value;
  return [
    shown,
    {
      kind: 'version-form',
      version: release.version,
      example,
      differences: differencesBetween(form, formOf(example)),
      tagPrefix: tagPrefixFor(release, form, formOf(example)),
    },
  ];
}

function comparePlatforms(wanted: readonly string[], platforms: Composition): readonly Finding[] {
  if (platforms.kind === 'unknown') return [{ kind: 'unchecked', what: 'platforms', reason: platforms.reason }];
  const used = platforms.values.map(({ value }) => value);
  const unused = wanted.filter((platform) => !used.includes(platform));
  return [
    { kind: 'platforms', platforms: used },
    ...unused.map((platform) => ({
      kind: 'unused-platform' as const,
      platform,
      alike: used.find((other) => spellingOf(other) === spellingOf(platform)),
    })),
  ];
}

/** Case, spaces and punctuation are what people get wrong. */
function spellingOf(platform: string): string {
  return platform.toLowerCase().replace(unicodePattern`[^\p{L}\p{N}]`, '');
}

/** How a version is written. `numbers` is 0 where it is not a version made of numbers, such as a commit. */
type Form = { readonly prefix: string; readonly numbers: number; readonly hasBuild: boolean };

const versionPattern = /^(?<prefix>\D*)(?<numbers>\d+(?:\.\d+)*)(?<suffix>.*)$/s;
const commitPattern = /^(?=.*[a-f])[0-9a-f]{7,40}$/i;

function formOf(version: string): Form {
  const parts = commitPattern.test(version) ? undefined : versionPattern.exec(version)?.groups;
  const { prefix = '', numbers = '', suffix = '' } = parts ?? {};
  // The first beta, and the release after it, differ from all versions before them, and are right.
  const isPreRelease = /^[-._]?[a-z]/i.test(suffix);
  return { prefix, numbers: numbers === '' ? 0 : numbers.split('.').length, hasBuild: suffix !== '' && !isPreRelease };
}

function isSameForm(a: Form, b: Form): boolean {
  return a.prefix === b.prefix && a.numbers === b.numbers && a.hasBuild === b.hasBuild;
}

/** What differs in a version, as clauses that follow "the version". */
function differencesBetween(form: Form, common: Form): readonly string[] {
  if (form.numbers === 0) return ['is not made of numbers'];
  if (common.numbers === 0) return ['is made of numbers'];
  const prefix = form.prefix === '' ? `does not begin with \`${common.prefix}\`` : `begins with \`${form.prefix}\``;
  return [
    ...(form.prefix === common.prefix ? [] : [prefix]),
    ...(form.numbers === common.numbers
      ? []
      : [`has ${String(form.numbers)} instead of ${String(common.numbers)} numbers`]),
    ...(form.hasBuild === common.hasBuild ? [] : [form.hasBuild ? 'ends with a build' : 'does not end with a build']),
  ];
}

/** The `tag-prefix` that gives the version the form of the app's, if there is one. */
function tagPrefixFor(
  { isVersionFromTag, tagPrefix = '' }: CheckedRelease,
  form: Form,
  common: Form,
): string | undefined {
  const differsInPrefixOnly = isSameForm({ ...form, prefix: common.prefix }, common);
  if (!isVersionFromTag || !differsInPrefixOnly) return undefined;
  const stripped = tagPrefix + form.prefix;
  return stripped.endsWith(common.prefix) ? stripped.slice(0, stripped.length - common.prefix.length) : undefined;
}

/**
 * Puts a result into words.
 *
 * @returns the words, and whether the user should do something about it.
 */
export function describeFinding(finding: Finding): { readonly text: string; readonly isNotice: boolean } {
  const notice = (text: string) => ({ text, isNotice: true });
  const fact = (text: string) => ({ text, isNotice: false });
  switch (finding.kind) {
    case 'keys-accepted':
      return fact('Amplitude accepts the keys in this region.');
    case 'unchecked':
      return notice(
        `The ${finding.what} that your app sends could not be checked (${finding.reason}). This does not affect the release.`,
      );
    case 'versions':
      return fact(`Your app sends versions such as ${finding.versions.join(', ')} (30 days).`);
    case 'no-version':
      return notice(
        'Your app has sent no `Version` in the last 30 days, so the report of the release would stay empty. Mobile SDKs send it by default; ' +
          'set `appVersion` in the Browser SDK, or `app_version` in the HTTP API: https://amplitude.com/docs/sdks',
      );
    case 'version-form':
      return notice(
        `The version ${finding.version} ${finding.differences.join(' and ')}, unlike the versions that your app sends, such as ${finding.example}. ` +
          `Amplitude compares them exactly, so the report of the release would stay empty. ${adviceFor(finding.tagPrefix)}`,
      );
    case 'platforms':
      return fact(
        finding.platforms.length === 0
          ? 'Your users have no `Platform` (30 days).'
          : `Your users have the platforms ${finding.platforms.join(', ')} (30 days).`,
      );
    case 'unused-platform':
      return notice(
        `None of your users has the platform ${finding.platform} (30 days). ` +
          (finding.alike === undefined
            ? 'Check `platforms`: Amplitude compares the names exactly.'
            : `Did you mean ${finding.alike}? Correct \`platforms\`: Amplitude compares the names exactly.`),
      );
  }
}

function adviceFor(tagPrefix: string | undefined): string {
  if (tagPrefix === undefined) return 'Set `version` to the version as your app sends it.';
  return tagPrefix === '' ? 'Remove `tag-prefix`.' : `Set \`tag-prefix: ${tagPrefix}\`.`;
}

async function readComposition(
  { releaseUrl, credentials, proxies, redactor, signal, timeoutMs }: AppQuery,
  property: 'version' | 'platform',
  now: Date,
): Promise<Composition | Extract<Check, { kind: 'rejected' }>> {
  const url = new URL('composition', releaseUrl);
  url.searchParams.set('start', dayOf(new Date(now.getTime() - (periodDays - 1) * dayMs)));
  url.searchParams.set('end', dayOf(now));
  url.searchParams.set('p', property);
  try {
    const response = await send({
      method: 'GET',
      url,
      headers: { accept: 'application/json', authorization: `Basic ${credentials.basic}` },
      proxies,
      timeoutMs,
      maxBodyBytes,
      signal,
    });
    return readResponse(response, url);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    if (error.stage === 'verifying' || error.stage === 'proxy') return { kind: 'rejected', cause: error };
    return { kind: 'unknown', reason: redactor.redactParts(messageOf(error)) };
  }
}

function readResponse(response: HttpResponse, { host }: URL): Composition | Extract<Check, { kind: 'rejected' }> {
  const { status, body, isComplete } = response;
  if (status === 401 || (status === 403 && !isAboutPlan(body))) return { kind: 'rejected', cause: response };
  if (status !== 200) return { kind: 'unknown', reason: `${host}: ${String(status)}` };
  if (!isComplete) return { kind: 'unknown', reason: `${host}: 200, the response was cut short` };
  // One number of users for each value.
  const compositionSchema = z.object({
    data: z
      .object({ series: z.array(z.array(z.number())).check(z.maxLength(1)), xValues: z.array(z.string()) })
      .check(z.refine(({ series, xValues }) => (series[0] ?? []).length === xValues.length)),
  });
  const composition = compositionSchema.safeParse(parseJson(body)).data;
  if (composition === undefined) return { kind: 'unknown', reason: `${host}: 200 in an unknown shape` };
  const { series, xValues } = composition.data;
  const values = xValues.map((value, index) => ({ value, users: series[0]?.[index] ?? 0 }));
  return {
    kind: 'values',
    values: values.filter(({ value, users }) => value !== noValue && users > 0).sort((a, b) => b.users - a.users),
  };
}

/** Wrong keys are answered with "Invalid API Key"; a project whose plan has no Dashboard REST API can still publish. */
function isAboutPlan(body: string): boolean {
  return /\b(?:plan|upgrade|subscription)\b/i.test(body);
}

/** `YYYYMMDD` in UTC; Amplitude reads it in the time zone of the project. */
function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10).replaceAll('-', '');
}
