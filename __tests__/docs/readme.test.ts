import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { action } from '../../scripts/action.js';
import { codeBlocksOf, documents, partsOf } from '../harness/documents.js';

/** Runs `npm start`. Throws if its exit code is not 0. */
function runStart(options: readonly string[]) {
  return promisify(execFile)(process.execPath, ['scripts/start.js', ...options]);
}

describe('links', () => {
  const files = [...documents, 'CONTRIBUTING.md', 'SECURITY.md'];

  /** The anchors that GitHub gives the headings of a document. */
  const anchorsOf = (document: string) =>
    partsOf(document).flatMap((part) =>
      part.type === 'heading'
        ? [
            part.text
              .toLowerCase()
              .replaceAll(/[^\p{L}\d_ -]/gu, '')
              .replaceAll(' ', '-'),
          ]
        : [],
    );

  const isDead = (document: string, link: string) => {
    if (link.startsWith('https://')) return false;
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? document : join(dirname(document), path);
    return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
  };

  test.each(files)('are not dead in %s', (document) => {
    const links = partsOf(document).flatMap((part) => (part.type === 'link' ? [part.href] : []));
    const pictures = [...readFileSync(document, 'utf8').matchAll(/src(?:set)?="([^"]+)"/g)].map(
      ([, path = '']) => path,
    );
    expect([...links, ...pictures].filter((link) => isDead(document, link))).toEqual([]);
  });

  test.each(['#no-such-heading', 'docs/no-such-file.md', 'SECURITY.md#no-such-heading'])(
    'would be dead: %s',
    (link) => {
      expect(isDead('README.md', link)).toBe(true);
    },
  );

  test.each(['#inputs', 'LICENSE', 'SECURITY.md', 'https://amplitude.com'])('would not be dead: %s', (link) => {
    expect(isDead('README.md', link)).toBe(false);
  });
});

describe('the README', () => {
  const parts = partsOf('README.md');

  test.each([
    {
      heading: 'Inputs',
      expected: Object.entries(action.inputs).map(([name, { required, default: preset = '', description }]) => [
        `\`${name}\``,
        required ? '**required**' : preset && `\`${preset}\``,
        description.trim(),
      ]),
    },
    {
      heading: 'Outputs',
      expected: Object.entries(action.outputs).map(([name, { description }]) => [`\`${name}\``, description.trim()]),
    },
  ])('has the table of action.yml: $heading', ({ heading, expected }) => {
    const rowsOf = parts.flatMap((part) => (part.type === 'table' && part.heading === heading ? part.rows : []));
    expect(rowsOf.map((cells) => cells.map(({ text }) => text))).toEqual(expected);
  });

  const commands = codeBlocksOf('README.md', 'sh').flatMap(({ text }) => text.match(/^npm start.*$/gm) ?? []);

  test.each(commands)('has a command that publishes: %s', async (command) => {
    const [, options = ''] = command.replace(/ #.*/, '').split(' -- ');
    const { stdout } = await runStart(options.split(' ').filter(Boolean));
    expect(stdout).toContain('outcome: published');
  });

  test('shows the log of `npm start`', async () => {
    const { stdout } = await runStart([]);
    const anew = (text: string) =>
      text
        .replace(/:\d+\/api/, ':0/api')
        .replace(/in \d+ ms/, 'in 0 ms')
        .replace(/Published release \w+$/m, 'Published release 0');
    expect(anew(stdout)).toContain(anew(codeBlocksOf('README.md', 'text')[0]?.text ?? ''));
  });
});
