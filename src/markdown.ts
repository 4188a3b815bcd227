import MarkdownIt, { type StateBlock, type StateInline, type Token } from 'markdown-it';

/** Where the notes come from, which decides how links to GitHub are shortened. */
export type Site = {
  /** `GITHUB_SERVER_URL`, such as `https://github.com`. */
  readonly serverUrl: string;
  /** The repository whose issues are written `#751`; those of any other are written `owner/repo#751`. */
  readonly repository: { readonly owner: string; readonly repo: string } | undefined;
};

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

function decodeEntities(text: string): string {
  // The parser's function also removes backslashes, unless they are escaped.
  return markdownParser.utils.unescapeAll(text.replaceAll('\\', '\\\\'));
}

/** How the next words are set. */
type Place = {
  /** How many spaces each line starts with. */
  readonly indent: number;
  /** What stands before the next words: the bullets of all items that start with them, and the indent of the first. */
  readonly marker: { readonly indent: number; readonly text: string } | undefined;
  /** The innermost list written in HTML: where it started, and the number of its next item. */
  readonly list: { readonly place: Place; next: number | undefined } | undefined;
};

/** Lays out text. What separates words from those before them is decided when they are written. */
class TextBuilder {
  readonly #links: Links;
  #text = '';
  /** Words that are not written yet. */
  #words: string[] = [];
  /** The link that the words from `start` on belong to. */
  #link: { readonly address: string; readonly start: number } | undefined;
  #place: Place = { indent: 0, marker: undefined, list: undefined };
  /** How many line breaks the next words need before them. */
  #breaks = 0;
  #last: 'text' | 'heading' | 'row' = 'text';
  #isPreformatted = false;
  /** The row of a table, and how many of its cells have started since its last words. */
  #row: { cells: number; isEmpty: boolean } | undefined;

  constructor(site: Site) {
    this.#links = new Links(site);
  }

  /** Adds words, with the line breaks between them. */
  add(words: string): void {
    // Where two spaces meet, something between them is not shown.
    const isAfterSpace = this.#words.at(-1)?.endsWith(' ') === true && !this.#isPreformatted;
    const rest = isAfterSpace ? words.replace(/^ +/, '') : words;
    if (rest !== '') this.#words.push(rest);
  }

  /** Adds words of HTML, where any white space is one space. */
  addHtml(words: string): void {
    this.add(this.#isPreformatted ? words : words.replace(/\s+/g, ' '));
  }

  /** Adds lines of code, which the margin sets apart from what is written before them. */
  addCode(code: string): void {
    const isFirst = this.#text === '' && this.#place.marker === undefined;
    const margin = isFirst || this.#row !== undefined ? '' : '    ';
    this.#write(code.replaceAll('\t', '    '), margin);
  }

  /** Adds the alternative text of an image, unless it is a badge, which says nothing about a release. */
  addImage(text: string, address: string): void {
    const isBadge = /badge|shields\.io/i.test(address) || (this.#link !== undefined && /\.svg\b/i.test(address));
    if (!isBadge) this.add(text);
  }

  /** @param isReference whether the address is in a definition, which many links can share. It is then shown once. */
  startLink(address: string, isReference = false): void {
    this.endLink();
    this.#link = { address: isReference ? this.#links.once(address) : address, start: this.#words.length };
  }

  endLink(): void {
    if (this.#link === undefined) return;
    const text = this.#words.splice(this.#link.start).join('');
    if (/^\s/.test(text)) this.add(' ');
    const words = this.#links.format(text.trim(), this.#link.address);
    // Some tools write `@[octocat](https://github.com/octocat)`.
    this.add(this.#words.at(-1)?.endsWith('@') === true ? words.replace(/^@/, '') : words);
    if (/\s/.test(text.slice(-1))) this.add(' ');
    this.#link = undefined;
  }

  /** @param breaks 1: the next words start on a new line; 2: after a blank line, unless they follow a heading. */
  startBlock(breaks: 1 | 2): void {
    this.#flush();
    if (this.#place.marker !== undefined || this.#row !== undefined) return;
    this.#breaks = Math.max(this.#breaks, this.#last === 'heading' ? 1 : breaks);
  }

  /** The next words start after a blank line, even if they follow a heading. */
  startSection(): void {
    this.#flush();
    if (this.#place.marker === undefined && this.#row?.isEmpty !== false) this.#breaks = 2;
    this.#last = 'text';
  }

  endHeading(): void {
    this.#flush();
    this.#last = 'heading';
    this.startBlock(1);
  }

  setPreformatted(isPreformatted: boolean): void {
    this.startBlock(2);
    this.#isPreformatted = isPreformatted;
  }

  /** Enters a list item, and returns the place to leave it for. */
  enterItem(marker: string): Place {
    this.#flush();
    const place = this.#place;
    const { indent, text } = place.marker ?? { indent: place.indent, text: '' };
    this.#place = {
      ...place,
      indent: Math.min(place.indent + 2, 2 * maxNesting),
      marker: { indent, text: text + marker },
    };
    return place;
  }

  leave(place: Place = this.#place): void {
    this.#flush();
    // If anything was written since, the marker of that place was written, too.
    this.#place = this.#place.marker === undefined ? { ...place, marker: undefined } : place;
  }

  /** Enters a list written in HTML. */
  enterList(next: number | undefined): void {
    this.startBlock(this.#place.list === undefined ? 2 : 1);
    this.#place = { ...this.#place, list: { place: this.#place, next } };
  }

  /** Leaves the last item of a list written in HTML, and enters the next one. */
  nextItem(): void {
    const list = this.#place.list ?? { place: this.#place, next: undefined };
    this.leave(list.place);
    this.startBlock(1);
    this.enterItem(list.next === undefined ? '• ' : `${list.next++}. `);
    this.#place = { ...this.#place, list };
  }

  leaveList(): void {
    this.leave(this.#place.list?.place);
    this.startBlock(this.#place.list === undefined ? 2 : 1);
  }

  startTable(): void {
    this.endRow();
    this.#last = 'text';
    this.startBlock(2);
  }

  startRow(): void {
    this.endRow();
    if (this.#last === 'row') this.#breaks = 1;
    this.#row = { cells: -1, isEmpty: true };
  }

  startCell(): void {
    this.#flush();
    if (this.#row !== undefined) this.#row.cells += 1;
  }

  endRow(): void {
    this.#flush();
    this.#row = undefined;
    this.startBlock(1);
  }

  finish(): string {
    this.#flush();
    return this.#text.trim();
  }

  #flush(): void {
    if (this.#words.length === 0) return;
    // A link around blocks goes on inside them.
    const link = this.#link;
    if (link !== undefined && this.#words.slice(link.start).join('').trim() === '') this.#link = { ...link, start: 0 };
    else this.endLink();
    const words = this.#words.join('');
    this.#words = [];
    if (this.#isPreformatted) this.addCode(words);
    else this.#write(words.trim().replace(/^[^\S\n]+/gm, ''), '');
  }

  #write(text: string, margin: string): void {
    // Entities can stand for control characters.
    const lines = text.replace(/[^\n -~\u00a0-\uffff]/g, ' ').trimEnd();
    if (lines === '') return;
    for (const line of this.#row === undefined ? lines.split('\n') : [lines.replaceAll('\n', ' ')]) {
      const words = line.trimEnd();
      if (words === '') this.#breaks = 2;
      else this.#writeLine(margin + words);
    }
  }

  #writeLine(line: string): void {
    const { indent, text } = this.#place.marker ?? { indent: this.#place.indent, text: '' };
    const cells = Math.max(0, this.#row?.cells ?? 0);
    if (this.#row?.isEmpty === false) {
      this.#text += `${' |'.repeat(cells)} ${text}${line}`;
    } else {
      this.#text += '\n'.repeat(this.#text === '' ? 0 : Math.max(1, this.#breaks));
      this.#text += ' '.repeat(indent) + text + '| '.repeat(cells) + line;
    }
    if (this.#row !== undefined) this.#row = { cells: 0, isEmpty: false };
    if (this.#place.marker !== undefined) this.#place = { ...this.#place, marker: undefined };
    this.#last = this.#row === undefined ? 'text' : 'row';
    this.#breaks = 0;
  }
}

/** Writes links as plain text. */
class Links {
  readonly #servers: readonly string[];
  readonly #repository: string | undefined;
  readonly #shown = new Set<string>();

  constructor({ serverUrl, repository }: Site) {
    // Dependabot links to issues through a redirect, so that they get no mention from it.
    const urls = [serverUrl, 'https://github.com', 'https://redirect.github.com'];
    this.#servers = urls.map((url) => withoutScheme(url).toLowerCase());
    this.#repository = repository && `${repository.owner}/${repository.repo}`.toLowerCase();
  }

  /** Returns the address the first time, and nothing after that. */
  once(address: string): string {
    if (this.#shown.has(address)) return '';
    this.#shown.add(address);
    return address;
  }

  format(text: string, address: string): string {
    const isAddress = withoutScheme(text) === withoutScheme(address);
    const short = this.#shorten(isAddress ? '' : text, address);
    if (short !== undefined) return short;
    const shown = address.replace(/^mailto:/i, '');
    if (isAddress) return shown;
    // A place on the same page, or a scheme that GitHub does not link to.
    const isHidden = /^(?:#|$|(?!https?:|ftp:|mailto:)[a-z][a-z\d+.-]*:)/i.test(address);
    return text === '' || isHidden ? text : `${text} (${shown})`;
  }

  /**
   * Shortens a link to an issue, a commit or a user, as GitHub does.
   *
   * @returns `undefined` for any other link.
   * @see https://docs.github.com/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
   */
  #shorten(text: string, address: string): string | undefined {
    const url = withoutScheme(address);
    const server = this.#servers.find((base) => url.toLowerCase().startsWith(`${base}/`));
    if (server === undefined || !/^https?:/i.test(address)) return undefined;
    const [path = ''] = url.slice(server.length + 1).split(/[?#]/, 1);
    const [owner = '', repo, kind = '', id = '', ...rest] = path.split('/');
    if (repo === undefined) return shortenUser(text, owner);
    if (owner === 'apps') return shortenUser(text, `${repo}[bot]`);
    const isOwn = server === this.#servers[0] && `${owner}/${repo}`.toLowerCase() === this.#repository;
    const repository = isOwn ? '' : `${owner}/${repo}`;
    const sha = kind === 'commit' ? id : rest[0] === 'commits' ? rest[1] : undefined;
    if (sha !== undefined && /^[\da-f]{7,64}$/i.test(sha)) return shortenCommit(text, sha, repository);
    const isIssue = /^(?:issues|pulls?|discussions)$/.test(kind) && /^\d{1,10}$/.test(id);
    return isIssue ? shortenIssue(text, id, repository) : undefined;
  }
}

function withoutScheme(address: string): string {
  return address.replace(/^(?:https?:\/\/(?:www\.)?|mailto:)/i, '').replace(/\/$/, '');
}

function shortenIssue(text: string, number: string, repository: string): string {
  const short = `${repository}#${number}`;
  if (text === '') return short;
  const isNamed = new RegExp(`(?<![\\w./#-])#?${number}(?!\\w)`);
  if (isNamed.test(text)) return text.replace(isNamed, short);
  return new RegExp(`#${number}(?!\\w)`).test(text) ? text : `${text} (${short})`;
}

function shortenCommit(text: string, sha: string, repository: string): string {
  const short = sha.slice(0, 7);
  const named = repository === '' ? short : `${repository}@${short}`;
  if (text === '') return named;
  if (text.length >= 4 && sha.startsWith(text)) return short;
  return text.includes(short) ? text : `${text} (${named})`;
}

/** Pages of GitHub whose addresses look like that of a user. */
const pages = new Set(
  (
    'about collections contact customer-stories enterprise events explore features issues join login marketplace new ' +
    'notifications organizations pricing pulls search security settings site sponsors stars team topics trending'
  ).split(' '),
);

function shortenUser(text: string, login: string): string | undefined {
  const name = login.replace('[bot]', '').toLowerCase();
  if (pages.has(name) || !/^[a-z\d][a-z\d-]{0,38}$/.test(name)) return undefined;
  if (text === '') return `@${login}`;
  if (text.replace(/^@|\[bot\]$/g, '').toLowerCase() === name) return text.startsWith('@') ? text : `@${text}`;
  return text.includes(`@${login}`) ? text : `${text} (@${login})`;
}

/** How deep quotes and lists can nest. Anything deeper is text, as the parser's time grows with the depth. */
const maxNesting = 20;

const markdownParser = new MarkdownIt({ html: true, maxNesting });
// GitHub reads no Markdown in a block of HTML. Entities stay apart from text, as `&lt;!--` does not start a comment.
const htmlParser = new MarkdownIt('zero', { html: true });
htmlParser.enable(['entity', 'html_inline', 'linkify']).disable('text_join');

for (const parser of [markdownParser, htmlParser]) {
  // Addresses are shown as they are, and never opened.
  parser.validateLink = () => true;
  parser.normalizeLink = parser.normalizeLinkText = (address) => address;
  parser.inline.ruler.at('linkify', parseBareAddress);
}
markdownParser.block.ruler.before('table', 'too_deep', parseTooDeep);
markdownParser.block.ruler.before('reference', 'footnote', parseFootnote, { alt: ['paragraph', 'reference'] });
markdownParser.inline.ruler.before('link', 'footnote', parseFootnoteReference);

function parseParagraph(state: StateBlock, line: number, endLine: number): boolean {
  return state.md.block.ruler.getRules('').at(-1)?.(state, line, endLine, false) ?? false;
}

/** The parser would drop blocks at its limit. */
function parseTooDeep(state: StateBlock, line: number, endLine: number, isSilent: boolean): boolean {
  return !isSilent && state.level >= maxNesting - 2 && parseParagraph(state, line, endLine);
}

const footnoteStart = /\[\^([^\s\]]{1,100})\]:/y;
const footnoteReference = /\[\^([^\s\]]{1,100})\]/y;

/** Reads `[^1]: text` as a paragraph. The parser would hide it, as if it were the address of a link. */
function parseFootnote(state: StateBlock, line: number, endLine: number, isSilent: boolean): boolean {
  if ((state.sCount[line] ?? 0) - state.blkIndent >= 4) return false;
  footnoteStart.lastIndex = (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0);
  const label = footnoteStart.exec(state.src)?.[1];
  if (label === undefined) return false;
  if (isSilent) return true;
  state.env[`^${label}`] = true;
  return parseParagraph(state, line, endLine);
}

/** Reads `[^1]` as `[1]`, if there is such a footnote. */
function parseFootnoteReference(state: StateInline, isSilent: boolean): boolean {
  footnoteReference.lastIndex = state.pos;
  const [reference = '', label = ''] = footnoteReference.exec(state.src) ?? [];
  if (state.env[`^${label}`] !== true) return false;
  if (!isSilent) state.pending += `[${label}]`;
  state.pos += reference.length;
  return true;
}

/** Parentheses in pairs belong to an address. Brackets and the punctuation of Chinese and Japanese end it. */
const addressRest =
  /:\/\/(?:[^\s<>[\]"`|()\0-\x1f\x7f-\x9f\u3000-\u303f\uff00-\uffef]|\([^\s<>[\]"`|()\0-\x1f\x7f-\x9f]*\))+/y;

const addressEnd = /(?:&[a-z\d]{1,31};|[.,:;!?*_~'"])$/i;

/** Cuts off what belongs to the sentence around an address. */
function trimAddress(address: string): string {
  let length = address.length;
  for (;;) {
    const end = addressEnd.exec(address.slice(Math.max(0, length - 40), length))?.[0];
    if (end === undefined) return address.slice(0, length);
    length -= end.length;
  }
}

/**
 * Reads an address that is written without any marks. Replaces the parser's own rule, which decodes addresses.
 *
 * @see https://github.github.com/gfm/#autolinks-extension-
 */
function parseBareAddress(state: StateInline, isSilent: boolean): boolean {
  if (state.linkLevel > 0 || !state.src.startsWith('://', state.pos)) return false;
  const scheme = /(?<![a-z\d])https?$/i.exec(state.src.slice(Math.max(0, state.pos - 6), state.pos))?.[0];
  if (scheme === undefined) return false;
  addressRest.lastIndex = state.pos;
  const rest = trimAddress(addressRest.exec(state.src)?.[0] ?? '');
  if (rest.length <= '://'.length) return false;
  if (!isSilent) {
    if (!state.pending.endsWith(scheme)) return false;
    state.pending = state.pending.slice(0, -scheme.length);
    const address = decodeEntities(scheme + rest);
    state.push('link_open', 'a', 1).attrs = [['href', address]];
    state.push('text', '', 0).content = address;
    state.push('link_close', 'a', -1);
  }
  state.pos += rest.length;
  return true;
}
