import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { action, repository, repositoryName } from './action.js';

/** Writes what documents repeat: the tables of action.yml, and the name of the repository, from package.json. */

const tables = {
  inputs: table(['Input', 'Default', 'Meaning'], action.inputs, ({ required, default: preset = '' }) =>
    required ? '**required**' : preset && `\`${preset}\``,
  ),
  outputs: table(['Output', 'Meaning'], action.outputs),
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
 * @param {string[]} head
 * @param {typeof action.inputs} declarations
 * @param {(declaration: typeof action.inputs[string]) => string} [middle] the cell between name and meaning
 * @returns {string} a table in Markdown, which prettier aligns
 */
function table(head, declarations, middle) {
  const rows = Object.entries(declarations).map(([name, declaration]) => [
    `\`${name}\``,
    ...(middle === undefined ? [] : [middle(declaration)]),
    declaration.description.trim(),
  ]);
  const lines = [head, head.map(() => '---'), ...rows];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}
