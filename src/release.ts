import type { Context } from './context.js';
import { EventError, InputError } from './errors.js';
import type { Inputs } from './inputs.js';
import type { Notes, NotesQuery } from './notes.js';
import { formatTimestamp } from './timestamp.js';

/**
 * A release as Amplitude takes it: the documented parameters and no other, `undefined` where they are unknown.
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

/** The release, and where the values came from that a user may have left open. */
export type Draft = {
  readonly release: Release;
  /** The release as JSON, as it is sent: without what is unknown. */
  readonly payload: string;
  readonly sources: Readonly<Record<'version' | 'title' | 'description' | 'start', string>>;
};

const publishedOnly = 'Let the workflow start with `on: { release: { types: [published] } }`.';

/**
 * Refuses the events after which there is nothing to publish.
 *
 * @throws EventError naming the event, and what to put in its place.
 */
export function refuseUnpublishable({ event }: Context): void {
  if (event.name === 'push' && event.isDeletion) {
    throw new EventError(
      'push',
      `A deleted tag or branch started this workflow, and a deletion is no release. ${publishedOnly}`,
    );
  }
  if (event.name !== 'release') return;
  const isTakenBack = ['edited', 'deleted', 'unpublished'].includes(event.action ?? '');
  if (!isTakenBack && !event.isDraft) return;
  const what = isTakenBack ? `The event \`release\` with the type \`${event.action ?? ''}\`` : 'A draft of a release';
  throw new EventError('release', `${what} publishes nothing. ${publishedOnly}`);
}

/**
 * The version: the one of the user, else the tag, without the prefix that the user gave.
 *
 * @throws InputError where there is no tag, or one of another package.
 */
export function versionOf({ version, tagPrefix }: Inputs, { event, tag, ref }: Context): Sourced<string> {
  if (version !== undefined) return { value: version, source: 'input `version`' };
  if (tag === undefined) {
    const where = ref === undefined || event.name === 'release' ? 'without a tag' : `for \`${ref}\`, which is no tag`;
    const how =
      event.name === 'other' && event.trigger === 'workflow_run'
        ? 'If the workflow before this one runs for tags only, set `version: ${{ github.event.workflow_run.head_branch }}`.'
        : 'Set `version`, or start the workflow by pushing a tag or publishing a release.';
    throw new InputError([{ input: 'version', message: `is not set, and this workflow runs ${where}. ${how}` }]);
  }
  if (tagPrefix === undefined) return { value: tag, source: 'the tag' };
  if (tag.startsWith(tagPrefix) && tag !== tagPrefix) {
    return { value: tag.slice(tagPrefix.length), source: `the tag \`${tag}\` without \`tag-prefix\`` };
  }
  throw new InputError([
    {
      input: 'tag-prefix',
      message: `is \`${tagPrefix}\`, and the tag \`${tag}\` is not that and a version: it is another package's. Start the workflow for \`tags: ['${tagPrefix}*']\` only, or correct the prefix.`,
    },
  ]);
}

/**
 * What GitHub has to be asked, where the user and the event leave the title or the description of a tag open.
 *
 * @returns the question; `undefined` where there is nothing to ask, no tag to ask for, or no token to ask with.
 */
export function notesQuery(inputs: Inputs, context: Context): NotesQuery | undefined {
  const { title, description, githubToken: token } = inputs;
  const { event, tag, repository, githubApiUrl } = context;
  const isRelease = event.name === 'release';
  const isDescriptionOpen = description === undefined && !(isRelease && event.notes !== undefined);
  // The event of a release has the release's name, or proves that it has none.
  const isTitleOpen = title === undefined && !isRelease;
  if (token === undefined || tag === undefined || repository === undefined) return undefined;
  return isDescriptionOpen || isTitleOpen ? { token, githubApiUrl, ...repository, tag, isDescriptionOpen } : undefined;
}

/**
 * Makes the release out of what the user said, what the runner knows and what GitHub knows, in this order.
 *
 * @param now the start where nobody names one.
 * @throws InputError where the release ends before it starts.
 */
export function composeRelease(
  inputs: Inputs,
  context: Context,
  version: Sourced<string>,
  notes: Notes | undefined,
  now: Date,
): Draft {
  const title = titleOf(inputs, context, notes, version.value);
  const description = descriptionOf(inputs, context, notes);
  const start = startOf(inputs, context, now);
  const release_start = formatTimestamp(start.value);
  const release_end = inputs.releaseEnd === undefined ? undefined : formatTimestamp(inputs.releaseEnd);
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
    description: description.value,
    platforms: inputs.platforms,
    created_by: inputs.createdBy ?? context.actor,
    chart_visibility: inputs.chartVisibility,
  };
  return {
    release,
    payload: JSON.stringify(release),
    sources: { version: version.source, title: title.source, description: description.source, start: start.source },
  };
}

function titleOf(
  { title }: Inputs,
  { event, tag }: Context,
  notes: Notes | undefined,
  version: string,
): Sourced<string> {
  if (title !== undefined) return { value: title, source: 'input `title`' };
  const name = event.name === 'release' ? event.title : notes?.title;
  if (name !== undefined) return { value: name, source: 'the name of the GitHub release' };
  if (tag !== undefined) return { value: tag, source: 'the tag' };
  return { value: version, source: 'the version' };
}

function descriptionOf(
  { description }: Inputs,
  { event }: Context,
  notes: Notes | undefined,
): Sourced<string | undefined> {
  if (description !== undefined) return { value: description.text, source: `input \`${description.from}\`` };
  const sources = {
    release: 'the notes of the GitHub release',
    tag: 'the message of the tag',
  } as const;
  const found =
    event.name === 'release' && event.notes !== undefined
      ? ({ text: event.notes, from: 'release' } as const)
      : notes?.description;
  const value = found === undefined ? '' : plainText(found.text);
  return found === undefined || value.trim() === ''
    ? { value: undefined, source: 'nothing was found' }
    : { value, source: sources[found.from] };
}

/**
 * Takes out what GitHub does not show and Amplitude's plain text would: HTML comments and carriage returns.
 * By hand, as a regular expression takes quadratic time for comments that are opened and never closed.
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

function startOf({ releaseStart }: Inputs, { event }: Context, now: Date): Sourced<Date> {
  if (releaseStart !== undefined) return { value: releaseStart, source: 'input `release-start`' };
  if (event.name === 'release' && event.publishedAt !== undefined) {
    return { value: event.publishedAt, source: 'when the GitHub release was published' };
  }
  if ((event.name === 'deployment' || event.name === 'deployment_status') && event.createdAt !== undefined) {
    return { value: event.createdAt, source: `when the \`${event.name}\` was created` };
  }
  return { value: now, source: 'now' };
}
