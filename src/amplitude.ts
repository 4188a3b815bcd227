import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import manifest from '../package.json' with { type: 'json' };
import { RequestError, type Stage } from './errors.js';
import {
  ApiError,
  errorMessageFrom,
  type Failure,
  type FailureClass,
  parseJson,
  policies,
  type Target,
} from './failures.js';
import type { Credentials, Inputs } from './inputs.js';
import { type HttpResponse, monotonicMs, send } from './request.js';

/** Where and how to publish. `timeoutMs` bounds all attempts and the waits between them. */
export type PublishOptions = Pick<Inputs, 'retries' | 'timeoutMs'> & {
  readonly target: Target;
  readonly credentials: Credentials;
  /** Called before each wait with what failed and how long the wait is. */
  readonly onRetry: (reason: string, waitMs: number) => void;
};

/** A release that Amplitude has created. */
export type Published = {
  readonly id: string;
  /** JSON of the release as Amplitude returned it, unknown fields included. */
  readonly release: string;
  readonly status: number;
  readonly durationMs: number;
};

const hosts = { us: 'https://amplitude.com', eu: 'https://analytics.eu.amplitude.com' } as const;
const path = '/api/2/release';

/** Upper bound of the first wait. It doubles with every retry (full jitter). */
const firstWaitMs = 500;

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
 * Publishes the release with one POST, which is retried only when Amplitude cannot have processed it: the API has no
 * idempotency key, and these credentials cannot read releases.
 *
 * @param payload the release as JSON.
 * @returns the release as Amplitude created it.
 * @throws ApiError whose message says what to do next.
 */
export async function publish(payload: string, options: PublishOptions): Promise<Published> {
  const { retries, timeoutMs, onRetry } = options;
  const deadlineMs = monotonicMs() + timeoutMs;
  for (let attempts = 1; ; attempts += 1) {
    const result = await attempt(payload, options, deadlineMs - monotonicMs());
    if ('id' in result) return result;
    const waitMs = Math.max(Math.random() * firstWaitMs * 2 ** (attempts - 1), result.retryAfterMs);
    const hasTime = monotonicMs() + waitMs < deadlineMs;
    if (!policies[result.class].isRetried || attempts > retries || !hasTime) throw new ApiError(result, attempts);
    onRetry(result.reason, waitMs);
    await sleep(waitMs);
  }
}

async function attempt(
  payload: string,
  { target, credentials }: PublishOptions,
  timeoutMs: number,
): Promise<Published | Failure> {
  try {
    const response = await send({
      method: 'POST',
      url: target.url,
      timeoutMs: Math.max(1, Math.round(timeoutMs)),
      headers: {
        accept: 'application/json',
        authorization: `Basic ${credentials.basic}`,
        'content-type': 'application/json',
        'user-agent': `${manifest.name}/${manifest.version}`,
      },
      body: payload,
    });
    return parseResponse(response, target, credentials);
  } catch (cause) {
    if (!(cause instanceof RequestError)) throw cause;
    const { stage, message: reason } = cause;
    return { class: classOfStage[stage], target, reason, status: undefined, stage, retryAfterMs: 0, cause };
  }
}

const classOfStage = {
  connecting: 'not-created',
  verifying: 'misconfiguration',
  sent: 'maybe-created',
} as const satisfies Readonly<Record<Stage, FailureClass>>;

const publishedSchema = z.object({
  success: z.optional(z.literal(true)),
  release: z.looseObject({ id: z.string().check(z.minLength(1)) }),
});

function parseResponse(response: HttpResponse, target: Target, credentials: Credentials): Published | Failure {
  const { status, durationMs, headers, body, isComplete } = response;
  const release =
    isSuccess(status) && isComplete ? publishedSchema.safeParse(parseJson(body)).data?.release : undefined;
  if (release !== undefined) return { id: release.id, release: JSON.stringify(release), status, durationMs };
  const quote = errorMessageFrom(body, (text) => redact(text, credentials));
  const reason = [
    `${target.url.host}: ${String(status)}`,
    ...(isComplete ? [] : ['the response was cut short']),
    ...(quote === '' ? [] : [`"${quote}"`]),
  ].join(', ');
  const retryAfterMs = parseRetryAfter(headers['retry-after']);
  return { class: classify(response), target, reason, status, stage: undefined, retryAfterMs, cause: undefined };
}

/** The class of a response without a release. */
function classify({ status, isComplete }: HttpResponse): FailureClass {
  if (status === 429 || status === 503) return 'not-created';
  if (status >= 500) return 'maybe-created';
  if (!isSuccess(status)) return 'misconfiguration';
  return isComplete ? 'no-release' : 'maybe-created';
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/**
 * Reads the seconds or the date that a gateway asks to wait for. Amplitude documents neither.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
function parseRetryAfter(header: string | readonly string[] | undefined): number {
  if (typeof header !== 'string') return 0;
  const waitMs = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : 0;
}

function redact(text: string, { apiKey, secretKey, basic }: Credentials): string {
  return [basic, apiKey, secretKey].reduce((redacted, secret) => redacted.replaceAll(secret, '***'), text);
}
