import { readFileSync } from 'node:fs';
import { textAt } from '../testing/json.js';

/**
 * Prints what CHANGELOG.md says of the version of a tag, for the notes of its release. Refuses a tag that is not the
 * version of package.json, and a version that CHANGELOG.md says nothing of.
 */

const [tag = ''] = process.argv.slice(2);
const version = textAt(JSON.parse(readFileSync('package.json', 'utf8')), 'version') ?? '';
const sections = readFileSync('CHANGELOG.md', 'utf8').split(/^## /m);
const notes = sections
  .find((section) => section.split('\n')[0]?.split(' ')[0] === version)
  ?.replace(/^.*\n/, '')
  .trim();

if (tag !== `v${version}`) {
  refuse(`The tag ${tag} is not the version ${version} of package.json: tag the commit v${version}, or correct it.`);
} else if (notes === undefined || notes === '') {
  refuse(`CHANGELOG.md has no section \`## ${version}\`, or nothing in it: write what changes for users.`);
} else {
  console.log(notes);
}

/** @param {string} reason */
function refuse(reason) {
  console.error(reason);
  process.exitCode = 1;
}
