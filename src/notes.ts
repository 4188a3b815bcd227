import * as z from 'zod/mini';
import { nowMs, send } from './request.js';

/** Where to look, for which tag, and whether its release alone is enough. */
export type NotesQuery = {
  readonly token: string;
  readonly githubApiUrl: string;
  readonly owner: string;
  readonly repo: string;
  readonly tag: string;
  readonly isDescriptionOpen: boolean;
};

/** What GitHub knows of a tag; what it does not know is `undefined`. */
export type Notes = {
  /** The name of the GitHub release of the tag. */
  readonly title: string | undefined;
  readonly description: { readonly text: string; readonly from: 'release' | 'tag' } | undefined;
  /** Why the look-up ended before it was through. That a tag has no release is no problem. */
  readonly problem: string | undefined;
};

/** Bounds the whole look-up, however many requests it takes. */
const lookUpTimeoutMs = 5_000;

const filled = z.catch(z.optional(z.string().check(z.regex(/\S/))), undefined);
const releaseSchema = z.object({ tag_name: z.string(), name: filled, body: filled });
const referenceSchema = z.object({ object: z.object({ type: z.string(), sha: z.string() }) });
const tagSchema = z.object({ message: filled });
const statusSchema = z.object({ status: z.number(), response: z.object({}) });

/** The first lines of the signatures that git puts below a message. https://git-scm.com/docs/gitformat-signature */
const signature = /^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE|SIGNED MESSAGE)-----/m;

/**
 * Looks a tag up on GitHub: its release, else the message of the annotated tag.
 *
 * @returns what was found. It never fails: what it met on the way is the `problem`.
 * @see https://docs.github.com/rest/releases/releases#get-a-release-by-tag-name
 * @see https://docs.github.com/rest/git/tags#get-a-tag
 */
export async function findNotes(query: NotesQuery): Promise<Notes> {
  const { owner, repo, tag } = query;
  let title: string | undefined;
  try {
    const { rest } = await connect(query);
    const release = await unlessMissing(() => rest.repos.getReleaseByTag({ owner, repo, tag }));
    const { name, body } = release === undefined ? {} : understand(releaseSchema, release.data);
    title = name;
    if (body !== undefined) return { title, description: { text: body, from: 'release' }, problem: undefined };
    if (!query.isDescriptionOpen) return { title, description: undefined, problem: undefined };

    const reference = await rest.git.getRef({ owner, repo, ref: `tags/${tag}` });
    const { object } = understand(referenceSchema, reference.data);
    const annotated = object.type === 'tag' ? await rest.git.getTag({ owner, repo, tag_sha: object.sha }) : undefined;
    const message = annotated === undefined ? undefined : understand(tagSchema, annotated.data).message;
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
async function connect({ token, githubApiUrl }: NotesQuery) {
  const deadlineMs = nowMs() + lookUpTimeoutMs;
  const { getOctokitOptions, GitHub } = await import('@actions/github/lib/utils');
  return new GitHub(
    getOctokitOptions(token, {
      baseUrl: githubApiUrl,
      log: silent,
      request: { log: silent, fetch: (url: string, init: FetchInit) => fetchUntil(deadlineMs, url, init) },
    }),
  );
}

/** octokit logs parts of the answers, which are text from outside. */
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore } as const;

function ignore(): void {
  // Nothing to do.
}

type FetchInit = { readonly headers: Readonly<Record<string, string>> };

/**
 * The part of `fetch` that octokit uses to read: the same request as Amplitude gets, so that one place knows proxies
 * and time, and Node.js need not load its own `fetch`.
 */
async function fetchUntil(deadlineMs: number, url: string, { headers }: FetchInit) {
  const timeoutMs = Math.max(1, deadlineMs - nowMs());
  const answer = await send({ method: 'GET', url: new URL(url), headers, timeoutMs });
  if (!answer.complete) throw new Error('the answer was cut short');
  return {
    status: answer.status,
    url,
    headers: new Map(Object.entries(answer.headers)),
    text: () => Promise.resolve(answer.body),
  };
}

/** Most tags have no release, and GitHub answers 404 for them. */
async function unlessMissing<Found>(look: () => Promise<Found>): Promise<Found | undefined> {
  try {
    return await look();
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

function understand<Form>(schema: z.ZodMiniType<Form>, data: unknown): Form {
  const parsed = schema.safeParse(data);
  if (!parsed.success) throw new Error('GitHub answered in an unknown form', { cause: parsed.error });
  return parsed.data;
}

function statusOf(error: unknown): number | undefined {
  return statusSchema.safeParse(error).data?.status;
}

function explain(error: unknown): string {
  const status = statusOf(error);
  if (status !== undefined) return `GitHub answered ${String(status)}`;
  return error instanceof Error ? error.message : String(error);
}
