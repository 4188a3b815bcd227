import type { ChangeList } from './changes.js';
import { messageOf } from './errors.js';
import type { Description, Inputs } from './inputs.js';
import type { Site } from './links.js';
import type { ReleaseNotes } from './release-notes.js';

/** A value, and in words where it came from. */
export type Sourced<Value> = { readonly value: Value; readonly source: string };

/** A text that can become the description. */
export type DescriptionText = {
  /** `own`: the user's own words, which are sent unchanged. */
  readonly kind: 'own' | 'found';
  readonly text: string;
  readonly format: 'plain' | 'markdown';
  /** Where it comes from, in words. */
  readonly source: string;
  /** The page that shows more, where there is a better one than that of the tag or the run. */
  readonly page: string | undefined;
};

/** How to make a description from a text. */
export type DescriptionStyle = Pick<Inputs, 'markdown'> & {
  readonly site: Site;
  /** The page of the release, the tag or the run; `undefined` where the description gets no link. */
  readonly page: string | undefined;
};

/** The user's own words. */
export function descriptionFromInput({ text, input, format }: Description): DescriptionText {
  return { kind: 'own', text, format, source: `input \`${input}\``, page: undefined };
}

/** The notes of a GitHub release, which are Markdown. */
export function descriptionFromRelease(text: string, page: string | undefined): DescriptionText {
  return { kind: 'found', text, format: 'markdown', source: 'the notes of the GitHub release', page };
}

/** What GitHub knows about a tag; `undefined` where that is nothing. */
export function descriptionFromNotes(notes: ReleaseNotes | undefined): DescriptionText | undefined {
  const found = notes?.description;
  if (found === undefined) return undefined;
  if (found.source === 'release') return descriptionFromRelease(found.text, notes?.url);
  return { kind: 'found', text: found.text, format: 'plain', source: 'the message of the tag', page: undefined };
}

/** A list of changes; `undefined` where it is empty. */
export function descriptionFromChanges({ text, url }: ChangeList, source: string): DescriptionText | undefined {
  return text === undefined ? undefined : { kind: 'found', text, format: 'plain', source, page: url };
}

/**
 * Makes the description: Markdown as plain text, and a link to more as the last line of what is not the user's own.
 *
 * @returns the description, `undefined` where there is none, and why Markdown could not be converted, if it could not.
 */
export async function composeDescription(
  found: DescriptionText | undefined,
  style: DescriptionStyle,
): Promise<{ readonly description: Sourced<string> | undefined; readonly problem: string | undefined }> {
  const { text, suffix, problem } = found === undefined ? nothing : await render(found, style);
  if (found?.kind === 'own') return { description: { value: text, source: found.source + suffix }, problem };
  const page = style.page === undefined ? undefined : (found?.page ?? style.page);
  if (found === undefined || text === '') {
    return {
      description: page === undefined ? undefined : { value: page, source: 'a link, as there are no notes' },
      problem,
    };
  }
  const value = page === undefined || text.endsWith(page) ? text : `${text}\n\n${page}`;
  return { description: { value, source: found.source + suffix }, problem };
}

const nothing = { text: '', suffix: '', problem: undefined } as const;

type Rendered = { readonly text: string; readonly suffix: string; readonly problem: string | undefined };

async function render(
  { kind, text, format }: DescriptionText,
  { markdown, site }: DescriptionStyle,
): Promise<Rendered> {
  if (format === 'plain') return { ...nothing, text: kind === 'own' ? text : withoutCarriageReturns(text) };
  try {
    // Most steps do not need the parser: in dist, it is a file of its own (scripts/build.js).
    const { stripComments, toPlainText } = await import(/* webpackIgnore: true */ './markdown.js');
    if (markdown === 'keep') return { ...nothing, text: stripComments(text).trim() };
    return { text: toPlainText(text, site), suffix: ', as plain text', problem: undefined };
  } catch (error) {
    return { text: withoutCarriageReturns(text), suffix: ', as Markdown', problem: messageOf(error) };
  }
}

function withoutCarriageReturns(text: string): string {
  return text.replace(/\r\n?/g, '\n').trim();
}
