import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs';

/** Why a file could not be read. */
export type FileProblem = 'missing' | 'not-a-file' | 'too-large' | 'unreadable' | 'not-utf-8' | 'binary';

/** A file that could not be read as text. Its path stays out of the message. */
export class FileError extends Error {
  override readonly name = 'FileError';
  readonly problem: FileProblem;

  constructor(problem: FileProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}

/**
 * Reads a plain file as text. It is opened once, so that what was checked is what is read, and never blocks: a pipe or
 * a device is refused.
 *
 * @param path where the file is.
 * @param maxBytes the most bytes that it may have.
 * @returns its text, without a byte order mark, and its real path, with all links followed.
 * @throws FileError whose `problem` says why there is no text.
 */
export function readPlainFile(path: string, maxBytes: number): { readonly text: string; readonly realPath: string } {
  const { bytes, realPath } = readBytes(path, maxBytes);
  if (bytes.includes(0)) throw new FileError('binary', 'contains NUL bytes, so it is not UTF-8 text');
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), realPath };
  } catch (cause) {
    throw new FileError('not-utf-8', 'is not UTF-8 text', { cause });
  }
}

function readBytes(path: string, maxBytes: number) {
  let file: number | undefined;
  try {
    // Without O_NONBLOCK, opening a pipe would wait for somebody to write to it.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const opened = fstatSync(file, { bigint: true });
    if (!opened.isFile()) throw new FileError('not-a-file', 'is not a plain file');
    if (opened.size > maxBytes) throw new FileError('too-large', `is larger than ${String(maxBytes / 2 ** 20)} MiB`);
    const realPath = realpathSync.native(path);
    if (!isSameFile(opened, statSync(realPath, { bigint: true }))) {
      throw new FileError('unreadable', 'was replaced while it was read');
    }
    const bytes = readFileSync(file);
    if (bytes.length > maxBytes) throw new FileError('too-large', `is larger than ${String(maxBytes / 2 ** 20)} MiB`);
    return { bytes, realPath };
  } catch (cause) {
    throw cause instanceof FileError ? cause : fileErrorFrom(cause);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/**
 * Whether both belong to one file. Of the number of the volume, 32 bits count: on Windows, some versions of Node.js 22
 * report 64 bits of it for a path, but 32 for an open file.
 *
 * @see https://github.com/libuv/libuv/pull/4698
 */
export function isSameFile(one: Pick<BigIntStats, 'dev' | 'ino'>, other: Pick<BigIntStats, 'dev' | 'ino'>): boolean {
  return one.ino === other.ino && BigInt.asUintN(32, one.dev) === BigInt.asUintN(32, other.dev);
}

function fileErrorFrom(cause: unknown): FileError {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'unknown error';
  if (code === 'ENOENT' || code === 'ENOTDIR') return new FileError('missing', 'does not exist', { cause });
  if (code === 'EISDIR') return new FileError('not-a-file', 'is not a plain file', { cause });
  return new FileError('unreadable', `cannot be read (${code})`, { cause });
}
