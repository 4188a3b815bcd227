import * as z from 'zod/mini';
import { nonBlank } from './json.js';
import { parseTimestamp } from './timestamp.js';

/** The event that started the workflow, as far as a release can be made from it. */
export type Event =
  | {
      readonly name: 'release';
      readonly action: string | undefined;
      readonly tag: string | undefined;
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
      readonly tagObject: TagObject;
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

const flag = z.transform((value) => (typeof value === 'boolean' ? value : undefined));
const instant = z.transform((value) => (typeof value === 'string' ? parseTimestamp(value) : undefined));

function section<const Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const schema = z.object(shape);
  return z.transform((value) => schema.safeParse(value).data);
}

/**
 * Reads the fields of an event that a release can be made from.
 *
 * @param name from `GITHUB_EVENT_NAME`.
 * @param payload of any shape: a field that is missing or has another type is `undefined`.
 * @see https://docs.github.com/webhooks/webhook-events-and-payloads
 */
export function readEvent(name: string, payload: unknown): Event {
  switch (name) {
    case 'release': {
      const { action, release } = fieldsOf(payload, {
        action: nonBlank,
        release: section({
          tag_name: nonBlank,
          name: nonBlank,
          body: nonBlank,
          html_url: nonBlank,
          draft: flag,
          published_at: instant,
          updated_at: instant,
        }),
      });
      return {
        name,
        action,
        tag: release?.tag_name,
        isDraft: release?.draft ?? false,
        title: release?.name,
        notes: release?.body,
        page: release?.html_url,
        publishedAt: release?.published_at,
        updatedAt: release?.updated_at,
      };
    }
    case 'push': {
      const commit = z.object({ message: z.string(), author: section({ name: nonBlank }) });
      const { created, deleted, forced, before, after, commits, head_commit } = fieldsOf(payload, {
        created: flag,
        deleted: flag,
        forced: flag,
        before: nonBlank,
        after: nonBlank,
        commits: z.catch(z.array(commit), []),
        head_commit: section({ id: nonBlank }),
      });
      return {
        name,
        isDeletion: deleted === true,
        isMove: forced === true || created === false,
        commits: commits.map(({ message, author }) => ({ message, author: author?.name })),
        before,
        after,
        tagObject: tagObjectOf(after, head_commit?.id),
      };
    }
    case 'deployment':
      return { name };
    case 'deployment_status': {
      const { deployment_status: status } = fieldsOf(payload, {
        deployment_status: section({ state: nonBlank, created_at: instant }),
      });
      return { name, state: status?.state, createdAt: status?.created_at };
    }
    case 'workflow_run': {
      const { workflow_run: run } = fieldsOf(payload, { workflow_run: section({ conclusion: nonBlank }) });
      return { name, conclusion: run?.conclusion };
    }
    default:
      return { name: 'other', trigger: name };
  }
}

/** What is not an object has none of the fields. */
function fieldsOf<const Shape extends z.core.$ZodLooseShape>(payload: unknown, shape: Shape) {
  const schema = z.object(shape);
  return schema.safeParse(payload).data ?? schema.parse({});
}

/** A push names both the object that the tag points to and the commit that it leads to. */
function tagObjectOf(object: string | undefined, commit: string | undefined): TagObject {
  if (object === undefined || commit === undefined) return { kind: 'unknown' };
  return object === commit ? { kind: 'lightweight' } : { kind: 'annotated', sha: object };
}
