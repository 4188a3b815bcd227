import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { measureMemory, measureTime } from './measure.js';
import { run } from './run.js';
import { prepareScenarios } from './scenarios.js';
import { formatResults, writeResults } from './tables.js';

const help = `Measures what the action adds to a deploy. docs/performance.md explains the tables.

  npm run bench                    prints the tables
  npm run bench -- [options]

  --runs N       how often each process is measured, after two runs to warm up (default: 25)
  --rtt LIST     round-trip times in milliseconds, each a network to measure on; 0 is loopback (default: 0,30,100)
  --node PATH    the Node.js to measure with (default: the one of npx node@24)
  --write        writes the tables into docs/performance.md
  --help         shows this
`;

/** @returns {ReturnType<typeof readOptions> | string} */
function optionsOrProblem() {
  try {
    return readOptions();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '25' },
      rtt: { type: 'string', default: '0,30,100' },
      node: { type: 'string' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (!/^[1-9]\d{0,3}$/.test(values.runs)) throw new Error(`--runs ${values.runs}: give a whole number from 1.`);
  if (!/^\d{1,4}(?:,\d{1,4})*$/.test(values.rtt)) {
    throw new Error(`--rtt ${values.rtt}: give whole milliseconds, separated by commas, such as 30,100.`);
  }
  return { ...values, runs: Number(values.runs), rtts: values.rtt.split(',') };
}

const networksSchema = z.array(z.object({ rttMs: z.number(), amplitudeUrl: z.url(), githubUrl: z.url() }));

/**
 * @param {string} authority where their certificate goes
 * @param {readonly string[]} rtts
 */
async function startServers(authority, rtts) {
  const child = fork(new URL('servers.js', import.meta.url), [authority, ...rtts]);
  /** @type {unknown} */
  const message = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => {
      reject(new Error('The servers did not start: see the error above.'));
    });
  });
  return {
    networks: networksSchema.parse(message),
    stop: () => {
      child.disconnect();
    },
  };
}

/** @param {ReturnType<typeof readOptions>} options */
async function bench({ runs, rtts, node: given, write }) {
  const node = given ?? run('npx', ['-y', 'node@24', '-p', 'process.execPath']).toString().trim();
  const nodeVersion = run(node, ['-p', 'process.versions.node']).toString().trim();
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const authority = join(folder, 'authority.pem');
  const servers = await startServers(authority, rtts);
  try {
    const { scenarios, cleanUp } = await prepareScenarios(node, servers.networks, folder, authority);
    const times = measureTime(scenarios, runs);
    // Memory is the same on every network, and hardly varies.
    const onOneNetwork = scenarios.filter(({ rttMs }) => rttMs === scenarios[0]?.rttMs);
    const peaks = measureMemory(onOneNetwork, Math.min(runs, 5), folder);
    await cleanUp();
    const text = await formatResults({ nodeVersion, runs, scenarios, times, peaks });
    console.log(text);
    if (write) await writeResults(text);
  } finally {
    servers.stop();
    rmSync(folder, { recursive: true });
  }
}

const options = optionsOrProblem();
if (typeof options === 'string') {
  console.error(`${options}\n\n${help}`);
  process.exitCode = 2;
} else if (options.help) {
  console.log(help);
} else {
  await bench(options);
}
