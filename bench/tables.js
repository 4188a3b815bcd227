import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { run } from './run.js';

/**
 * @typedef {object} Results
 * @property {string} nodeVersion
 * @property {number} runs
 * @property {readonly import('./scenarios.js').Scenario[]} scenarios
 * @property {ReadonlyMap<import('./scenarios.js').Candidate, import('./measure.js').Measured>} times milliseconds
 * @property {ReadonlyMap<import('./scenarios.js').Candidate, import('./measure.js').Measured>} peaks kB
 */

const document = fileURLToPath(new URL('../docs/performance.md', import.meta.url));

/**
 * Shows results as Markdown.
 *
 * @param {Results} results
 * @returns {Promise<string>}
 */
export function formatResults({ nodeVersion, runs, scenarios, times, peaks }) {
  const timeRows = scenarios.map(({ name, rttMs, candidates }) => {
    const [floor, action, curl] = candidates.map((candidate) => times.get(candidate));
    return [
      rttMs === 0 ? 'loopback' : `${rttMs} ms`,
      name,
      ms(floor?.value),
      ms(action?.value),
      `**${decimals(action?.ratio.median)}**`,
      `${decimals(action?.ratio.low)}–${decimals(action?.ratio.high)}`,
      ms(curl?.value),
    ];
  });
  const memoryRows = scenarios.flatMap(({ name, candidates }) => {
    const [floor, action] = candidates.map((candidate) => peaks.get(candidate));
    if (floor === undefined || action === undefined) return [];
    return [[name, mb(floor.value), mb(action.value), `**${decimals(action.ratio.median)}**`]];
  });
  const date = new Date().toISOString().slice(0, 10);
  const parts = [
    `Measured on ${date} with Node.js ${nodeVersion} on ${platform()} (${arch()}, ${cpus().length} processors). Each time is the median of ${runs} runs.`,
    table(['Round trip', 'Step', 'Floor', 'Action', 'Ratio', 'Half of the runs', 'curl'], 2, timeRows),
    ...(memoryRows.length === 0 ? [] : [table(['Peak memory', 'Floor', 'Action', 'Ratio'], 1, memoryRows)]),
    table(['Size', 'Bytes'], 1, sizeRows()),
  ];
  return prettify(parts.join('\n\n'));
}

/**
 * Writes results into docs/performance.md, between its marks.
 *
 * @param {string} text
 */
export async function writeResults(text) {
  const before = readFileSync(document, 'utf8');
  const section = /<!-- bench -->\n[^]*?(?=<!-- \/bench -->)/;
  if (!section.test(before)) {
    throw new Error('docs/performance.md has no <!-- bench --> and <!-- /bench --> to write between.');
  }
  writeFileSync(document, await prettify(before.replace(section, () => `<!-- bench -->\n\n${text}\n`)));
}

/** What a runner downloads, and how much of it Node.js can load. */
function sizeRows() {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const folder = `${root}dist`;
  const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'));
  const sizeOf = (/** @type {string} */ name) => statSync(`${folder}/${name}`).size;
  const total = scripts.reduce((sum, name) => sum + sizeOf(name), 0);
  const archive = run('git', ['archive', '--format=tar.gz', 'HEAD'], { cwd: root }).length;
  return [
    ['Download: the archive of the last commit, compressed', archive],
    ['`dist/index.js`, which every step loads', sizeOf('index.js')],
    ['All scripts in `dist`; a step loads what it needs', total],
  ].map(([name = '', bytes = 0]) => [String(name), bytes.toLocaleString('en')]);
}

/** @param {import('./measure.js').Spread | undefined} spread */
function ms(spread) {
  return spread === undefined ? '' : `${spread.median.toFixed(spread.median < 100 ? 1 : 0)} ms`;
}

/** @param {import('./measure.js').Spread} spread */
function mb({ median }) {
  return `${(median / 1024).toFixed(1)} MB`;
}

/** @param {number | undefined} number */
function decimals(number) {
  return number?.toFixed(2) ?? '';
}

/**
 * @param {readonly string[]} head
 * @param {number} words how many columns hold words; numbers are aligned to the right
 * @param {readonly (readonly string[])[]} rows
 */
function table(head, words, rows) {
  const rule = head.map((_, column) => (column < words ? '---' : '--:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** @param {string} markdown */
async function prettify(markdown) {
  return format(markdown, { ...(await resolveConfig(document)), parser: 'markdown' });
}
