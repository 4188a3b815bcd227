import { expect, test } from '@jest/globals';
import { isSameFile } from '../src/plain-file.js';

const file = { dev: 0x12345678_9abcdef0n, ino: 2n ** 60n + 1n };

test.each([
  [true, 'on Linux', file],
  [true, 'on Windows, where an open file has half of the number of its volume', { ...file, dev: 0x9abcdef0n }],
  [false, 'with another number on the same volume', { ...file, ino: file.ino + 1n }],
  [false, 'with the same number on another volume', { ...file, dev: file.dev + 1n }],
])('is the same file (%s): one %s', (isSame, _, other) => {
  expect([isSameFile(file, other), isSameFile(other, file)]).toEqual([isSame, isSame]);
});
