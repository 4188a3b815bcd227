import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { listen } from './listen.js';

/**
 * @typedef {Readonly<Record<string, unknown>>} Answers the bodies of responses, by path or, for GraphQL, by path and name
 *   of the query, as in `/graphql#Tags`; a number is a status with a message, `'hang'` never responds, and `'cut'` closes
 *   before the end. A `Response`, or a promise of any of these, works too.
 *
 * @typedef {object} GitHubRequest
 * @property {string} path
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {string} body
 *
 * @typedef {object} GitHubServer a stand-in for GitHub's REST and GraphQL APIs on loopback
 * @property {string} url
 * @property {number} port
 * @property {readonly GitHubRequest[]} requests
 * @property {() => Promise<void>} close
 */

/**
 * Starts the stand-in.
 *
 * @param {Answers} [answers] everything else is a 404
 * @param {{ readonly key: string, readonly cert: string }} [certificate] makes it speak TLS
 * @returns {Promise<GitHubServer>}
 */
export async function startGitHub(answers = {}, certificate) {
  /** @type {GitHubRequest[]} */
  const requests = [];
  /** @type {import('node:http').RequestListener} */
  const listener = (incoming, response) => {
    const { url: path = '', headers } = incoming;
    const request = { path, headers, body: '' };
    requests.push(request);
    incoming.setEncoding('utf8').on('data', (/** @type {string} */ part) => (request.body += part));
    incoming.on('end', () => {
      const query = /\bquery (\w+)/.exec(request.body)?.[1];
      void respond(response, answers[query === undefined ? path : `${path}#${query}`]);
    });
  };
  const server =
    certificate === undefined
      ? createServer(listener)
      : createTlsServer({ key: certificate.key, cert: certificate.cert }, listener);
  return { ...(await listen(server)), requests };
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {unknown} given
 */
async function respond(response, given) {
  const answer = (await given) ?? 404;
  if (answer === 'hang') return;
  if (answer === 'cut') {
    response.writeHead(200, { 'content-length': 2000 }).write('{', () => response.destroy());
    return;
  }
  const { status, headers, body } = await read(answer);
  // Some clients would log the deprecation.
  const common = { 'content-type': 'application/json; charset=utf-8', deprecation: '@1795431155', sunset: '::error::' };
  response.writeHead(status, { ...common, ...headers }).end(body);
}

/** @param {unknown} answer */
async function read(answer) {
  if (answer instanceof Response) {
    const { status, headers } = answer;
    return { status, headers: Object.fromEntries(headers), body: await answer.clone().text() };
  }
  const status = typeof answer === 'number' ? answer : 200;
  const body = status === 200 ? answer : { message: 'Not Found ::error::##[error]', status };
  return { status, headers: {}, body: JSON.stringify(body) };
}

const base = '/repos/octo-org/shop';

/**
 * The path of the release of a tag.
 *
 * @param {string} tag
 */
export const releasePath = (tag) => `${base}/releases/tags/${encodeURIComponent(tag)}`;

/**
 * The path of the ref of a tag.
 *
 * @param {string} tag
 */
export const refPath = (tag) => `${base}/git/ref/${encodeURIComponent(`tags/${tag}`)}`;

/**
 * The path of a tag object.
 *
 * @param {string} sha
 */
export const tagPath = (sha) => `${base}/git/tags/${sha}`;

/** The path of the tags, for a server without GraphQL. */
export const tagsPath = `${base}/tags?per_page=100&limit=100`;

/**
 * The path of a comparison, for a server without GraphQL.
 *
 * @param {string} from
 * @param {string} to
 */
export const comparePath = (from, to) => `${base}/compare/${encodeURIComponent(`${from}...${to}`)}`;
