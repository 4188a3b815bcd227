import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import ts from 'typescript';

/** The texts in the code of a folder: its string literals, and the parts of its template literals. */
function textsIn(folder: string, extension: string): readonly string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      texts.push(node.text);
    }
    ts.forEachChild(node, visit);
  };
  for (const file of readdirSync(folder).filter((name) => name.endsWith(extension) && name !== 'bundle-stubs.ts')) {
    visit(ts.createSourceFile(file, readFileSync(join(folder, file), 'utf8'), ts.ScriptTarget.Latest));
  }
  return texts;
}

test('dist has the messages of src', () => {
  const messages = textsIn('src', '.ts').filter((text) => /\w{3,} \w{3,}/.test(text));
  const bundled = textsIn('dist', '.js').join('\n');
  const missing = messages.filter((text) => !bundled.includes(text));
  expect(messages.length).toBeGreaterThan(100);
  if (missing.length > 0) {
    throw new Error(`dist is older than src: run \`npm run build\`. It lacks:\n${missing.join('\n')}`);
  }
});
