import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import manifest from '../package.json' with { type: 'json' };
import { ApiError, type Fault, RequestError } from './errors.js';
import type { Credentials, Inputs } from './inputs.js';
import { type Answer, nowMs, send } from './request.js';

/** Where and how to publish. `timeoutMs` bounds all tries and the waits between them. */
export type Delivery = Pick<Inputs, 'retries' | 'timeoutMs'> & {
  readonly endpoint: URL;
  readonly credentials: Credentials;
  /** Told once, as soon as the first request is under way. */
  readonly onRequest: () => void;
  /** Told once, when the first request is written or has failed: what is done then is done while Amplitude answers. */
  readonly onWritten: () => void;
  /** Told before each wait: what failed, and how long the wait is. */
  readonly onRetry: (reason: string, waitMs: number) => void;
};

/** A release that Amplitude has. */
export type Published = {
  readonly id: string;
  /** JSON of the release as Amplitude returned it, unknown fields kept. */
  readonly release: string;
  readonly status: number;
  readonly durationMs: number;
};

const hosts = { us: 'https://amplitude.com', eu: 'https://analytics.eu.amplitude.com' } as const;
const path = '/api/2/release';
const releasesPage = 'Organization settings → Projects → (project) → Releases';
const keysPage = 'Organization settings → Projects → (project) → General';

/** The first wait is at most this long, and each one after it at most twice as long as the one before. */
const firstWaitMs = 500;
/** How much of Amplitude's own words a message shows. */
const maximumWords = 500;

/**
 * The address that a release is sent to.
 *
 * @returns the one of the region, or the one below `apiUrl` where it is given.
 * @see https://amplitude.com/docs/apis/analytics/releases
 */
export function endpointOf({ region, apiUrl }: Pick<Inputs, 'region' | 'apiUrl'>): URL {
  const base = apiUrl ?? new URL(hosts[region]);
  return new URL(base.origin + base.pathname.replace(/\/+$/, '') + path);
}

/**
 * Publishes the release: one POST, and again only as long as Amplitude cannot have taken the one before. The API has
 * no key to make a second POST harmless, and no way to ask what became of the first.
 *
 * @param payload the release as JSON.
 * @returns the release as Amplitude has it now.
 * @throws ApiError with the class of the failure in `fault`, in words that say what to do next.
 */
export async function publish(payload: string, delivery: Delivery): Promise<Published> {
  const { retries, timeoutMs, onRetry } = delivery;
  const deadlineMs = nowMs() + timeoutMs;
  for (let tries = 1; ; tries += 1) {
    const attempt = await (tries === 1 ? tryFirst : tryOnce)(payload, delivery, deadlineMs - nowMs());
    if ('id' in attempt) return attempt;
    const waitMs = Math.max(Math.random() * firstWaitMs * 2 ** (tries - 1), attempt.retryAfterMs);
    const canWait = nowMs() + waitMs < deadlineMs;
    if (attempt.fault !== 'outage' || tries > retries || !canWait) throw failureOf(attempt, delivery, tries);
    onRetry(attempt.reason, waitMs);
    await sleep(waitMs);
  }
}

/** The first try, and while it is under way what is told of it. */
async function tryFirst(payload: string, delivery: Delivery, timeoutMs: number): Promise<Published | Failure> {
  let tellWritten: () => void = () => undefined;
  const written = new Promise<void>((resolve) => {
    tellWritten = resolve;
  });
  const trying = tryOnce(payload, delivery, timeoutMs, tellWritten);
  const [attempt] = await Promise.all([
    trying,
    nextTurn().then(delivery.onRequest),
    Promise.race([written, trying]).then(delivery.onWritten),
  ]);
  return attempt;
}

/** By the next turn of the event loop, Node.js has asked for the host's address, or begun the connection to it. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Why one try did not publish the release. */
type Failure = {
  readonly fault: Fault;
  /** What failed, on what, in a few words. */
  readonly reason: string;
  readonly status: number | undefined;
  readonly retryAfterMs: number;
  readonly cause: unknown;
};

async function tryOnce(
  payload: string,
  { endpoint, credentials }: Delivery,
  timeoutMs: number,
  onWritten?: () => void,
): Promise<Published | Failure> {
  try {
    const answer = await send({
      method: 'POST',
      url: endpoint,
      timeoutMs: Math.max(1, Math.round(timeoutMs)),
      headers: {
        accept: 'application/json',
        authorization: `Basic ${credentials.basic}`,
        'content-type': 'application/json',
        'user-agent': `${manifest.name}/${manifest.version}`,
      },
      body: payload,
      onWritten,
    });
    return readAnswer(answer, endpoint, credentials);
  } catch (cause) {
    if (!(cause instanceof RequestError)) throw cause;
    const faults = { connecting: 'outage', verifying: 'configuration', answering: 'uncertain' } as const;
    return { fault: faults[cause.stage], reason: cause.message, status: undefined, retryAfterMs: 0, cause };
  }
}

const releaseSchema = z.looseObject({ id: z.string().check(z.minLength(1)) });
const publishedSchema = z.object({ success: z.optional(z.literal(true)), release: releaseSchema });

function readAnswer(answer: Answer, { host }: URL, credentials: Credentials): Published | Failure {
  const { status, durationMs, headers } = answer;
  const failure = (fault: Fault): Failure => {
    const words = wordsOf(answer.body, credentials);
    const facts = [
      String(status),
      ...(answer.complete ? [] : ['the answer was cut short']),
      ...(words === '' ? [] : [`"${words}"`]),
    ];
    const retryAfterMs = readRetryAfter(headers['retry-after']);
    return { fault, reason: `${host}: ${facts.join(', ')}`, status, retryAfterMs, cause: undefined };
  };
  if (status === 429 || status === 503) return failure('outage');
  if (status >= 500) return failure('uncertain');
  if (status < 200 || status >= 300) return failure('configuration');
  if (!answer.complete) return failure('uncertain');
  const release = cutOut(answer.body) ?? readRelease(answer.body);
  return release === undefined ? failure('refusal') : { ...release, status, durationMs };
}

/**
 * Takes the release out of an answer in the form that Amplitude gives it, to the letter: no number loses its last
 * digits, and long notes, which Amplitude sends back, are read once and need not be made into JSON again.
 *
 * @returns `undefined` where the answer has another form.
 */
function cutOut(body: string): Pick<Published, 'id' | 'release'> | undefined {
  const start = /^\s*\{\s*"success"\s*:\s*true\s*,\s*"release"\s*:/.exec(body)?.[0];
  if (start === undefined) return undefined;
  const end = body.lastIndexOf('}');
  // The answer is JSON if it is without the release, and the release by itself.
  if (parseJson(`${start}null${body.slice(end)}`) === undefined) return undefined;
  const release = body.slice(start.length, end);
  const { data } = releaseSchema.safeParse(parseJson(release));
  return data && { id: data.id, release: release.trim() };
}

function readRelease(body: string): Pick<Published, 'id' | 'release'> | undefined {
  const { data } = publishedSchema.safeParse(parseJson(body));
  return data && { id: data.release.id, release: JSON.stringify(data.release) };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/**
 * Gateways send the seconds or the date (RFC 9110, section 10.2.3); Amplitude documents neither.
 */
function readRetryAfter(header: string | readonly string[] | undefined): number {
  if (typeof header !== 'string') return 0;
  const waitMs = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : 0;
}

/** The shapes in which errors were seen on Amplitude's hosts. Made only when there is an error to read. */
function makeErrorBodySchema() {
  const sentence = z.catch(z.optional(z.string()), undefined);
  const error = z.object({
    message: sentence,
    metadata: z.catch(z.optional(z.object({ details: sentence })), undefined),
  });
  return z.object({
    error: z.catch(z.optional(z.union([z.string(), error])), undefined),
    errors: z.catch(z.optional(z.array(z.object({ message: z.string() }))), undefined),
    message: sentence,
  });
}

/** Amplitude's own words, from the most to the least telling place, else the text itself; cut, and without the keys. */
function wordsOf(body: string, { apiKey, secretKey, basic }: Credentials): string {
  const { error, errors, message } = makeErrorBodySchema().safeParse(parseJson(body)).data ?? {};
  const candidates = [
    ...(typeof error === 'string' ? [error] : [error?.metadata?.details, error?.message]),
    errors?.map((entry) => entry.message).join('; '),
    message,
    body,
  ];
  let words = candidates.map((candidate) => candidate?.trim() ?? '').find((candidate) => candidate !== '') ?? '';
  // Before the cut: half a key is none that the runner would mask.
  for (const secret of [basic, apiKey, secretKey]) words = words.replaceAll(secret, '***');
  words = words.replace(/\s+/g, ' ');
  return words.length > maximumWords ? `${words.slice(0, maximumWords)}…` : words;
}

function failureOf(
  { fault, reason, status, retryAfterMs, cause }: Failure,
  delivery: Delivery,
  tries: number,
): ApiError {
  const count = tries === 1 ? '' : `, after ${String(tries)} tries`;
  const waits = retryAfterMs > 0 ? `, which asks to wait ${String(Math.ceil(retryAfterMs / 1000))} s` : '';
  const texts: Record<Fault, string> = {
    configuration: `Amplitude was not given the release (${reason}). ${remedyOf(status, delivery)}`,
    outage: `Amplitude did not take the release (${reason}${waits}${count}). It was not created. Run the job again when Amplitude answers.`,
    uncertain: `The release may or may not have been created (${reason}${count}). Look in Amplitude, under ${releasesPage}, before you run the job again: a second run could publish it twice.`,
    refusal: `Amplitude answered without a release (${reason}). Look in Amplitude, under ${releasesPage}, for what became of it, and correct what the answer names.`,
  };
  return new ApiError(texts[fault], { fault, status }, { cause });
}

/** What to do about a status that every other try would meet again; no status is a certificate that did not verify. */
function remedyOf(status: number | undefined, { endpoint }: Delivery): string {
  switch (status) {
    case undefined:
      return 'Its TLS certificate did not verify, so nothing was sent. Where a proxy signs with an authority of its own, set `NODE_EXTRA_CA_CERTS` in the `env` of the step to the file of its certificate.';
    case 400:
      return 'Correct the input that the message names.';
    case 401:
    case 403: {
      const other = endpoint.href.startsWith(hosts.eu) ? 'us' : 'eu';
      return `Check that \`api-key\` and \`secret-key\` are both of the same project (${keysPage}), and that the project does not live in the other region: then set \`region: ${other}\`.`;
    }
    case 404:
      return 'There is no Releases API at this address: check `api-url`, or leave it out.';
    case 413:
      return 'The release is too large: shorten `description`.';
    default:
      return status >= 300 && status < 400
        ? 'It redirects to another address, which is not followed, so that the keys stay with this one. Set `api-url` to the address that serves the Releases API.'
        : 'Correct the request by what the message says.';
  }
}
