import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { parseTimestamp } from './timestamp.js';

/** What started the workflow, as far as a release can be made of it. */
export type Event =
  | {
      readonly name: 'release';
      readonly action: string | undefined;
      readonly isDraft: boolean;
      readonly title: string | undefined;
      readonly notes: string | undefined;
      readonly publishedAt: Date | undefined;
    }
  | { readonly name: 'push'; readonly isDeletion: boolean }
  | { readonly name: 'deployment' | 'deployment_status'; readonly createdAt: Date | undefined }
  | { readonly name: 'other'; readonly trigger: string };

/** The facts that the runner knows, each proven or `undefined`. */
export type Context = {
  readonly event: Event;
  /** The name of the tag that the workflow runs for, without `refs/tags/`. */
  readonly tag: string | undefined;
  /** What the workflow runs for where it is no tag, such as `refs/heads/main`. */
  readonly ref: string | undefined;
  readonly actor: string | undefined;
  readonly repository: { readonly owner: string; readonly repo: string } | undefined;
  /** The base of GitHub's REST API, which is another one on GitHub Enterprise Server. */
  readonly githubApiUrl: string;
  readonly workspace: string;
  /** 1 for the first run of the workflow, more when it was run again. */
  readonly attempt: number;
  /** Whether the runner gave a file for outputs. */
  readonly hasOutputFile: boolean;
  readonly summaryFile: string | undefined;
};

/** Another type, `null`, and text of nothing but white space are all the absence of the fact. */
const fact = z.catch(
  z.optional(
    z.pipe(
      z.string(),
      z.transform((value) => (value.trim() === '' ? undefined : value)),
    ),
  ),
  undefined,
);
const flag = z.catch(z.boolean(), false);
const instant = z.pipe(
  fact,
  z.transform((value) => (value === undefined ? undefined : parseTimestamp(value))),
);

function part<const Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.catch(z.optional(z.object(shape)), undefined);
}

const payloadSchema = z.catch(
  z.object({
    action: fact,
    deleted: flag,
    release: part({ tag_name: fact, name: fact, body: fact, draft: flag, published_at: instant }),
    deployment: part({ created_at: instant }),
    deployment_status: part({ created_at: instant }),
  }),
  { action: undefined, deleted: false },
);
type Payload = z.infer<typeof payloadSchema>;

/**
 * Reads what the runner says of the workflow's run, from its environment and the event file.
 *
 * @param environment the environment of the process.
 * @returns the facts. An event file that is missing, is not JSON or has another shape leaves its facts `undefined`.
 * @see https://docs.github.com/actions/reference/workflows-and-actions/variables
 */
export function readContext(environment: NodeJS.ProcessEnv): Context {
  const variable = (name: string) => fact.parse(environment[name]);
  const payload = readPayload(variable('GITHUB_EVENT_PATH'));
  const event = eventOf(variable('GITHUB_EVENT_NAME') ?? 'unknown', payload);
  const ref = variable('GITHUB_REF');
  const [owner, repo] = (variable('GITHUB_REPOSITORY') ?? '').split('/');
  return {
    event,
    // GITHUB_REF is sometimes empty for a release, and is not to be trusted where it is not.
    tag: event.name === 'release' ? payload.release?.tag_name : tagOf(ref),
    ref,
    actor: variable('GITHUB_ACTOR'),
    repository: owner && repo ? { owner, repo } : undefined,
    githubApiUrl: variable('GITHUB_API_URL') ?? 'https://api.github.com',
    workspace: variable('GITHUB_WORKSPACE') ?? '.',
    attempt: Number.parseInt(variable('GITHUB_RUN_ATTEMPT') ?? '', 10) || 1,
    hasOutputFile: variable('GITHUB_OUTPUT') !== undefined,
    summaryFile: variable('GITHUB_STEP_SUMMARY'),
  };
}

function readPayload(path: string | undefined): Payload {
  let json: unknown;
  try {
    json = path === undefined ? undefined : JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // Local runners leave the file out, and every fact in it can be given as an input.
  }
  return payloadSchema.parse(json);
}

function eventOf(name: string, { action, deleted, release, deployment, deployment_status }: Payload): Event {
  switch (name) {
    case 'release':
      return {
        name,
        action,
        isDraft: release?.draft ?? false,
        title: release?.name,
        notes: release?.body,
        publishedAt: release?.published_at,
      };
    case 'push':
      return { name, isDeletion: deleted };
    case 'deployment':
    case 'deployment_status':
      return { name, createdAt: deployment_status?.created_at ?? deployment?.created_at };
    default:
      return { name: 'other', trigger: name };
  }
}

function tagOf(ref: string | undefined): string | undefined {
  const prefix = 'refs/tags/';
  return ref?.startsWith(prefix) ? fact.parse(ref.slice(prefix.length)) : undefined;
}
