/** The longest text that an annotation keeps, in characters: the runner cuts at 4,096. */
const maxAnnotationLength = 4_000;
/** The longest value that a line of the log or a cell of the job summary shows, in characters. */
const maxValueLength = 200;
/** The longest notes that the job summary shows, in characters: far below the summary's limit of 1 MiB in any script. */
const maxNotesLength = 100_000;

// In the patterns of this action, a control character is one that is neither ` -~` nor above `\u009f`. Most of them are
// used in every step, and `\p{Cc}` would slow it down: see unicode-pattern.ts.

/** The characters that change the direction of text. https://www.unicode.org/reports/tr9/ */
const bidiControls = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Makes untrusted text safe for a single line of the log: truncated, without control and bidirectional characters, and
 * with the two marks broken up that the runner recognizes its commands by.
 *
 * @param text any text.
 * @param maxLength the most characters to keep.
 * @returns one line that the runner prints and does not obey.
 * @see https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
export function sanitizeLine(text: string, maxLength = maxValueLength): string {
  return truncate(text, maxLength)
    .replace(/[^ -~\u00a0-\u2027\u202a-\uffff]+/g, ' ')
    .replace(bidiControls, '')
    .replaceAll('##[', '## [')
    .replace(/^\s*::/, ': :');
}

/**
 * Makes text safe for an annotation, each of its lines for itself: the runner repeats them in the log.
 *
 * @param text any text; its line feeds are kept.
 */
export function sanitizeAnnotation(text: string): string {
  const lines = text.split('\n').map((line) => sanitizeLine(line, maxAnnotationLength));
  return truncate(lines.join('\n'), maxAnnotationLength);
}

/**
 * Makes untrusted text safe for a cell of a table in the job summary.
 *
 * @param text any text.
 * @param maxLength the most characters to keep.
 * @returns HTML without elements; never empty, as the toolkit would leave the cell unclosed.
 */
export function sanitizeCell(text: string, maxLength = maxValueLength): string {
  return escapeHtml(sanitizeLine(text, maxLength)) || '&nbsp;';
}

/**
 * Makes Markdown that shows untrusted text unchanged, in a code block whose fence is longer than any in the text.
 *
 * @param text any text; control and bidirectional characters, and blank lines around it, are dropped.
 */
export function codeBlock(text: string): string {
  const shown = truncate(text, maxNotesLength)
    .replace(/[^\t\n -~\u00a0-\uffff]/g, '')
    .replace(bidiControls, '')
    .replace(/^\n+/, '')
    .trimEnd();
  const runs = shown.match(/`+/g) ?? [];
  const fence = '`'.repeat(runs.reduce((longest, run) => Math.max(longest, run.length), 2) + 1);
  return `\n\n${fence}text\n${shown}\n${fence}\n\n`;
}

/**
 * Shortens text.
 *
 * @returns at most `maxLength` characters and, where something was cut, an ellipsis; no half of a surrogate pair.
 */
export function truncate(text: string, maxLength: number): string {
  return text.length <= maxLength ? text.toWellFormed() : `${text.slice(0, maxLength).toWellFormed()}…`;
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
