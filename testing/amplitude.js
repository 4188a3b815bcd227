import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compositionOf } from './amplitude-dashboard-api.js';
import { amplitudeProject, createDeveloperApi } from './amplitude-developer-api.js';
import { fieldsOf } from './json.js';
import { listen } from './listen.js';

/**
 * @typedef {Readonly<Record<string, unknown>>} Fields
 *
 * @typedef {import('./amplitude-developer-api.js').DeveloperApiOptions
 *   & import('./amplitude-dashboard-api.js').DashboardApiOptions} AmplitudeOptions
 *
 * @typedef {object} AmplitudeServer
 * @property {string} url base URL, for the input `api-url`
 * @property {Fields[]} bodies the releases that were stored, as they were sent
 * @property {Pick<import('node:http').IncomingMessage, 'method' | 'url' | 'headers'>[]} requests every request, in order
 * @property {() => Promise<void>} close
 *
 * @typedef {import('./amplitude-developer-api.js').ApiResponse} ApiResponse
 */

/** The keys that the stand-in knows. They have the form of Amplitude's and open nothing. */
export const amplitudeKeys = {
  apiKey: '00112233445566778899aabbccddeeff',
  secretKey: 'ffeeddccbbaa99887766554433221100',
};

const basic = Buffer.from(`${amplitudeKeys.apiKey}:${amplitudeKeys.secretKey}`).toString('base64');
const json = { 'content-type': 'application/json' };

/**
 * The methods of what those keys give access to, by path.
 *
 * @type {Readonly<Record<string, string>>}
 */
const methods = { '/api/2/release': 'POST', '/api/2/composition': 'GET' };

const timeForm = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/;

/** @param {unknown} value */
const isText = (value) => typeof value === 'string' && value !== '';
/** @param {unknown} value */
const isTime = (value) =>
  typeof value === 'string' &&
  timeForm.test(value) &&
  !Number.isNaN(Date.parse(`${value}Z`)) &&
  new Date(`${value}Z`).toISOString().startsWith(value.replace(' ', 'T'));
/** @param {unknown} value */
const isTextList = (value) => Array.isArray(value) && value.length > 0 && value.every(isText);
/** @param {unknown} value */
const isBoolean = (value) => typeof value === 'boolean';

/** The documented parameters. https://amplitude.com/docs/apis/analytics/releases */
const parameters = {
  version: { required: true, check: isText, form: 'a string' },
  release_start: { required: true, check: isTime, form: 'a time as yyyy-MM-dd HH:mm:ss' },
  release_end: { required: false, check: isTime, form: 'a time as yyyy-MM-dd HH:mm:ss' },
  title: { required: true, check: isText, form: 'a string' },
  description: { required: false, check: isText, form: 'a string' },
  platforms: { required: false, check: isTextList, form: 'a list of strings' },
  created_by: { required: false, check: isText, form: 'a string' },
  chart_visibility: { required: false, check: isBoolean, form: 'a boolean' },
};

/**
 * Finds what is wrong with the body of a request, as the parameters are documented.
 *
 * @param {unknown} body
 * @returns {string | undefined} undefined if the body is valid
 */
export function findProblem(body) {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return 'The body is not a JSON object';
  const fields = fieldsOf(body);
  const names = Object.keys(parameters);
  const unknown = [...fields.keys()].filter((name) => !names.includes(name));
  if (unknown.length > 0) return `Unknown parameter ${unknown.join(', ')}`;
  for (const [name, { required, check, form }] of Object.entries(parameters)) {
    if (!fields.has(name) && required) return `Missing required parameter ${name}`;
    if (fields.has(name) && !check(fields.get(name))) return `Invalid ${name}: expected ${form}`;
  }
  return undefined;
}

/**
 * The response of the Releases API to a valid body, in its documented shape.
 *
 * @param {Fields} body
 */
export function releaseResponse(body) {
  const createdMs = Date.now();
  return {
    success: true,
    release: {
      id: randomBytes(5).toString('hex').slice(0, 8),
      app_id: Number(amplitudeProject.id),
      org_id: 200002,
      version: body['version'],
      release_start: body['release_start'],
      release_end: body['release_end'] ?? null,
      type: 'integration',
      title: body['title'],
      description: body['description'] ?? '',
      platforms: body['platforms'] ?? null,
      chart_visibility: body['chart_visibility'] ?? true,
      params: {
        created: createdMs,
        created_by: body['created_by'] ?? '',
        last_modified: createdMs,
        last_modified_by: body['created_by'] ?? '',
      },
    },
  };
}

/**
 * Starts a stand-in for Amplitude on loopback: the Releases API, and the two APIs that can be asked about releases and
 * versions. It checks credentials, parameters and times as they are documented, stores what is valid, and responds in
 * the documented shapes.
 *
 * @param {number} [port] a free one if left out
 * @param {AmplitudeOptions} [options]
 * @returns {Promise<AmplitudeServer>}
 */
export async function startAmplitude(port = 0, options = {}) {
  /** @type {Fields[]} */
  const bodies = [];
  /** @type {AmplitudeServer['requests']} */
  const requests = [];
  const developerApi = createDeveloperApi(options);

  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    requests.push({ method, url, headers });
    /** @type {Buffer[]} */
    const chunks = [];
    request.on('data', (/** @type {Buffer} */ chunk) => chunks.push(chunk));
    request.on('end', () => {
      const answer = respond(method, new URL(url ?? '', 'http://127.0.0.1'), headers.authorization, chunks);
      response.writeHead(answer.status, answer.headers).end(JSON.stringify(answer.body));
    });
  });

  /**
   * @param {string | undefined} method
   * @param {URL} url
   * @param {string | undefined} authorization
   * @param {Buffer[]} chunks
   * @returns {ApiResponse}
   */
  function respond(method, url, authorization, chunks) {
    if (url.pathname.startsWith('/v1/')) return developerApi.respond(method, url, authorization);
    const expectedMethod = methods[url.pathname];
    if (expectedMethod === undefined) return errorResponse(404, 'not_found', 'Not found');
    if (method !== expectedMethod) return errorResponse(405, 'method_not_allowed', 'Method not allowed');
    if (authorization === undefined) return errorResponse(401, 'unauthorized', 'Missing credentials');
    if (authorization !== `Basic ${basic}`) return errorResponse(403, 'forbidden', 'Invalid API Key');
    if (method === 'POST') return create(Buffer.concat(chunks).toString('utf8'));
    const { compositionStatus } = options;
    if (compositionStatus !== undefined) return errorResponse(compositionStatus, 'unavailable', 'Try again later');
    const composition = compositionOf(url.searchParams, options);
    return composition === undefined
      ? errorResponse(400, 'invalid_request', 'Invalid start, end or p')
      : { status: 200, headers: json, body: composition };
  }

  /**
   * @param {string} text
   * @returns {ApiResponse}
   */
  function create(text) {
    /** @type {unknown} */
    let body;
    try {
      body = JSON.parse(text);
    } catch {
      return errorResponse(400, 'invalid_request', 'The body is not JSON');
    }
    const problem = findProblem(body);
    if (problem !== undefined) return errorResponse(400, 'invalid_request', problem);
    const fields = Object.fromEntries(fieldsOf(body));
    bodies.push(fields);
    const answer = releaseResponse(fields);
    developerApi.add(toListedRelease(answer.release));
    return { status: 200, headers: json, body: answer };
  }

  const { url, close } = await listen(server, port);
  return { url, bodies, requests, close };
}

/**
 * A release of the Releases API as the Developer API lists it.
 *
 * @param {ReturnType<typeof releaseResponse>['release']} release
 * @returns {Partial<import('./amplitude-developer-api.js').ListedRelease>}
 */
export function toListedRelease({
  id,
  version,
  release_start,
  release_end,
  title,
  description,
  platforms,
  chart_visibility,
}) {
  const text = (/** @type {unknown} */ value) => (typeof value === 'string' && value !== '' ? value : null);
  const instant = (/** @type {unknown} */ value) => text(value)?.replace(' ', 'T').concat('Z') ?? null;
  return {
    id,
    title: text(title) ?? '',
    description: text(description),
    version: text(version),
    release_start: instant(release_start) ?? '',
    release_end: instant(release_end),
    platforms: Array.isArray(platforms) ? platforms.map(String) : null,
    chart_visibility: chart_visibility === true,
    type: 'integration',
  };
}

/**
 * @param {number} status
 * @param {string} type
 * @param {string} details
 * @returns {ApiResponse}
 */
function errorResponse(status, type, details) {
  return {
    status,
    headers: json,
    body: { error: { http_code: status, type, message: 'Unspecified Error', metadata: { details } } },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
  const { url } = await startAmplitude(Number(values.port));
  console.log(`Stand-in for Amplitude on ${url}`);
  console.log(`project-id: ${amplitudeProject.id}`);
  console.log(`access-token: ${amplitudeProject.accessToken}`);
  console.log(`api-key: ${amplitudeKeys.apiKey}`);
  console.log(`secret-key: ${amplitudeKeys.secretKey}`);
}
