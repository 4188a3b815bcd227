import * as z from 'zod/mini';
import type { Commit } from './event.js';
import {
  createGitHubClient,
  type GitHubClient,
  type GitHubProblem,
  problemFrom,
  queryGraphql,
  type Repository,
} from './github.js';
import { repeatsVersion } from './release-notes.js';
import { truncate } from './sanitize.js';

/** The tag whose changes are looked up, and where GitHub's pages and its GraphQL API are. */
export type ChangesQuery = Repository & {
  readonly tag: string;
  readonly githubServerUrl: string;
  /** GITHUB_GRAPHQL_URL; Gitea has none. */
  readonly githubGraphqlUrl: string | undefined;
};

/** What was merged between two commits, as text for a description. */
export type ChangeList = {
  /** A line for each title, newest first, then how many more there are; `undefined` where there is nothing to list. */
  readonly text: string | undefined;
  /** The page that compares the two commits. */
  readonly url: string | undefined;
};

/** The changes since the previous tag; all `undefined` where there is no previous tag. */
export type Changes = ChangeList & {
  readonly previousTag: string | undefined;
  /** Why the lookup failed. */
  readonly problem: GitHubProblem | undefined;
};

/** Bounds the whole lookup. */
const lookUpTimeoutMs = 5_000;

const maxTitles = 50;
const maxTitleLength = 200;

/**
 * Lists what was merged since the previous tag of the same series.
 *
 * @returns the titles of its commits. It never rejects: a failure becomes the `problem`.
 */
export async function lookUpChanges(query: ChangesQuery): Promise<Changes> {
  const { tag } = query;
  let previousTag: string | undefined;
  try {
    const github = createGitHubClient(query, lookUpTimeoutMs);
    previousTag = findPreviousTag(tag, await lookUpTags(github, query));
    if (previousTag === undefined) return { text: undefined, url: undefined, previousTag, problem: undefined };
    const { commits, total } = await compare(github, query, previousTag);
    const text = listChanges(commits, total, tag);
    return { text, url: comparisonPage(query, previousTag, tag), previousTag, problem: undefined };
  } catch (error) {
    return { text: undefined, url: undefined, previousTag, problem: problemFrom(error) };
  }
}

/** What the event of a push to a branch says of its commits, the oldest first. */
export type Push = Pick<ChangesQuery, 'owner' | 'repo' | 'githubServerUrl'> & {
  readonly commits: readonly Commit[];
  /** The commits before and after the push; `before` is `undefined` or zeros for a new branch. */
  readonly before: string | undefined;
  readonly after: string | undefined;
};

/**
 * Lists what was pushed to a branch.
 *
 * @see https://docs.github.com/webhooks/webhook-events-and-payloads#push
 */
export function changesFromPush(push: Push): ChangeList {
  const { commits, before = '', after = '' } = push;
  const isComparable = /[^0]/.test(before) && after !== '';
  return {
    text: listChanges(commits.toReversed(), commits.length, ''),
    url: isComparable ? comparisonPage(push, before, after) : undefined,
  };
}

function comparisonPage(
  { githubServerUrl, owner, repo }: Pick<ChangesQuery, 'owner' | 'repo' | 'githubServerUrl'>,
  base: string,
  head: string,
): string {
  const [from, to] = [base, head].map((name) => encodeURIComponent(name).replaceAll('%2F', '/'));
  return `${githubServerUrl}/${owner}/${repo}/compare/${from}...${to}`;
}

/** @param commits the newest first; `total` counts those as well that are not among them. */
function listChanges(commits: readonly Commit[], total: number, tag: string): string | undefined {
  const titles = commits.flatMap(({ message, author }) => {
    const title = titleOf(message);
    return isChange(title, author, tag) ? title : [];
  });
  const shown = titles.slice(0, maxTitles).map((title) => `• ${title}`);
  if (shown.length === 0) return undefined;
  const more = titles.length - shown.length + Math.max(0, total - commits.length);
  return [...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n');
}

/** The first line of a message, which is untrusted text, on one line and of a limited length. */
function titleOf(message: string): string {
  const [line = ''] = message.trimStart().split(/[\r\n\u2028\u2029]/, 1);
  return truncate(line.replace(/(?:\s|[^ -~\u00a0-\uffff])+/g, ' ').trim(), maxTitleLength);
}

/** The default titles of merge commits. One with the title of its pull request is worth a line, so parents do not count. */
const merge = /^Merge (?:pull request #\d+ from|(?:remote-tracking )?branch(?:es)? '|tag '|commit ')/;

/** Bots that only update versions. The commits of other bots, such as coding agents, are changes. */
const dependencyBot = /^(?:dependabot|renovate|pre-commit-ci|pyup|snyk|greenkeeper|depfu|scala-steward)\b/i;

function isChange(title: string, author: string | undefined, tag: string): boolean {
  const isBump = dependencyBot.test(author ?? '') || repeatsVersion(title.replace(/ \(#\d+\)$/, ''), tag);
  return !merge.test(title) && !isBump;
}

const tagsQuery = `query Tags($owner: String!, $repo: String!) {
  repository(owner: $owner, name: $repo) {
    refs(refPrefix: "refs/tags/", first: 100, orderBy: { field: TAG_COMMIT_DATE, direction: DESC }) { nodes { name } }
  }
}`;

/** The names of the last 100 tags. Only GraphQL sorts them by date on GitHub. */
async function lookUpTags(
  github: GitHubClient,
  { owner, repo, githubGraphqlUrl }: ChangesQuery,
): Promise<readonly string[]> {
  const namesSchema = z.array(z.object({ name: z.string() }));
  const tagsSchema = z.object({ repository: z.object({ refs: z.object({ nodes: namesSchema }) }) });
  const data = await queryGraphql(github, githubGraphqlUrl, tagsQuery, { owner, repo }, tagsSchema);
  if (data !== undefined) return data.repository.refs.nodes.map(({ name }) => name);
  // GitHub reads the first parameter, Gitea the second.
  const tags = await github.get(namesSchema, ['tags'], { parameters: { per_page: '100', limit: '100' } });
  return tags.map(({ name }) => name);
}

// `messageHeadline` would be truncated to about 70 characters.
const comparisonQuery = `query Comparison($owner: String!, $repo: String!, $base: String!, $head: String!) {
  repository(owner: $owner, name: $repo) {
    ref(qualifiedName: $base) {
      compare(headRef: $head) { commits(last: ${maxTitles}) { totalCount nodes { message author { name } } } }
    }
  }
}`;

/**
 * Compares two tags.
 *
 * @returns the newest commits that only the later tag has, the newest first, and how many there are in all.
 * @see https://docs.github.com/rest/commits/commits#compare-two-commits
 */
async function compare(
  github: GitHubClient,
  { owner, repo, tag, githubGraphqlUrl }: ChangesQuery,
  previousTag: string,
): Promise<{ readonly commits: readonly Commit[]; readonly total: number }> {
  const authorName = z.catch(z.optional(z.object({ name: z.string() })), undefined);
  const comparedSchema = z.object({
    totalCount: z.number(),
    nodes: z.array(z.object({ message: z.string(), author: authorName })),
  });
  const comparisonSchema = z.object({
    repository: z.object({ ref: z.nullable(z.object({ compare: z.nullable(z.object({ commits: comparedSchema })) })) }),
  });
  const variables = { owner, repo, base: `refs/tags/${previousTag}`, head: tag };
  const data = await queryGraphql(github, githubGraphqlUrl, comparisonQuery, variables, comparisonSchema);
  const compared = data?.repository.ref?.compare?.commits;
  if (compared !== undefined) {
    const { totalCount, nodes } = compared;
    const commits = nodes.map(({ message, author }) => ({ message, author: author?.name }));
    return { commits: commits.reverse(), total: totalCount };
  }
  // The second choice, as it adds the diffs of up to 300 files. If the tags cannot be compared, it says why.
  const restComparisonSchema = z.object({
    total_commits: z.number(),
    commits: z.array(
      z.object({
        commit: z.object({
          message: z.string(),
          author: authorName,
          committer: z.catch(z.optional(z.object({ date: z.string() })), undefined),
        }),
      }),
    ),
  });
  const comparison = await github.get(restComparisonSchema, ['compare', `${previousTag}...${tag}`]);
  const { commits, total_commits: total } = comparison;
  const [first, last] = [commits[0], commits.at(-1)].map((entry) => Date.parse(entry?.commit.committer?.date ?? ''));
  // GitHub lists the oldest first, Gitea the newest.
  const isNewestFirst = first !== undefined && last !== undefined && first > last;
  const listed = commits.map(({ commit }) => ({ message: commit.message, author: commit.author?.name }));
  return { commits: isNewestFirst ? listed : listed.reverse(), total };
}

/** A version in its parts: `1.4.0-rc.1` has the numbers 1, 4 and 0, and the suffix `-rc.1`. */
type Version = { readonly numbers: readonly number[]; readonly suffix: string };

/**
 * Finds the tag before another one: the highest lower version among those with the same text before the number. Only a
 * pre-release follows another pre-release.
 *
 * @param tags names of tags, in any order.
 * @returns `undefined` where the tag has no number, or is the first of its series.
 */
export function findPreviousTag(tag: string, tags: readonly string[]): string | undefined {
  // The first number with a dot in it, as in `log4j-2.17.1`, else the first number.
  const start = [/\d+\.\d/, /\d/].map((number) => tag.search(number)).find((index) => index !== -1);
  if (start === undefined) return undefined;
  const series = tag.slice(0, start);
  const version = parseVersion(tag.slice(start));
  if (version === undefined) return undefined;
  const candidates = tags.flatMap((name) => {
    const candidate = name.startsWith(series) ? parseVersion(name.slice(series.length)) : undefined;
    if (candidate === undefined || compareVersions(candidate, version) >= 0) return [];
    return isPreRelease(candidate) && !isPreRelease(version) ? [] : { name, version: candidate };
  });
  // `v1.4` next to `v1.4.0` is often a tag that moves with each patch.
  const byVersion = (a: (typeof candidates)[number], b: (typeof candidates)[number]) =>
    compareVersions(a.version, b.version) || a.version.numbers.length - b.version.numbers.length;
  return candidates.sort(byVersion).at(-1)?.name;
}

/** Not semver alone: also `1.4`, `1.4.0.2`, `1.4.0rc1`, `2026.01.05`, `2026-11-25` and `1732` are versions. */
function parseVersion(text: string): Version | undefined {
  const parts = /^(?<numbers>\d+(?:\.\d+)*)(?<suffix>.*)$/.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const { numbers = '', suffix = '' } = parts;
  return { numbers: numbers.split('.').map(Number), suffix };
}

/** Build metadata does not make a pre-release. https://semver.org/#spec-item-10 */
function isPreRelease({ suffix }: Version): boolean {
  return suffix !== '' && !suffix.startsWith('+');
}

/** @returns less than 0 where `a` is below `b`. Missing parts are zeros, and a pre-release is below its release. */
function compareVersions(a: Version, b: Version): number {
  const length = Math.max(a.numbers.length, b.numbers.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (a.numbers[index] ?? 0) - (b.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  const stability = Number(isPreRelease(b)) - Number(isPreRelease(a));
  // Numbers in a suffix are compared as numbers: `-rc.9` is below `-rc.10`, and in `2026-9-30` `-9-30` below `-11-25`.
  return stability || a.suffix.localeCompare(b.suffix, 'en', { numeric: true });
}
