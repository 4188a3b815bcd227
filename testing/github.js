import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { listen } from './listen.js';

/**
 * @typedef {Readonly<Record<string, unknown>>} Answers the bodies of responses, by the path of the REST API; a number is
 *   a status without a body, `'hang'` never responds, and `'cut'` closes before the end
 *
 * @typedef {object} GitHubServer a stand-in for GitHub's REST API on loopback
 * @property {string} url
 * @property {number} port
 * @property {readonly { readonly path: string, readonly headers: import('node:http').IncomingHttpHeaders }[]} requests
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
  /** @type {{ path: string, headers: import('node:http').IncomingHttpHeaders }[]} */
  const requests = [];
  /** @type {import('node:http').RequestListener} */
  const respond = (request, response) => {
    const { url: path = '' } = request;
    requests.push({ path, headers: request.headers });
    const answer = answers[path] ?? 404;
    if (answer === 'hang') return;
    if (answer === 'cut') {
      response.writeHead(200, { 'content-length': 2000 }).write('{', () => response.destroy());
      return;
    }
    const status = typeof answer === 'number' ? answer : 200;
    // octokit would log the deprecation.
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      deprecation: '@1795431155',
      sunset: '::error::',
    };
    response.writeHead(status, headers);
    response.end(JSON.stringify(status === 200 ? answer : { message: 'Not Found ::error::##[error]', status }));
  };
  const server =
    certificate === undefined
      ? createServer(respond)
      : createTlsServer({ key: certificate.key, cert: certificate.cert }, respond);
  return { ...(await listen(server)), requests };
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
