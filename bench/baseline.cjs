'use strict';
/* eslint-disable @typescript-eslint/no-require-imports -- CommonJS starts faster, and nothing is to be faster than this. */
const { appendFileSync, readFileSync } = require('node:fs');
const { request } = require('node:https');

/**
 * The floor, which `npm run bench` compares the action with: the least that publishes a release and sets the output
 * `release-id`, in the environment of the same step. It checks nothing. Its argument is the file of the body.
 */
const { 'INPUT_API-KEY': apiKey, 'INPUT_SECRET-KEY': secretKey, 'INPUT_API-URL': apiUrl, GITHUB_OUTPUT } = process.env;
const headers = {
  accept: 'application/json',
  authorization: `Basic ${Buffer.from(`${apiKey ?? ''}:${secretKey ?? ''}`).toString('base64')}`,
  'content-type': 'application/json',
  'user-agent': 'floor',
  connection: 'close',
};
const outgoing = request(`${apiUrl ?? ''}/api/2/release`, { method: 'POST', headers, agent: false }, (incoming) => {
  let response = '';
  incoming.setEncoding('utf8').on('data', (/** @type {string} */ text) => (response += text));
  incoming.on('end', () => {
    const id = /"id":"(\w+)"/.exec(response)?.[1];
    if (id === undefined) throw new Error(`The response contains no release: ${response}`);
    appendFileSync(GITHUB_OUTPUT ?? '', `release-id=${id}\n`);
  });
});
outgoing.end(readFileSync(process.argv[2] ?? ''));
