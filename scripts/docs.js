import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { action, repository, repositoryName } from './action.js';

/** Writes what documents repeat: the tables of action.yml, and the name of the repository, from package.json. */

const tables = {
  inputs: table(
    ['Input', 'Meaning', 'Default'],
    Object.entries(action.inputs).map(([name, { default: preset, description }]) => {
      const { meaning, words } = splitDefault(description);
      const literal = preset === undefined ? '' : `\`${preset}\``;
      return [`\`${name}\``, meaning, words ?? literal];
    }),
  ),
  outputs: table(
    ['Output', 'Meaning'],
    Object.entries(action.outputs).map(([name, { description }]) => [`\`${name}\``, description.trim()]),
  ),
};

for (const path of documents()) {
  const before = readFileSync(path, 'utf8');
  let after = before.replaceAll(new RegExp(`[\\w.-]+/${repositoryName}(?![\\w.-])`, 'g'), repository);
  for (const [mark, text] of Object.entries(tables)) {
    after = after.replace(new RegExp(`(<!-- ${mark} -->\n)[^]*?(\n<!-- /${mark} -->)`), `$1\n${text}$2`);
  }
  if (after !== before) writeFileSync(path, after);
}

/** @returns {string[]} the documents that show the name of the repository or a table of action.yml */
function documents() {
  const folders = ['.', 'docs', '.github', '.github/ISSUE_TEMPLATE'];
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((entry) => /\.(?:md|yml)$/.test(entry))
      .map((entry) => join(folder, entry)),
  );
}

/**
 * Splits the description of an input. A default that is not a literal stands in words at its end: `Default: now.`
 *
 * @param {string} description
 */
function splitDefault(description) {
  const [meaning = '', words] = description.trim().split(/ Default: (.+)\.$/s);
  return { meaning, words };
}

/**
 * @param {string[]} head
 * @param {string[][]} rows
 * @returns {string} a table in Markdown, which prettier aligns
 */
function table(head, rows) {
  return `${[head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}
