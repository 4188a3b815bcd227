import type { Token } from 'markdown-it';
import type { Site } from './links.js';
import { decodeEntities, htmlParser, markdownParser } from './markdown-parser.js';
import { type Place, TextBuilder } from './text-builder.js';

/**
 * Converts Markdown to plain text that reads well on a chart. Load this module with `await import('./markdown.js')`, and
 * only when there is Markdown to convert: it pulls in the parser.
 *
 * @param markdown GitHub Flavored Markdown as in release notes, where a single line break is kept.
 * @returns lines separated by `\n`, with at most one blank line in a row, no other control characters, and no white
 *   space at either end. A heading has a line of its own; a list item starts with `•`, its number, `☐` or `☑`; code is
 *   indented by four spaces. Links to GitHub are shortened, and other links are followed by their address. What GitHub
 *   hides is left out.
 */
export function toPlainText(markdown: string, site: Site): string {
  const output = new TextBuilder(site);
  const numbers: (number | undefined)[] = [];
  const places: Place[] = [];
  const text = markdown.replace(/\r\n?/g, '\n').replace(/[^\n\t -~\u00a0-\uffff]/g, '');
  const lines = text.split('\n');
  const tokens = markdownParser.parse(text, {});

  // A blank line in a quote has the quote's marks.
  const breaksBefore = ({ map }: Token) => (/^[\s>]*$/.test(lines[(map?.[0] ?? 0) - 1] ?? '') ? 2 : 1);

  for (const [index, token] of tokens.entries()) {
    switch (token.type) {
      case 'heading_open':
      case 'hr':
        output.startSection();
        break;
      case 'heading_close':
        output.endHeading();
        break;
      case 'paragraph_open':
      case 'table_open':
        output.startBlock(breaksBefore(token));
        break;
      case 'fence':
      case 'code_block':
        output.startBlock(breaksBefore(token));
        output.addCode(token.content);
        if (places.length === 0) output.startBlock(2);
        break;
      case 'bullet_list_open':
      case 'ordered_list_open':
        numbers.push(token.tag === 'ol' ? Number(token.attrGet('start') ?? 1) : undefined);
        break;
      case 'bullet_list_close':
      case 'ordered_list_close':
        numbers.pop();
        break;
      case 'list_item_open': {
        const paragraph = tokens[index + 1];
        const isLoose = paragraph?.type === 'paragraph_open' && !paragraph.hidden;
        output.startBlock(isLoose ? 2 : breaksBefore(token));
        const number = numbers.pop();
        const checkbox = removeCheckbox(tokens[index + 2]?.children?.[0]);
        places.push(output.enterItem(number === undefined ? checkbox || '• ' : `${number}. ${checkbox}`));
        numbers.push(number === undefined ? undefined : number + 1);
        break;
      }
      case 'list_item_close':
        output.leave(places.pop());
        break;
      case 'blockquote_open':
        output.startBlock(2);
        writeAlert(tokens[index + 2]?.children ?? [], output);
        break;
      case 'blockquote_close':
        output.startBlock(2);
        break;
      case 'tr_open':
        output.startRow();
        break;
      case 'th_open':
      case 'td_open':
        output.startCell();
        break;
      case 'tr_close':
        output.endRow();
        break;
      case 'inline':
        writeInline(token.children ?? [], output);
        break;
      case 'html_block': {
        const { children, hidden } = parseHtmlBlock(token);
        output.startBlock(breaksBefore(token));
        writeInline(children, output, true);
        if (hidden !== undefined) return output.finish();
        break;
      }
    }
  }
  return output.finish();
}

/**
 * Removes from Markdown what GitHub does not show but plain text would: HTML comments, except those in code. Line breaks
 * become `\n`. Everything else stays as it is.
 */
export function stripComments(markdown: string): string {
  const text = markdown.replace(/\r\n?/g, '\n');
  if (!text.includes('<!--')) return text;

  // The parser knows which of them are comments, but not their positions: so each gets a number.
  const starts: number[] = [];
  const numbered = text.replace(/<!--(-?>)?/g, (_, end: string | undefined, start: number) => {
    return `<!--${starts.push(start) - 1};${end === undefined ? '' : '-->'}`;
  });
  const startOf = (comment: string) => starts[Number(/^<!--(\d+);/.exec(comment)?.[1])];

  let stripped = '';
  let position = 0;
  for (const token of markdownParser.parse(numbered, {})) {
    const { children, hidden } =
      token.type === 'html_block' ? parseHtmlBlock(token) : { children: token.children ?? [], hidden: undefined };
    for (const { type, content } of children) {
      const start = type === 'html_inline' ? startOf(content) : undefined;
      if (start === undefined) continue;
      stripped += text.slice(position, start);
      position = text.indexOf('-->', start + '<!'.length) + '-->'.length;
    }
    if (hidden !== undefined) return stripped + text.slice(position, startOf(hidden));
  }
  return stripped + text.slice(position);
}

/** Parses a block of HTML. A comment in it that is never closed is `hidden`, and hides the rest of the Markdown, too. */
function parseHtmlBlock({ content: html }: Token): { children: Token[]; hidden: string | undefined } {
  const children = htmlParser.parseInline(html, {})[0]?.children ?? [];
  // A closed comment is a token of its own.
  const index = children.findIndex(({ type, content }) => type === 'text' && content.includes('<!--'));
  const last = children[index];
  if (last === undefined) return { children, hidden: undefined };
  const start = last.content.indexOf('<!--');
  const hidden = last.content.slice(start);
  last.content = last.content.slice(0, start);
  return { children: children.slice(0, index + 1), hidden };
}

/** Removes the checkbox from the first words of a task, and returns the character for it. */
function removeCheckbox(words: Token | undefined): string {
  const checkbox = words?.type === 'text' ? /^\[[ xX]\] /.exec(words.content)?.[0] : undefined;
  if (words === undefined || checkbox === undefined) return '';
  words.content = words.content.slice(checkbox.length);
  return checkbox === '[ ] ' ? '☐ ' : '☑ ';
}

/**
 * Writes what an alert is: before the rest of the paragraph that starts with its marker, or as a heading.
 *
 * @see https://docs.github.com/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#alerts
 */
function writeAlert(paragraph: Token[], output: TextBuilder): void {
  const [marker, lineBreak] = paragraph;
  const name = marker?.type === 'text' ? alertMarker.exec(marker.content)?.[1]?.toLowerCase() : undefined;
  if (marker === undefined || name === undefined) return;
  const label = `${name.charAt(0).toUpperCase()}${name.slice(1)}:`;
  if (lineBreak === undefined) {
    output.add(label);
    output.endHeading();
  }
  marker.content = lineBreak === undefined ? '' : `${label} `;
  paragraph.splice(1, 1);
}

const alertMarker = /^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]$/i;

function writeInline(tokens: readonly Token[], output: TextBuilder, isHtml = false): void {
  const { renderer, options } = markdownParser;
  for (const token of tokens) {
    switch (token.type) {
      case 'link_open':
        output.startLink(String(token.attrGet('href')), token.meta?.['label'] !== undefined);
        break;
      case 'link_close':
        output.endLink();
        break;
      case 'image':
        output.addImage(renderer.renderInlineAsText(token.children ?? [], options, {}), String(token.attrGet('src')));
        break;
      case 'softbreak':
      case 'hardbreak':
        output.add('\n');
        break;
      case 'html_inline':
        writeTag(token.content, output);
        break;
      default:
        if (isHtml) output.addHtml(token.content);
        else output.add(token.content);
    }
  }
}

/** The tags that GitHub renders. It drops any other, but `Promise<string>` was not meant as one: those are kept. */
const tags = {
  inline: new Set(
    (
      'abbr b bdo big cite code del dfn em font g-emoji i ins kbd mark nobr picture q rp rt ruby s samp small source ' +
      'span strike strong sub sup time tt u var video wbr'
    ).split(' '),
  ),
  line: new Set('caption center col colgroup dd div dt figcaption figure tbody tfoot thead'.split(' ')),
  paragraph: new Set('blockquote details dl p'.split(' ')),
} as const;

function writeTag(tag: string, output: TextBuilder): void {
  const [, slash, name] = /^<(\/?)([a-z][a-z\d-]*)/.exec(tag.toLowerCase()) ?? [];
  const isEnd = slash === '/';
  switch (name) {
    case undefined: // a comment or a declaration
      break;
    case 'a':
      if (isEnd) output.endLink();
      else output.startLink(readAttribute(tag, 'href'));
      break;
    case 'img':
      output.addImage(readAttribute(tag, 'alt'), readAttribute(tag, 'src'));
      break;
    case 'br':
      output.add('\n');
      break;
    case 'hr':
      output.startSection();
      break;
    case 'h1':
    case 'h2':
    case 'h3':
    case 'h4':
    case 'h5':
    case 'h6':
    case 'summary':
      if (isEnd) output.endHeading();
      else output.startSection();
      break;
    case 'pre':
      output.setPreformatted(!isEnd);
      break;
    case 'ol':
    case 'ul':
      if (isEnd) output.leaveList();
      else
        output.enterList(name === 'ol' ? Number(/^\d{1,9}$/.exec(readAttribute(tag, 'start'))?.[0] ?? 1) : undefined);
      break;
    case 'li':
      if (isEnd) output.startBlock(1);
      else output.nextItem();
      break;
    case 'table':
      output.startTable();
      break;
    case 'tr':
      if (isEnd) output.endRow();
      else output.startRow();
      break;
    case 'td':
    case 'th':
      if (!isEnd) output.startCell();
      break;
    default:
      if (tags.line.has(name)) output.startBlock(1);
      else if (tags.paragraph.has(name)) output.startBlock(2);
      else if (!tags.inline.has(name)) output.add(tag);
  }
}

function readAttribute(tag: string, name: string): string {
  const attributes = tag.matchAll(/\s([^\s=>"'/]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g);
  for (const [, key, ...values] of attributes) {
    if (key?.toLowerCase() === name) return decodeEntities(values.join('')).trim();
  }
  return '';
}
