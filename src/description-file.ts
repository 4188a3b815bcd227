import { readFileSync, realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';

/** The text of a file, `undefined` where it is blank, or why it cannot be the description. */
export type DescriptionFile = { readonly text: string | undefined } | { readonly problem: string };

/**
 * Reads a file of the workspace as the description.
 *
 * @param file its path, from the root of the workspace.
 * @param workspace the folder that it must be in, links followed: what lies outside is the runner's, and would be shown
 *   to everybody who sees the chart.
 * @returns the text, or a problem that completes "Input `description-file` …".
 */
export function readDescriptionFile(file: string, workspace: string): DescriptionFile {
  try {
    const root = realpathSync(workspace);
    const path = realpathSync(resolve(root, file));
    const relativePath = relative(root, path);
    if (isAbsolute(relativePath) || relativePath.split(/[\\/]/)[0] === '..') {
      return { problem: `names \`${file}\`, which is outside the workspace. Copy the file into the workspace first.` };
    }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
    return { text: text.trim() === '' ? undefined : text };
  } catch (error) {
    const reason = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
    return {
      problem: `names \`${file}\`, which cannot be read as UTF-8 text (${reason}). Check the path from the root of the workspace, and check out the repository before this step.`,
    };
  }
}
