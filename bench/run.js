import { spawnSync } from 'node:child_process';

/**
 * Runs a command to its end.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ readonly cwd?: string, readonly env?: NodeJS.ProcessEnv }} [options]
 * @returns {Buffer} what it printed
 * @throws Error if its exit code is not 0
 */
export function run(command, args, options = {}) {
  const maxBuffer = 16 * 1024 * 1024;
  const { status, error, stdout, stderr } = spawnSync(command, args, { ...options, maxBuffer });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stdout.toString() + stderr.toString()}`);
}

/**
 * Whether a command can be run.
 *
 * @param {string} command
 * @param {...string} args
 */
export function isInstalled(command, ...args) {
  return spawnSync(command, args).status === 0;
}
