import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { action } from '../../scripts/action.js';
import { amplitudeKeys, startAmplitude } from '../../testing/amplitude.js';
import { runStep } from '../../testing/runner.js';
import { codeBlocksOf, documents, partsOf } from '../harness/documents.js';
import { releaseEvent } from '../harness/events.js';

/** Runs `npm start` with the stand-in's keys in the environment. Throws if its exit code is not 0. */
function runStart(options: readonly string[]) {
  const keys = { AMPLITUDE_API_KEY: amplitudeKeys.apiKey, AMPLITUDE_SECRET_KEY: amplitudeKeys.secretKey };
  return promisify(execFile)(process.execPath, ['scripts/start.js', ...options], { env: { ...process.env, ...keys } });
}

describe('links', () => {
  const files = [...documents, 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];

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
  const tableUnder = (heading: string) =>
    parts.flatMap((part) =>
      part.type === 'table' && part.heading === heading ? part.rows.map((cells) => cells.map(({ text }) => text)) : [],
    );

  test('has the inputs of action.yml', () => {
    const rows = tableUnder('Inputs');
    expect(rows.map(([name]) => name)).toEqual(Object.keys(action.inputs).map((name) => `\`${name}\``));
    for (const [index, { required, default: preset, description }] of Object.values(action.inputs).entries()) {
      const [, meaning = '', shown = ''] = rows[index] ?? [];
      if (shown === '') expect([meaning, preset]).toEqual([description, undefined]);
      else if (shown === `\`${preset ?? ''}\``) expect(meaning).toBe(description);
      else expect(`${meaning} Default: ${shown}.`).toBe(description);
      expect(meaning).not.toContain('Default:');
      expect(meaning.startsWith('**Required.** ')).toBe(required);
    }
  });

  test('has the outputs of action.yml', () => {
    const declared = Object.entries(action.outputs).map(([name, { description }]) => [`\`${name}\``, description]);
    expect(tableUnder('Outputs')).toEqual(declared);
  });

  const commands = codeBlocksOf('README.md', 'sh').flatMap(({ text }) => text.match(/^npm start.*$/gm) ?? []);

  test('begins with a run that needs no keys, and a check that publishes nothing', () => {
    expect(commands).toEqual([expect.not.stringContaining('--'), expect.stringContaining(' -- --check ')]);
  });

  test.each(commands)('has a command that works: %s', async (command) => {
    const [, options = ''] = command.replace(/ #.*/, '').split(' -- ');
    const isCheck = options.includes('--check');
    const amplitude = await startAmplitude();
    const given = [...options.split(' ').filter(Boolean), ...(isCheck ? ['--input', `api-url=${amplitude.url}`] : [])];
    const { stdout } = await runStart(given).finally(amplitude.close);
    expect(stdout).toContain(`outcome: ${isCheck ? 'dry-run' : 'published'}`);
    expect(amplitude.bodies).toEqual([]);
  });
});

describe('docs/examples.md', () => {
  test('shows the description that the action makes of the notes above it', async () => {
    const [before] = codeBlocksOf('docs/examples.md', 'markdown');
    const [after] = codeBlocksOf('docs/examples.md', 'text');
    const page = /\S+$/.exec(after?.text ?? '')?.[0];
    const event = releaseEvent({ body: before?.text, html_url: page });
    const { outputs } = await runStep({ ...event, inputs: { 'dry-run': 'true' } });
    expect(JSON.parse(outputs['payload'] ?? '')).toMatchObject({ description: after?.text });
  });
});
