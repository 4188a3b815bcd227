import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const packageSchema = z.object({ version: z.string(), license: z.string().default('none') });
const allowed = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD'];

/**
 * The licenses of bundled packages, which most of them require to be passed on. The bundler has an option for this, but
 * forgets packages when there is more than one chunk.
 *
 * @param {readonly string[]} folders of the packages, below node_modules
 * @returns {string}
 * @throws Error if a package has a license that is not allowed
 */
export function licensesOf(folders) {
  return folders.map(licenseOf).join('\n');
}

/** @param {string} folder */
function licenseOf(folder) {
  const { version, license } = packageSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  if (!allowed.includes(license)) {
    throw new Error(`${name} has the license ${license}, which is not one of ${allowed.join(', ')}.`);
  }
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(?:\.|$)/i.test(entry));
  const text = file === undefined ? '(The package has no license file.)' : readFileSync(join(folder, file), 'utf8');
  return `${name} ${version} (${license})\n\n${text.replaceAll('\r', '').trim()}\n`;
}
