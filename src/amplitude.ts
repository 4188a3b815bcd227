import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import { messageOf, RequestError, type Stage } from './errors.js';
import {
  ApiError,
  errorMessageFrom,
  maxErrorBytes,
  type Failure,
  type FailureClass,
  policies,
  type Target,
} from './failures.js';
import type { Credentials, Inputs } from './inputs.js';
import { nonBlank, parseJson } from './json.js';
import { findRelease, waitForRelease, type FoundRelease, type ReleaseQuery } from './project-releases.js';
import type { ProxySettings } from './proxy.js';
import { type HttpResponse, monotonicMs, openRequest, type OpenRequest } from './request.js';
import { parseRetryAfter } from './retry-after.js';
import type { Redactor } from './secrets.js';

/** Where releases are published, and how to get there. */
export type Destination = {
  readonly target: Target;
  readonly credentials: Credentials;
  readonly proxies: ProxySettings;
  /** Gives up what is under way, and starts nothing more. */
  readonly signal: AbortSignal;
};

/** A destination, and a request to it that waits for the release. */
export type Publication = Destination & { readonly request: OpenRequest };

/** How to publish. `timeoutMs` bounds all attempts and the waits between them. */
export type PublishOptions = Pick<Inputs, 'retries' | 'timeoutMs'> &
  Publication & {
    readonly redactor: Redactor;
    /** How to look for the release in the project; `undefined` where there is no token to ask with. */
    readonly query: ReleaseQuery | undefined;
    /** Called before each wait with what failed and how long the wait is. */
    readonly onRetry: (reason: string, waitMs: number) => void;
  };

/** A release that Amplitude has created, confirmed by its response or by the project's list of releases. */
export type Published = CreatedRelease | FoundRelease;

/** A release as Amplitude returned it in its response, without secrets. */
export type CreatedRelease = {
  readonly kind: 'created';
  readonly id: string;
  /** JSON of the release as Amplitude returned it, unknown fields included. */
  readonly release: string;
  /** The project of the keys; `undefined` where the response does not name it. */
  readonly projectId: string | undefined;
  readonly status: number;
  readonly durationMs: number;
};

const hosts = { us: 'https://amplitude.com', eu: 'https://analytics.eu.amplitude.com' } as const;
const path = '/api/2/release';

/** Upper bound of the first wait. It doubles with every retry (full jitter). */
const firstWaitMs = 500;
/** The least time that a retry needs. One that cannot finish would turn a certain "not created" into a "maybe". */
const minAttemptMs = 1_000;
/** How long a connection waits for its request at most. Some gateways close it after five seconds. */
const maxWaitMs = 4_000;

/**
 * Resolves where a release is sent to.
 *
 * @returns the Releases API of the region, or the one below `apiUrl`.
 * @see https://amplitude.com/docs/apis/analytics/releases
 */
export function targetFor({ region, apiUrl }: Pick<Inputs, 'region' | 'apiUrl'>): Target {
  if (apiUrl === undefined) return { url: new URL(hosts[region] + path), region };
  return { url: new URL(apiUrl.origin + apiUrl.pathname.replace(/\/+$/, '') + path), region: undefined };
}

/**
 * Opens the connection for an attempt to publish, while the release is still being made. Nothing is written to it before
 * {@link publish} is called.
 *
 * @param timeoutMs the connection is not kept for longer than this.
 */
export function openPublication(destination: Destination, timeoutMs: number): Publication {
  const { target, credentials, proxies, signal } = destination;
  const headers = {
    accept: 'application/json',
    authorization: `Basic ${credentials.basic}`,
    'content-type': 'application/json',
  };
  const head = { method: 'POST', url: target.url, headers, proxies, signal } as const;
  return { ...destination, request: openRequest(head, Math.min(timeoutMs, maxWaitMs)) };
}

/**
 * Publishes the release with one POST, which is retried only when Amplitude cannot have processed it: the API has no
 * idempotency key. If the release may have been created, and the project can be asked, its list of releases decides.
 *
 * @param payload the release as JSON.
 * @returns the release as Amplitude created it.
 * @throws ApiError whose message says what to do next.
 */
export async function publish(payload: string, options: PublishOptions): Promise<Published> {
  const { retries, timeoutMs, query, signal, onRetry } = options;
  const deadlineMs = monotonicMs() + timeoutMs;
  let { request } = options;
  for (let attempts = 1; ; attempts += 1) {
    const remainingMs = deadlineMs - monotonicMs();
    // If the response is lost, the other half is for looking for the release.
    const attemptTimeoutMs = query === undefined ? remainingMs : remainingMs / 2;
    const result = await attempt(request, payload, options, attemptTimeoutMs);
    if ('id' in result) return result;
    const waitMs = Math.max(Math.random() * firstWaitMs * 2 ** (attempts - 1), result.retryAfterMs);
    const hasTime = monotonicMs() + waitMs + Math.min(minAttemptMs, timeoutMs / 4) < deadlineMs;
    const isRetried = policies[result.class].isRetried && attempts <= retries && hasTime && !signal.aborted;
    if (isRetried) {
      onRetry(result.reason, waitMs);
      await sleep(waitMs, undefined, { signal }).catch(() => {
        throw new ApiError(result, attempts);
      });
    }
    const confirmed = query === undefined ? result : await confirm(result, query, deadlineMs - monotonicMs());
    if ('id' in confirmed) return confirmed;
    if (!isRetried) throw new ApiError(confirmed, attempts);
    ({ request } = openPublication(options, deadlineMs - monotonicMs()));
  }
}

/** Looks for the release in the project, if it may exist in spite of the failure. */
async function confirm(failure: Failure, query: ReleaseQuery, remainingMs: number): Promise<FoundRelease | Failure> {
  const { mayExist } = policies[failure.class];
  // Amplitude says that a 503 is safe to retry. A gateway may answer it after Amplitude has processed the request.
  if ((!mayExist && failure.status !== 503) || query.signal.aborted) return failure;
  if (!mayExist) {
    const finding = await findRelease(query, remainingMs);
    return finding.kind === 'found' ? finding : failure;
  }
  const search = await waitForRelease(query, remainingMs);
  return search.kind === 'found' ? search : { ...failure, search };
}

async function attempt(
  request: OpenRequest,
  payload: string,
  options: PublishOptions,
  timeoutMs: number,
): Promise<CreatedRelease | Failure> {
  try {
    const response = await request.send({
      body: payload,
      timeoutMs: Math.max(1, Math.round(timeoutMs)),
      // Amplitude returns the release, with each byte escaped to six at most.
      maxBodyBytes: maxErrorBytes + 6 * Buffer.byteLength(payload),
    });
    return parseResponse(response, options);
  } catch (cause) {
    if (!(cause instanceof RequestError)) throw cause;
    return failureFrom(cause, options);
  }
}

/**
 * Classifies a response without a release, or the lack of a response.
 *
 * @param cause the response, or why there is none.
 */
export function failureFrom(
  cause: HttpResponse | RequestError,
  { target, redactor }: Pick<PublishOptions, 'target' | 'redactor'>,
): Failure {
  if (cause instanceof RequestError) {
    const { stage } = cause;
    const reason = redactor.redactParts(messageOf(cause));
    return { class: classOfStage[stage], target, reason, status: undefined, stage, retryAfterMs: 0, cause };
  }
  const { status, headers, body, isComplete } = cause;
  const quote = errorMessageFrom(body.slice(0, maxErrorBytes), redactor);
  const reason = [
    `${target.url.host}: ${String(status)}`,
    ...(isComplete ? [] : ['the response was cut short']),
    ...(quote === '' ? [] : [`"${quote}"`]),
  ].join(', ');
  return {
    class: classify(cause),
    target,
    reason,
    status,
    stage: undefined,
    retryAfterMs: parseRetryAfter(headers) ?? 0,
    cause: undefined,
  };
}

const classOfStage = {
  connecting: 'not-created',
  verifying: 'misconfiguration',
  proxy: 'misconfiguration',
  sent: 'maybe-created',
} as const satisfies Readonly<Record<Stage, FailureClass>>;

/** A response that does not say whether it is a success is one. A release with a blank id is not one. */
const publishedSchema = z.object({
  success: z.transform((value) => value === undefined || value === true),
  release: z.looseObject({ id: nonBlank }),
});

function parseResponse(response: HttpResponse, options: PublishOptions): CreatedRelease | Failure {
  const { status, durationMs, body } = response;
  const json = isSuccess(status) ? parseJson(body) : undefined;
  const { success, release } = publishedSchema.safeParse(json).data ?? {};
  if (success !== true || release?.id === undefined) return failureFrom(response, options);
  const { redactParts, redactWhole } = options.redactor;
  const { app_id: projectId } = release;
  return {
    kind: 'created',
    id: redactParts(release.id),
    release: redactWhole(stringify(release)),
    projectId: typeof projectId === 'number' ? String(projectId) : undefined,
    status,
    durationMs,
  };
}

/** Nesting deeper than the stack allows must not lose a release that was created. */
function stringify(release: { readonly id: unknown }): string {
  try {
    return JSON.stringify(release);
  } catch {
    return JSON.stringify({ id: release.id });
  }
}

/** The class of a response without a release. A status that is known decides; an unknown one proves nothing. */
function classify({ status, isComplete, body }: HttpResponse): FailureClass {
  if (status === 429) return 'not-created';
  if (status === 503) return mayHaveReachedUpstream(body) ? 'maybe-created' : 'not-created';
  if (isSuccess(status)) return isComplete ? 'no-release' : 'maybe-created';
  return status >= 300 && status < 500 ? 'misconfiguration' : 'maybe-created';
}

/** Envoy's reasons that prove that nothing was sent to the upstream. */
const unsentReasons = ['connection failure', 'local connection failure', 'remote connection failure', 'overflow'];

/**
 * Whether a 503 is one that Envoy answers after it lost the upstream, which may have processed the request.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/faq/debugging/why_is_envoy_returning_503s
 */
function mayHaveReachedUpstream(body: string): boolean {
  const text = body.toLowerCase();
  if (!/upstream connect error|disconnect\/reset|reset reason/.test(text)) return false;
  // After a retry of Envoy's own, the reason is that of its last attempt alone.
  const reason = /reset reason:\s*([a-z ]*[a-z])/.exec(text)?.[1] ?? '';
  return text.includes('retried') || !unsentReasons.includes(reason);
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
