import * as z from 'zod/mini';
import { nonBlank } from './context.js';
import { messageOf } from './errors.js';
import type { ProxySettings } from './proxy.js';
import { monotonicMs, send } from './request.js';

/** Which tag to look up, and whether its GitHub release alone is enough. */
export type NotesQuery = {
  readonly token: string;
  readonly githubApiUrl: string;
  readonly owner: string;
  readonly repo: string;
  readonly tag: string;
  readonly isDescriptionOpen: boolean;
  readonly proxies: ProxySettings;
};

/** What GitHub knows about a tag. */
export type Notes = {
  /** The name of the GitHub release of the tag. */
  readonly title: string | undefined;
  readonly description: { readonly text: string; readonly from: 'release' | 'tag' } | undefined;
  /** Why the lookup failed. A tag without a release is not a problem. */
  readonly problem: string | undefined;
};

/** Bounds the whole lookup, however many requests it takes. */
const lookUpTimeoutMs = 5_000;

const releaseSchema = z.object({ tag_name: z.string(), name: nonBlank, body: nonBlank });
const referenceSchema = z.object({ object: z.object({ type: z.string(), sha: z.string() }) });
const tagSchema = z.object({ message: nonBlank });
const statusSchema = z.object({ status: z.number(), response: z.object({}) });

/** The first line of the signature that git adds below a message. https://git-scm.com/docs/gitformat-signature */
const signature = /^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE|SIGNED MESSAGE)-----/m;

/**
 * Looks a tag up on GitHub: its release, else the message of the annotated tag.
 *
 * @returns what was found. It never rejects: a failure becomes the `problem`.
 * @see https://docs.github.com/rest/releases/releases#get-a-release-by-tag-name
 * @see https://docs.github.com/rest/git/tags#get-a-tag
 */
export async function lookUpNotes(query: NotesQuery): Promise<Notes> {
  const { owner, repo, tag } = query;
  let title: string | undefined;
  try {
    const { rest } = await createOctokit(query);
    const release = await undefinedOn404(() => rest.repos.getReleaseByTag({ owner, repo, tag }));
    const { name, body } = release === undefined ? {} : parseResponse(releaseSchema, release.data);
    title = name;
    if (body !== undefined) return { title, description: { text: body, from: 'release' }, problem: undefined };
    if (!query.isDescriptionOpen) return { title, description: undefined, problem: undefined };

    const reference = await rest.git.getRef({ owner, repo, ref: `tags/${tag}` });
    const { object } = parseResponse(referenceSchema, reference.data);
    const annotated = object.type === 'tag' ? await rest.git.getTag({ owner, repo, tag_sha: object.sha }) : undefined;
    const message = annotated === undefined ? undefined : parseResponse(tagSchema, annotated.data).message;
    const text = message?.split(signature)[0];
    return {
      title,
      description: text === undefined ? undefined : { text, from: 'tag' },
      problem: undefined,
    };
  } catch (error) {
    return { title, description: undefined, problem: explain(error) };
  }
}

/** Loads octokit, which most runs do not need. */
async function createOctokit({ token, githubApiUrl, proxies }: NotesQuery) {
  const deadlineMs = monotonicMs() + lookUpTimeoutMs;
  const { getOctokitOptions, GitHub } = await import('@actions/github/lib/utils');
  return new GitHub(
    getOctokitOptions(token, {
      baseUrl: githubApiUrl,
      log: silent,
      request: { log: silent, fetch: (url: string, init: FetchInit) => fetchBefore(deadlineMs, proxies, url, init) },
    }),
  );
}

/** octokit logs parts of the responses, which are untrusted text. */
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore } as const;

function ignore(): void {
  // Drops the message.
}

type FetchInit = { readonly headers: Readonly<Record<string, string>> };

/**
 * The part of `fetch` that octokit uses, on top of `send`: one place knows proxies and timeouts, and Node.js need not
 * load its own `fetch`.
 */
async function fetchBefore(deadlineMs: number, proxies: ProxySettings, url: string, { headers }: FetchInit) {
  const timeoutMs = Math.max(1, deadlineMs - monotonicMs());
  const response = await send({
    method: 'GET',
    url: new URL(url),
    headers,
    proxies,
    timeoutMs,
    maxBodyBytes: 4 * 1024 * 1024,
  });
  if (!response.isComplete) throw new Error('the response was cut short');
  return {
    status: response.status,
    url,
    headers: new Map(Object.entries(response.headers)),
    text: () => Promise.resolve(response.body),
  };
}

/** Most tags have no release, and GitHub answers 404 for them. */
async function undefinedOn404<Found>(request: () => Promise<Found>): Promise<Found | undefined> {
  try {
    return await request();
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

function parseResponse<Form>(schema: z.ZodMiniType<Form>, data: unknown): Form {
  const parsed = schema.safeParse(data);
  if (!parsed.success) throw new Error('GitHub answered in an unknown shape', { cause: parsed.error });
  return parsed.data;
}

function statusOf(error: unknown): number | undefined {
  return statusSchema.safeParse(error).data?.status;
}

function explain(error: unknown): string {
  const status = statusOf(error);
  if (status !== undefined) return `GitHub answered ${String(status)}`;
  return messageOf(error);
}
