import { getInput, setSecret } from '@actions/core';
import * as z from 'zod/mini';
import type { Context } from './context.js';
import { type DescriptionFile, readDescriptionFile } from './description-file.js';
import { InputError, type Problem } from './errors.js';
import { parseJson } from './json.js';
import { parseTimestamp, timestampForms } from './timestamp.js';
import { tagNameOf, validateVersion } from './version.js';

/** The keys of an Amplitude project, and the Basic credential (RFC 7617) made of them. */
export type Credentials = {
  readonly apiKey: string;
  readonly secretKey: string;
  readonly basic: string;
};

/** What to do with the release. */
export type Mode =
  | { readonly kind: 'publish'; readonly credentials: Credentials }
  /** With keys, the release is compared with what the app sends. */
  | { readonly kind: 'dry-run'; readonly credentials: Credentials | undefined }
  | { readonly kind: 'skip' };

/** An Amplitude project that can be asked for its releases. */
export type Project = { readonly projectId: string; readonly accessToken: string };

/** The inputs of action.yml, validated; `undefined` where not set. */
export type Inputs = {
  readonly mode: Mode;
  readonly region: 'us' | 'eu';
  readonly project: Project | undefined;
  readonly apiUrl: URL | undefined;
  /** The tag to use instead of the workflow's own, without `refs/tags/`. */
  readonly tag: string | undefined;
  readonly version: string | undefined;
  readonly tagPrefix: string | undefined;
  readonly title: string | undefined;
  readonly description: Description | undefined;
  /** Whether Markdown is sent as plain text, or kept. */
  readonly markdown: 'text' | 'keep';
  /** Whether a description that the action makes ends with a link. */
  readonly link: boolean;
  /** Whether the description lists what was merged if there are no notes. */
  readonly changes: boolean;
  readonly releaseStart: Date | undefined;
  readonly releaseEnd: Date | undefined;
  readonly platforms: readonly string[] | undefined;
  readonly createdBy: string | undefined;
  readonly chartVisibility: boolean;
  readonly githubToken: string | undefined;
  readonly onOutage: 'fail' | 'warn';
  readonly retries: number;
  readonly timeoutMs: number;
  /** What must never be shown. */
  readonly secrets: readonly string[];
};

/** The user's own words, and the input that they are from. */
export type Description = {
  readonly text: string;
  readonly input: 'description' | 'description-file';
  readonly format: 'plain' | 'markdown';
};

/** Reads the value of an input, which is not empty, or rejects it. */
type Reader<Value> = (value: string, payload: z.core.ParsePayload) => Value;

/** Says what is wrong with the value: a clause that follows the name of the input. */
function reject(payload: z.core.ParsePayload, message: string): never {
  payload.issues.push({ code: 'custom', input: payload.value, message });
  return z.NEVER;
}

function optional<Value>(read: Reader<Value>) {
  return withDefault<Value | undefined>(undefined, read);
}

function withDefault<Value>(unset: Value, read: Reader<Value>) {
  return z.transform((value: string | undefined, payload) => (value === undefined ? unset : read(value, payload)));
}

/** What keys never contain, by the kind of character. The value is not shown: it may be a key. */
const strangers = [
  { pattern: /[${}]/, kind: '`$`, `{` or `}`, as in a placeholder that nothing replaced' },
  { pattern: /\*/, kind: 'an asterisk, as in a value copied from a log' },
  { pattern: /^(?:null|undefined)$/, kind: 'the word `null` or `undefined`' },
  { pattern: /[^ -~\u00a0-\uffff]/, kind: 'a line break or another control character' },
  { pattern: /[^ -~]/, kind: 'a character outside ASCII, such as a curly quote or an invisible space' },
  { pattern: /["'`]/, kind: 'a quote' },
  { pattern: / /, kind: 'a space' },
] as const;

const key: Reader<string> = (value, payload) => {
  const stranger = strangers.find(({ pattern }) => pattern.test(value));
  if (stranger === undefined) return value;
  return reject(
    payload,
    `contains ${stranger.kind}, which keys do not have. Copy the key into the secret again, and nothing else.`,
  );
};

const apiKey: Reader<string> = (value, payload) => {
  const read = key(value, payload);
  if (payload.issues.length > 0 || !value.includes(':')) return read;
  return reject(payload, 'must not contain a colon. Set it to the API key only, without the secret key.');
};

const projectId: Reader<string> = (value, payload) =>
  /^\d+$/.test(value)
    ? value
    : reject(payload, 'must be the number of the project, which Amplitude shows in its settings.');

const version: Reader<string> = (value, payload) => {
  const name = tagNameOf(value);
  const problem = validateVersion(name);
  return problem === undefined ? name : reject(payload, problem);
};

// Blank is a prefix that is not set.
const tagPrefix: Reader<string | undefined> = (value) => tagNameOf(value) || undefined;

const text: Reader<string> = (value) => value;

const boolean: Reader<boolean> = (value, payload) => {
  const word = value.toLowerCase();
  return word === 'true' || word === 'false' ? word === 'true' : reject(payload, 'must be `true` or `false`.');
};

const region: Reader<'us' | 'eu'> = (value, payload) => {
  const word = value.toLowerCase();
  if (word === 'us' || word === 'eu') return word;
  // Amplitude's own word for the United States.
  return word === 'standard' ? 'us' : reject(payload, 'must be `us` or `eu`.');
};

const timestamp: Reader<Date> = (value, payload) =>
  parseTimestamp(value) ?? reject(payload, `is not a valid time. Use one of: ${timestampForms}.`);

const apiUrl: Reader<URL> = (value, payload) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const problem = url === undefined ? 'is not a URL.' : validateApiUrl(url);
  if (url !== undefined && problem === undefined) return url;
  return reject(
    payload,
    `${problem ?? ''} Give the base URL of the gateway, such as \`https://gateway.example.com/amplitude\`.`,
  );
};

function validateApiUrl({ protocol, hostname, username, password, search, hash }: URL): string | undefined {
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback)) {
    return 'must be an `https` URL; `http` is accepted only for loopback addresses, because it would expose the keys.';
  }
  if (username !== '' || password !== '') return 'must not contain a user name or password.';
  return search === '' && hash === '' ? undefined : 'must not have a query or fragment.';
}

function wholeNumber(minimum: number, maximum: number): Reader<number> {
  return (value, payload) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= minimum && number <= maximum) return number;
    return reject(payload, `must be a whole number from ${String(minimum)} to ${String(maximum)}.`);
  };
}

function choice<const Word extends string>(...words: readonly Word[]): Reader<Word> {
  return (value, payload) =>
    words.find((word) => word === value) ??
    reject(payload, `must be ${words.map((word) => `\`${word}\``).join(' or ')}.`);
}

const platforms: Reader<readonly string[] | undefined> = (value, payload) => {
  const items = [...new Set(splitPlatforms(value))];
  const stray = items.find((item) => /^(?:[[{"']|[-*] )/.test(item));
  if (stray === undefined) return items.length === 0 ? undefined : items;
  return reject(
    payload,
    'must be names separated by commas or line breaks, such as `iOS, Android`, or a JSON array of strings.',
  );
};

function splitPlatforms(value: string): readonly string[] {
  const { data } = z.array(z.string()).safeParse(parseJson(value));
  return (data ?? value.split(/[,\r\n]/)).map((item) => item.trim()).filter((item) => item !== '');
}

/** The inputs by their names in action.yml. An empty input has the same default as one that is not set. */
export const schema = z.object({
  'api-key': optional(apiKey),
  'secret-key': optional(key),
  region: withDefault('us', region),
  'access-token': optional(key),
  'project-id': optional(projectId),
  'api-url': optional(apiUrl),
  tag: optional(version),
  version: optional(version),
  'tag-prefix': optional(tagPrefix),
  title: optional(text),
  description: optional(text),
  'description-file': optional(text),
  markdown: withDefault('text', choice('text', 'keep')),
  link: withDefault(true, boolean),
  changes: withDefault(false, boolean),
  'release-start': optional(timestamp),
  'release-end': optional(timestamp),
  platforms: optional(platforms),
  'created-by': optional(text),
  'chart-visibility': withDefault(true, boolean),
  'github-token': optional(text),
  'on-outage': withDefault('fail', choice('fail', 'warn')),
  'on-missing-credentials': withDefault('fail', choice('fail', 'skip')),
  retries: withDefault(3, wholeNumber(0, 10)),
  timeout: withDefault(30, wholeNumber(1, 600)),
  'dry-run': withDefault(false, boolean),
});

type RawInputs = Readonly<Record<string, string | undefined>>;

/**
 * Reads the inputs of the step, and has the runner mask the keys and the Basic credential before anything else.
 *
 * @param folders where `description-file` may be.
 * @returns the inputs, validated. Whitespace around all but `description` is trimmed; an empty input counts as not set.
 * @throws InputError naming every invalid input.
 */
export function readInputs(folders: Pick<Context, 'workspace' | 'runnerTemp'>): Inputs {
  const raw = readRawInputs();
  const credentials = maskCredentials(raw);
  const parsed = schema.safeParse(raw);
  const file = raw['description'] === undefined ? readFile(raw['description-file'], folders) : undefined;

  const problems = [
    ...(parsed.error?.issues ?? []).map(({ path, message }) => ({ input: String(path[0]), message })),
    ...missingCredentials(raw),
    ...incompleteProject(raw),
    ...(file !== undefined && 'problem' in file ? [{ input: 'description-file', message: file.problem }] : []),
  ];
  if (!parsed.success || problems.length > 0) throw new InputError(problems);

  const values = parsed.data;
  return {
    mode: modeOf(values['dry-run'], credentials),
    region: values.region,
    project: projectOf(values['project-id'], values['access-token']),
    apiUrl: values['api-url'],
    tag: values.tag,
    version: values.version,
    tagPrefix: values['tag-prefix'],
    title: values.title,
    description: descriptionFrom(values, file),
    markdown: values.markdown,
    link: values.link,
    changes: values.changes,
    releaseStart: values['release-start'],
    releaseEnd: values['release-end'],
    platforms: values.platforms,
    createdBy: values['created-by'],
    chartVisibility: values['chart-visibility'],
    githubToken: values['github-token'],
    onOutage: values['on-outage'],
    retries: values.retries,
    timeoutMs: values.timeout * 1000,
    secrets: secretsOf([values['github-token'], values['access-token']], credentials),
  };
}

function readRawInputs(): RawInputs {
  return Object.fromEntries(Object.keys(schema.shape).map((name) => [name, readRawInput(name)]));
}

/** Only blank text is an input that is not set, and only a description may need the whitespace around it. */
function readRawInput(name: string): string | undefined {
  const value = getInput(name, { trimWhitespace: false });
  const trimmed = value.trim();
  if (trimmed === '') return undefined;
  return name === 'description' ? value : trimmed;
}

/** The runner knows each secret, but neither the two joined nor a key that was given as plain text. */
function maskCredentials(raw: RawInputs): Credentials | undefined {
  const { 'api-key': apiKey, 'secret-key': secretKey, 'access-token': accessToken } = raw;
  for (const secret of [apiKey, secretKey, accessToken]) if (secret !== undefined) setSecret(secret);
  if (apiKey === undefined || secretKey === undefined) return undefined;
  const basic = Buffer.from(`${apiKey}:${secretKey}`, 'utf8').toString('base64');
  setSecret(basic);
  return { apiKey, secretKey, basic };
}

/** One key without the other is a mistake even where both may be missing. */
function missingCredentials(raw: RawInputs): readonly Problem[] {
  const missing = ['api-key', 'secret-key'].filter((name) => raw[name] === undefined);
  const maySkip = raw['on-missing-credentials'] === 'skip' && missing.length === 2;
  if (maySkip || raw['dry-run']?.toLowerCase() === 'true') return [];
  const causes =
    missing.length === 2
      ? 'Workflows from forks and Dependabot get no secrets: if they run this step, set `on-missing-credentials: skip`. A reusable workflow gets them only with `secrets: inherit`, and secrets of an environment need `environment` in the job.'
      : 'Check that the secret exists under this name.';
  return missing.map((input, index) => ({
    input,
    message:
      `is missing. Store the key as a secret and pass it: \`${input}: \${{ secrets.AMPLITUDE_${input.toUpperCase().replace('-', '_')} }}\`.` +
      (index === missing.length - 1 ? ` ${causes}` : ''),
  }));
}

/** Which project to ask, and the token to ask with: neither is of use alone. */
function incompleteProject(raw: RawInputs): readonly Problem[] {
  const { 'access-token': accessToken, 'project-id': projectId } = raw;
  if ((accessToken === undefined) === (projectId === undefined)) return [];
  const [missing, given] = accessToken === undefined ? ['access-token', 'project-id'] : ['project-id', 'access-token'];
  return [{ input: missing, message: `is missing, although \`${given}\` is set. Set both, or neither.` }];
}

function projectOf(projectId: string | undefined, accessToken: string | undefined): Project | undefined {
  return projectId === undefined || accessToken === undefined ? undefined : { projectId, accessToken };
}

function secretsOf(tokens: readonly (string | undefined)[], credentials: Credentials | undefined): readonly string[] {
  const { apiKey, secretKey, basic } = credentials ?? {};
  return [...tokens, apiKey, secretKey, basic].filter((secret) => secret !== undefined);
}

function modeOf(isDryRun: boolean, credentials: Credentials | undefined): Mode {
  if (isDryRun) return { kind: 'dry-run', credentials };
  return credentials === undefined ? { kind: 'skip' } : { kind: 'publish', credentials };
}

function readFile(
  file: string | undefined,
  folders: Pick<Context, 'workspace' | 'runnerTemp'>,
): DescriptionFile | undefined {
  return file === undefined ? undefined : readDescriptionFile(file, folders);
}

function descriptionFrom(
  { description, 'description-file': name = '' }: z.infer<typeof schema>,
  file: DescriptionFile | undefined,
): Description | undefined {
  if (description !== undefined) return { text: description, input: 'description', format: 'plain' };
  if (file === undefined || 'problem' in file || file.text === undefined) return undefined;
  const format = /\.(?:md|markdown)$/i.test(name) ? 'markdown' : 'plain';
  return { text: file.text, input: 'description-file', format };
}
