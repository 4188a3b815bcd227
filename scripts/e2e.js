import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Runs .github/workflows/e2e.yml on this machine, on a published release and on a pushed tag, with act in place of
 * GitHub's runner: without containers, without a token and without a request to GitHub.
 */

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const events = { release: 'testing/events/release.json', push: 'testing/events/push-tag.json' };

if (spawnSync('act', ['--version']).status === 0) {
  const path = [dirname(runnerNode()), process.env['PATH']].join(delimiter);
  for (const [name, payload] of Object.entries(events)) run(name, payload, path);
} else {
  console.log('The end-to-end workflow was not run: act is not on the PATH. Install it from https://nektosact.com.');
  if (process.env['CI']) process.exitCode = 1;
}

/** @returns {string} the Node.js of .node-version, as act runs the action with the one on the PATH */
function runnerNode() {
  const version = readFileSync(join(root, '.node-version'), 'utf8').trim();
  if (process.version === `v${version}`) return process.execPath;
  const { status, stdout } = spawnSync('npx', ['--yes', `node@${version}`, '--print', 'process.execPath'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`npx could not get Node.js ${version}: see its output above.`);
  return stdout.trim();
}

/**
 * @param {string} event
 * @param {string} payload
 * @param {string} path the PATH of the steps
 */
function run(event, payload, path) {
  // act keeps its copy of the workspace and its settings below these.
  const home = mkdtempSync(join(tmpdir(), 'e2e-'));
  const { status, stdout } = spawnSync(
    'act',
    [
      event,
      ...['--workflows', '.github/workflows/e2e.yml', '--eventpath', payload],
      ...['--platform', 'ubuntu-latest=-self-hosted', '--matrix', 'os:ubuntu-latest'],
      ...['--env', 'GITHUB_REPOSITORY=octo-org/shop', '--actor', 'octocat'],
      ...['--action-cache-path', join(home, 'cache'), '--no-cache-server'],
    ],
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, PATH: path, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
      maxBuffer: 2 ** 28,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  rmSync(home, { recursive: true, force: true });
  // act ends well, too, when no job fits what it is asked for.
  const succeeded = status === 0 && stdout.includes('Job succeeded');
  if (!succeeded) {
    console.log(stdout);
    process.exitCode = 1;
  }
  console.log(`The end-to-end workflow ${succeeded ? 'passed' : 'failed'} on the event ${event}.`);
}
