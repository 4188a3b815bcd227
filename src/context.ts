import { messageOf } from './errors.js';
import { type Event, readEvent } from './event.js';
import { nonBlank, parseJson } from './json.js';
import { readPlainFile } from './plain-file.js';
import { type ProxySettings, readProxySettings } from './proxy.js';
import { tagNameOf } from './version.js';

/** What the runner knows, `undefined` where missing or malformed. */
export type Context = {
  readonly event: Event;
  /** Why nothing is known about the event: a clause that completes "the event file …". */
  readonly eventFileProblem: string | undefined;
  /** The name of the tag that the workflow runs for, without `refs/tags/`. */
  readonly tag: string | undefined;
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
  const event = readEvent(variable('GITHUB_EVENT_NAME') ?? 'unknown', payload);
  const ref = variable('GITHUB_REF');
  const [owner, repo] = (variable('GITHUB_REPOSITORY') ?? '').split('/');
  return {
    event,
    eventFileProblem: problem,
    // On `release`, GITHUB_REF can be empty or wrong; the payload is right.
    tag: event.name === 'release' ? event.tag : tagOf(ref),
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
function readPayload(path: string | undefined): { readonly payload: unknown; readonly problem: string | undefined } {
  if (path === undefined) return { payload: undefined, problem: 'is not set (`GITHUB_EVENT_PATH`)' };
  try {
    const payload = parseJson(readPlainFile(path, maxEventBytes).text);
    return { payload, problem: payload === undefined ? 'is not JSON' : undefined };
  } catch (error) {
    return { payload: undefined, problem: messageOf(error) };
  }
}

function tagOf(ref: string | undefined): string | undefined {
  return ref?.startsWith('refs/tags/') ? nonBlank.parse(tagNameOf(ref)) : undefined;
}
