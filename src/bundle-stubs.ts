/**
 * Stands in the bundle where dependencies import packages that this action never uses, by `paths` in tsconfig.json.
 * Left in, they would be two thirds of what every deploy downloads, reads and compiles.
 *
 * undici: `@actions/github` imports it for `fetch` behind a proxy. notes.ts gives octokit a `fetch` of its own.
 *
 * @actions/http-client: `@actions/core` imports it for OIDC tokens, and `@actions/github` for agents, which octokit does
 * not use as long as it is given a `fetch`.
 *
 * @actions/exec: `@actions/core` imports it to tell the runner's operating system, which nobody asks here.
 */

/** `@actions/github` makes one as soon as it is imported, and asks it for agents that only undici's `fetch` would use. */
export class HttpClient {
  getAgent(): undefined {
    return undefined;
  }

  getAgentDispatcher(): undefined {
    return undefined;
  }
}

/** `@actions/core` gives one to the client that it asks for OIDC tokens. */
export class BearerCredentialHandler {
  readonly package = '@actions/http-client';
}

/** `@actions/github` has it in a type. */
export class ProxyAgent {
  readonly package = 'undici';
}

/**
 * Stands for undici's `fetch`, which octokit does not call as long as it is given another.
 *
 * @throws Error always, so that the day it is needed does not pass in silence.
 */
export function fetch(): never {
  throw new Error('undici is left out of the bundle: give octokit a `request.fetch`.');
}

/**
 * Stands for `getExecOutput` of `@actions/exec`, which `platform.getDetails` of `@actions/core` calls.
 *
 * @throws Error always.
 */
export function getExecOutput(): never {
  throw new Error('@actions/exec is left out of the bundle: take it out of `paths` in tsconfig.json.');
}
