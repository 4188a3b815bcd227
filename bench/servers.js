import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { generate } from 'selfsigned';
import { releaseResponse } from '../testing/amplitude.js';
import { fieldsOf } from '../testing/json.js';
import { listen } from '../testing/listen.js';

/**
 * The servers that `npm run bench` measures against, in a process of their own, so that they do not wait for the one
 * that measures: the Releases API over http and over TLS, and GitHub's API with an annotated tag that has no release.
 * The certificate of the throw-away authority goes into the file that is the argument.
 */

const tagSha = '940bd336248efae0f9ee5bc7b2d5c985887b16ac';
const tagPath = '/repos/octo-org/shop/git';
const tagAnswers = new Map(
  Object.entries({
    [`${tagPath}/ref/tags%2Fv1.4.0`]: { ref: 'refs/tags/v1.4.0', object: { type: 'tag', sha: tagSha } },
    [`${tagPath}/tags/${tagSha}`]: { tag: 'v1.4.0', sha: tagSha, message: 'Checkout in one step\n' },
  }).map(([path, json]) => [path, JSON.stringify(json)]),
);

/**
 * What was answered to each release, ready to be sent: the same one gets the same answer, as the time of the server is
 * not to be measured.
 *
 * @type {{ body: Buffer, answer: Buffer }[]}
 */
const published = [];

/** @param {Buffer} body */
function publish(body) {
  const known = published.find((one) => one.body.equals(body));
  if (known !== undefined) return known.answer;
  const fields = fieldsOf(JSON.parse(body.toString('utf8')));
  const answer = Buffer.from(JSON.stringify(releaseResponse(Object.fromEntries(fields))));
  published.push({ body, answer });
  return answer;
}

/** @type {import('node:http').RequestListener} */
function answer(request, response) {
  /** @type {Buffer[]} */
  const chunks = [];
  request.on('data', (/** @type {Buffer} */ chunk) => chunks.push(chunk));
  request.on('end', () => {
    const known = request.method === 'POST' ? publish(Buffer.concat(chunks)) : tagAnswers.get(request.url ?? '');
    response.writeHead(known === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(known ?? '{"message":"Not Found"}');
  });
}

const { cert, private: key } = await generate([{ name: 'commonName', value: 'loopback' }], {
  keyType: 'ec',
  algorithm: 'sha256',
  extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
});
writeFileSync(process.argv[2] ?? '', cert);
const { url: plainUrl } = await listen(createServer(answer));
const { url: secureUrl } = await listen(createSecureServer({ cert, key }, answer));
process.on('disconnect', () => process.exit());
process.send?.({ plainUrl, secureUrl });
