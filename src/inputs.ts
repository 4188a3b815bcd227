import { readFileSync, realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { getInput, setSecret } from '@actions/core';
import * as z from 'zod/mini';
import { InputError, type Problem } from './errors.js';
import { parseTimestamp, timestampForms } from './timestamp.js';

/** The keys of an Amplitude project, and the Basic credential (RFC 7617) that is made of them. */
export type Credentials = {
  readonly apiKey: string;
  readonly secretKey: string;
  readonly basic: string;
};

/** What is to be done with the release. */
export type Delivery =
  | { readonly kind: 'publish'; readonly credentials: Credentials }
  | { readonly kind: 'dry-run' }
  | { readonly kind: 'skip' };

/** The inputs of action.yml, each valid, `undefined` where it was left open. */
export type Inputs = {
  readonly delivery: Delivery;
  readonly region: 'us' | 'eu';
  readonly apiUrl: URL | undefined;
  readonly version: string | undefined;
  readonly tagPrefix: string | undefined;
  readonly title: string | undefined;
  readonly description: { readonly text: string; readonly from: 'description' | 'description-file' } | undefined;
  readonly releaseStart: Date | undefined;
  readonly releaseEnd: Date | undefined;
  readonly platforms: readonly string[] | undefined;
  readonly createdBy: string | undefined;
  readonly chartVisibility: boolean;
  readonly githubToken: string | undefined;
  readonly onOutage: 'fail' | 'warn';
  readonly retries: number;
  readonly timeoutMs: number;
};

const text = z.optional(z.string());

const key = z.string().check(
  z.refine((value) => !/\p{Cc}/u.test(value), {
    error: 'must be one line without control characters. Copy the key again, as one line, into the secret.',
  }),
);

const lowerCase = z.pipe(
  z.string(),
  z.transform((value) => value.toLowerCase()),
);

const boolean = z.pipe(
  z.pipe(lowerCase, z.enum(['true', 'false'], { error: 'must be `true` or `false`.' })),
  z.transform((value) => value === 'true'),
);

const timestamp = z.pipe(
  z.string(),
  z.transform((value, context) => {
    const instant = parseTimestamp(value);
    if (instant !== undefined) return instant;
    context.issues.push({
      code: 'custom',
      input: value,
      message: `is not a time that exists in one of the accepted forms: ${timestampForms}.`,
    });
    return z.NEVER;
  }),
);

const apiUrl = z.pipe(
  z.string(),
  z.transform((value, context) => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    const problem = url === undefined ? 'is not a URL.' : problemOfApiUrl(url);
    if (url !== undefined && problem === undefined) return url;
    context.issues.push({
      code: 'custom',
      input: value,
      message: `${problem ?? ''} Give the base URL of the gateway, such as \`https://gateway.example.com/amplitude\`.`,
    });
    return z.NEVER;
  }),
);

function problemOfApiUrl({ protocol, hostname, username, password, search, hash }: URL): string | undefined {
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback)) {
    return 'must be an `https` URL; `http` is taken for loopback addresses only, as it would show the keys to the network.';
  }
  if (username !== '' || password !== '') return 'must not hold a user name or password.';
  return search === '' && hash === '' ? undefined : 'must not have a query or fragment.';
}

function wholeNumber(minimum: number, maximum: number) {
  const error = `must be a whole number from ${String(minimum)} to ${String(maximum)}.`;
  const isInRange = (value: string) => Number(value) >= minimum && Number(value) <= maximum;
  return z.pipe(
    z.string().check(z.regex(/^\d+$/, { error, abort: true }), z.refine(isInRange, { error })),
    z.transform(Number),
  );
}

function choice<const Words extends readonly [string, ...string[]]>(...words: Words) {
  return z.enum(words, { error: `must be ${words.map((word) => `\`${word}\``).join(' or ')}.` });
}

const list = z.pipe(
  z.string(),
  z.transform((value) => {
    const items = new Set(value.split(/[,\r\n]/).map((item) => item.trim()));
    items.delete('');
    return items.size === 0 ? undefined : [...items];
  }),
);

/** The inputs by their names in action.yml, and the defaults that an input set to nothing has too. */
export const schema = z.object({
  'api-key': z.optional(
    key.check(
      z.refine((value) => !value.includes(':'), {
        error: 'must not contain a colon. Check that it is the API key alone, without the secret key.',
      }),
    ),
  ),
  'secret-key': z.optional(key),
  region: z._default(z.pipe(lowerCase, z.enum(['us', 'eu', 'standard'], { error: 'must be `us` or `eu`.' })), 'us'),
  'api-url': z.optional(apiUrl),
  version: text,
  'tag-prefix': text,
  title: text,
  description: text,
  'description-file': text,
  'release-start': z.optional(timestamp),
  'release-end': z.optional(timestamp),
  platforms: z.optional(list),
  'created-by': text,
  'chart-visibility': z._default(boolean, true),
  'github-token': text,
  'on-outage': z._default(choice('fail', 'warn'), 'fail'),
  'on-missing-credentials': z._default(choice('fail', 'skip'), 'fail'),
  retries: z._default(wholeNumber(0, 10), 3),
  timeout: z._default(wholeNumber(1, 600), 30),
  'dry-run': z._default(boolean, false),
});

/**
 * Reads the inputs of the step, and has the runner mask the keys and the Basic credential before it does anything else.
 *
 * @param workspace the folder that `description-file` is looked for in.
 * @returns the inputs, valid; white space around all but `description` is dropped, and an empty input is an open one.
 * @throws InputError naming every input that cannot be used.
 */
export function readInputs(workspace: string): Inputs {
  const credentials = maskCredentials(read('api-key'), read('secret-key'));
  const raw = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, read(name)]));
  const parsed = schema.safeParse(raw);
  const file = raw['description'] === undefined ? raw['description-file'] : undefined;
  const notes = file === undefined ? undefined : readDescription(file, workspace);

  const problems = [
    ...(parsed.error?.issues ?? []).map(({ path, message }) => ({ input: String(path[0]), message })),
    ...missingKeys(raw),
    ...(notes !== undefined && 'input' in notes ? [notes] : []),
  ];
  if (!parsed.success || problems.length > 0) throw new InputError(problems);

  const values = parsed.data;
  return {
    delivery: values['dry-run']
      ? { kind: 'dry-run' }
      : credentials === undefined
        ? { kind: 'skip' }
        : { kind: 'publish', credentials },
    region: values.region === 'eu' ? 'eu' : 'us',
    apiUrl: values['api-url'],
    version: values.version,
    tagPrefix: values['tag-prefix'],
    title: values.title,
    description:
      values.description === undefined
        ? notes !== undefined && 'text' in notes
          ? notes
          : undefined
        : { text: values.description, from: 'description' },
    releaseStart: values['release-start'],
    releaseEnd: values['release-end'],
    platforms: values.platforms,
    createdBy: values['created-by'],
    chartVisibility: values['chart-visibility'],
    githubToken: values['github-token'],
    onOutage: values['on-outage'],
    retries: values.retries,
    timeoutMs: values.timeout * 1000,
  };
}

/** Only blank text is an absent input, and only the description may need the white space at its ends. */
function read(name: string): string | undefined {
  const value = getInput(name, { trimWhitespace: false });
  const trimmed = value.trim();
  if (trimmed === '') return undefined;
  return name === 'description' ? value : trimmed;
}

/** The runner knows each secret, but not the two of them joined, nor a key that was given as plain text. */
function maskCredentials(apiKey: string | undefined, secretKey: string | undefined): Credentials | undefined {
  for (const secret of [apiKey, secretKey]) if (secret !== undefined) setSecret(secret);
  if (apiKey === undefined || secretKey === undefined) return undefined;
  const basic = Buffer.from(`${apiKey}:${secretKey}`, 'utf8').toString('base64');
  setSecret(basic);
  return { apiKey, secretKey, basic };
}

/** One key without the other is a mistake even where both may be missing. */
function missingKeys(raw: Readonly<Record<string, string | undefined>>): readonly Problem[] {
  const missing = ['api-key', 'secret-key'].filter((name) => raw[name] === undefined);
  const maySkip = raw['on-missing-credentials'] === 'skip' && missing.length === 2;
  if (maySkip || raw['dry-run']?.toLowerCase() === 'true') return [];
  return missing.map((input) => ({
    input,
    message:
      `is missing. Store the key as a secret of the repository and pass it: \`${input}: \${{ secrets.AMPLITUDE_${input.toUpperCase().replace('-', '_')} }}\`. ` +
      'Workflows of forks and of Dependabot get no secrets: where they run this step, set `on-missing-credentials: skip`.',
  }));
}

function readDescription(
  file: string,
  workspace: string,
): { text: string; from: 'description-file' } | Problem | undefined {
  const input = 'description-file';
  try {
    const folder = realpathSync(workspace);
    const path = realpathSync(resolve(folder, file));
    const way = relative(folder, path);
    // What a link or `..` leads to outside of the workspace is the runner's, and would be shown to all who see the chart.
    if (isAbsolute(way) || way.split(/[\\/]/)[0] === '..') {
      return { input, message: `names \`${file}\`, which is outside of the workspace. Copy the file into it first.` };
    }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
    return text.trim() === '' ? undefined : { text, from: input };
  } catch (error) {
    const reason = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
    return {
      input,
      message: `names \`${file}\`, which cannot be read as UTF-8 text (${reason}). Check the path from the root of the workspace, and that the repository is checked out before this step.`,
    };
  }
}
