import { type ActionsMetadataProvider, validate } from '@actions/languageservice';
import { describe, expect, test } from '@jest/globals';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { action, repository } from '../../scripts/action.js';
import { codeBlocksOf, documents } from '../harness/documents.js';

const input = { description: '', required: false };

type Metadata = Awaited<ReturnType<ActionsMetadataProvider['fetchActionMetadata']>>;

const ours = {
  ...action,
  inputs: Object.fromEntries(
    Object.entries(action.inputs).map(([name, { description, required }]) => [name, { description, required }]),
  ),
};

/** What the examples use of other people's actions. */
const others: Readonly<Record<string, Metadata>> = {
  'googleapis/release-please-action@v5': {
    name: 'release-please',
    description: '',
    inputs: { 'release-type': input },
    outputs: { tag_name: { description: '' } },
  },
  'cycjimmy/semantic-release-action@v6': {
    name: 'semantic-release',
    description: '',
    inputs: {},
    outputs: { new_release_git_tag: { description: '' } },
  },
  'changesets/action@v2': {
    name: 'Changesets',
    description: '',
    inputs: { 'publish-script': input },
    outputs: { published: { description: '' }, 'published-packages': { description: '' } },
  },
  'step-security/harden-runner@b09bb98e06d4d774595224525879c09bc6e98c40': {
    name: 'Harden-Runner',
    description: '',
    inputs: { 'egress-policy': input, 'allowed-endpoints': input },
    outputs: {},
  },
};

/** What GitHub's own validator reports for a workflow or a part of one, with our action.yml behind `uses`. */
async function problemsOf(text: string, uri: string): Promise<readonly string[]> {
  const job = 'jobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n';
  const isSteps = text.startsWith('- ');
  const isWhole = /^jobs:/m.test(text);
  const workflow = isSteps
    ? `on: push\n${job}${text.replaceAll(/^/gm, '      ')}\n`
    : `${text}\n${isWhole ? '' : `${job}      - run: 'true'\n`}`;
  const diagnostics = await validate(TextDocument.create(uri, 'yaml', 1, workflow), {
    actionsMetadataProvider: {
      fetchActionMetadata({ owner, name, ref }): Promise<Metadata> {
        if (`${owner}/${name}` === repository && ref === 'v1') return Promise.resolve(ours);
        return Promise.resolve(owner === 'actions' ? { name, description: '' } : others[`${owner}/${name}@${ref}`]);
      },
    },
  });
  return diagnostics
    .filter(({ code }) => isWhole || code !== 'missing-required-inputs')
    .map(({ message, range }) => {
      const words = typeof message === 'string' ? message : message.value;
      return `${words} (${workflow.split('\n')[range.start.line]?.trim() ?? ''})`;
    });
}

describe('the YAML in the documents', () => {
  const blocks = documents.flatMap((document) =>
    codeBlocksOf(document, 'yaml', 'yml').map((block, index) => ({
      ...block,
      document,
      name: `${document}, "${block.heading}", block ${String(index + 1)}`,
    })),
  );

  test.each(blocks)("is valid for GitHub's own validator: $name", async ({ text, name }) => {
    expect(await problemsOf(text, `file:///${encodeURIComponent(name)}.yml`)).toEqual([]);
  });

  test.each([
    ['an unknown input', 'tag-prefix: v', 'tag-prefixes: v', "Invalid action input 'tag-prefixes'"],
    [
      'a missing key',
      'secret-key: ${{ secrets.AMPLITUDE_SECRET_KEY }}',
      'region: us',
      'Missing required input `secret-key`',
    ],
    ['an unknown context', 'tag-prefix: v', 'version: ${{ gitub.ref_name }}', "Unrecognized named-value: 'gitub'"],
    [
      'an unknown field of the event',
      'tag-prefix: v',
      'version: ${{ github.event.release.tag }}',
      'Context access might be invalid: tag',
    ],
    ['an expression that does not end', 'tag-prefix: v', "version: ${{ format('{0}', 1 }}", "Unexpected symbol: 'EOF'"],
    ['an unknown event type', 'types: [published]', 'types: [publish]', "Unexpected value 'publish'"],
    ['an unknown permission', 'permissions: {}', 'permissions: { content: read }', "Unexpected value 'content'"],
    ['another version of the action', '@v1', '@v0', 'Unable to resolve action'],
  ])('is rejected with %s', async (name, before, after, message) => {
    const [{ text } = { text: '' }] = blocks;
    expect(text).toContain(before);
    const problems = await problemsOf(text.replace(before, after), `file:///${encodeURIComponent(name)}.yml`);
    expect(problems.join('\n')).toContain(message);
  });

  test.each([
    ['steps', `- uses: ${repository}@v1\n  with:\n    tag-prefixes: v`, "Invalid action input 'tag-prefixes'"],
    ['a trigger', 'on:\n  release:\n    types: [publish]', "Unexpected value 'publish'"],
  ])('is rejected in a part of a workflow: %s', async (name, text, message) => {
    expect((await problemsOf(text, `file:///${encodeURIComponent(name)}.yml`)).join('\n')).toContain(message);
  });
});
