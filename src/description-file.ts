import { isAbsolute, relative, resolve } from 'node:path';
import { realpathSync } from 'node:fs';
import type { Context } from './context.js';
import { FileError, type FileProblem, readPlainFile } from './plain-file.js';

/** The text of a file, `undefined` where it is blank, or why it cannot be the description. */
export type DescriptionFile = { readonly text: string | undefined } | { readonly problem: string };

/** The largest file, in bytes. GitHub cuts release notes at 125,000 characters. */
const maxFileBytes = 2 ** 20;

/**
 * Reads a file as the description.
 *
 * It must be a plain file in the workspace or in `RUNNER_TEMP`, with all links followed, and not one that belongs to
 * git or the runner: those can contain tokens, and everybody who sees the chart would read them.
 *
 * @param file its path, absolute or from the root of the workspace.
 * @returns the text, or a problem that completes "Input `description-file` …".
 */
export function readDescriptionFile(
  file: string,
  { workspace, runnerTemp }: Pick<Context, 'workspace' | 'runnerTemp'>,
): DescriptionFile {
  const path = resolve(workspace, file);
  const problem = (text: string) => ({ problem: `names \`${file}\`, which ${text}` });
  // A relative path is one in the workspace: `..` must not lead to the runner's own files.
  const folders = isAbsolute(file) && runnerTemp !== undefined ? [workspace, runnerTemp] : [workspace];
  const roots = folders.flatMap(withRealPath);
  const root = roots.find((candidate) => isInside(candidate, path));
  if (root === undefined) return problem(`is outside the workspace. ${isAbsolute(file) ? relativeAdvice : copyAdvice}`);
  try {
    const { text, realPath } = readPlainFile(path, maxFileBytes);
    // A link must not lead from one folder to the other either: the runner keeps files of its own in RUNNER_TEMP.
    const [realRoot = root] = withRealPath(root).toReversed();
    if (!isInside(realRoot, realPath)) {
      return problem(`is a link to a file outside the workspace. ${copyAdvice}`);
    }
    if ([relative(root, path), relative(realRoot, realPath)].some(isReserved)) {
      return problem('belongs to git or to the runner, and may contain a token. Copy the text into another file.');
    }
    return { text: text.trim() === '' ? undefined : text };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return problem(`${error.message}. ${advice[error.problem]}`);
  }
}

const copyAdvice = 'Copy the file into the workspace first.';
/** In a container job, the expression `github.workspace` is a path of the host. */
const relativeAdvice =
  'Use a path relative to the workspace, which is another folder in a container job; copy other files into it first.';

const advice = {
  missing:
    'Check the path, which starts at the root of the workspace, and check out the repository before this step. In a container job, use a relative path.',
  'not-a-file': 'Use the path of a text file.',
  'too-large': 'Shorten it, or link to the notes in `description`.',
  unreadable: 'Check the permissions of the file.',
  'not-utf-8': 'Save it as UTF-8.',
  binary: 'Save it as UTF-8. Files written by older versions of PowerShell are UTF-16.',
} as const satisfies Readonly<Record<FileProblem, string>>;

function withRealPath(folder: string): readonly string[] {
  try {
    return [resolve(folder), realpathSync.native(folder)];
  } catch {
    return [resolve(folder)];
  }
}

function isInside(folder: string, path: string): boolean {
  const relativePath = relative(folder, path);
  return !isAbsolute(relativePath) && relativePath.split(/[\\/]/)[0] !== '..';
}

/** Below `.git`, or one of the runner's own files in `RUNNER_TEMP`, where actions/checkout keeps its token too. */
function isReserved(relativePath: string): boolean {
  const parts = relativePath.toLowerCase().split(/[\\/]/);
  const [first = ''] = parts;
  return (
    parts.includes('.git') ||
    first.startsWith('_github_') ||
    first.startsWith('_runner_') ||
    first.startsWith('git-credentials-')
  );
}
