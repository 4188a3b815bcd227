/** Redacts secrets in text from a server or a proxy. Each becomes `***`; text without secrets is returned unchanged. */
export type Redactor = {
  /** For messages and log lines: leaves no run of 8 or more characters of a secret, in any encoding below. */
  readonly redactParts: (text: string) => string;
  /** For outputs and the job summary: leaves no whole secret. A string in JSON stays a string in JSON. */
  readonly redactWhole: (text: string) => string;
};

const mark = '***';
const minRunLength = 8;
/** The text on both sides of a redaction may join to a secret. If it still does after this many passes, all of it goes. */
const maxPasses = 3;

/** Drops what can hide a secret from a comparison: its case, and the characters between its own. */
type Reading = (text: string) => string;
const lettersAndDigits: Reading = (text) => text.replace(/[^A-Za-z0-9]+/g, '').toLowerCase();
/** Keeps the quotation marks, so that no redaction reaches from one string in JSON to the next. */
const lettersDigitsAndQuotes: Reading = (text) => text.replace(/[^A-Za-z0-9"]+/g, '').toLowerCase();
/** Drops asterisks too, as they stand for what was redacted between two halves. */
const visibleAscii: Reading = (text) => text.replace(/[^!-)+-~]+/g, '').toLowerCase();
const everything: Reading = (text) => text.toLowerCase();

/** What to look for in a reading: runs, all of `minRunLength`, and words of any length. */
type Search = { readonly read: Reading; readonly runs: ReadonlySet<string>; readonly words: ReadonlySet<string> };

/**
 * Makes a redactor.
 *
 * Finds secrets plain, in hex, in base64 and base64url at any offset, with URL and JSON escapes, in upper and lower
 * case, and wrapped or spread out with other characters.
 *
 * @param secrets as they are sent. One shorter than 8 characters is redacted only where no letter or digit is next to it.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const forms = [...new Set(secrets.flatMap(formsOf))];
  const parts = searchesForParts(forms);
  const wholes = searchesForWholes(forms);
  return {
    redactParts: (text) => redact(text, parts),
    redactWhole: (text) => redact(text, wholes),
  };
}

/** A secret as it is, and in the encodings that change its characters. */
function formsOf(secret: string): readonly string[] {
  // The prefix is public, and would be found in "GitHub page"; the quotation marks would be found around strings in JSON.
  const value = secret.replace(/^github_pat_|^"+|"+$/g, '');
  // A value of nothing but asterisks was copied from a log.
  if (/^\**$/.test(value)) return [];
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // The first and last characters may also encode bits of what is next to the secret.
    return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
  });
  const base64Url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  // URL escapes are decoded byte by byte, which is Latin-1.
  const escaped = [decode(value), JSON.stringify(value).slice(1, -1), bytes.toString('latin1')];
  const encoded = [...escaped, bytes.toString('hex'), ...base64, ...base64Url];
  return [value, ...encoded.filter((form) => form.length >= minRunLength)];
}

function searchesForParts(forms: readonly string[]): readonly Search[] {
  const seen = new Set<string>();
  const searches = [lettersAndDigits, visibleAscii, everything].map((read) => {
    const runs = new Set<string>();
    const words = new Set<string>();
    for (const text of forms.map(read)) {
      if (read === everything && text.length < minRunLength) words.add(text);
      // What is the same in an earlier reading is found there.
      if (seen.has(text)) continue;
      seen.add(text);
      for (let end = minRunLength; end <= text.length; end += 1) runs.add(text.slice(end - minRunLength, end));
    }
    return { read, runs, words };
  });
  return searches.filter(({ runs, words }) => runs.size + words.size > 0);
}

function searchesForWholes(forms: readonly string[]): readonly Search[] {
  // The less a reading keeps, the longer a secret must be, or ordinary text would match it.
  const searches = [
    { read: lettersDigitsAndQuotes, minLength: 16, runs: new Set<string>(), words: new Set<string>() },
    { read: visibleAscii, minLength: minRunLength, runs: new Set<string>(), words: new Set<string>() },
    { read: everything, minLength: 1, runs: new Set<string>(), words: new Set<string>() },
  ] as const;
  for (const form of forms) {
    const search = searches.find(({ read, minLength }) => read(form).length >= minLength);
    search?.words.add(search.read(form));
  }
  return searches.filter(({ words }) => words.size > 0);
}

function redact(text: string, searches: readonly Search[]): string {
  let redacted = text;
  for (let pass = 1; pass <= maxPasses; pass += 1) {
    const before = redacted;
    for (const search of searches) {
      redacted = redactReading(redacted, (part) => search.read(decode(part)), search);
      redacted = redactReading(redacted, search.read, search);
    }
    if (redacted === before) return redacted;
  }
  return mark;
}

function redactReading(text: string, read: Reading, search: Search): string {
  const found = find(read(text), search);
  if (found === undefined) return text;
  const isFound = (start: number, end: number) => found.subarray(Math.max(0, start), end).includes(1);
  let chunkEnd = 0;
  // Most chunks are left unchanged, and need not be split into units.
  return text.replace(chunkPattern, (chunk) => {
    let end = chunkEnd;
    chunkEnd += read(chunk).length;
    if (!isFound(end - 1, chunkEnd)) return chunk;
    return chunk.replace(unitPattern, (unit) => {
      const start = end;
      end += read(unit).length;
      const isAfterFound = isFound(start - 1, start);
      const isSeparator = start === end;
      if (isSeparator ? !isAfterFound || !isFound(end, end + 1) : !isFound(start, end)) return unit;
      return isAfterFound ? '' : mark;
    });
  });
}

/** Returns 1 for each character of a reading that belongs to a secret, else 0; `undefined` where none does. */
function find(reading: string, { runs, words }: Search): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  const add = (start: number, end: number) => (found ??= new Uint8Array(reading.length)).fill(1, start, end);
  for (let end = minRunLength; runs.size > 0 && end <= reading.length; end += 1) {
    if (runs.has(reading.slice(end - minRunLength, end))) add(end - minRunLength, end);
  }
  for (const word of words) {
    for (let start = reading.indexOf(word); start !== -1; start = reading.indexOf(word, start + word.length)) {
      const end = start + word.length;
      const neighbors = reading.slice(Math.max(0, start - 1), start) + reading.slice(end, end + 1);
      if (word.length >= minRunLength || !/[a-z0-9]/.test(neighbors)) add(start, end);
    }
  }
  return found;
}

/** What may stand inside an escape where the text was wrapped. */
const wrap = '[^!-~]*';
const hex = (digits: number) => `(${Array<string>(digits).fill('[0-9a-f]').join(wrap)})`;
/** The escapes of URLs and of JSON, also when encoded again. */
const escapes = [
  `%(?:${wrap}2${wrap}5){0,2}${wrap}${hex(2)}`,
  // Only an odd number of backslashes escapes a quotation mark.
  String.raw`\\(?:\\\\)*(["/])`,
  String.raw`\\+(?:${wrap}u${wrap}${hex(4)}|${wrap}x${wrap}${hex(2)}|[bfnrt])?`,
].join('|');
const escapePattern = new RegExp(escapes, 'gi');
/** What is redacted as a whole or not at all: half an escape would break JSON. */
const unit = `(?:${escapes}|[\ud800-\udbff][\udc00-\udfff]|[^])`;
const unitPattern = new RegExp(unit, 'gi');
const chunkPattern = new RegExp(`${unit}{1,500}`, 'gi');

function decode(text: string): string {
  // Most text contains no escape, and the pattern for them is a large one.
  if (!/[%\\]/.test(text)) return text;
  return text.replace(escapePattern, (_escape, url?: string, plain?: string, unicode?: string, byte?: string) => {
    const digits = url ?? unicode ?? byte;
    return digits === undefined ? (plain ?? '') : String.fromCharCode(Number.parseInt(visibleAscii(digits), 16));
  });
}
