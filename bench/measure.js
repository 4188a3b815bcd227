import { readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { isInstalled, run } from './run.js';

/**
 * @typedef {import('./scenarios.js').Candidate} Candidate
 * @typedef {import('./scenarios.js').Scenario} Scenario
 *
 * @typedef {object} Spread of numbers
 * @property {number} median
 * @property {number} low the first quartile: a quarter of the numbers is below it
 * @property {number} high the third quartile
 *
 * @typedef {object} Measured values of a candidate
 * @property {Spread} value
 * @property {Spread} ratio to those of the floor, pair by pair
 */

const timeTool = '/usr/bin/time';

/**
 * Measures whole processes, from start to end.
 *
 * @param {readonly Scenario[]} scenarios
 * @param {number} runs how often each is measured, after two runs to warm up
 * @returns {ReadonlyMap<Candidate, Measured>} milliseconds
 */
export function measureTime(scenarios, runs) {
  return measure(scenarios, { warmUps: 2, runs }, ({ command, args, step }) => {
    const startMs = performance.now();
    run(command, args, { cwd: step.workspace, env: step.environment });
    return performance.now() - startMs;
  });
}

/**
 * Measures the most memory that a process had at a time (its maximum resident set size).
 *
 * @param {readonly Scenario[]} scenarios
 * @param {number} runs how often each is measured
 * @param {string} folder for a temporary file
 * @returns {ReadonlyMap<Candidate, Measured>} kB; empty where GNU time is not installed, as others have other options
 */
export function measureMemory(scenarios, runs, folder) {
  const file = join(folder, 'memory');
  const options = ['--format', '%M', '--output', file];
  if (!isInstalled(timeTool, ...options, 'true')) return new Map();
  return measure(scenarios, { warmUps: 0, runs }, ({ command, args, step }) => {
    run(timeTool, [...options, command, ...args], { cwd: step.workspace, env: step.environment });
    return Number(readFileSync(file, 'utf8'));
  });
}

/**
 * Runs the candidates of each scenario one after the other, so that whatever else the machine does affects them all. The
 * order is reversed for every second run, so that none has always the same one before it.
 *
 * @param {readonly Scenario[]} scenarios
 * @param {{ readonly warmUps: number, readonly runs: number }} counts
 * @param {(candidate: Candidate) => number} measureOnce
 * @returns {ReadonlyMap<Candidate, Measured>}
 */
function measure(scenarios, { warmUps, runs }, measureOnce) {
  /** @type {Map<Candidate, number[]>} */
  const values = new Map(scenarios.flatMap(({ candidates }) => candidates.map((candidate) => [candidate, []])));
  for (let count = -warmUps; count < runs; count += 1) {
    for (const { candidates } of scenarios) {
      for (const candidate of count % 2 === 0 ? candidates : candidates.toReversed()) {
        truncateSync(candidate.step.environment['GITHUB_OUTPUT'] ?? '');
        truncateSync(candidate.step.environment['GITHUB_STEP_SUMMARY'] ?? '');
        const value = measureOnce(candidate);
        if (count >= 0) values.get(candidate)?.push(value);
      }
    }
  }
  return new Map(
    scenarios.flatMap(({ candidates }) => {
      const floor = candidates.find(({ name }) => name === 'floor');
      const floorValues = (floor && values.get(floor)) ?? [];
      return candidates.map((candidate) => {
        const own = values.get(candidate) ?? [];
        const ratios = own.map((value, index) => value / (floorValues[index] ?? Number.NaN));
        return [candidate, { value: spreadOf(own), ratio: spreadOf(ratios) }];
      });
    }),
  );
}

/**
 * @param {readonly number[]} numbers
 * @returns {Spread}
 */
function spreadOf(numbers) {
  const sorted = numbers.toSorted((one, other) => one - other);
  const at = (/** @type {number} */ share) => {
    const place = share * (sorted.length - 1);
    const [lower = Number.NaN, upper = lower] = sorted.slice(Math.floor(place));
    return lower + (upper - lower) * (place % 1);
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}
