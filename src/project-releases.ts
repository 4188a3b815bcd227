import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import { InputError, messageOf } from './errors.js';
import type { Inputs } from './inputs.js';
import { parseJson } from './json.js';
import type { ProxySettings } from './proxy.js';
import type { Release } from './release.js';
import { type HttpResponse, monotonicMs, send } from './request.js';
import { parseRetryAfter } from './retry-after.js';
import { truncate } from './sanitize.js';
import type { Redactor } from './secrets.js';

/** A release, and the Amplitude project to look for it in. */
export type ReleaseQuery = Pick<Inputs, 'region' | 'apiUrl'> & {
  readonly projectId: string;
  /** A personal access token (`amp_…`) or an OAuth access token of Amplitude's Developer API. */
  readonly accessToken: string;
  readonly release: Pick<Release, 'version' | 'platforms' | 'release_start'>;
  readonly proxies: ProxySettings;
  readonly redactor: Redactor;
  /** Gives up what is under way, and starts nothing more. */
  readonly signal: AbortSignal;
};

/** The release is in the project, published by this action or by somebody else. */
export type FoundRelease = {
  readonly kind: 'found';
  readonly id: string;
  /** JSON of the release as Amplitude returned it, unknown fields included, secrets redacted. */
  readonly release: string;
};

/** What the project's list says about a release. */
export type Finding =
  | FoundRelease
  /** `isDetected`: Amplitude has made an automatic release for this version, which does not stand for the one we look for. */
  | { readonly kind: 'absent'; readonly isDetected: boolean }
  /** The list could not be read, or says nothing about this release. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** What came of looking for a release that may have been created. `problem`: why the list could not be read even once. */
export type Search =
  FoundRelease | { readonly kind: 'not-found'; readonly searchedMs: number; readonly problem: string | undefined };

const hosts = {
  us: 'https://developer-api.amplitude.com',
  eu: 'https://developer-api.eu.amplitude.com',
} as const satisfies Record<Inputs['region'], string>;

/** The largest page that the API returns. */
const pageSize = 200;
/** The longest that a release waits for the list before it is published without it. */
const maxLookupMs = 10_000;
/** Upper bound of the first wait between two requests. It doubles with every request, up to {@link maxWaitMs} (full jitter). */
const firstWaitMs = 500;
const maxWaitMs = 4_000;
/** The most bytes of a page that are read: enough for 200 releases with the longest notes that GitHub keeps. */
const maxBodyBytes = 32 * 1024 * 1024;
/** The longest excerpt of a response that a message quotes, in characters. */
const maxQuoteLength = 500;
const dayMs = 24 * 60 * 60 * 1000;

/**
 * The address of a project's releases in Amplitude's Developer API.
 *
 * @returns the one of the region, or the one below `apiUrl`.
 * @see https://amplitude.com/docs/apis/developer
 */
export function projectReleasesUrl({
  region,
  apiUrl,
  projectId,
}: Pick<ReleaseQuery, 'region' | 'apiUrl' | 'projectId'>): URL {
  const base = apiUrl ?? new URL(hosts[region]);
  return new URL(`${base.origin}${base.pathname.replace(/\/+$/, '')}/v1/projects/${projectId}/releases`);
}

/**
 * Looks for a release among the 200 newest of the project: the same version and the same platforms, not deleted, and
 * not made by Amplitude itself. The start does not matter, as a re-run may have another one.
 *
 * @param remainingMs the time that is left to publish the release. At most half of it is used, and at most 10 seconds.
 * @throws InputError when the token is rejected.
 */
export async function findRelease(query: ReleaseQuery, remainingMs: number): Promise<Finding> {
  const deadlineMs = monotonicMs() + Math.min(maxLookupMs, remainingMs / 2);
  for (let requests = 1; ; requests += 1) {
    const reply = await readReleases(query, deadlineMs - monotonicMs());
    if (reply.kind === 'rejected') throw rejectedToken(reply.reason);
    if (reply.kind !== 'unknown' || reply.retryAfterMs === undefined) return reply;
    const waitMs = waitAfter(requests, reply);
    if (query.signal.aborted || monotonicMs() + waitMs >= deadlineMs) return reply;
    await pause(waitMs, query.signal);
  }
}

/**
 * Looks for a release that may have been created, again and again until the list shows it. The list comes from a search
 * index that may lag by some seconds: finding the release proves that it was created, not finding it proves nothing.
 *
 * @param timeoutMs bounds all requests and the waits between them.
 */
export async function waitForRelease(query: ReleaseQuery, timeoutMs: number): Promise<Search> {
  const startMs = monotonicMs();
  const deadlineMs = startMs + timeoutMs;
  let isRead = false;
  let problem: string | undefined;
  for (let requests = 1; ; requests += 1) {
    const reply = await readReleases(query, deadlineMs - monotonicMs());
    if (reply.kind === 'found') return reply;
    if (reply.kind === 'absent') isRead = true;
    else problem ??= reply.reason;
    const waitMs = waitAfter(requests, reply);
    const isLast = reply.kind === 'rejected' || query.signal.aborted;
    if (isLast || monotonicMs() + waitMs >= deadlineMs) {
      const searchedMs = Math.round(monotonicMs() - startMs);
      return { kind: 'not-found', searchedMs, problem: isRead ? undefined : problem };
    }
    await pause(waitMs, query.signal);
  }
}

/** How long to wait after so many requests: as long as the last response asks for, or longer. */
function waitAfter(requests: number, reply: Reply): number {
  const waitMs = Math.random() * Math.min(firstWaitMs * 2 ** (requests - 1), maxWaitMs);
  return Math.max(waitMs, reply.kind === 'unknown' ? (reply.retryAfterMs ?? 0) : 0);
}

/** Waits, but not after the signal: whoever waits sees by it that there is nothing more to do. */
async function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  await sleep(waitMs, undefined, { signal }).catch(() => undefined);
}

function rejectedToken(reason: string): InputError {
  return new InputError([
    {
      input: 'access-token',
      message:
        `was rejected for the project in \`project-id\` (${reason}). Check that the token is valid, has the scope \`analytics:read\`, ` +
        'and can see this project, and that `region` is the region of the project. Without both inputs the release is published without asking.',
    },
  ]);
}

/** What one request says. `rejected`: no request with this token will say more. */
type Reply =
  | Exclude<Finding, { kind: 'unknown' }>
  | { readonly kind: 'unknown'; readonly reason: string; readonly retryAfterMs?: number | undefined }
  | { readonly kind: 'rejected'; readonly reason: string };

/** Reads the newest releases once. No failure here may keep a release from being published. */
async function readReleases(query: ReleaseQuery, timeoutMs: number): Promise<Reply> {
  const { accessToken, proxies, redactor, signal } = query;
  const url = projectReleasesUrl(query);
  url.searchParams.set('limit', String(pageSize));
  url.searchParams.set('release_start_before', new Date(startOf(query.release) + dayMs).toISOString());
  try {
    const deadlineMs = monotonicMs() + timeoutMs;
    const ask = (authorization: string) =>
      send({
        method: 'GET',
        url,
        headers: { accept: 'application/json', authorization },
        proxies,
        timeoutMs: Math.max(1, Math.round(deadlineMs - monotonicMs())),
        maxBodyBytes,
        signal,
      });
    const response = await ask(`Bearer ${accessToken}`);
    // As documented; Amplitude's own client sends a personal access token in another form.
    // https://github.com/amplitude/developer-cli
    const hasOtherForm = response.status === 401 && accessToken.startsWith('amp_');
    return readReply(hasOtherForm ? await ask(`Bearer PAT=${accessToken}`) : response, url.host, query);
  } catch (error) {
    return { kind: 'unknown', reason: redactor.redactParts(messageOf(error)) };
  }
}

function readReply(response: HttpResponse, host: string, query: ReleaseQuery): Reply {
  const { redactor } = query;
  const { status, headers, isComplete } = response;
  const body = parseJson(response.body);
  if (status === 200 && isComplete) return readPage(body, host, query);

  // https://www.rfc-editor.org/rfc/rfc9457, and the field that Amplitude adds to it.
  const problemSchema = z.object({
    title: z.catch(z.optional(z.string()), undefined),
    detail: z.catch(z.optional(z.string()), undefined),
    retry_after_seconds: z.catch(z.optional(z.number().check(z.nonnegative())), undefined),
  });
  const { title, detail, retry_after_seconds: retryAfterSeconds } = problemSchema.safeParse(body).data ?? {};
  const words = detail ?? title;
  const facts = [
    String(status),
    ...(isComplete ? [] : ['the response was cut short']),
    ...(words === undefined ? [] : [`"${truncate(redactor.redactParts(words), maxQuoteLength)}"`]),
  ];
  const reason = `${host}: ${facts.join(', ')}`;
  if (status === 401 || status === 403) return { kind: 'rejected', reason };
  const bodyRetryAfterMs = retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1000;
  const retryAfterMs = status === 429 ? (parseRetryAfter(headers) ?? bodyRetryAfterMs) : undefined;
  return { kind: 'unknown', reason, retryAfterMs };
}

/** A release proves that it was published; its absence proves something only on a page that is understood whole. */
function readPage(body: unknown, host: string, { release, redactor }: ReleaseQuery): Reply {
  const unknown = (what: string): Reply => ({ kind: 'unknown', reason: `${host}: ${what}` });
  const pageSchema = z.object({
    data: z.array(z.unknown()),
    pagination: z.object({ next_cursor: z.optional(z.nullable(z.string())) }),
  });
  const page = pageSchema.safeParse(body).data;
  if (page === undefined) return unknown('200 in an unknown shape');

  const releaseSchema = z.looseObject({
    id: z.string().check(z.minLength(1)),
    version: z.nullable(z.string()),
    platforms: z.nullable(z.array(z.string())),
    release_start: z.string(),
    type: z.string(),
    // The list leaves deleted releases out, unless it is asked for them.
    deleted: z.optional(z.boolean()),
  });
  const releases = page.data.flatMap((entry) => releaseSchema.safeParse(entry).data ?? []);
  const sameVersion = releases.filter(({ version, deleted }) => version === release.version && deleted !== true);
  const platforms = setOf(release.platforms);
  const match = sameVersion.find((entry) => entry.type !== 'automatic' && setOf(entry.platforms) === platforms);
  if (match !== undefined) {
    const { redactParts, redactWhole } = redactor;
    return { kind: 'found', id: redactParts(match.id), release: redactWhole(JSON.stringify(match)) };
  }

  if (releases.length < page.data.length) return unknown('200 with a release in an unknown shape');
  const oldestStartMs = Date.parse(releases.at(-1)?.release_start ?? '');
  if (typeof page.pagination.next_cursor === 'string' && !(oldestStartMs <= startOf(release))) {
    return unknown(`200 with ${String(releases.length)} releases that do not go back to the start of this one`);
  }
  return { kind: 'absent', isDetected: sameVersion.some(({ type }) => type === 'automatic') };
}

/** A text that is equal for equal sets of platforms; no platforms are an empty set. */
function setOf(platforms: readonly string[] | null | undefined): string {
  return JSON.stringify([...new Set(platforms)].sort());
}

/** The start as epoch milliseconds. */
function startOf({ release_start: start }: ReleaseQuery['release']): number {
  return Date.parse(`${start.replace(' ', 'T')}Z`);
}
