import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { generate } from 'selfsigned';
import { releaseResponse } from '../testing/amplitude.js';
import { startGitHub, tagPath } from '../testing/github.js';
import { fieldsOf } from '../testing/json.js';
import { listen } from '../testing/listen.js';
import { startRelay } from './relay.js';
import { tagMessage, tagSha } from './scenarios.js';

/**
 * The servers that `npm run bench` measures against, in a process of their own, so that they do not wait for the one that
 * measures: Amplitude's Releases API and GitHub's API, where the tag is annotated and has no release. Both speak TLS with
 * an RSA certificate, as the real ones do, and both are behind a relay for each round-trip time.
 *
 * The arguments are the file to write the certificate to, and the round-trip times in milliseconds; 0 means no relay.
 */
const [authority = '', ...rtts] = process.argv.slice(2);

const { cert, private: key } = await generate([{ name: 'commonName', value: 'Throw-away authority' }], {
  keyType: 'rsa',
  keySize: 2048,
  algorithm: 'sha256',
  extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
});
writeFileSync(authority, cert);

const amplitude = await listen(
  createServer({ cert, key }, (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (/** @type {string} */ text) => (body += text));
    request.on('end', () => {
      const release = Object.fromEntries(fieldsOf(JSON.parse(body)));
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(releaseResponse(release)));
    });
  }),
);
const github = await startGitHub({ [tagPath(tagSha)]: { sha: tagSha, message: tagMessage } }, { cert, key });

const networks = await Promise.all(
  rtts.map(Number).map(async (rttMs) => ({
    rttMs,
    amplitudeUrl: await urlThrough(rttMs, amplitude.port),
    githubUrl: await urlThrough(rttMs, github.port),
  })),
);
process.on('disconnect', () => process.exit());
process.send?.(networks);

/**
 * @param {number} rttMs
 * @param {number} port
 */
async function urlThrough(rttMs, port) {
  const relay = rttMs === 0 ? { port } : await startRelay(port, rttMs);
  return `https://127.0.0.1:${relay.port}`;
}
