import { unicodePattern } from './unicode-pattern.js';

/** Most versions. None of the checks below can reject one of these. */
const numbers = /^v?\d+(?:\.\d+)*$/;
/** Words that tools print where there is no value. */
const emptyWords = /^(?:null|nil|none|undefined|nan|true|false|n\/a|<nil>|<none>|<no value>|\(none\)|\(null\))$/i;
/** What JavaScript and JSON put in the place of a missing part, as in `web@undefined`. */
const emptyPart = /[.@/_-]v?(?:null|undefined|NaN)(?:$|\.)|\[object \w+\]/;
/** Shell, GitHub, Azure, Windows and template syntax. */
const placeholder = /\$(?:\w|[{(])|\{\{|\}\}|#\{|%[A-Za-z_]\w*%/;
/** What is left of `v${VERSION}` or `web@${VERSION}` where the variable is empty. */
const missingEnd = () => unicodePattern`^[\p{P}\s]*$|(?:^|[@/_+-])[vV]?$`;
const invisible = () => unicodePattern`[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]`;

/**
 * Removes `refs/tags/` from the start of a ref.
 *
 * @param ref such as `refs/tags/v1.4.0`, from `github.ref`, or the bare name of a tag.
 */
export function tagNameOf(ref: string): string {
  const prefix = 'refs/tags/';
  return ref.startsWith(prefix) ? ref.slice(prefix.length) : ref;
}

/**
 * Checks that a text can be a version. Amplitude matches it exactly with what an app sends, and a release cannot be
 * removed through its API, so a wrong version is worse than none.
 *
 * @returns `undefined`, or a clause that completes "which …": what is wrong, and what to do.
 */
export function validateVersion(version: string): string | undefined {
  if (numbers.test(version)) return undefined;
  const character = invisible().exec(version)?.[0];
  if (character !== undefined) {
    const code = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0') ?? '';
    return `contains the control or invisible character U+${code}, which no app sends. Print the version as plain text on one line, without colors.`;
  }
  if (placeholder.test(version)) {
    return 'contains a placeholder that nothing replaced. In a workflow, write an expression such as `${{ env.VERSION }}` or `${{ steps.package.outputs.version }}`.';
  }
  const bare = version.replace(/^v(?=[a-z])/i, '');
  if (emptyWords.test(bare) || emptyPart.test(version)) {
    return 'is what a tool prints for a missing value. Check the step that the version comes from; `jq -er` fails where a field is missing.';
  }
  if (/^[[{]/.test(version)) {
    return 'is JSON. Select one value, as in `${{ fromJSON(steps.changesets.outputs.publishedPackages)[0].version }}`.';
  }
  if (/^(["']).*\1$/.test(version)) return 'is in quotes. Remove them; `jq -r` prints a string without quotes.';
  if (version.startsWith('refs/')) {
    return 'is a ref, but not of a tag. For a tag, use `${{ github.ref_name }}`; for a branch, set a version of your own.';
  }
  if (missingEnd().test(version)) {
    return 'ends where a value should follow. Check the step that the version comes from: its output is empty.';
  }
  return undefined;
}
