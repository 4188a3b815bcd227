import { Links, type Site } from './links.js';

/** Words further to the right could not be read, and lists written in HTML nest without end. */
const maxIndent = 40;

/** How the next words are set. */
export type Place = {
  /** How many spaces each line starts with. */
  readonly indent: number;
  /** What stands before the next words: the bullets of all items that start with them, and the indent of the first. */
  readonly marker: { readonly indent: number; readonly text: string } | undefined;
  /** The innermost list written in HTML: where it started, and the number of its next item. */
  readonly list: { readonly place: Place; next: number | undefined } | undefined;
};

/** Lays out plain text, line by line. What separates words from those before them is decided when they are written. */
export class TextBuilder {
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
      indent: Math.min(place.indent + 2, maxIndent),
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

  /** @returns the text. */
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
