import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { stripComments, toPlainText } from '../src/markdown.js';

const site = { serverUrl: 'https://github.com', repository: { owner: 'octo-org', repo: 'shop' } } as const;
const enterprise = { ...site, serverUrl: 'https://github.example.com:8443/base/' } as const;
const sha = '24133fe429af460fcfe44d529375ebb063a29326';

const folder = join(import.meta.dirname, 'markdown');
const fixtures = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const);

describe('release notes as plain text', () => {
  test.each(fixtures)('%s', (_, markdown) => {
    expect(toPlainText(markdown, site)).toMatchSnapshot();
  });

  test.each(fixtures)('%s with CRLF', (_, markdown) => {
    expect(toPlainText(markdown.replaceAll('\n', '\r\n'), site)).toBe(toPlainText(markdown, site));
  });
});

/** Markdown, and what is to come out of it. */
type Case = readonly [name: string, markdown: string, text: string];

describe('blocks', () => {
  test.each<Case>([
    ['a heading has a blank line before it and none after it', 'a\n# B #\nc\n\nD\n=\n\ne', 'a\n\nB\nc\n\nD\ne'],
    ['a heading below a heading has a blank line before it', '# A\n## B\n- c', 'A\n\nB\n• c'],
    ['a single line break is kept', 'a\nb\\\nc  \nd<br>e', 'a\nb\nc\nd\ne'],
    ['a lone carriage return is a line break', 'a\rb\r\rc', 'a\nb\n\nc'],
    ['blank lines become one', '\n\na\n\n\n\nb\n\n', 'a\n\nb'],
    ['blank lines in code become one', '- a\n\n      b\n\n\n      c', '• a\n\n      b\n\n      c'],
    ['a rule is a blank line', '# A\n---\nb\n\n* * *\nc', 'A\n\nb\n\nc'],
    ['items have bullets', '* a\n- b\n+ c', '• a\n• b\n• c'],
    ['items are numbered from the number of the first', '7. a\n7. b\n\ntext\n\n0) c', '7. a\n8. b\n\ntext\n\n0. c'],
    [
      'what belongs to an item is indented with it',
      '- a\n  b\n\n  c\n  - d\n    - e\n      f',
      '• a\n  b\n\n  c\n  • d\n    • e\n      f',
    ],
    ['items with paragraphs stand apart', '- a\n- b\n\n  c', '• a\n\n• b\n\n  c'],
    ['an item that starts with an item', '- - a\n  - b\n- 1. c', '• • a\n  • b\n• 1. c'],
    ['an item that starts with code', '- ```\n  a\n  b\n  ```', '•     a\n      b'],
    ['an empty item is left out', '- a\n-\n- - b\n-\n\nc', '• a\n• • b\n\nc'],
    ['tasks have boxes', '- [ ] a\n- [x] b\n- [X] c\n- [x](d)\n1. [ ] e', '☐ a\n☑ b\n☑ c\n• x (d)\n1. ☐ e'],
    ['brackets without words are not a task', '- [ ]\n- []\n- [x]y', '• [ ]\n• []\n• [x]y'],
    ['fenced code is indented', 'a\n```js\nb\n\tc\n```\nd\n~~~\ne\n~~~', 'a\n    b\n        c\n\nd\n    e'],
    ['indented code is indented', 'a\n\n    b\n\tc\n\nd', 'a\n\n    b\n    c\n\nd'],
    ['code in a tight item has no blank line around it', '- a\n  ```\n  b\n  ```\n- c', '• a\n      b\n• c'],
    ['code at the start has no margin', '```\na\n  b\n```\nc', 'a\n  b\n\nc'],
    ['a quote is its text', 'a\n> b\nc\n>\n> d\n\ne', 'a\n\nb\nc\n\nd\n\ne'],
    ['an alert starts with its name', '> [!NOTE]\n> a\n> b\n\n> [!caution]\n> c', 'Note: a\nb\n\nCaution: c'],
    [
      'an alert without a paragraph is a heading',
      '> [!TIP]\n> - a\n\nb\n\n> [!WARNING]\n>\n> c',
      'Tip:\n• a\n\nb\n\nWarning:\nc',
    ],
    ['an alert needs its marker alone on the first line', '> [!NOTE] a\n\n> [!OTHER]\n> b', '[!NOTE] a\n\n[!OTHER]\nb'],
    ['rows have bars between the cells', '|A|B|\n|:-|-:|\n|a `\\|`|<br>b<br>c|\n\nd', 'A | B\na | | b c\n\nd'],
    ['empty cells', '| |B|\n|-|-|\n|a||\n||b|\n|||\nc', '| B\na\n| b\nc'],
    [
      'footnotes',
      'a[^1] b[^n] c[^none]\n\n[^1]: One.\n    More.\n[^n]: two',
      'a[1] b[n] c[^none]\n\n[1]: One.\nMore.\n[n]: two',
    ],
    [
      'quotes and lists deeper than the parser goes',
      `${'>'.repeat(40)} a\n${'- '.repeat(40)}b`,
      `${'>'.repeat(22)} a\n\n${'• '.repeat(9)}${'- '.repeat(31)}b`,
    ],
  ])('%s', (_, markdown, text) => {
    expect(toPlainText(markdown, site)).toBe(text);
  });
});

describe('words', () => {
  test.each<Case>([
    ['marks are left out', '*a* **b** ***c*** _d_ __e__ ~~f~~ `g` ``h ` i``', 'a b c d e f g h ` i'],
    [
      'what looks like marks stays',
      'snake_case_word 2 * 3 * 4 \\*a\\* a~b # - + 1.',
      'snake_case_word 2 * 3 * 4 *a* a~b # - + 1.',
    ],
    ['entities are decoded', '&lt;a&gt; &amp; &copy; &#9731; &#x1F600; &hellip;', '<a> & © ☃ 😀 …'],
    ['what is not an entity stays', '&bogus; &amp &; `&amp;`', '&bogus; &amp &; &amp;'],
    [
      'emoji, shortcodes, mentions and references',
      '🎉 :tada: @octocat #1 GH-1 octo-org/x#1',
      '🎉 :tada: @octocat #1 GH-1 octo-org/x#1',
    ],
    [
      'control characters are left out',
      'a\u0000b\u001b[1mc\u0085d\u007f &#12;e&Tab;f\tg [h](i&#9;j)',
      'ab[1mcd  e f g h (i j)',
    ],
  ])('%s', (_, markdown, text) => {
    expect(toPlainText(markdown, site)).toBe(text);
  });
});

describe('links', () => {
  const own = 'https://github.com/octo-org/shop';
  test.each<Case>([
    ['text is followed by the address', '[a](https://x.example/b "title")', 'a (https://x.example/b)'],
    [
      'the address of a definition is shown once',
      '[a][x] [b][x] [x]\n\n[x]: https://x.example',
      'a (https://x.example) b x',
    ],
    ['a definition that is not used is left out', 'a\n\n[x]: https://x.example', 'a'],
    [
      'an address as text is shown once',
      '[https://x.example/](https://x.example) [x.example/a](https://x.example/a)',
      'https://x.example https://x.example/a',
    ],
    [
      'an address without marks keeps what looks like marks',
      'https://x.example/a_b_*c*~~d~~(e)?f=1&amp;g=2.',
      'https://x.example/a_b_*c*~~d~~(e)?f=1&g=2.',
    ],
    [
      'an address ends before the sentence',
      '**https://x.example**, (https://x.example/a). &lt;http://x.example&gt; _see https://x.example/b_',
      'https://x.example, (https://x.example/a). <http://x.example> see https://x.example/b',
    ],
    ['an address in angle brackets', '<https://x.example/a> <a@x.example>', 'https://x.example/a a@x.example'],
    ['an address for mail', '[a](mailto:a@x.example) [a@x.example](mailto:a@x.example)', 'a (a@x.example) a@x.example'],
    ['a relative address', '[a](docs/b.md) [c](//x.example)', 'a (docs/b.md) c (//x.example)'],
    ['an address on the same page is left out', '[a](#b) [c]()', 'a c'],
    ['an address that GitHub does not link to is left out', '[a](javascript:b) [c](data:text/html,d)', 'a c'],
    ['a link without text is left out', 'a [](https://x.example) b', 'a b'],
    [
      'a comparison keeps its address',
      `[v1...v2](${own}/compare/v1...v2) ${own}/compare/v1...v2`,
      `v1...v2 (${own}/compare/v1...v2) ${own}/compare/v1...v2`,
    ],
    [
      'other pages of GitHub keep their address',
      `${own} ${own}/releases/tag/v1 ${own}/milestone/1 https://github.com/features https://github.com/`,
      `${own} ${own}/releases/tag/v1 ${own}/milestone/1 https://github.com/features https://github.com/`,
    ],
    [
      'an issue, a pull request or a discussion',
      `${own}/issues/1, ${own}/pull/2; **${own}/discussions/3**`,
      '#1, #2; #3',
    ],
    ['a place on the page of an issue', `${own}/issues/1#issuecomment-9 ${own}/pull/2/files?w=1`, '#1 #2'],
    ['an issue of another repository', 'https://github.com/octo-org/prices/issues/1', 'octo-org/prices#1'],
    [
      'an issue as text',
      `[#1](${own}/issues/1) [1](${own}/issues/1) [Closes #1.](${own}/issues/1) [x#1](${own}/issues/1)`,
      '#1 #1 Closes #1. x#1',
    ],
    [
      'an issue of another repository as text',
      '[#1](https://github.com/o/r/pull/1) [o/r#1](https://github.com/o/r/pull/1) [PR #1](https://github.com/o/r/pull/1)',
      'o/r#1 o/r#1 PR o/r#1',
    ],
    [
      'text that does not name the issue',
      `[a](${own}/issues/1) [#11](${own}/issues/1) [v1.1](${own}/issues/1)`,
      'a (#1) #11 (#1) v1.1 (#1)',
    ],
    ['a commit', `${own}/commit/${sha} ${own}/pull/1/commits/${sha}`, '24133fe 24133fe'],
    ['a commit of another repository', `https://github.com/o/r/commit/${sha}`, 'o/r@24133fe'],
    [
      'a commit as text',
      `[\`24133fe42\`](${own}/commit/${sha}) [${sha}](${own}/commit/${sha}) [in 24133fe](${own}/commit/24133fe)`,
      '24133fe 24133fe in 24133fe',
    ],
    [
      'text that does not name the commit',
      `[a](${own}/commit/${sha}) [b](https://github.com/o/r/commit/${sha})`,
      'a (24133fe) b (o/r@24133fe)',
    ],
    [
      'a user',
      'https://github.com/octocat <https://github.com/octocat/> https://github.com/apps/dependabot',
      '@octocat @octocat @dependabot[bot]',
    ],
    [
      'a user as text',
      '[@octocat](https://github.com/octocat) [octocat](https://github.com/octocat) @[octocat](https://github.com/octocat) [by @octocat](https://github.com/octocat)',
      '@octocat @octocat @octocat by @octocat',
    ],
    [
      'text that does not name the user',
      '[Mona](https://github.com/octocat) [@dependabot[bot]](https://github.com/apps/dependabot)',
      'Mona (@octocat) @dependabot[bot]',
    ],
    ['a link of Dependabot', '[#1](https://redirect.github.com/o/r/issues/1)', 'o/r#1'],
  ])('%s', (_, markdown, text) => {
    expect(toPlainText(markdown, site)).toBe(text);
  });

  test('GitHub Enterprise Server', () => {
    const own = 'https://github.example.com:8443/base/Octo-Org/Shop/pull/1';
    const markdown = `${own} [#1](${own}) https://github.com/octo-org/shop/pull/2 https://github.example.com:8443/base/octocat`;
    expect(toPlainText(markdown, enterprise)).toBe('#1 #1 octo-org/shop#2 @octocat');
  });

  test('without a repository', () => {
    const markdown = 'https://github.com/octo-org/shop/pull/1';
    expect(toPlainText(markdown, { ...site, repository: undefined })).toBe('octo-org/shop#1');
  });

  test.each<Case>([
    ['an image is its alternative text', '![a *b* `c`](d.png) ![](e.png) ![f][g]\n\n[g]: h', 'a b c f'],
    ['an image that is a link', '[![a](b.png)](https://x.example)', 'a (https://x.example)'],
    [
      'badges are left out',
      '![a](https://img.shields.io/b.svg) [![c](https://x.example/badge/c)](https://x.example) [![d](e.svg)](https://x.example) f',
      'f',
    ],
    [
      'a badge for a commit',
      `[![a](https://img.shields.io/b.svg)](https://github.com/octo-org/shop/commit/${sha})`,
      '24133fe',
    ],
  ])('%s', (_, markdown, text) => {
    expect(toPlainText(markdown, site)).toBe(text);
  });
});

describe('HTML', () => {
  test.each<Case>([
    ['tags are left out', 'a <b>b</b> <kbd>c</kbd><sub>2</sub> <ins class="d">e</ins>', 'a b c2 e'],
    ['what GitHub does not render is text', 'Promise<string> <T> <your-token>', 'Promise<string> <T> <your-token>'],
    ['declarations are left out', '<!DOCTYPE html>\n<?php a ?>\nb <![CDATA[ c ]]> d', 'b d'],
    ['white space is one space', '<div>\n  a\n  b   c\n</div>', 'a b c'],
    ['a summary is a line of its own', 'a\n<details><summary>b</summary>\n\nc\n\n</details>\n\nd', 'a\n\nb\nc\n\nd'],
    ['blocks', '<h2>a</h2>\n<p>b</p>\n<p>c<br>d</p>\n<hr>\n<div>e</div><div>f</div>\n\ng', 'a\nb\n\nc\nd\n\ne\nf\n\ng'],
    [
      'lists',
      '<ul>\n<li>a</li>\n<li>b\n<ol start="3"><li>c<li>d</ol></li>\n</ul>\n\ne',
      '• a\n• b\n  3. c\n  4. d\n\ne',
    ],
    ['items without a list', '<li>a\n<li>b', '• a\n• b'],
    ['a list that is not closed ends with its item', '- <ul><li>a\n- b', '• • a\n• b'],
    [
      'tables',
      '<table><tr><th>A<th>B</tr>\n<tr><td>a</td><td></td><td>b</td></tr>\n\n<tr><td>\n\n- c\n- d\n\n</td></tr></table>\n\ne',
      'A | B\na | | b\n• c • d\n\ne',
    ],
    ['preformatted text', 'a\n<pre>\n  b\n    c\n</pre>\nd', 'a\n\n      b\n        c\n\nd'],
    [
      'links',
      '<a href="https://x.example?a=1&amp;b">a</a> <a name="b"></a><a href=\'https://github.com/octocat\'>c</a>',
      'a (https://x.example?a=1&b) c (@octocat)',
    ],
    ['a link around blocks', '<a href="https://x.example">\n\n![a](b.png)\n\n</a>\n\nc', 'a (https://x.example)\n\nc'],
    [
      'images',
      '<img src="a.png" alt="a &quot;b&quot;" width=3> <img src=c.png alt=d><img src="https://img.shields.io/e">',
      'a "b" d',
    ],
    ['addresses', '<p>https://github.com/octo-org/shop/pull/1</p>', '#1'],
    ['attributes in quotes are not attributes', '<img title=\' alt="no"\' alt="yes">', 'yes'],
  ])('%s', (_, markdown, text) => {
    expect(toPlainText(markdown, site)).toBe(text);
  });
});

describe('HTML comments', () => {
  test.each([
    ['in a line', 'a <!-- b --> c', 'a c', 'a  c'],
    ['over lines', 'a <!-- b\nc --> d', 'a d', 'a  d'],
    ['on lines of their own', 'a\n\n<!-- b\n\nc -->\n\nd', 'a\n\nd', 'a\n\n\n\nd'],
    ['in HTML', '<div>\n<!-- a --> b\n</div>', 'b', '<div>\n b\n</div>'],
    ['in a table', '|A|<!-- a -->|\n|-|-|\n|`<!-- b -->`|<!-- c -->|', 'A\n<!-- b -->', '|A||\n|-|-|\n|`<!-- b -->`||'],
    ['that are very short', '<!--> a <!---> b\n\nc <!----> <!--> `<!-->`', 'a b\n\nc <!-->', ' a  b\n\nc   `<!-->`'],
    ['with a start inside', '<!-- a <!-- b --> c', 'c', ' c'],
    [
      'without an end, at the start of a line',
      '- One page\n\n<!-- internal\n- not for users',
      '• One page',
      '- One page\n\n',
    ],
    ['without an end, at the start of a line of a paragraph', 'a\n<!-- b\n\nc', 'a', 'a\n'],
    ['without an end, in HTML', '<div>\na <!-- b\n\nc', 'a', '<div>\na '],
    ['without an end, in a quote', '> a\n> <!-- b\n\nc', 'a', '> a\n> '],
    ['without an end, in a line', 'a <!-- b\n\nc', 'a <!-- b\n\nc', 'a <!-- b\n\nc'],
    ['in code', '- Add support for `<!-- a -->` (#1)', '• Add support for <!-- a --> (#1)', undefined],
    ['in fenced code', 'a\n\n```\n<!-- b -->\n```', 'a\n\n    <!-- b -->', undefined],
    ['in indented code', 'a\n\n    <!-- b\n\nc', 'a\n\n    <!-- b\n\nc', undefined],
    ['that only start in code', '`<!--` a <!-- b -->\n\nc -->', '<!-- a\n\nc -->', '`<!--` a \n\nc -->'],
    [
      'that are escaped',
      '\\<!-- a --> &lt;!-- b\n\n<p>&lt;!-- c</p>\n\nd',
      '<!-- a --> <!-- b\n\n<!-- c\n\nd',
      undefined,
    ],
    ['with carriage returns', 'a<!-- b\r\n-->\r\nc\rd', 'a\nc\nd', 'a\nc\nd'],
  ])('%s', (_, markdown, text, stripped = markdown) => {
    expect(toPlainText(markdown, site)).toBe(text);
    expect(stripComments(markdown)).toBe(stripped);
  });

  test.each(fixtures)('%s says the same without its comments', (_, markdown) => {
    const wordsWithout = toPlainText(stripComments(markdown), site).split(/\s+/);
    expect(wordsWithout).toEqual(toPlainText(markdown, site).split(/\s+/));
  });
});

/** Each `§` is a word that is to be found again. */
const inlineTemplate = fc.constantFrom(
  ...['§', '§,', '**§**', '*§ §*', '`§`', '~~§~~', '***§** §*', '§\\*§', '§ &amp; §', 'Map<T, §>', ':§:', '@§', '#§'],
  ...['[§](https://x.example/y)', '[§ **§**][x]', '![§](https://x.example/z.png)', '[![§](z.png)](https://x.example)'],
  ...[
    '<b>§</b>',
    '§ <!-- hidden --> §',
    '<a href="https://x.example">§</a>',
    '§ https://github.com/o/r/pull/1 §',
    '<https://x.example/§>',
  ],
);
const lineTemplate = fc.array(inlineTemplate, { minLength: 1, maxLength: 4 }).map((parts) => `§ ${parts.join(' ')}`);
const linesTemplate = fc.array(lineTemplate, { minLength: 1, maxLength: 3 });

function indent(block: string, first: string, rest: string): string {
  return block.replace(/^/gm, rest).replace(rest, first);
}

const { blocks: documentTemplate } = fc.letrec<{ blocks: string; block: string }>((tie) => ({
  blocks: fc
    .array(tie('block'), { minLength: 1, maxLength: 4, depthIdentifier: 'blocks' })
    .map((blocks) => blocks.join('\n\n')),
  block: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'blocks' },
    linesTemplate.map((lines) => lines.join('\n')),
    linesTemplate.map((lines) => lines.join('<br>')),
    lineTemplate.map((line) => `## ${line}`),
    lineTemplate.map((line) => `${line}\n---`),
    linesTemplate.map((lines) => lines.map((line) => `- ${line}`).join('\n')),
    linesTemplate.map((lines) => lines.map((line) => `- [x] ${line}`).join('\n')),
    linesTemplate.map((lines) => `| § | § |\n| - | - |\n${lines.map((line) => `| § | ${line} |`).join('\n')}`),
    fc.constantFrom('```\n§\n\n\n§ <!-- § -->\n```', '    § <§>', '* * *', '<!-- hidden\n\nhidden -->', '[^1]: §'),
    fc.constantFrom(
      '<table><tr><td>§</td><td>§</td></tr><tr><td>§',
      '<ul><li>§<ol><li>§</ol><li>§',
      '<pre>\n§\n§\n</pre>',
    ),
    tie('blocks').map((blocks) => indent(blocks, '- ', '  ')),
    tie('blocks').map((blocks) => indent(blocks, '12. ', '    ')),
    tie('blocks').map((blocks) => indent(blocks, '> ', '> ')),
    tie('blocks').map((blocks) => `> [!NOTE]\n${indent(blocks, '> ', '> ')}`),
    tie('blocks').map((blocks) => `<details>\n<summary>§</summary>\n\n${blocks}\n\n</details>`),
  ),
}));
/** Marks without meaning, and marks that could have one; but none that hide words. */
const noiseTemplate = fc
  .array(
    fc.constantFrom(
      ...[
        '§',
        '§ ',
        '§\n',
        ' ',
        '\n',
        '\n\n',
        '    ',
        '\t',
        '*',
        '**',
        '_',
        '~~§~~',
        '` ',
        '[',
        ']',
        '!',
        '&',
        ';',
        '\\',
        '"',
      ],
      ...[
        '\n> ',
        '\n# ',
        '\n- ',
        '\n+ ',
        '\n1. ',
        '\n2) ',
        '\n---\n',
        '\n===\n',
        '\n***\n',
        '[ ] ',
        '[x] ',
        '\n  ',
        '=',
        ',',
        '.',
      ],
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

describe('no word is lost', () => {
  const parser = new MarkdownIt({ html: true });

  test.each(fixtures)('in %s', (_, markdown) => {
    const github = /https:\/\/(?:redirect\.)?github\.com\/[^\s)"<>，]+/g;
    const html = parser
      .render(markdown.replaceAll(github, '#').replaceAll(/\[[ x]\] /gi, ''))
      .replaceAll(/<!--[^]*?(?:-->|$)/g, '');
    const withoutMarks = html.replaceAll(/<\/?(?:a|code|em|kbd|s|strong|sub)\b[^>]*>/gi, '');
    const shown = parser.utils.unescapeAll(withoutMarks.replaceAll(/<\/?[a-z][^>]*>/gi, ' '));
    const words = new Set(
      toPlainText(markdown, site)
        .toLowerCase()
        .match(/[\p{L}\p{N}]+/gu),
    );
    const lost = (shown.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter(
      (word) => !words.has(word) && !(/^[\da-f]{8,40}$/.test(word) && words.has(word.slice(0, 7))),
    );
    expect(lost).toEqual([]);
  });

  test.each([
    ['documents', documentTemplate.map((template) => `${template}\n\n[x]: https://x.example/x`)],
    ['noise', noiseTemplate],
  ])('in generated %s', (_, templates) => {
    fc.assert(
      fc.property(templates, (template) => {
        const words: string[] = [];
        const markdown = template.replaceAll('§', () => `word${words.push(`word${words.length}`) - 1}`);
        expect(toPlainText(markdown, site).match(/word\d+/g) ?? []).toEqual(words);
      }),
      { numRuns: 500 },
    );
  });
});

describe('whatever comes in', () => {
  const fragment = fc.constantFrom(
    ...[
      '<!--',
      '-->',
      '<',
      '>',
      '</',
      '<a href="',
      '<img alt="',
      '<td>',
      '<tr>',
      '<li>',
      '<ul>',
      '</ul>',
      '<pre>',
      '<br>',
      '<h1>',
      '<p>',
    ],
    ...[
      '[',
      '](',
      ')',
      '![',
      ']: ',
      '[^1]',
      '[^1]: ',
      '|',
      '|-|\n',
      '```',
      '~~~',
      '`',
      '*',
      '_',
      '~~',
      '&',
      ';',
      '&#10;',
      '&Tab;',
      '\\',
      '://',
    ],
    ...[
      '\n',
      '\n\n',
      '\r',
      '\t',
      '    ',
      '\n> ',
      '\n- ',
      '\n1. ',
      '\n# ',
      '\n---\n',
      'https://github.com/',
      'o/r/issues/1',
      'word',
      ' ',
      '\u0000',
      '\u001b',
      '\u0085',
    ],
  );
  const anything = fc
    .array(fc.oneof({ weight: 4, arbitrary: fragment }, fc.string({ unit: 'binary' })))
    .map((parts) => parts.join(''));

  test('plain text is lines, and no more than one blank line in a row', () => {
    fc.assert(
      fc.property(anything, (markdown) => {
        const text = toPlainText(markdown, site);
        expect(text).toBe(text.trim());
        expect(text).not.toMatch(/\n\n\n|[^\S\n]\n/);
        expect(text).not.toMatch(/[^\P{Cc}\n]/u);
      }),
      { numRuns: 2_000 },
    );
  });

  test('stripping comments adds nothing, and removes nothing where there are none', () => {
    fc.assert(
      fc.property(anything, (markdown) => {
        const text = markdown.replaceAll(/\r\n?/g, '\n');
        const kept = stripComments(markdown);
        let position = 0;
        for (const character of kept) {
          position = text.indexOf(character, position) + 1;
          expect(position).not.toBe(0);
        }
        if (!text.includes('<!--')) expect(kept).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  test('text without Markdown stays as it is', () => {
    const word = fc
      .stringMatching(/^[\p{L}\d][\p{L}\d,.'/@%+()…–-]{0,8}[\p{L}\d]$/u)
      .filter((text) => !/^\d+[.)]/.test(text));
    const line = fc
      .tuple(fc.stringMatching(/^\p{L}{2,9}$/u), fc.array(word))
      .map(([first, words]) => [first, ...words].join(' '));
    const plain = fc.array(fc.oneof(line, fc.constant('\n')), { minLength: 1 }).map((parts) =>
      parts
        .join('\n')
        .replaceAll(/\n{3,}/g, '\n\n')
        .trim(),
    );
    fc.assert(
      fc.property(plain, (text) => {
        expect(toPlainText(text, site)).toBe(text);
      }),
    );
  });
});

describe('125,000 characters of anything', () => {
  const length = 125_000;
  const units = [
    ...[
      '<!--',
      '<!-- a -->',
      '<!',
      '<?',
      '<',
      '<a ',
      '<a b="',
      '<a href="x">',
      '<div>\n\n',
      '<tr><td>',
      '<ul><li>',
      '<pre>\n',
      '<img ',
    ],
    ...[
      '>',
      '> a\n',
      '> - 1. ',
      '[',
      '![',
      '[*',
      '[a](',
      '[a][',
      '![a](b)',
      '[a]: b\n',
      '[^a]: b\n',
      '[a\n',
      '*',
      '**a*',
      '*a_ ',
      '~~',
      '`',
      '`a',
    ],
    ...[
      '&',
      '&amp;',
      '|',
      '|-|\n',
      '|a|\n|-|\n',
      '- a\n',
      '- - ',
      '1. a\n',
      '# ',
      '#\n',
      'a\n-\n',
      '\t',
      ' ',
      '\n',
      'a\n\n',
      '\\',
      'https://a.b/(',
      '漢',
    ],
  ];
  const hostile = new Map(units.map((unit) => [JSON.stringify(unit), unit.repeat(length / unit.length)]));
  hostile.set('links in links', `${'['.repeat(20_000)}a${'](b)'.repeat(20_000)}`);
  hostile.set('images in images', `${'![a'.repeat(17_000)}${'](b)'.repeat(17_000)}`);
  hostile.set('definitions that are used', `[a]: ${'b'.repeat(60_000)}\n\n${'[a]'.repeat(21_000)}`);
  hostile.set('lines below deep quotes', `${'>'.repeat(99)}a\n${'b\n'.repeat(62_000)}`);
  hostile.set('lines below deep lists', `${'- '.repeat(99)}a\n${'b\n'.repeat(62_000)}`);
  hostile.set('backquotes in growing numbers', Array.from({ length: 498 }, (_, index) => '`'.repeat(index)).join(' '));
  hostile.set('a table of empty cells', `${'|a'.repeat(300)}\n${'|-'.repeat(300)}\n${'|\n'.repeat(61_000)}`);

  // Far above what any of them needs on a busy machine, and far below what quadratic time would.
  const limitMs = 4_000;

  test.each([...hostile])('%s', (_, markdown) => {
    const before = process.cpuUsage();
    const text = toPlainText(markdown, site);
    stripComments(markdown);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(limitMs);
    expect(text.length).toBeLessThan(12 * length);
  });
});
