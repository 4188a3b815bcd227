import MarkdownIt, { type StateBlock, type StateInline } from 'markdown-it';

/** How deep quotes and lists can nest. Anything deeper is text, as the parser's time grows with the depth. */
const maxNesting = 20;

/** Parses Markdown into tokens, as GitHub does. HTML is not parsed any further: each block and each tag is one token. */
export const markdownParser = new MarkdownIt({ html: true, maxNesting });

/**
 * Parses a block of HTML, in which GitHub reads no Markdown, into text and tags. Entities stay apart from text, as
 * `&lt;!--` does not start a comment.
 */
export const htmlParser = new MarkdownIt('zero', { html: true });
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

/** Replaces entities, such as `&amp;`, by what they stand for. */
export function decodeEntities(text: string): string {
  // The parser's function also removes backslashes, unless they are escaped.
  return markdownParser.utils.unescapeAll(text.replaceAll('\\', '\\\\'));
}
