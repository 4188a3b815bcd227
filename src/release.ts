import type { Sourced } from './description.js';
import { InputError } from './errors.js';
import type { ReleasePlan } from './plan.js';
import type { ReleaseNotes } from './release-notes.js';
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

/** A release that is ready to be sent, and where the values came from that a user can leave open. */
export type PreparedRelease = {
  readonly release: Release;
  /** The release as JSON, exactly as it is sent. */
  readonly payload: string;
  readonly sources: Readonly<Record<'version' | 'title' | 'description' | 'start', string>>;
};

/**
 * Makes the release from the plan, what GitHub knows about the tag, and the description.
 *
 * @param now the start where nothing else says when.
 * @throws InputError where the release ends before it starts.
 */
export function composeRelease(
  plan: ReleasePlan,
  notes: ReleaseNotes | undefined,
  description: Sourced<string> | undefined,
  now: Date,
): PreparedRelease {
  const { version } = plan;
  const title = plan.title ?? titleFrom(notes) ?? plan.fallbackTitle;
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

function titleFrom(notes: ReleaseNotes | undefined): Sourced<string> | undefined {
  return notes?.title === undefined ? undefined : { value: notes.title, source: 'the name of the GitHub release' };
}
