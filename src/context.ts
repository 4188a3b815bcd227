import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { parseTimestamp } from './timestamp.js';

/** The event that started the workflow, as far as a release can be made from it. */
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

/** What the runner knows, `undefined` where missing or malformed. */
export type Context = {
  readonly event: Event;
  /** The name of the tag that the workflow runs for, without `refs/tags/`. */
  readonly tag: string | undefined;
  /** What the workflow runs for, such as `refs/heads/main`. */
  readonly ref: string | undefined;
  readonly actor: string | undefined;
  readonly repository: { readonly owner: string; readonly repo: string } | undefined;
  /** The base URL of GitHub's REST API, which differs on GitHub Enterprise Server. */
  readonly githubApiUrl: string;
  readonly workspace: string;
  /** 1 for the first run of the workflow, more for a re-run. */
  readonly attempt: number;
  /** Whether the runner provides a file for outputs. */
  readonly hasOutputFile: boolean;
  readonly summaryFile: string | undefined;
};

/** A string that is not blank; anything else counts as absent. */
export const nonBlank = z.catch(
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
  nonBlank,
  z.transform((value) => (value === undefined ? undefined : parseTimestamp(value))),
);

function section<const Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.catch(z.optional(z.object(shape)), undefined);
}

const payloadSchema = z.catch(
  z.object({
    action: nonBlank,
    deleted: flag,
    release: section({ tag_name: nonBlank, name: nonBlank, body: nonBlank, draft: flag, published_at: instant }),
    deployment: section({ created_at: instant }),
    deployment_status: section({ created_at: instant }),
  }),
  { action: undefined, deleted: false },
);
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
  const payload = readPayload(variable('GITHUB_EVENT_PATH'));
  const event = eventOf(variable('GITHUB_EVENT_NAME') ?? 'unknown', payload);
  const ref = variable('GITHUB_REF');
  const [owner, repo] = (variable('GITHUB_REPOSITORY') ?? '').split('/');
  return {
    event,
    // On `release`, GITHUB_REF can be empty or wrong; the payload is right.
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
    // Local runners leave the file out, and everything in it can be set with an input.
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
  return ref?.startsWith(prefix) ? nonBlank.parse(ref.slice(prefix.length)) : undefined;
}
