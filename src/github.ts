import * as z from 'zod/mini';
import { messageOf, RequestError, type Stage } from './errors.js';
import { parseJson } from './json.js';
import type { ProxySettings } from './proxy.js';
import { type HttpRequest, type HttpResponse, monotonicMs, send } from './request.js';
import { truncate } from './sanitize.js';

/** A repository on github.com, GitHub Enterprise Server or Gitea, and the token to read it with. */
export type Repository = {
  readonly owner: string;
  readonly repo: string;
  readonly token: string;
  /** The base of the REST API, with or without a slash at its end. */
  readonly githubApiUrl: string;
  readonly proxies: ProxySettings;
};

/** Why GitHub could not be asked. `message` completes "Could not …: "; `advice` is one sentence or more. */
export type GitHubProblem = { readonly kind: ProblemKind; readonly message: string; readonly advice: string };

const problems = {
  certificate: {
    message: 'the TLS certificate could not be verified',
    advice:
      'If your server or proxy uses its own certificate authority, set `NODE_EXTRA_CA_CERTS` in the `env` of the step to the path of its certificate.',
  },
  moved: {
    message: 'the repository has moved',
    advice: 'It was renamed or transferred after this run was created. New runs use its new name.',
  },
  'not-found': {
    message: 'the tag was not found',
    advice:
      'Check that the tag exists. If the repository is private, give the job `permissions: { contents: read }`, or the token in `github-token` read access to its contents.',
  },
  permission: {
    message: 'the token may not read the repository',
    advice:
      "Give the job `permissions: { contents: read }`, or the token in `github-token` read access to the repository's contents.",
  },
  proxy: {
    message: 'the proxy cannot be used',
    advice: 'Check `HTTPS_PROXY`, or exclude this host from the proxy with `NO_PROXY`.',
  },
  'rate-limit': {
    message: "GitHub's rate limit is exceeded",
    advice: 'If this happens often, set `github-token` to a token with a rate limit of its own.',
  },
  response: {
    message: 'GitHub sent an unexpected response',
    advice: 'Check that `GITHUB_API_URL` is the address of its API, and that no proxy or gateway answers in its place.',
  },
  'single-sign-on': {
    message: 'the organization requires single sign-on',
    advice:
      "Authorize the token in `github-token` for the organization's SAML single sign-on, or leave the input out to use the job's own token.",
  },
  token: {
    message: 'GitHub rejected the token',
    advice:
      "Check that the token in `github-token` is valid and has not expired, or leave the input out to use the job's own token.",
  },
  unavailable: {
    message: 'GitHub is unavailable',
    advice: 'This is usually temporary. If it persists, check that the runner can reach this address.',
  },
} as const satisfies Record<string, Pick<GitHubProblem, 'message' | 'advice'>>;

type ProblemKind = keyof typeof problems;

const kindByStage = {
  connecting: 'unavailable',
  verifying: 'certificate',
  proxy: 'proxy',
  sent: 'unavailable',
} as const satisfies Record<Stage, ProblemKind>;

/** GitHub truncates notes at 125,000 characters. With 1,000 assets, a release has 2 MB. */
const maxBodyBytes = 4 * 2 ** 20;
/** The longest excerpt of GitHub's own words in a message, in characters. */
const maxQuoteLength = 200;

/** GitHub did not respond as documented. The message names the host and says why. */
class GitHubError extends Error {
  override readonly name = 'GitHubError';
  readonly kind: ProblemKind;

  constructor(kind: ProblemKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** A client for the repository, whose requests share one time limit. */
export type GitHubClient = {
  /** Reads from a path below the repository. The segments of the path are escaped. */
  readonly get: <Data>(schema: z.ZodMiniType<Data>, path: readonly string[], options?: GetOptions) => Promise<Data>;
  /** Posts JSON to an address. @returns the body of the response. */
  readonly post: (address: string, content: unknown) => Promise<string>;
};

type GetOptions = { readonly parameters?: Readonly<Record<string, string>>; readonly signal?: AbortSignal };

/**
 * Makes a client. Every response but a complete 200, and for `get` in the shape of the schema, is an error that
 * {@link problemFrom} explains.
 *
 * @param timeoutMs bounds all requests of this client together, from now on.
 * @see https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api
 */
export function createGitHubClient(repository: Repository, timeoutMs: number): GitHubClient {
  const { owner, repo, token, githubApiUrl, proxies } = repository;
  const deadlineMs = monotonicMs() + timeoutMs;
  const headers = { accept: 'application/vnd.github+json', authorization: `token ${token}` };
  const ask = async (request: Pick<HttpRequest, 'method' | 'url' | 'body' | 'signal'>) => {
    const response = await send({
      ...request,
      headers: request.body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      proxies,
      timeoutMs: Math.max(1, Math.round(deadlineMs - monotonicMs())),
      maxBodyBytes,
    }).catch((cause: unknown) => {
      throw cause instanceof RequestError ? new GitHubError(kindByStage[cause.stage], cause.message, { cause }) : cause;
    });
    if (response.status !== 200 || !response.isComplete) throw errorFrom(response, request.url);
    return response.body;
  };
  return {
    get: async (schema, path, { parameters = {}, signal } = {}) => {
      const segments = ['repos', owner, repo, ...path].map(encodeURIComponent);
      const url = new URL(`${githubApiUrl}/${segments.join('/')}`);
      url.search = new URLSearchParams(parameters).toString();
      return parseData(schema, parseJson(await ask({ method: 'GET', url, signal })), url);
    },
    post: async (address, content) => ask({ method: 'POST', url: new URL(address), body: JSON.stringify(content) }),
  };
}

function parseData<Data>(schema: z.ZodMiniType<Data>, data: unknown, { host }: URL): Data {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new GitHubError('response', `${host}: another shape than documented`, { cause: parsed.error });
}

function errorFrom(response: HttpResponse, { host }: URL): GitHubError {
  const { status, headers, body } = response;
  const words = z.object({ message: z.string() }).safeParse(parseJson(body)).data?.message ?? '';
  const facts = [
    String(status),
    ...(response.isComplete ? [] : ['the response was cut short']),
    ...(words === '' ? [] : [quote(words)]),
    ...resetFrom(headers),
  ];
  return new GitHubError(kindOf(response, words), `${host}: ${facts.join(', ')}`);
}

/** @see https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api */
function kindOf({ status, headers }: HttpResponse, words: string): ProblemKind {
  if (status === 429) return 'rate-limit';
  if (status === 403) {
    const isLimited = headers['x-ratelimit-remaining'] === '0' || headers['retry-after'] !== undefined;
    if (isLimited || /rate limit|abuse detection/i.test(words)) return 'rate-limit';
    return headers['x-github-sso'] !== undefined || /\bSAML\b/i.test(words) ? 'single-sign-on' : 'permission';
  }
  if (status === 401) return 'token';
  if (status >= 500 || status === 200) return 'unavailable';
  // GitHub explains both in JSON; a gateway in its place does not.
  if (status === 404 && words !== '') return 'not-found';
  return status === 301 && words !== '' ? 'moved' : 'response';
}

function resetFrom(headers: HttpResponse['headers']): readonly string[] {
  const { 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': reset } = headers;
  if (remaining !== '0' || typeof reset !== 'string' || !/^\d{10}$/.test(reset)) return [];
  return [`resets at ${new Date(Number(reset) * 1000).toISOString().slice(11, 16)} UTC`];
}

const kindByGraphqlType: ReadonlyMap<string | undefined, ProblemKind> = new Map([
  ['FORBIDDEN', 'permission'],
  ['INSUFFICIENT_SCOPES', 'permission'],
  ['NOT_FOUND', 'not-found'],
  ['RATE_LIMITED', 'rate-limit'],
]);

/**
 * Asks GitHub's GraphQL API.
 *
 * @param url GITHUB_GRAPHQL_URL; `undefined` where the runner does not set it.
 * @returns the data; `undefined` where the server has no GraphQL API, or one without a field of the query.
 * @throws an error that {@link problemFrom} explains.
 * @see https://docs.github.com/graphql
 */
export async function queryGraphql<Data>(
  github: GitHubClient,
  url: string | undefined,
  query: string,
  variables: Readonly<Record<string, string>>,
  schema: z.ZodMiniType<Data>,
): Promise<Data | undefined> {
  if (url === undefined) return undefined;
  const body = await undefinedOn(['not-found', 'response'], github.post(url, { query, variables }));
  if (body === undefined) return undefined;
  const graphqlSchema = z.object({
    data: z.optional(z.unknown()),
    errors: z.optional(
      z.array(
        z.object({
          type: z.optional(z.string()),
          message: z.string(),
          extensions: z.optional(
            z.looseObject({ code: z.optional(z.string()), saml_failure: z.optional(z.boolean()) }),
          ),
        }),
      ),
    ),
  });
  const { data, errors = [] } = parseData(graphqlSchema, parseJson(body), new URL(url));
  const error = errors[0];
  if (error === undefined) return parseData(schema, data, new URL(url));
  if (errors.some(({ extensions }) => extensions?.code === 'undefinedField')) return undefined;
  const kind = error.extensions?.saml_failure === true ? 'single-sign-on' : kindByGraphqlType.get(error.type);
  throw new GitHubError(kind ?? 'unavailable', `${new URL(url).host}: ${quote(error.message)}`);
}

/** Resolves to `undefined` where the request fails with one of these kinds. */
export async function undefinedOn<Data>(kinds: readonly ProblemKind[], data: Promise<Data>): Promise<Data | undefined> {
  try {
    return await data;
  } catch (error) {
    if (kinds.includes(problemFrom(error).kind)) return undefined;
    throw error;
  }
}

/** Says what went wrong and what to do about it. It quotes GitHub's own words, which are untrusted text. */
export function problemFrom(error: unknown): GitHubProblem {
  const kind = error instanceof GitHubError ? error.kind : 'response';
  const { message, advice } = problems[kind];
  return { kind, message: `${message} (${messageOf(error)})`, advice };
}

function quote(words: string): string {
  return `"${truncate(words.replace(/\s+/g, ' ').trim(), maxQuoteLength)}"`;
}
