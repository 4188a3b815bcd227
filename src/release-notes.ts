import * as z from 'zod/mini';
import type { TagObject } from './event.js';
import {
  createGitHubClient,
  type GitHubClient,
  type GitHubProblem,
  problemFrom,
  type Repository,
  undefinedOn,
} from './github.js';
import { nonBlank } from './json.js';
import { unicodePattern } from './unicode-pattern.js';

/** Which tag to look up, and what is still open. */
export type ReleaseNotesQuery = Repository & {
  readonly tag: string;
  readonly tagObject: TagObject;
  /** Whether the description is still open; else only the name of the release is looked up. */
  readonly isDescriptionOpen: boolean;
  /** GITHUB_SERVER_URL, on which the page of a release must be. */
  readonly githubServerUrl: string;
};

/** What GitHub knows about a tag; `undefined` where it knows nothing. */
export type ReleaseNotes = {
  /** The name of the GitHub release. */
  readonly title: string | undefined;
  /** Markdown where the source is the release, plain text without blank ends where it is the tag. */
  readonly description: { readonly text: string; readonly source: 'release' | 'tag' } | undefined;
  /** The page of the GitHub release. */
  readonly url: string | undefined;
  /** Why all or a part of the lookup failed. A tag without a release is not a problem. */
  readonly problem: GitHubProblem | undefined;
};

/** Bounds the whole lookup. */
const lookUpTimeoutMs = 5_000;

/** The first line of each kind of signature that git appends to a message. https://git-scm.com/docs/gitformat-signature */
const signature = /^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE|SIGNED MESSAGE)-----/m;

/**
 * Looks up a tag on GitHub: its release and, at the same time, the message of an annotated tag. As soon as the release
 * turns out to have notes, the request for the message is cancelled.
 *
 * @returns what was found. It never rejects: a failure becomes the `problem`.
 * @see https://docs.github.com/rest/releases/releases#get-a-release-by-tag-name
 * @see https://docs.github.com/rest/git/tags#get-a-tag
 */
export async function lookUpReleaseNotes(query: ReleaseNotesQuery): Promise<ReleaseNotes> {
  const github = createGitHubClient(query, lookUpTimeoutMs);
  const messageLookUp = new AbortController();
  const [release, message] = await Promise.allSettled([
    lookUpRelease(github, query.tag).then((found) => {
      if (found?.body !== undefined) messageLookUp.abort();
      return found;
    }),
    query.isDescriptionOpen ? lookUpMessage(github, query, messageLookUp.signal) : undefined,
  ]);
  const found = release.status === 'fulfilled' ? release.value : undefined;
  const title = found?.name;
  const url = pageOnServer(found?.html_url, query.githubServerUrl);
  if (found?.body !== undefined) {
    return { title, description: { text: found.body, source: 'release' }, url, problem: undefined };
  }
  const text = message.status === 'fulfilled' ? message.value : undefined;
  const failures = [release, message].filter((result) => result.status === 'rejected');
  const problem = failures.map(({ reason }) => problemFrom(reason))[0];
  // The release proves that the token can read the repository: the tag itself is gone.
  const isDeleted = found !== undefined && problem?.kind === 'not-found';
  return {
    title,
    description: text === undefined ? undefined : { text, source: 'tag' },
    url,
    problem: isDeleted ? undefined : problem,
  };
}

async function lookUpRelease(github: GitHubClient, tag: string) {
  const releaseSchema = z.object({ tag_name: z.string(), name: nonBlank, body: nonBlank, html_url: nonBlank });
  return undefinedOn(['not-found'], github.get(releaseSchema, ['releases', 'tags', tag]));
}

/** The message of an annotated tag, without its signature; `undefined` where it only repeats the version. */
async function lookUpMessage(
  github: GitHubClient,
  query: ReleaseNotesQuery,
  signal: AbortSignal,
): Promise<string | undefined> {
  const sha = await lookUpTagObject(github, query, signal);
  if (sha === undefined) return undefined;
  const tagSchema = z.object({ message: nonBlank });
  const { message = '' } = await github.get(tagSchema, ['git', 'tags', sha], { signal });
  const text = message.split(signature)[0]?.trim() ?? '';
  return repeatsVersion(text, query.tag) ? undefined : text;
}

async function lookUpTagObject(
  github: GitHubClient,
  { tag, tagObject }: ReleaseNotesQuery,
  signal: AbortSignal,
): Promise<string | undefined> {
  switch (tagObject.kind) {
    case 'annotated':
      return tagObject.sha;
    case 'lightweight':
      return undefined;
    case 'unknown': {
      const referenceSchema = z.object({ object: z.object({ type: z.string(), sha: z.string() }) });
      const { object } = await github.get(referenceSchema, ['git', 'ref', `tags/${tag}`], { signal });
      return object.type === 'tag' ? object.sha : undefined;
    }
  }
}

/** Words that people and tools write next to a version. */
const releaseWords = new Set(
  (
    'v version versions tag release releases released publish bump prepare update to for of the new packages ' +
    'alpha beta rc pre preview skip ci'
  ).split(' '),
);

/**
 * Whether a text says no more than which version it is, such as `v1.4.0`, `Release 1.4.0.` or `chore(release): 1.4.0`:
 * all of its words are among those that are written next to a version or, if it has a number in it, in the tag.
 */
export function repeatsVersion(text: string, tag: string): boolean {
  const tagWords = /\d/.test(text) ? wordsOf(tag) : [];
  return wordsOf(text.replace(conventionalType, '')).every((word) => releaseWords.has(word) || tagWords.includes(word));
}

/** Other types, such as `fix`, say something. https://www.conventionalcommits.org */
const conventionalType = /^(?:build|chore|ci|release)(?:\([^)\n]*\))?!?: /i;

/** A number is not a word, but that of an issue is. */
function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(unicodePattern`#\d+|\p{L}+`) ?? [];
}

/** The address of a page on the server; `undefined` for any other, as users will follow it. */
export function pageOnServer(page: string | undefined, githubServerUrl: string): string | undefined {
  if (page === undefined || !URL.canParse(page) || !URL.canParse(githubServerUrl)) return undefined;
  const { origin, pathname, protocol } = new URL(page);
  const isOnServer = /^https?:$/.test(protocol) && origin === new URL(githubServerUrl).origin;
  return isOnServer ? origin + pathname : undefined;
}
