import * as z from 'zod/mini';
import { messageOf } from './errors.js';
import { readPlainFile } from './plain-file.js';
import { type ProxySettings, readProxySettings } from './proxy.js';
import { parseTimestamp } from './timestamp.js';
import { tagNameOf } from './version.js';

/** The event that started the workflow, as far as a release can be made from it. */
export type Event =
  | {
      readonly name: 'release';
      readonly action: string | undefined;
      readonly isDraft: boolean;
      readonly title: string | undefined;
      readonly notes: string | undefined;
      /** The page of the release. */
      readonly page: string | undefined;
      readonly publishedAt: Date | undefined;
      readonly updatedAt: Date | undefined;
    }
  | {
      readonly name: 'push';
      readonly isDeletion: boolean;
      /** Whether the tag existed before, and now points to another commit. */
      readonly isMove: boolean;
      /** What was pushed to a branch, the oldest first. */
      readonly commits: readonly Commit[];
      readonly before: string | undefined;
      readonly after: string | undefined;
    }
  | { readonly name: 'deployment' }
  | { readonly name: 'deployment_status'; readonly state: string | undefined; readonly createdAt: Date | undefined }
  | { readonly name: 'workflow_run'; readonly conclusion: string | undefined }
  | { readonly name: 'other'; readonly trigger: string };

/** What the event says about the tag. Only an annotated tag has an object of its own, with a message. */
export type TagObject =
  | { readonly kind: 'annotated'; readonly sha: string }
  | { readonly kind: 'lightweight' }
  | { readonly kind: 'unknown' };

/** A commit as far as a list of changes needs it. */
export type Commit = { readonly message: string; readonly author: string | undefined };

/** What the runner knows, `undefined` where missing or malformed. */
export type Context = {
  readonly event: Event;
  /** Why nothing is known about the event: a clause that completes "the event file …". */
  readonly eventFileProblem: string | undefined;
  /** The name of the tag that the workflow runs for, without `refs/tags/`. */
  readonly tag: string | undefined;
  readonly tagObject: TagObject;
  /** What the workflow runs for, such as `refs/heads/main`. */
  readonly ref: string | undefined;
  readonly actor: string | undefined;
  readonly repository: { readonly owner: string; readonly repo: string } | undefined;
  /** The base URL of GitHub's REST API, which differs on GitHub Enterprise Server; without a slash at the end. */
  readonly githubApiUrl: string;
  /** The base URL of GitHub's pages, without a slash at the end. */
  readonly githubServerUrl: string;
  /** GitHub's GraphQL API; Gitea has none. */
  readonly githubGraphqlUrl: string | undefined;
  readonly runId: string | undefined;
  readonly workspace: string;
  readonly runnerTemp: string | undefined;
  /** 1 for the first run of the workflow, more for a re-run. */
  readonly attempt: number;
  /** Whether the runner provides a file for outputs. */
  readonly hasOutputFile: boolean;
  readonly summaryFile: string | undefined;
  readonly proxies: ProxySettings;
};

/** A string that is not blank; anything else counts as absent. */
export const nonBlank = z.transform((value) => (typeof value === 'string' && value.trim() !== '' ? value : undefined));
const flag = z.transform((value) => (typeof value === 'boolean' ? value : undefined));
const instant = z.transform((value) => (typeof value === 'string' ? parseTimestamp(value) : undefined));

function section<const Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.catch(z.optional(z.object(shape)), undefined);
}

const commitSchema = z.pipe(
  z.object({ message: z.string(), author: section({ name: nonBlank }) }),
  z.transform(({ message, author }): Commit => ({ message, author: author?.name })),
);

const payloadSchema = z.object({
  action: nonBlank,
  created: flag,
  deleted: flag,
  forced: flag,
  before: nonBlank,
  after: nonBlank,
  commits: z.catch(z.array(commitSchema), []),
  head_commit: section({ id: nonBlank }),
  release: section({
    tag_name: nonBlank,
    name: nonBlank,
    body: nonBlank,
    html_url: nonBlank,
    draft: flag,
    published_at: instant,
    updated_at: instant,
  }),
  deployment_status: section({ state: nonBlank, created_at: instant }),
  workflow_run: section({ conclusion: nonBlank }),
});
type Payload = z.infer<typeof payloadSchema>;

/**
 * Reads what the runner knows about the workflow run, from its environment and the event file.
 *
 * @param environment the environment of the process.
 * @returns the context. An event file that is missing, is not JSON or has another shape leaves its fields `undefined`.
 * @see https://docs.github.com/actions/reference/workflows-and-actions/variables
 */
export function readContext(environment: NodeJS.ProcessEnv): Context {
  const variable = (name: string) => nonBlank.parse(environment[name]);
  const baseUrl = (name: string) => variable(name)?.replace(/\/+$/, '');
  const { payload, problem } = readPayload(variable('GITHUB_EVENT_PATH'));
  const event = eventOf(variable('GITHUB_EVENT_NAME') ?? 'unknown', payload);
  const ref = variable('GITHUB_REF');
  const [owner, repo] = (variable('GITHUB_REPOSITORY') ?? '').split('/');
  return {
    event,
    eventFileProblem: problem,
    // On `release`, GITHUB_REF can be empty or wrong; the payload is right.
    tag: event.name === 'release' ? payload.release?.tag_name : tagOf(ref),
    tagObject: tagObjectOf(event, payload),
    ref,
    actor: variable('GITHUB_ACTOR'),
    repository: owner && repo ? { owner, repo } : undefined,
    githubApiUrl: baseUrl('GITHUB_API_URL') ?? 'https://api.github.com',
    githubServerUrl: baseUrl('GITHUB_SERVER_URL') ?? 'https://github.com',
    githubGraphqlUrl: variable('GITHUB_GRAPHQL_URL'),
    runId: variable('GITHUB_RUN_ID'),
    workspace: variable('GITHUB_WORKSPACE') ?? '.',
    runnerTemp: variable('RUNNER_TEMP'),
    attempt: Number.parseInt(variable('GITHUB_RUN_ATTEMPT') ?? '', 10) || 1,
    hasOutputFile: variable('GITHUB_OUTPUT') !== undefined,
    summaryFile: variable('GITHUB_STEP_SUMMARY'),
    proxies: readProxySettings(environment),
  };
}

/** The largest event file, in bytes. GitHub's payloads have at most 25 MB. */
const maxEventBytes = 32 * 2 ** 20;

/** Local runners leave the file out, and everything in it can be set with an input: a problem is not an error yet. */
function readPayload(path: string | undefined): { readonly payload: Payload; readonly problem: string | undefined } {
  if (path === undefined) return { payload: parsePayload(undefined), problem: 'is not set (`GITHUB_EVENT_PATH`)' };
  try {
    const { text } = readPlainFile(path, maxEventBytes);
    return { payload: parsePayload(parseJson(text)), problem: undefined };
  } catch (error) {
    return { payload: parsePayload(undefined), problem: messageOf(error) };
  }
}

/** What is not an object says nothing about the event. */
function parsePayload(data: unknown): Payload {
  return payloadSchema.safeParse(data).data ?? payloadSchema.parse({});
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error('is not JSON', { cause });
  }
}

function eventOf(name: string, payload: Payload): Event {
  const { action, created, deleted, forced, release, deployment_status: status, workflow_run: run } = payload;
  switch (name) {
    case 'release':
      return {
        name,
        action,
        isDraft: release?.draft ?? false,
        title: release?.name,
        notes: release?.body,
        page: release?.html_url,
        publishedAt: release?.published_at,
        updatedAt: release?.updated_at,
      };
    case 'push':
      return {
        name,
        isDeletion: deleted === true,
        isMove: forced === true || created === false,
        commits: payload.commits,
        before: payload.before,
        after: payload.after,
      };
    case 'deployment':
      return { name };
    case 'deployment_status':
      return { name, state: status?.state, createdAt: status?.created_at };
    case 'workflow_run':
      return { name, conclusion: run?.conclusion };
    default:
      return { name: 'other', trigger: name };
  }
}

function tagOf(ref: string | undefined): string | undefined {
  return ref?.startsWith('refs/tags/') ? nonBlank.parse(tagNameOf(ref)) : undefined;
}

/** A push names both the object that the tag points to and the commit that it leads to. */
function tagObjectOf(event: Event, { after, head_commit }: Payload): TagObject {
  if (event.name !== 'push' || after === undefined || head_commit?.id === undefined) return { kind: 'unknown' };
  return after === head_commit.id ? { kind: 'lightweight' } : { kind: 'annotated', sha: after };
}
