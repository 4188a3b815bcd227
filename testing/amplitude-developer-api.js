/**
 * Amplitude's Developer API (Early Access), as far as it lists the releases of a project.
 * https://amplitude.com/docs/apis/developer/analytics/list-releases
 *
 * @typedef {object} ListedRelease a release as the API returns it
 * @property {string} id
 * @property {'release'} object
 * @property {string} project_id
 * @property {string} title
 * @property {string | null} description
 * @property {string | null} version
 * @property {string} release_start UTC, RFC 3339
 * @property {string | null} release_end UTC, RFC 3339
 * @property {readonly string[] | null} platforms
 * @property {boolean} chart_visibility
 * @property {'manual' | 'automatic' | 'integration'} type who made it: a user, Amplitude, or the Releases API
 * @property {boolean} deleted
 *
 * @typedef {object} DeveloperApiOptions
 * @property {readonly Partial<ListedRelease>[]} [listed] releases that the project has from the start
 * @property {number} [indexLag] how many requests a new release is missing from the list for
 * @property {readonly number[]} [listStatuses] statuses of the first requests for the list, such as 429; the others succeed
 *
 * @typedef {object} DeveloperApi
 * @property {(release: Partial<ListedRelease>) => void} add adds a release to the project
 * @property {(method: string | undefined, url: URL, authorization: string | undefined) => ApiResponse} respond
 *
 * @typedef {object} ApiResponse
 * @property {number} status
 * @property {Readonly<Record<string, string>>} headers
 * @property {unknown} body
 */

/** The project that the stand-in knows. The first token can read its releases, the other one lacks the scope. */
export const amplitudeProject = {
  id: '100001',
  accessToken: 'amp_1f7d0c52e9ab4468b3a05c7e',
  accessTokenWithoutScope: 'amp_e07a5b3c8644ba9e25c0d7f1',
};

const instantForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/**
 * @param {DeveloperApiOptions} [options]
 * @returns {DeveloperApi}
 */
export function createDeveloperApi({ listed = [], indexLag = 0, listStatuses = [] } = {}) {
  /** @type {{ release: ListedRelease, missingReads: number }[]} */
  const entries = listed.map((release) => ({ release: complete(release), missingReads: 0 }));
  let reads = 0;

  /** @type {DeveloperApi['respond']} */
  const respond = (method, url, authorization) => {
    const [, project] = /^\/v1\/projects\/(\d+)\/releases$/.exec(url.pathname) ?? [];
    if (authorization === undefined) return problem(401, 'unauthorized', 'Missing bearer token.');
    const token = authorization.replace(/^Bearer (?:PAT=)?/, '');
    const isPermitted = token === amplitudeProject.accessToken;
    const isKnown = isPermitted || token === amplitudeProject.accessTokenWithoutScope;
    if (!isKnown) return problem(401, 'invalid_token', 'The token is invalid or has expired.');
    if (project !== amplitudeProject.id) return problem(404, 'not_found', 'Project not found.');
    if (method !== 'GET') return problem(405, 'method_not_allowed', 'Method not allowed.');
    if (!isPermitted) return problem(403, 'insufficient_scope', 'The token lacks the scope analytics:read.');

    const status = listStatuses[reads];
    reads += 1;
    if (status !== undefined) return problem(status, 'unavailable', 'Try again later.');

    const query = readQuery(url.searchParams);
    if (query === undefined) return problem(400, 'validation_failed', 'A parameter is invalid.');
    const { limit, offset, after, before, includeDeleted } = query;
    const visible = entries.filter((entry) => {
      entry.missingReads -= 1;
      const start = Date.parse(entry.release.release_start);
      return entry.missingReads < 0 && start > after && start < before && (includeDeleted || !entry.release.deleted);
    });
    const releases = visible.map(({ release }) => release).sort(byNewestStart);
    const end = offset + limit;
    const hasMore = end < releases.length;
    const next_cursor = hasMore ? Buffer.from(String(end)).toString('base64url') : null;
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: { data: releases.slice(offset, end), pagination: { next_cursor, has_more: hasMore } },
    };
  };

  return {
    add: (release) => entries.push({ release: complete(release), missingReads: indexLag }),
    respond,
  };
}

/**
 * @param {Partial<ListedRelease>} release
 * @returns {ListedRelease}
 */
function complete(release) {
  return {
    id: 'w4962caj',
    object: 'release',
    project_id: amplitudeProject.id,
    title: 'Checkout in one step',
    description: null,
    version: null,
    release_start: '2026-11-23T10:52:35Z',
    release_end: null,
    platforms: null,
    chart_visibility: true,
    type: 'manual',
    deleted: false,
    ...release,
  };
}

/**
 * @param {ListedRelease} a
 * @param {ListedRelease} b
 */
function byNewestStart(a, b) {
  return Date.parse(b.release_start) - Date.parse(a.release_start) || (a.id < b.id ? 1 : -1);
}

/**
 * @param {URLSearchParams} parameters
 * @returns {{ limit: number, offset: number, after: number, before: number, includeDeleted: boolean } | undefined}
 *   undefined if one of them is invalid
 */
function readQuery(parameters) {
  const instant = (/** @type {string} */ name, /** @type {number} */ preset) => {
    const text = parameters.get(name);
    if (text === null) return preset;
    return instantForm.test(text) ? Date.parse(text) : Number.NaN;
  };
  const query = {
    limit: Number(parameters.get('limit') ?? 50),
    offset: Number(Buffer.from(parameters.get('cursor') ?? '', 'base64url').toString()),
    after: instant('release_start_after', -Infinity),
    before: instant('release_start_before', Infinity),
    includeDeleted: parameters.get('include_deleted') === 'true',
  };
  const isPage = Number.isInteger(query.limit) && query.limit >= 1 && query.limit <= 200;
  const isRange = !Number.isNaN(query.offset) && !Number.isNaN(query.after) && !Number.isNaN(query.before);
  return isPage && isRange ? query : undefined;
}

/**
 * A failure in the form of RFC 9457, with the fields that Amplitude adds.
 *
 * @param {number} status
 * @param {string} code
 * @param {string} detail
 * @returns {ApiResponse}
 */
function problem(status, code, detail) {
  const type = `https://developer-api.amplitude.com/problems/${code.replaceAll('_', '-')}`;
  const retryable = status === 429 || status >= 500;
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...(status === 429 && { 'retry-after': '1' }) },
    body: { type, title: detail.replace(/\.$/, ''), status, detail, error_code: code, retryable },
  };
}
