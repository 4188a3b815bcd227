import type { ChangesQuery, Push } from './changes.js';
import type { Context } from './context.js';
import {
  descriptionFromInput,
  descriptionFromRelease,
  type DescriptionStyle,
  type DescriptionText,
  type Sourced,
} from './description.js';
import { EventError, InputError } from './errors.js';
import type { Event } from './event.js';
import type { Inputs } from './inputs.js';
import { pageOnServer, type ReleaseNotesQuery } from './release-notes.js';
import { unicodePattern } from './unicode-pattern.js';
import { validateVersion } from './version.js';

/** What the inputs and the event say about the release, and what is left to look up. */
export type ReleasePlan = {
  readonly version: Sourced<string>;
  /** `undefined` where only GitHub can know it. */
  readonly title: Sourced<string> | undefined;
  /** The title where GitHub does not know one either. */
  readonly fallbackTitle: Sourced<string>;
  /** `undefined` where only GitHub can know it. */
  readonly description: DescriptionText | undefined;
  readonly style: DescriptionStyle;
  /** `undefined` where the release starts now. */
  readonly start: Sourced<Date> | undefined;
  readonly end: Date | undefined;
  readonly platforms: readonly string[] | undefined;
  readonly createdBy: string | undefined;
  readonly chartVisibility: boolean;
  /** What to ask GitHub; `undefined` where nothing is open, or there is no tag to ask about, or no token. */
  readonly query: ReleaseNotesQuery | undefined;
  /** Which changes to list where there are no notes; `undefined` where the user does not ask for them. */
  readonly changes: ChangesPlan | undefined;
};

/** The changes since the previous tag, or those of a push to a branch. */
export type ChangesPlan =
  { readonly kind: 'tag'; readonly query: ChangesQuery } | { readonly kind: 'push'; readonly push: Push };

/** A plan, or why there is nothing to publish: a sentence for the user. */
export type Decision = { readonly plan: ReleasePlan } | { readonly skip: string };

/**
 * Decides what the inputs and the event allow to decide, the inputs first.
 *
 * @returns the plan; `skip` for an event that reports something that did not happen.
 * @throws EventError for an event that the workflow should not be triggered by.
 * @throws InputError where there is no version, or not a usable one.
 */
export function planRelease(inputs: Inputs, context: Context): Decision {
  assertPublishable(context);
  const skip = reasonToSkip(context);
  if (skip !== undefined) return { skip };
  const scope = scopeOf(inputs, context);
  const version = resolveVersion(inputs, context, scope);
  const title = resolveTitle(inputs, scope);
  const description = resolveDescription(inputs, context, scope);
  const repository = repositoryOf(inputs, context);
  const { tag, event } = scope;
  const isOpen = title === undefined || description === undefined;
  return {
    plan: {
      version,
      title,
      fallbackTitle:
        tag === undefined ? { ...version, source: 'the version' } : { value: tag, source: scope.tagSource },
      description,
      style: {
        markdown: inputs.markdown,
        site: { serverUrl: context.githubServerUrl, repository: context.repository },
        page: inputs.link ? pageOf(context, scope) : undefined,
      },
      start: resolveStart(inputs, scope),
      end: inputs.releaseEnd,
      platforms: inputs.platforms,
      createdBy: inputs.createdBy ?? context.actor,
      chartVisibility: inputs.chartVisibility,
      query:
        isOpen && repository !== undefined && tag !== undefined
          ? {
              ...repository,
              tag,
              tagObject: tag === context.tag && event.name === 'push' ? event.tagObject : { kind: 'unknown' },
              isDescriptionOpen: description === undefined,
            }
          : undefined,
      changes: inputs.changes && description === undefined ? planChanges(inputs, context, scope) : undefined,
    },
  };
}

/** The repository to read, `undefined` where there is none or no token. */
function repositoryOf({ githubToken: token }: Inputs, context: Context) {
  const { repository, githubApiUrl, githubServerUrl, githubGraphqlUrl, proxies } = context;
  if (token === undefined || repository === undefined) return undefined;
  return { token, githubApiUrl, githubServerUrl, githubGraphqlUrl, proxies, ...repository };
}

function planChanges(inputs: Inputs, context: Context, { tag, event }: Scope): ChangesPlan | undefined {
  const { repository, githubServerUrl } = context;
  if (tag !== undefined) {
    const query = repositoryOf(inputs, context);
    return query && { kind: 'tag', query: { ...query, tag } };
  }
  if (event.name !== 'push' || repository === undefined) return undefined;
  const { commits, before, after } = event;
  return { kind: 'push', push: { ...repository, githubServerUrl, commits, before, after } };
}

/** The page of the GitHub release, else of the tag, else of the workflow run. */
function pageOf({ githubServerUrl, repository, runId }: Context, { event, tag }: Scope): string | undefined {
  const releasePage = event.name === 'release' ? pageOnServer(event.page, githubServerUrl) : undefined;
  if (releasePage !== undefined || repository === undefined) return releasePage;
  const base = `${githubServerUrl}/${repository.owner}/${repository.repo}`;
  if (tag !== undefined) {
    const name = encodeURIComponent(tag.toWellFormed()).replace(/%(?:2F|40|2B)/g, decodeURIComponent);
    return `${base}/releases/tag/${name}`;
  }
  return runId === undefined ? undefined : `${base}/actions/runs/${runId}`;
}

/** The tag to publish, and the event as far as it is about that tag. */
type Scope = {
  readonly tag: string | undefined;
  readonly tagSource: string;
  readonly event: Event;
};

function scopeOf({ tag }: Inputs, context: Context): Scope {
  const { event } = context;
  const eventTag = isPlaceholder(context.tag) ? undefined : context.tag;
  if (tag === undefined) return { tag: eventTag, tagSource: 'the tag', event };
  // Title, notes and time of another tag's event belong to something else.
  const isForeign = eventTag !== undefined && tag !== eventTag;
  return {
    tag,
    tagSource: 'input `tag`',
    event: isForeign ? { name: 'other', trigger: event.name } : event,
  };
}

/** The name that GitHub gives the tag of a release that is not bound to one. */
function isPlaceholder(tag: string | undefined): boolean {
  return tag !== undefined && /^untagged-[\da-f]{8,}$/.test(tag);
}

const publishedOnly = 'Trigger the workflow with `on: { release: { types: [published] } }`.';

/** The types of `release` events that stand for a publication. Others, such as Gitea's `updated`, are edits. */
const publishingTypes: readonly (string | undefined)[] = ['published', 'released', 'prereleased', 'created', undefined];

function assertPublishable({ event }: Context): void {
  if (event.name === 'push' && event.isDeletion) {
    throw new EventError(
      'push',
      `This workflow was started by the deletion of a tag or branch. There is nothing to publish. ${publishedOnly}`,
    );
  }
  if (event.name !== 'release') return;
  if (event.isDraft) throw new EventError('release', `Draft releases are not published. ${publishedOnly}`);
  if (!publishingTypes.includes(event.action)) {
    throw new EventError(
      'release',
      `\`release\` events of type \`${event.action ?? ''}\` are not published. ${publishedOnly}`,
    );
  }
}

/** These events cannot be filtered by state in `on:`, so a deployment or run without success is not a mistake. */
function reasonToSkip({ event, eventFileProblem }: Context): string | undefined {
  const unknown = eventFileProblem === undefined ? 'unknown' : `unknown: the event file ${eventFileProblem}`;
  switch (event.name) {
    case 'deployment':
      return 'A `deployment` event only requests a deployment, which has not happened yet. Trigger the workflow with `deployment_status`.';
    case 'deployment_status':
      return event.state === 'success'
        ? undefined
        : `The state of the deployment is not \`success\` (${event.state ?? unknown}).`;
    case 'workflow_run':
      return event.conclusion === 'success'
        ? undefined
        : `The conclusion of the workflow run is not \`success\` (${event.conclusion ?? unknown}).`;
    case 'release':
    case 'push':
    case 'other':
      return undefined;
  }
}

function resolveVersion({ version, tagPrefix }: Inputs, context: Context, { tag, tagSource }: Scope): Sourced<string> {
  if (version !== undefined) return { value: version, source: 'input `version`' };
  if (tag === undefined) throw new InputError([{ input: 'version', message: `is not set, and ${whyNoTag(context)}` }]);
  if (tagPrefix === undefined) return { value: validated(tag, tag), source: tagSource };
  const rest = tag.startsWith(tagPrefix) ? tag.slice(tagPrefix.length) : '';
  // The prefix `v` does not make the version `ersion3` from the tag `version3`.
  const isOurs = unicodePattern`\p{L}$`.test(tagPrefix) ? /^\d/.test(rest) : rest !== '';
  if (isOurs) return { value: validated(rest, tag), source: `${tagSource} \`${tag}\` without \`tag-prefix\`` };
  throw new InputError([
    {
      input: 'tag-prefix',
      message: `is \`${tagPrefix}\`, and tag \`${tag}\` is not that followed by a version. If your tags have no prefix, remove \`tag-prefix\`. If the tag belongs to another package, run this job for this package's tags only, with \`if: startsWith(${tagExpression(context)}, '${tagPrefix}')\`.`,
    },
  ]);
}

function validated(version: string, tag: string): string {
  const problem = validateVersion(version);
  if (problem === undefined) return version;
  throw new InputError([{ input: 'version', message: `is not set, and the version from tag \`${tag}\` ${problem}` }]);
}

function tagExpression({ event }: Context): string {
  return event.name === 'release' ? 'github.event.release.tag_name' : 'github.ref_name';
}

/** Completes "Input `version` is not set, and …". */
function whyNoTag({ event, tag, ref, eventFileProblem }: Context): string {
  if (isPlaceholder(tag)) {
    return `the GitHub release is not bound to a tag (\`${tag ?? ''}\`). Publish the release with a tag, or set \`version\`.`;
  }
  if (event.name === 'release') {
    return eventFileProblem === undefined
      ? 'the event file contains no release with a tag. Set `version` or `tag`, or give your local runner the payload of a release.'
      : `the event file ${eventFileProblem}. Set \`version\` or \`tag\`, or give your local runner the payload of a release.`;
  }
  const where = ref === undefined ? 'without a tag' : `for \`${ref}\`, which is not a tag`;
  const how =
    event.name === 'workflow_run'
      ? 'If the workflow that ran before this one runs for tags only, set `tag: ${{ github.event.workflow_run.head_branch }}`.'
      : 'Set `version` or `tag`, or trigger the workflow with a pushed tag or a published release.';
  return `this workflow runs ${where}. ${how}`;
}

function resolveTitle({ title }: Inputs, { event, tag, tagSource }: Scope): Sourced<string> | undefined {
  if (title !== undefined) return { value: title, source: 'input `title`' };
  if (event.name !== 'release') return undefined;
  // The event of a release has its name, or proves that it has none.
  if (event.title !== undefined) return { value: event.title, source: 'the name of the GitHub release' };
  return tag === undefined ? undefined : { value: tag, source: tagSource };
}

function resolveDescription(
  { description }: Inputs,
  { githubServerUrl }: Context,
  { event }: Scope,
): DescriptionText | undefined {
  if (description !== undefined) return descriptionFromInput(description);
  if (event.name !== 'release' || event.notes === undefined) return undefined;
  return descriptionFromRelease(event.notes, pageOnServer(event.page, githubServerUrl));
}

function resolveStart({ releaseStart }: Inputs, { event }: Scope): Sourced<Date> | undefined {
  if (releaseStart !== undefined) return { value: releaseStart, source: 'input `release-start`' };
  if (event.name === 'release') return releaseEventStart(event);
  if (event.name === 'deployment_status' && event.createdAt !== undefined) {
    return { value: event.createdAt, source: 'when the deployment succeeded' };
  }
  return undefined;
}

/** A release that was promoted from a pre-release keeps the time at which the pre-release was published. */
function releaseEventStart({ action, publishedAt, updatedAt }: Extract<Event, { name: 'release' }>) {
  if (action === 'released' || action === 'prereleased') {
    return updatedAt && { value: updatedAt, source: `when the GitHub release was ${action}` };
  }
  return publishedAt && { value: publishedAt, source: 'when the GitHub release was published' };
}
