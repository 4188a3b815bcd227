import { expect, test } from '@jest/globals';
import { isSameFile } from '../src/plain-file.js';

const file = { dev: 0x12345678_9abcdef0n, ino: 2n ** 60n + 1n };

test.each([
  ['the same on Linux', file, true],
  ['the same on Windows, where an open file has half of the number of its volume', { ...file, dev: 0x9abcdef0n }, true],
  ['another one on the same volume', { ...file, ino: file.ino + 1n }, false],
  ['another one on another volume', { ...file, dev: file.dev + 1n }, false],
])('a file is %s', (_, other, isSame) => {
  expect([isSameFile(file, other), isSameFile(other, file)]).toEqual([isSame, isSame]);
});
