import * as z from 'zod/mini';
import type { Stage } from './errors.js';
import { parseJson } from './json.js';
import type { Search } from './project-releases.js';
import { truncate } from './sanitize.js';
import type { Redactor } from './secrets.js';

/** Where a release is sent to. */
export type Target = {
  readonly url: URL;
  /** The region of the host; `undefined` for the input `api-url`. */
  readonly region: 'us' | 'eu' | undefined;
};

/** What is known about an attempt that did not publish the release. */
export type FailureFacts = {
  readonly target: Target;
  /** What the host answered, or how the request failed: a phrase that names the host. */
  readonly reason: string;
  /** The HTTP status; `undefined` where there was no response. */
  readonly status: number | undefined;
  /** How far a request without a response got; `undefined` where there was a response. */
  readonly stage: Stage | undefined;
  /** How long the response asks to wait; 0 where it does not. */
  readonly retryAfterMs: number;
  /** The result of the search for the release in the project; `undefined` if there was none. */
  readonly search?: Exclude<Search, { kind: 'found' }> | undefined;
  readonly cause: unknown;
};

/** The policy for a class of failure. */
type Policy = {
  /** Whether another attempt is safe: this one certainly did not create the release. */
  readonly isRetried: boolean;
  /** Whether the release may exist in spite of the failure, so that it is looked for in the project. */
  readonly mayExist: boolean;
  /** Whether `on-outage: warn` lets the step pass. */
  readonly isOutage: boolean;
  /** What the user reads: what failed, and what to do next. */
  readonly describe: (facts: FailureFacts, attempts: number) => string;
};

/** Where Amplitude lists the releases of a project. */
export const releasesPage = 'Organization settings → Projects → (project) → Releases';
const keysPage = 'Organization settings → Projects → (project) → General';

/**
 * The classes of failure, as the README names them. A new one is a row here, a line in amplitude.ts that recognizes it,
 * and a heading in docs/troubleshooting.md.
 */
export const policies = {
  /** Every other attempt would fail in the same way. */
  misconfiguration: { isRetried: false, mayExist: false, isOutage: false, describe: describeMisconfiguration },
  /** The release was certainly not created. */
  'not-created': {
    isRetried: true,
    mayExist: false,
    isOutage: true,
    describe: ({ reason, retryAfterMs }, attempts) => {
      const wait = retryAfterMs > 0 ? `, which asks to wait ${seconds(retryAfterMs)}` : '';
      return `Amplitude is unavailable (${reason}${wait}${countOf(attempts)}). The release was not created. Re-run the job later.`;
    },
  },
  /** The request was sent, and its result is unknown. */
  'maybe-created': {
    isRetried: false,
    mayExist: true,
    isOutage: true,
    describe: ({ reason, search }, attempts) =>
      `The release may or may not have been created (${reason}${countOf(attempts)}). ${describeSearch(search)}Check in Amplitude, under ${releasesPage}, before you re-run the job: a second run could publish it twice.`,
  },
  /** A success status, and no release. */
  'no-release': {
    isRetried: false,
    mayExist: true,
    isOutage: false,
    describe: ({ reason, search }) =>
      `The response contains no release (${reason}). ${describeSearch(search)}Check in Amplitude, under ${releasesPage}, whether the release was created before you re-run the job.`,
  },
} as const satisfies Readonly<Record<string, Policy>>;

/** A class of failure: what it says about the release decides what happens next. */
export type FailureClass = keyof typeof policies;

/** An attempt that did not publish the release, and its class. */
export type Failure = FailureFacts & { readonly class: FailureClass };

/** Amplitude did not confirm the release. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly failure: Failure;
  readonly attempts: number;

  /**
   * @param failure the last failure.
   * @param attempts how many requests were sent, the failed one included.
   */
  constructor(failure: Failure, attempts: number) {
    super(policies[failure.class].describe(failure, attempts), { cause: failure.cause });
    this.failure = failure;
    this.attempts = attempts;
  }
}

function describeMisconfiguration({ reason, status, stage, target }: FailureFacts): string {
  if (stage === 'verifying') {
    return `The TLS certificate could not be verified (${reason}), so nothing was sent. If your proxy or gateway uses its own certificate authority, set \`NODE_EXTRA_CA_CERTS\` in the step's \`env\` to the file with its certificate.`;
  }
  if (stage === 'proxy') return `The proxy cannot be used (${reason}). Nothing was sent.`;
  if (status !== undefined && status >= 300 && status < 400) {
    return `Amplitude answered with a redirect (${reason}). Redirects are not followed, to keep the keys from reaching another host. Set \`api-url\` to the address that serves the Releases API.`;
  }
  return `Amplitude rejected the release (${reason}). ${adviceFor(status, target)}`;
}

function adviceFor(status: number | undefined, { region }: Target): string {
  switch (status) {
    case 401:
    case 403:
      return `Check that \`api-key\` and \`secret-key\` belong to the same project (${keysPage}). ${regionAdvice[region ?? 'none']}`.trim();
    case 404:
      return 'There is no Releases API at this address. Check `api-url`, or remove it.';
    case 413:
      return 'The release is too large. Shorten `description`.';
    case undefined:
    default:
      return 'Fix the value that Amplitude names. If it names none, compare the output `payload` with the documentation of its Releases API.';
  }
}

const regionAdvice = {
  us: 'If the project is hosted in the EU, set `region: eu`.',
  eu: 'If the project is not hosted in the EU, set `region: us`.',
  none: '',
} as const;

function describeSearch(search: FailureFacts['search']): string {
  if (search === undefined) return '';
  return search.problem === undefined
    ? `The project's list of releases did not show it within ${seconds(search.searchedMs)}, but the list may lag. `
    : `The project's list of releases could not be read (${search.problem}). `;
}

function countOf(attempts: number): string {
  return attempts === 1 ? '' : `, after ${String(attempts)} attempts`;
}

function seconds(durationMs: number): string {
  return Number.isFinite(durationMs) ? `${String(Math.ceil(durationMs / 1000))} s` : 'longer than any `timeout`';
}

/** The most of a failed response that is read, in bytes: more than any message quotes. */
export const maxErrorBytes = 64 * 1024;
/** The longest excerpt of a response that a message quotes, in characters. */
const maxQuoteLength = 500;

/**
 * Finds the error message in the body of a response.
 *
 * @param body JSON in one of Amplitude's shapes, or any text.
 * @param redactor removes secrets before the text is truncated.
 * @returns one line: the most specific field, else the body itself; empty where there is nothing to quote.
 */
export function errorMessageFrom(body: string, redactor: Redactor): string {
  const sentence = z.catch(z.optional(z.string()), undefined);
  const errorSchema = z.object({
    message: sentence,
    metadata: z.catch(z.optional(z.object({ details: sentence })), undefined),
  });
  // The shapes in which errors were seen on Amplitude's hosts.
  const errorBodySchema = z.object({
    error: z.catch(z.optional(z.union([z.string(), errorSchema])), undefined),
    errors: z.catch(z.optional(z.array(z.object({ message: z.string() }))), undefined),
    message: sentence,
  });
  const { error, errors, message } = errorBodySchema.safeParse(parseJson(body)).data ?? {};
  const candidates = [
    ...(typeof error === 'string' ? [error] : [error?.metadata?.details, error?.message]),
    errors?.map((entry) => entry.message).join('; '),
    message,
    body,
  ];
  const found = candidates.map((candidate) => candidate?.trim() ?? '').find((candidate) => candidate !== '') ?? '';
  return truncate(redactor.redactParts(found).replace(/\s+/g, ' '), maxQuoteLength);
}
