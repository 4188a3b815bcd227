import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRedactor } from '../src/secrets.js';

const apiKey = '3f9c1b7e5a2d4860f1e3c5a7b9d20468';
const secretKey = 'c04e8a6b2d7f91350ace8b6d4f2e7193';
const basic = Buffer.from(`${apiKey}:${secretKey}`).toString('base64');
const githubToken = 'ghs_k2LmN8pQrS4tUvW6xYz0AbC3dEfG5hIjK7lM';
const proxyPassword = 'p@ss/w0rd+"\\~x';
const secrets = [apiKey, secretKey, basic, githubToken, proxyPassword];

const hex = (text: string) => Buffer.from(text).toString('hex');
const base64 = (text: string) => Buffer.from(text).toString('base64');
const spread = (text: string, separator: string) => Array.from(text).join(separator);
const urlEscapes = (text: string) => Array.from(Buffer.from(text), (byte) => `%${byte.toString(16)}`).join('');
const jsonEscapes = (text: string) =>
  Array.from(text, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

describe.each(['redactParts', 'redactWhole'] as const)('%s', (method) => {
  const redact = createRedactor(secrets)[method];

  test.each([
    ['an API key', apiKey],
    ['a secret key', secretKey],
    ['a Basic credential', basic],
    ['a GitHub token', githubToken],
    ["a proxy's password", proxyPassword],
    ['a key in upper case', secretKey.toUpperCase()],
    ['a key in hex', hex(secretKey)],
    ['a key in hex, in upper case', hex(secretKey).toUpperCase()],
    ['a key in hex with colons', hex(secretKey).replace(/..(?=.)/g, '$&:')],
    ['a key with URL escapes', urlEscapes(secretKey)],
    ['a key with URL escapes, encoded again', encodeURIComponent(urlEscapes(secretKey))],
    ['a key with one URL escape', secretKey.replace('6b', '%36b')],
    ['a password with URL escapes', encodeURIComponent(proxyPassword)],
    ['a key with JSON escapes', jsonEscapes(secretKey)],
    ['a key with JSON escapes, in upper case', jsonEscapes(secretKey).toUpperCase()],
    ['a key with JSON escapes, encoded again', JSON.stringify(jsonEscapes(secretKey)).slice(1, -1)],
    ['a password in JSON', JSON.stringify(proxyPassword).slice(1, -1)],
    ['a password in JSON with escaped slashes', proxyPassword.replace(/[/"\\]/g, '\\$&')],
    ['a key with a byte escape', secretKey.replace('e', '\\x65')],
    ['a key in two lines', `${secretKey.slice(0, 16)}\r\n${secretKey.slice(16)}`],
    ['a key in two lines, in JSON', `${secretKey.slice(0, 16)}\\n${secretKey.slice(16)}`],
    ['a Basic credential in lines of 76 characters', basic.replace(/.{76}/g, '$&\r\n')],
    ['a key with zero-width spaces', spread(secretKey, '\u200b')],
    ['a key with bidirectional marks', spread(secretKey, '\u202e')],
    ['a key with NUL characters', spread(secretKey, '\0')],
    ['a key with tag characters', spread(secretKey, '\u{e0061}')],
    ['JSON escapes with bidirectional marks', spread(jsonEscapes(secretKey), '\u200f')],
    ['URL escapes with line feeds', spread(urlEscapes(secretKey), '\n')],
  ])('redacts %s', (_what, text) => {
    expect(redact(`denied: "${text}", sorry`).replace(/\*[\w=+/-]{1,2}"/, '*"')).toBe('denied: "***", sorry');
  });

  test.each([
    ['a percent sign', '%'],
    ['a backslash', '\\'],
    ['half an escape', '\\u'],
    ['a percent sign and a space', '100% '],
  ])('redacts a key after %s', (_what, before) => {
    const redacted = redact(`denied: ${before}${secretKey}`);
    expect(redacted).toContain('***');
    expect(findRuns(redacted, secrets)).toEqual([]);
  });

  test.each([0, 1, 2, 3, 4, 5])('redacts a key in base64, %i bytes from the beginning', (offset) => {
    const text = base64(`${'x'.repeat(offset)}${secretKey} and so on`);
    const redacted = redact(text);
    expect(redacted).toContain('***');
    expect(findRuns(redacted, secrets)).toEqual([]);
    expect(redact(text.replaceAll('+', '-').replaceAll('/', '_'))).toBe(redacted);
  });

  test('redacts a password that is not ASCII', () => {
    const redactPassword = createRedactor(['пароль-для-прокси'])[method];
    for (const encode of [String, encodeURIComponent, jsonEscapes, hex]) {
      expect(redactPassword(`407 ${encode('пароль-для-прокси')}!`)).toBe('407 ***!');
    }
  });

  test('redacts a short secret only as a word', () => {
    const redactShort = createRedactor(['s3cret'])[method];
    expect(redactShort('s3cret: the password s3cret ("S3CRET"), %733cret')).toBe('***: the password *** ("***"), ***');
    expect(redactShort('s3crets, us3cret, S3CRETS')).toBe('s3crets, us3cret, S3CRETS');
  });

  test('keeps the text around a secret', () => {
    expect(redact(`"😀 ${apiKey}" is not "İΣ ${secretKey}" \ud800`)).toBe('"😀 ***" is not "İΣ ***" \ud800');
    const filler = 'İ😀\\n%41 '.repeat(700);
    expect(redact(`${filler}${apiKey}${filler}`)).toBe(`${filler}***${filler}`);
  });

  test('redacts the halves of a secret around another secret', () => {
    const redactor = createRedactor([apiKey, 'Kd9xQ2mZt4wB7r']);
    expect(redactor[method](`x Kd9xQ2m${apiKey}Zt4wB7r y`)).toBe('x *** y');
  });

  test('redacts all of a text with deeply nested secrets', () => {
    let text: string = apiKey;
    for (let depth = 0; depth < 20; depth += 1) text = `Kd9xQ2m${text}Zt4wB7r`;
    expect(createRedactor([apiKey, 'Kd9xQ2mZt4wB7r'])[method](`x ${text} y`)).toBe('***');
  });

  test('ignores secrets that are empty or masked', () => {
    const text = `**bold** ******** ${secretKey}`;
    expect(createRedactor(['', '***', '********'])[method](text)).toBe(text);
  });

  test.each([
    'Invalid API Key',
    'See the GitHub page, the GitHub path and the github_pat documentation.',
    '{"error":{"http_code":400,"type":"invalid","message":"Unspecified Error","metadata":{"details":"a \\"b\\""}}}',
    '{"success":false,"errors":[{"message":"release_start must be of the form yyyy-MM-dd HH:mm:ss"}]}',
    '{"success":true,"release":{"id":"1234567","title":"v1.2.3 🎉","release_start":"2026-11-23 10:52:35"}}',
    '<html><body><h1>403 Forbidden</h1>\r\n<hr>nginx/1.27.2</body></html>\r\n',
    'upstream connect error or disconnect/reset before headers. reset reason: connection termination',
    'https://gateway.example.com/a%20b/%E2%9C%93?x=1&y=%2525#z',
    'C:\\new\\table \\u12 100% \\ud83d %zz \\',
    '4f9c705aa1c0b7d2e9f8a6b5c4d3e2f101928374 9b2f4c1e-8d7a-4e6b-b3c5-1a2d3e4f5061 1795431155000',
    'a\u200bb\u202e c\0d \ud800 \udc00 👩‍👩‍👧 İ Σς',
    '',
  ])('leaves %j unchanged', (text) => {
    expect(createRedactor([...secrets, 'github_pat_11ABCDEFG0aBcDeFgHiJkL'])[method](text)).toBe(text);
  });

  test('leaves ordinary text unchanged', () => {
    const words = fc.lorem({ maxCount: 50 });
    const anyText = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(fc.array(anySecret), fc.oneof(words, anyText, fc.webUrl()), (some, text) => {
        expect(createRedactor(some)[method](text)).toBe(text);
      }),
    );
  });

  test('redacts hostile text in linear time', () => {
    const length = 64 * 1024;
    const nested = `${apiKey.slice(0, 7)}${secretKey}${apiKey.slice(7)}`;
    const pieces = ['%', '\\', '%25', '\\u', '\\u 0 0 6 ', '% ', ' ', '"', '*', 'c', nested, jsonEscapes(secretKey)];
    const texts = [...pieces, ...secrets].map((piece) => piece.repeat(length / piece.length));
    texts.push(`%${' '.repeat(length)}`, `\\u${'\u200b'.repeat(length)}`, `%${'25'.repeat(length / 2)}`);
    const startMs = performance.now();
    for (const text of texts) redact(text);
    // In quadratic time it takes minutes.
    expect(performance.now() - startMs).toBeLessThan(20_000);
  });
});

describe('redactParts', () => {
  const spaced = 'a phrase with spaces';
  const { redactParts } = createRedactor([...secrets, spaced]);

  test.each([
    ['the first 8 characters', `${secretKey.slice(0, 8)}…`, '***…'],
    ['the last 8 characters', `…${secretKey.slice(-8)}`, '…***'],
    ['8 characters from the middle', `<${secretKey.slice(11, 19)}>`, '<***>'],
    ['all but the last character', secretKey.slice(0, -1), '***'],
    ['8 characters of hex', `<${hex(secretKey).slice(5, 13)}>`, '<***>'],
    ['8 characters of base64', `<${basic.slice(20, 28)}>`, '<***>'],
    ['8 characters with JSON between them', `["${secretKey.slice(3, 7)}","${secretKey.slice(7, 11)}"]`, '["***"]'],
    ['8 characters of a password', `<${proxyPassword.slice(3, 11)}>`, '<***>'],
    ['8 characters of a password in JSON', `<${JSON.stringify(proxyPassword.slice(6)).slice(1, -1)}>`, '<***>'],
    ['8 characters of a password with spaces', `<${spaced.slice(0, 8)}>`, '<***>'],
  ])('redacts %s', (_what, text, expected) => {
    expect(redactParts(text)).toBe(expected);
  });

  test('keeps 7 characters', () => {
    const parts = [secretKey.slice(0, 7), secretKey.slice(-7), basic.slice(20, 27), hex(secretKey).slice(5, 12)];
    for (const part of parts) expect(redactParts(`<${part}>`)).toBe(`<${part}>`);
  });

  test('keeps the public prefix of a GitHub token', () => {
    const token = 'github_pat_11ABCDEFG0aBcDeFgHiJkL';
    expect(createRedactor([token]).redactParts(`${token} is a github_pat`)).toBe('github_pat_*** is a github_pat');
  });

  test('forms no workflow command', () => {
    const texts = [
      `${secretKey}::error::x`,
      `:${secretKey}:error::x`,
      `#${secretKey}#[error]x`,
      `##${secretKey}[error]x`,
    ];
    for (const text of texts) expect(redactParts(text)).not.toMatch(/^\s*::|##\[/m);
  });

  test('leaves no run of 8 characters, however it is encoded, cut or wrapped', () => {
    const part = fc
      .tuple(encoded, fc.oneof(invisible, separator), fc.integer({ min: 1, max: 80 }), fc.nat(), fc.nat(), junk)
      .map(([{ secret, text }, between, width, from, length, after]) => {
        const start = from % text.length;
        const cut = text.slice(start, start + 8 + (length % text.length));
        return { secret, text: `${wrap(cut, width, between)}${after}` };
      });
    let redactions = 0;
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const all = parts.map(({ secret }) => secret);
        const text = parts.map((one) => one.text).join('');
        const { redactParts: redact } = createRedactor(all);
        const redacted = redact(text);
        if (redacted !== text) redactions += 1;
        expect(findRuns(redacted, all)).toEqual([]);
        expect(redact(redacted)).toBe(redacted);
      }),
      { numRuns: 300 },
    );
    expect(redactions).toBeGreaterThan(150);
  });
});

describe('redactWhole', () => {
  const { redactWhole } = createRedactor(secrets);

  test('keeps parts of secrets', () => {
    const text = `${secretKey.slice(0, -1)} ${basic.slice(4, 40)} ${hex(secretKey).slice(2)} ${proxyPassword.slice(1)}`;
    expect(redactWhole(text)).toBe(text);
  });

  test('keeps strings in JSON apart', () => {
    const halves = [secretKey.slice(0, 16), secretKey.slice(16)];
    const json = JSON.stringify({ [apiKey]: secretKey, list: [secretKey, apiKey], halves, quote: proxyPassword });
    expect(JSON.parse(redactWhole(json))).toEqual({ '***': '***', list: ['***', '***'], halves, quote: '***' });
  });

  test('keeps JSON valid where a secret begins in an escape', () => {
    for (const value of [`\udead${secretKey.slice(4)}`, `\n${secretKey}`, `"${secretKey}`, `\\${secretKey}`]) {
      const redactor = createRedactor([secretKey, `dead${secretKey.slice(4)}`, `n${secretKey}`, `"${secretKey}`]);
      expect(JSON.parse(redactor.redactWhole(JSON.stringify([value, 'x'])))).toEqual([
        expect.stringMatching(/\*{3}$/),
        'x',
      ]);
    }
  });

  test('leaves no whole secret in JSON, however it is encoded or wrapped, and keeps the rest', () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 20 });
    const part = fc
      .tuple(encoded, invisible, fc.integer({ min: 1, max: 80 }))
      .map(([{ secret, text }, between, width]) => ({ secret, text: wrap(text, width, between) }));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1 }), anyText, anyText, (parts, before, after) => {
        const all = parts.map(({ secret }) => secret);
        const values = parts.map(({ text }) => `${before} = ${text}; ${after}`);
        const redacted = createRedactor(all).redactWhole(JSON.stringify({ before, values, after, number: 12345678 }));
        expect(JSON.parse(redacted)).toEqual({
          before,
          values: values.map((): unknown => expect.stringContaining('***')),
          after,
          number: 12345678,
        });
        expect(findWholes(redacted, all)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

function wrap(text: string, width: number, separator: string): string {
  return text.replace(new RegExp(`[^]{${String(width)}}(?=[^])`, 'g'), `$&${separator}`);
}

const hexDigits = fc.constantFrom(...Array.from('0123456789abcdef'));
const tokenCharacters = fc.constantFrom(
  ...Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'),
);
// Without blanks, and without what begins an escape: a part of it can be any other text.
const passwordCharacters = fc.string({ minLength: 1, maxLength: 1 }).filter((text) => !/[\s%\\*"]/.test(text));
const anySecret = fc.oneof(
  fc.string({ unit: hexDigits, minLength: 32, maxLength: 32 }),
  fc.string({ unit: tokenCharacters, minLength: 20, maxLength: 60 }).map((text) => `ghs_${text}`),
  fc.string({ unit: passwordCharacters, minLength: 12, maxLength: 30 }),
  fc.string({ unit: hexDigits, minLength: 65, maxLength: 65 }).map(base64),
);

/** Escapes every so many characters, and those that need an escape. */
function escapeSome(text: string, every: number, needed: RegExp, escape: (character: string) => string): string {
  return Array.from(text, (character, index) =>
    index % every === 0 || needed.test(character) ? escape(character) : character,
  ).join('');
}

const anyEncoding: fc.Arbitrary<(text: string) => string> = fc.oneof(
  fc.constantFrom(String, hex, base64),
  fc.string({ maxLength: 5 }).map((before) => (text: string) => base64(`${before}${text}`)),
  fc.string({ maxLength: 5 }).map((before) => (text: string) => Buffer.from(`${before}${text}:`).toString('base64url')),
  fc.integer({ min: 1, max: 20 }).map((every) => (text: string) => escapeSome(text, every, /[^\w.~-]/, urlEscapes)),
  fc.integer({ min: 1, max: 20 }).map((every) => (text: string) => escapeSome(text, every, /["\\/]/, jsonEscapes)),
  fc.constantFrom(
    (text: string) => encodeURIComponent(base64(text)),
    (text: string) => base64(text).replaceAll('/', '\\/'),
  ),
);

const anyCase: fc.Arbitrary<(text: string) => string> = fc.oneof(
  fc.constantFrom(
    String,
    (text: string) => text.toUpperCase(),
    (text: string) => text.toLowerCase(),
  ),
  fc
    .integer({ min: 2, max: 5 })
    .map(
      (every) => (text: string) =>
        Array.from(text, (character, index) => (index % every === 0 ? character.toUpperCase() : character)).join(''),
    ),
);

const encoded = fc
  .tuple(anySecret, anyEncoding, anyCase)
  .map(([secret, encode, changeCase]) => ({ secret, text: changeCase(encode(secret)) }));

const invisible = fc.constantFrom(
  '',
  ' ',
  '\u00a0',
  '\u00ad',
  '\u200b',
  '\u200d',
  '\u202e',
  '\u2066',
  '\ufeff',
  '\u{e0061}',
);
const separator = fc.constantFrom('\n', '\r\n', '\t', '\0', ':', '-', ', ', '" + "', '\n> ');
// Each begins with a character that ends half an escape before it.
const junk = fc.constantFrom('=', '|', ' = ', '"}', '&x=', ' is not a key of this project. ', '…, ', '|😀 ');

/**
 * Finds the runs of 8 characters that a text shares with an encoding of a secret. It decodes one character after the
 * other, and looks the runs of the text up in the secrets, where the redactor looks the runs of secrets up in the text.
 */
function findRuns(text: string, all: readonly string[]): readonly string[] {
  const encodings = all.flatMap(encodingsOf).flatMap((form) => Object.values(readingsOf(form)));
  const known = encodings.join('\n');
  return decodingsOf(text)
    .flatMap((decoded) => Object.values(readingsOf(decoded)))
    .flatMap((reading) => Array.from(reading, (_character, start) => reading.slice(start, start + 8)))
    .filter((run) => run.length === 8 && !run.includes('\n') && known.includes(run));
}

/** Finds the encodings of secrets that a text contains from end to end. */
function findWholes(text: string, all: readonly string[]): readonly string[] {
  const readings = decodingsOf(text).map((decoded) => readingsOf(decoded).visible);
  return all
    .flatMap(encodingsOf)
    .filter((form) => readings.some((reading) => reading.includes(readingsOf(form).visible)));
}

function readingsOf(text: string): { letters: string; visible: string; all: string } {
  const characters = Array.from(text.toLowerCase());
  return {
    letters: characters
      .filter((character) => (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9'))
      .join(''),
    visible: characters.filter((character) => character > ' ' && character < '\x7f').join(''),
    all: text.toLowerCase(),
  };
}

/** What is the same in the encodings of a secret, whatever is next to it. */
function encodingsOf(text: string): readonly string[] {
  const shared = [0, 1, 2].map((length) => {
    const [one = '', other = ''] = ['\0', '\xff'].map((neighbor) =>
      Buffer.from(`${neighbor.repeat(length)}${text}${neighbor.repeat(3)}`, 'latin1').toString('base64'),
    );
    const same = Array.from(one, (character, index) => (character === other[index] ? character : ' ')).join('');
    return same.trim();
  });
  return [text, hex(text), ...shared, ...shared.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

function decodingsOf(text: string): readonly string[] {
  const visible = readingsOf(text).visible;
  return [text, visible, decodeOnce(text), decodeOnce(visible), decodeOnce(decodeOnce(visible))];
}

function decodeOnce(text: string): string {
  let decoded = '';
  for (let index = 0; index < text.length;) {
    const [length, value] = decodeAt(text, index);
    index += length;
    decoded += value;
  }
  return decoded;
}

/** Returns the length of the escape or character at an index, and what it stands for. */
function decodeAt(text: string, index: number): readonly [length: number, value: string] {
  const character = text.charAt(index);
  const codeOf = (digits: string) => (/^[0-9a-f]+$/i.test(digits) ? Number.parseInt(digits, 16) : undefined);
  if (character === '%') {
    const code = codeOf(text.slice(index + 1, index + 3));
    return code === undefined ? [1, character] : [3, String.fromCharCode(code)];
  }
  if (character !== '\\') return [1, character];
  const next = text.charAt(index + 1).toLowerCase();
  const code = next === 'u' ? codeOf(text.slice(index + 2, index + 6)) : undefined;
  if (code !== undefined) return [6, String.fromCharCode(code)];
  return [2, 'bfnrt'.includes(next) ? ' ' : text.charAt(index + 1)];
}
