export const id = 758;
export const ids = [758];
export const modules = {
  758: (__unused_webpack_module, __webpack_exports__, __webpack_require__) => {
    __webpack_require__.d(__webpack_exports__, { stripComments: () => stripComments, toPlainText: () => toPlainText });
    var markdown_it__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(745);
    function toPlainText(markdown, site) {
      const output = new TextBuilder(site);
      const numbers = [];
      const places = [];
      const text = markdown.replace(/\r\n?/g, '\n').replace(/[^\n\t -~\u00a0-\uffff]/g, '');
      const lines = text.split('\n');
      const tokens = markdownParser.parse(text, {});
      const breaksBefore = ({ map }) => (/^[\s>]*$/.test(lines[(map?.[0] ?? 0) - 1] ?? '') ? 2 : 1);
      for (const [index, token] of tokens.entries())
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
            numbers.push(token.tag === 'ol' ? Number(token.attrGet('start') ?? 1) : void 0);
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
            places.push(output.enterItem(number === void 0 ? checkbox || '\u2022 ' : `${number}. ${checkbox}`));
            numbers.push(number === void 0 ? void 0 : number + 1);
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
            if (hidden !== void 0) return output.finish();
            break;
          }
        }
      return output.finish();
    }
    function stripComments(markdown) {
      const text = markdown.replace(/\r\n?/g, '\n');
      if (!text.includes('\x3c!--')) return text;
      const starts = [];
      const numbered = text.replace(
        /<!--(-?>)?/g,
        (_, end, start) => `\x3c!--${starts.push(start) - 1};${end === void 0 ? '' : '--\x3e'}`,
      );
      const startOf = (comment) => starts[Number(/^<!--(\d+);/.exec(comment)?.[1])];
      let stripped = '';
      let position = 0;
      for (const token of markdownParser.parse(numbered, {})) {
        const { children, hidden } =
          token.type === 'html_block' ? parseHtmlBlock(token) : { children: token.children ?? [], hidden: void 0 };
        for (const { type, content } of children) {
          const start = type === 'html_inline' ? startOf(content) : void 0;
          if (start === void 0) continue;
          stripped += text.slice(position, start);
          position = text.indexOf('--\x3e', start + 2) + 3;
        }
        if (hidden !== void 0) return stripped + text.slice(position, startOf(hidden));
      }
      return stripped + text.slice(position);
    }
    function parseHtmlBlock({ content: html }) {
      const children = htmlParser.parseInline(html, {})[0]?.children ?? [];
      const index = children.findIndex(({ type, content }) => type === 'text' && content.includes('\x3c!--'));
      const last = children[index];
      if (last === void 0) return { children, hidden: void 0 };
      const start = last.content.indexOf('\x3c!--');
      const hidden = last.content.slice(start);
      last.content = last.content.slice(0, start);
      return { children: children.slice(0, index + 1), hidden };
    }
    function removeCheckbox(words) {
      const checkbox = words?.type === 'text' ? /^\[[ xX]\] /.exec(words.content)?.[0] : void 0;
      if (words === void 0 || checkbox === void 0) return '';
      words.content = words.content.slice(checkbox.length);
      return checkbox === '[ ] ' ? '\u2610 ' : '\u2611 ';
    }
    function writeAlert(paragraph, output) {
      const [marker, lineBreak] = paragraph;
      const name = marker?.type === 'text' ? alertMarker.exec(marker.content)?.[1]?.toLowerCase() : void 0;
      if (marker === void 0 || name === void 0) return;
      const label = `${name.charAt(0).toUpperCase()}${name.slice(1)}:`;
      if (lineBreak === void 0) {
        output.add(label);
        output.endHeading();
      }
      marker.content = lineBreak === void 0 ? '' : `${label} `;
      paragraph.splice(1, 1);
    }
    const alertMarker = /^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]$/i;
    function writeInline(tokens, output, isHtml = false) {
      const { renderer, options } = markdownParser;
      for (const token of tokens)
        switch (token.type) {
          case 'link_open':
            output.startLink(String(token.attrGet('href')), token.meta?.['label'] !== void 0);
            break;
          case 'link_close':
            output.endLink();
            break;
          case 'image':
            output.addImage(
              renderer.renderInlineAsText(token.children ?? [], options, {}),
              String(token.attrGet('src')),
            );
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
    const tags = {
      inline: new Set(
        'abbr b bdo big cite code del dfn em font g-emoji i ins kbd mark nobr picture q rp rt ruby s samp small source span strike strong sub sup time tt u var video wbr'.split(
          ' ',
        ),
      ),
      line: new Set('caption center col colgroup dd div dt figcaption figure tbody tfoot thead'.split(' ')),
      paragraph: new Set('blockquote details dl p'.split(' ')),
    };
    function writeTag(tag, output) {
      const [, slash, name] = /^<(\/?)([a-z][a-z\d-]*)/.exec(tag.toLowerCase()) ?? [];
      const isEnd = slash === '/';
      switch (name) {
        case void 0:
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
            output.enterList(name === 'ol' ? Number(/^\d{1,9}$/.exec(readAttribute(tag, 'start'))?.[0] ?? 1) : void 0);
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
    function readAttribute(tag, name) {
      const attributes = tag.matchAll(/\s([^\s=>"'/]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g);
      for (const [, key, ...values] of attributes)
        if (key?.toLowerCase() === name) return decodeEntities(values.join('')).trim();
      return '';
    }
    function decodeEntities(text) {
      return markdownParser.utils.unescapeAll(text.replaceAll('\\', '\\\\'));
    }
    class TextBuilder {
      #links;
      #text = '';
      #words = [];
      #link;
      #place = { indent: 0, marker: void 0, list: void 0 };
      #breaks = 0;
      #last = 'text';
      #isPreformatted = false;
      #row;
      constructor(site) {
        this.#links = new Links(site);
      }
      add(words) {
        const isAfterSpace = this.#words.at(-1)?.endsWith(' ') === true && !this.#isPreformatted;
        const rest = isAfterSpace ? words.replace(/^ +/, '') : words;
        if (rest !== '') this.#words.push(rest);
      }
      addHtml(words) {
        this.add(this.#isPreformatted ? words : words.replace(/\s+/g, ' '));
      }
      addCode(code) {
        const isFirst = this.#text === '' && this.#place.marker === void 0;
        const margin = isFirst || this.#row !== void 0 ? '' : '    ';
        this.#write(code.replaceAll('\t', '    '), margin);
      }
      addImage(text, address) {
        const isBadge = /badge|shields\.io/i.test(address) || (this.#link !== void 0 && /\.svg\b/i.test(address));
        if (!isBadge) this.add(text);
      }
      startLink(address, isReference = false) {
        this.endLink();
        this.#link = { address: isReference ? this.#links.once(address) : address, start: this.#words.length };
      }
      endLink() {
        if (this.#link === void 0) return;
        const text = this.#words.splice(this.#link.start).join('');
        if (/^\s/.test(text)) this.add(' ');
        const words = this.#links.format(text.trim(), this.#link.address);
        this.add(this.#words.at(-1)?.endsWith('@') === true ? words.replace(/^@/, '') : words);
        if (/\s/.test(text.slice(-1))) this.add(' ');
        this.#link = void 0;
      }
      startBlock(breaks) {
        this.#flush();
        if (this.#place.marker !== void 0 || this.#row !== void 0) return;
        this.#breaks = Math.max(this.#breaks, this.#last === 'heading' ? 1 : breaks);
      }
      startSection() {
        this.#flush();
        if (this.#place.marker === void 0 && this.#row?.isEmpty !== false) this.#breaks = 2;
        this.#last = 'text';
      }
      endHeading() {
        this.#flush();
        this.#last = 'heading';
        this.startBlock(1);
      }
      setPreformatted(isPreformatted) {
        this.startBlock(2);
        this.#isPreformatted = isPreformatted;
      }
      enterItem(marker) {
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
      leave(place = this.#place) {
        this.#flush();
        this.#place = this.#place.marker === void 0 ? { ...place, marker: void 0 } : place;
      }
      enterList(next) {
        this.startBlock(this.#place.list === void 0 ? 2 : 1);
        this.#place = { ...this.#place, list: { place: this.#place, next } };
      }
      nextItem() {
        const list = this.#place.list ?? { place: this.#place, next: void 0 };
        this.leave(list.place);
        this.startBlock(1);
        this.enterItem(list.next === void 0 ? '\u2022 ' : list.next++ + '. ');
        this.#place = { ...this.#place, list };
      }
      leaveList() {
        this.leave(this.#place.list?.place);
        this.startBlock(this.#place.list === void 0 ? 2 : 1);
      }
      startTable() {
        this.endRow();
        this.#last = 'text';
        this.startBlock(2);
      }
      startRow() {
        this.endRow();
        if (this.#last === 'row') this.#breaks = 1;
        this.#row = { cells: -1, isEmpty: true };
      }
      startCell() {
        this.#flush();
        if (this.#row !== void 0) this.#row.cells += 1;
      }
      endRow() {
        this.#flush();
        this.#row = void 0;
        this.startBlock(1);
      }
      finish() {
        this.#flush();
        return this.#text.trim();
      }
      #flush() {
        if (this.#words.length === 0) return;
        const link = this.#link;
        if (link !== void 0 && this.#words.slice(link.start).join('').trim() === '') this.#link = { ...link, start: 0 };
        else this.endLink();
        const words = this.#words.join('');
        this.#words = [];
        if (this.#isPreformatted) this.addCode(words);
        else this.#write(words.trim().replace(/^[^\S\n]+/gm, ''), '');
      }
      #write(text, margin) {
        const lines = text.replace(/[^\n -~\u00a0-\uffff]/g, ' ').trimEnd();
        if (lines === '') return;
        for (const line of this.#row === void 0 ? lines.split('\n') : [lines.replaceAll('\n', ' ')]) {
          const words = line.trimEnd();
          if (words === '') this.#breaks = 2;
          else this.#writeLine(margin + words);
        }
      }
      #writeLine(line) {
        const { indent, text } = this.#place.marker ?? { indent: this.#place.indent, text: '' };
        const cells = Math.max(0, this.#row?.cells ?? 0);
        if (this.#row?.isEmpty === false) this.#text += `${' |'.repeat(cells)} ${text}${line}`;
        else {
          this.#text += '\n'.repeat(this.#text === '' ? 0 : Math.max(1, this.#breaks));
          this.#text += ' '.repeat(indent) + text + '| '.repeat(cells) + line;
        }
        if (this.#row !== void 0) this.#row = { cells: 0, isEmpty: false };
        if (this.#place.marker !== void 0) this.#place = { ...this.#place, marker: void 0 };
        this.#last = this.#row === void 0 ? 'text' : 'row';
        this.#breaks = 0;
      }
    }
    class Links {
      #servers;
      #repository;
      #shown = new Set();
      constructor({ serverUrl, repository }) {
        const urls = [serverUrl, 'https://github.com', 'https://redirect.github.com'];
        this.#servers = urls.map((url) => withoutScheme(url).toLowerCase());
        this.#repository = repository && `${repository.owner}/${repository.repo}`.toLowerCase();
      }
      once(address) {
        if (this.#shown.has(address)) return '';
        this.#shown.add(address);
        return address;
      }
      format(text, address) {
        const isAddress = withoutScheme(text) === withoutScheme(address);
        const short = this.#shorten(isAddress ? '' : text, address);
        if (short !== void 0) return short;
        const shown = address.replace(/^mailto:/i, '');
        if (isAddress) return shown;
        const isHidden = /^(?:#|$|(?!https?:|ftp:|mailto:)[a-z][a-z\d+.-]*:)/i.test(address);
        return text === '' || isHidden ? text : `${text} (${shown})`;
      }
      #shorten(text, address) {
        const url = withoutScheme(address);
        const server = this.#servers.find((base) => url.toLowerCase().startsWith(`${base}/`));
        if (server === void 0 || !/^https?:/i.test(address)) return;
        const [path = ''] = url.slice(server.length + 1).split(/[?#]/, 1);
        const [owner = '', repo, kind = '', id = '', ...rest] = path.split('/');
        if (repo === void 0) return shortenUser(text, owner);
        if (owner === 'apps') return shortenUser(text, `${repo}[bot]`);
        const isOwn = server === this.#servers[0] && `${owner}/${repo}`.toLowerCase() === this.#repository;
        const repository = isOwn ? '' : `${owner}/${repo}`;
        const sha = kind === 'commit' ? id : rest[0] === 'commits' ? rest[1] : void 0;
        if (sha !== void 0 && /^[\da-f]{7,64}$/i.test(sha)) return shortenCommit(text, sha, repository);
        const isIssue = /^(?:issues|pulls?|discussions)$/.test(kind) && /^\d{1,10}$/.test(id);
        return isIssue ? shortenIssue(text, id, repository) : void 0;
      }
    }
    function withoutScheme(address) {
      return address.replace(/^(?:https?:\/\/(?:www\.)?|mailto:)/i, '').replace(/\/$/, '');
    }
    function shortenIssue(text, number, repository) {
      const short = `${repository}#${number}`;
      if (text === '') return short;
      const isNamed = new RegExp(`(?<![\\w./#-])#?${number}(?!\\w)`);
      if (isNamed.test(text)) return text.replace(isNamed, short);
      return new RegExp(`#${number}(?!\\w)`).test(text) ? text : `${text} (${short})`;
    }
    function shortenCommit(text, sha, repository) {
      const short = sha.slice(0, 7);
      const named = repository === '' ? short : `${repository}@${short}`;
      if (text === '') return named;
      if (text.length >= 4 && sha.startsWith(text)) return short;
      return text.includes(short) ? text : `${text} (${named})`;
    }
    const pages = new Set(
      'about collections contact customer-stories enterprise events explore features issues join login marketplace new notifications organizations pricing pulls search security settings site sponsors stars team topics trending'.split(
        ' ',
      ),
    );
    function shortenUser(text, login) {
      const name = login.replace('[bot]', '').toLowerCase();
      if (pages.has(name) || !/^[a-z\d][a-z\d-]{0,38}$/.test(name)) return;
      if (text === '') return `@${login}`;
      if (text.replace(/^@|\[bot\]$/g, '').toLowerCase() === name) return text.startsWith('@') ? text : `@${text}`;
      return text.includes(`@${login}`) ? text : `${text} (@${login})`;
    }
    const maxNesting = 20;
    const markdownParser = new markdown_it__WEBPACK_IMPORTED_MODULE_0__.A({ html: true, maxNesting });
    const htmlParser = new markdown_it__WEBPACK_IMPORTED_MODULE_0__.A('zero', { html: true });
    htmlParser.enable(['entity', 'html_inline', 'linkify']).disable('text_join');
    for (const parser of [markdownParser, htmlParser]) {
      parser.validateLink = () => true;
      parser.normalizeLink = parser.normalizeLinkText = (address) => address;
      parser.inline.ruler.at('linkify', parseBareAddress);
    }
    markdownParser.block.ruler.before('table', 'too_deep', parseTooDeep);
    markdownParser.block.ruler.before('reference', 'footnote', parseFootnote, { alt: ['paragraph', 'reference'] });
    markdownParser.inline.ruler.before('link', 'footnote', parseFootnoteReference);
    function parseParagraph(state, line, endLine) {
      return state.md.block.ruler.getRules('').at(-1)?.(state, line, endLine, false) ?? false;
    }
    function parseTooDeep(state, line, endLine, isSilent) {
      return !isSilent && state.level >= maxNesting - 2 && parseParagraph(state, line, endLine);
    }
    const footnoteStart = /\[\^([^\s\]]{1,100})\]:/y;
    const footnoteReference = /\[\^([^\s\]]{1,100})\]/y;
    function parseFootnote(state, line, endLine, isSilent) {
      if ((state.sCount[line] ?? 0) - state.blkIndent >= 4) return false;
      footnoteStart.lastIndex = (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0);
      const label = footnoteStart.exec(state.src)?.[1];
      if (label === void 0) return false;
      if (isSilent) return true;
      state.env[`^${label}`] = true;
      return parseParagraph(state, line, endLine);
    }
    function parseFootnoteReference(state, isSilent) {
      footnoteReference.lastIndex = state.pos;
      const [reference = '', label = ''] = footnoteReference.exec(state.src) ?? [];
      if (state.env[`^${label}`] !== true) return false;
      if (!isSilent) state.pending += `[${label}]`;
      state.pos += reference.length;
      return true;
    }
    const addressRest =
      /:\/\/(?:[^\s<>[\]"`|()\0-\x1f\x7f-\x9f\u3000-\u303f\uff00-\uffef]|\([^\s<>[\]"`|()\0-\x1f\x7f-\x9f]*\))+/y;
    const addressEnd = /(?:&[a-z\d]{1,31};|[.,:;!?*_~'"])$/i;
    function trimAddress(address) {
      let length = address.length;
      for (;;) {
        const end = addressEnd.exec(address.slice(Math.max(0, length - 40), length))?.[0];
        if (end === void 0) return address.slice(0, length);
        length -= end.length;
      }
    }
    function parseBareAddress(state, isSilent) {
      if (state.linkLevel > 0 || !state.src.startsWith('://', state.pos)) return false;
      const scheme = /(?<![a-z\d])https?$/i.exec(state.src.slice(Math.max(0, state.pos - 6), state.pos))?.[0];
      if (scheme === void 0) return false;
      addressRest.lastIndex = state.pos;
      const rest = trimAddress(addressRest.exec(state.src)?.[0] ?? '');
      if (rest.length <= 3) return false;
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
  },
};
