/**
 * Replaces, in the bundle, packages that `@actions/core` imports but this action never uses, by `paths` in tsconfig.json.
 * Left in, they would be two thirds of what every deploy downloads, reads and compiles.
 *
 * @actions/http-client: it asks for OIDC tokens, and brings undici.
 *
 * @actions/exec: it detects the runner's operating system.
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
