import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fieldsOf } from './json.js';
import { listen } from './listen.js';

/**
 * @typedef {Readonly<Record<string, unknown>>} Fields
 * @typedef {object} AmplitudeServer
 * @property {string} url base URL, for the input `api-url`
 * @property {Fields[]} bodies the releases that were stored, as they were sent
 * @property {Pick<import('node:http').IncomingMessage, 'method' | 'url' | 'headers'>[]} requests every request, in order
 * @property {() => Promise<void>} close
 */

/** The keys that the stand-in knows. They have the form of Amplitude's and open nothing. */
export const amplitudeKeys = {
  apiKey: '00112233445566778899aabbccddeeff',
  secretKey: 'ffeeddccbbaa99887766554433221100',
};

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
      app_id: 100001,
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
 * Starts a stand-in for Amplitude's Releases API on loopback. It checks credentials, parameters and times as they
 * are documented, stores what is valid, and responds in the documented shape.
 *
 * @param {number} [port] a free one if left out
 * @returns {Promise<AmplitudeServer>}
 */
export async function startAmplitude(port = 0) {
  /** @type {Fields[]} */
  const bodies = [];
  /** @type {AmplitudeServer['requests']} */
  const requests = [];
  const basic = Buffer.from(`${amplitudeKeys.apiKey}:${amplitudeKeys.secretKey}`).toString('base64');
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    requests.push({ method, url, headers });
    /** @type {Buffer[]} */
    const chunks = [];
    request.on('data', (/** @type {Buffer} */ chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { status, answer } = handle(Buffer.concat(chunks).toString('utf8'));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });

    /** @param {string} text */
    function handle(text) {
      if (url !== '/api/2/release') return errorResponse(404, 'not_found', 'Not found');
      if (method !== 'POST') return errorResponse(405, 'method_not_allowed', 'Method not allowed');
      if (headers.authorization === undefined) return errorResponse(401, 'unauthorized', 'Missing credentials');
      if (headers.authorization !== `Basic ${basic}`) return errorResponse(403, 'forbidden', 'Invalid API Key');
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
      return { status: 200, answer: releaseResponse(fields) };
    }
  });
  const { url, close } = await listen(server, port);
  return { url, bodies, requests, close };
}

/**
 * @param {number} status
 * @param {string} type
 * @param {string} details
 */
function errorResponse(status, type, details) {
  return {
    status,
    answer: { error: { http_code: status, type, message: 'Unspecified Error', metadata: { details } } },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
  const { url } = await startAmplitude(Number(values.port));
  console.log(`Stand-in for Amplitude's Releases API on ${url}`);
  console.log(`api-key: ${amplitudeKeys.apiKey}`);
  console.log(`secret-key: ${amplitudeKeys.secretKey}`);
}
