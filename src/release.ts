import type { Context } from './context.js';
import { EventError, InputError } from './errors.js';
import type { Inputs } from './inputs.js';
import type { Notes, NotesQuery } from './notes.js';
import { formatTimestamp } from './timestamp.js';

/**
 * A release as Amplitude accepts it: the documented parameters only, `undefined` where unknown.
 *
 * @see https://amplitude.com/docs/apis/analytics/releases
 */
export type Release = {
  readonly version: string;
  /** UTC, `yyyy-MM-dd HH:mm:ss` */
  readonly release_start: string;
  /** UTC, `yyyy-MM-dd HH:mm:ss` */
  readonly release_end: string | undefined;
  readonly title: string;
  readonly description: string | undefined;
  readonly platforms: readonly string[] | undefined;
  readonly created_by: string | undefined;
  readonly chart_visibility: boolean;
};

/** A value, and in words where it came from. */
export type Sourced<Value> = { readonly value: Value; readonly source: string };

/** What the inputs and the event say about the release, and what is left to look up. */
export type ReleasePlan = {
  readonly version: Sourced<string>;
  /** `undefined` where only GitHub can know it. */
  readonly title: Sourced<string> | undefined;
  /** The title where GitHub does not know one either. */
  readonly fallbackTitle: Sourced<string>;
  /** `undefined` where only GitHub can know it. */
  readonly description: Sourced<string> | undefined;
  /** `undefined` where the release starts now. */
  readonly start: Sourced<Date> | undefined;
  readonly end: Date | undefined;
  readonly platforms: readonly string[] | undefined;
  readonly createdBy: string | undefined;
  readonly chartVisibility: boolean;
  /** What to ask GitHub; `undefined` where nothing is open, or there is no tag to ask about, or no token. */
  readonly query: NotesQuery | undefined;
};

/** A release that is ready to be sent, and where the values came from that a user can leave open. */
export type PreparedRelease = {
  readonly release: Release;
  /** The release as JSON, exactly as it is sent. */
  readonly payload: string;
  readonly sources: Readonly<Record<'version' | 'title' | 'description' | 'start', string>>;
};

/**
 * Decides what the inputs and the event allow to decide, the inputs first.
 *
 * @throws EventError for an event after which there is nothing to publish.
 * @throws InputError where there is no version.
 */
export function planRelease(inputs: Inputs, context: Context): ReleasePlan {
  assertPublishable(context);
  const version = resolveVersion(inputs, context);
  const title = resolveTitle(inputs, context);
  const description = resolveDescription(inputs, context);
  const { tag, repository, githubApiUrl } = context;
  const { githubToken: token } = inputs;
  const isOpen = title === undefined || description === undefined;
  return {
    version,
    title,
    fallbackTitle: tag === undefined ? { ...version, source: 'the version' } : { value: tag, source: 'the tag' },
    description,
    start: resolveStart(inputs, context),
    end: inputs.releaseEnd,
    platforms: inputs.platforms,
    createdBy: inputs.createdBy ?? context.actor,
    chartVisibility: inputs.chartVisibility,
    query:
      isOpen && token !== undefined && tag !== undefined && repository !== undefined
        ? { token, githubApiUrl, ...repository, tag, isDescriptionOpen: description === undefined }
        : undefined,
  };
}

/**
 * Makes the release from the plan and what GitHub knows about the tag.
 *
 * @param now the start where nothing else says when.
 * @throws InputError where the release ends before it starts.
 */
export function composeRelease(plan: ReleasePlan, notes: Notes | undefined, now: Date): PreparedRelease {
  const { version } = plan;
  const title = plan.title ?? titleFrom(notes) ?? plan.fallbackTitle;
  const description = plan.description ?? descriptionFrom(notes?.description);
  const start = plan.start ?? { value: now, source: 'time of this run' };
  const release_start = formatTimestamp(start.value);
  const release_end = plan.end === undefined ? undefined : formatTimestamp(plan.end);
  if (release_end !== undefined && release_end < release_start) {
    throw new InputError([
      {
        input: 'release-end',
        message: `is ${release_end} UTC, before the start at ${release_start} UTC (${start.source}). Set \`release-start\` too, or a later end.`,
      },
    ]);
  }
  const release = {
    version: version.value,
    release_start,
    release_end,
    title: title.value,
    description: description?.value,
    platforms: plan.platforms,
    created_by: plan.createdBy,
    chart_visibility: plan.chartVisibility,
  };
  return {
    release,
    payload: JSON.stringify(release),
    sources: {
      version: version.source,
      title: title.source,
      description: description?.source ?? 'no release notes found',
      start: start.source,
    },
  };
}

const publishedOnly = 'Trigger the workflow with `on: { release: { types: [published] } }`.';

function assertPublishable({ event }: Context): void {
  if (event.name === 'push' && event.isDeletion) {
    throw new EventError(
      'push',
      `This workflow was started by the deletion of a tag or branch. There is nothing to publish. ${publishedOnly}`,
    );
  }
  if (event.name !== 'release') return;
  if (event.isDraft) throw new EventError('release', `Draft releases are not published. ${publishedOnly}`);
  if (['edited', 'deleted', 'unpublished'].includes(event.action ?? '')) {
    throw new EventError(
      'release',
      `\`release\` events of type \`${event.action ?? ''}\` are not published. ${publishedOnly}`,
    );
  }
}

function resolveVersion({ version, tagPrefix }: Inputs, { event, tag, ref }: Context): Sourced<string> {
  if (version !== undefined) return { value: version, source: 'input `version`' };
  if (tag === undefined) {
    const where =
      ref === undefined || event.name === 'release' ? 'without a tag' : `for \`${ref}\`, which is not a tag`;
    const how =
      event.name === 'other' && event.trigger === 'workflow_run'
        ? 'If the workflow that ran before this one runs for tags only, set `version: ${{ github.event.workflow_run.head_branch }}`.'
        : 'Set `version`, or trigger the workflow with a pushed tag or a published release.';
    throw new InputError([{ input: 'version', message: `is not set, and this workflow runs ${where}. ${how}` }]);
  }
  if (tagPrefix === undefined) return { value: tag, source: 'the tag' };
  if (tag.startsWith(tagPrefix) && tag !== tagPrefix) {
    return { value: tag.slice(tagPrefix.length), source: `the tag \`${tag}\` without \`tag-prefix\`` };
  }
  throw new InputError([
    {
      input: 'tag-prefix',
      message: `is \`${tagPrefix}\`, and tag \`${tag}\` does not start with it. If your tags have no prefix, remove \`tag-prefix\`. If the tag belongs to another package, run this job for this package's tags only, with \`tags: ['${tagPrefix}*']\`.`,
    },
  ]);
}

function resolveTitle({ title }: Inputs, { event, tag }: Context): Sourced<string> | undefined {
  if (title !== undefined) return { value: title, source: 'input `title`' };
  if (event.name !== 'release') return undefined;
  // The event of a release has its name, or proves that it has none.
  if (event.title !== undefined) return { value: event.title, source: 'the name of the GitHub release' };
  return tag === undefined ? undefined : { value: tag, source: 'the tag' };
}

function titleFrom(notes: Notes | undefined): Sourced<string> | undefined {
  return notes?.title === undefined ? undefined : { value: notes.title, source: 'the name of the GitHub release' };
}

function resolveDescription({ description }: Inputs, { event }: Context): Sourced<string> | undefined {
  if (description !== undefined) return { value: description.text, source: `input \`${description.input}\`` };
  if (event.name !== 'release' || event.notes === undefined) return undefined;
  return descriptionFrom({ text: event.notes, from: 'release' });
}

const notesSources = { release: 'the notes of the GitHub release', tag: 'the message of the tag' } as const;

function descriptionFrom(notes: Notes['description']): Sourced<string> | undefined {
  const value = notes === undefined ? '' : plainText(notes.text);
  return notes === undefined || value.trim() === '' ? undefined : { value, source: notesSources[notes.from] };
}

/**
 * Removes what GitHub does not show and Amplitude's plain text would: HTML comments and carriage returns.
 * Not with a regular expression, which takes quadratic time for comments that are opened and never closed.
 */
function plainText(notes: string): string {
  let text = '';
  let position = 0;
  for (;;) {
    const open = notes.indexOf('<!--', position);
    const close = open === -1 ? -1 : notes.indexOf('-->', open);
    if (close === -1) break;
    text += notes.slice(position, open);
    position = close + '-->'.length;
  }
  return (text + notes.slice(position)).replaceAll('\r', '');
}

function resolveStart({ releaseStart }: Inputs, { event }: Context): Sourced<Date> | undefined {
  if (releaseStart !== undefined) return { value: releaseStart, source: 'input `release-start`' };
  if (event.name === 'release' && event.publishedAt !== undefined) {
    return { value: event.publishedAt, source: 'when the GitHub release was published' };
  }
  if ((event.name === 'deployment' || event.name === 'deployment_status') && event.createdAt !== undefined) {
    return { value: event.createdAt, source: `when the \`${event.name}\` was created` };
  }
  return undefined;
}
