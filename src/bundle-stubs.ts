/**
 * Replaces, in the bundle, packages that dependencies import but this action never uses, by `paths` in tsconfig.json. Left
 * in, they would be two thirds of what every deploy downloads, reads and compiles.
 *
 * @actions/http-client: `@actions/core` asks for OIDC tokens with it. It brings undici.
 *
 * @actions/exec: `@actions/core` detects the runner's operating system with it.
 *
 * linkify-it: markdown-it finds addresses with it where its option `linkify` is on.
 *
 * mdurl, punycode.js: markdown-it normalizes the addresses of links with them. markdown-parser.ts replaces these functions.
 */

/** `@actions/core` makes one to ask for an OIDC token. */
export class HttpClient {
  readonly package = '@actions/http-client';
}

/** `@actions/core` gives one to that client. */
export class BearerCredentialHandler {
  readonly package = '@actions/http-client';
}

/**
 * Replaces `getExecOutput` of `@actions/exec`, which `platform.getDetails` of `@actions/core` calls.
 *
 * @throws Error always.
 */
export function getExecOutput(): never {
  throw new Error('@actions/exec is not in the bundle: remove it from `paths` in tsconfig.json.');
}

/** `markdown-it` makes one for each parser. */
export class LinkifyIt {
  readonly package = 'linkify-it';
}

/** Replaces the functions of mdurl, and those of punycode.js, which are in its default export. */
function normalizeLink(): never {
  throw new Error('mdurl and punycode.js are not in the bundle: remove them from `paths` in tsconfig.json.');
}

export { normalizeLink as decode, normalizeLink as encode, normalizeLink as format, normalizeLink as parse };
export default { toASCII: normalizeLink, toUnicode: normalizeLink };
