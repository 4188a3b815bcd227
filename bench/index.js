import { fork, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { bundle, prepareStep } from '../testing/runner.js';
import { amplitudeKeys } from '../testing/amplitude.js';

const help = `Measures what the action adds to a deploy, and judges nothing.

  npm run bench                    whole processes in turn, as tables
  npm run bench -- [options]

  --runs N       how often each process is measured, after two runs to warm up (default: 20)
  --node PATH    the Node.js to measure with (default: the one of npx node@24)
  --json         prints the numbers as JSON
  --readme       writes the ratios into README.md
  --cpu-prof     leaves a profile of the action in bench.cpuprofile, and measures nothing
  --help         shows this
`;

/**
 * @typedef {object} Contestant a process that is measured
 * @property {string} name
 * @property {string} command
 * @property {readonly string[]} args
 * @property {import('../testing/runner.js').Prepared} step
 *
 * @typedef {object} Spread of numbers
 * @property {number} median
 * @property {number} minimum
 * @property {number} maximum
 */

const floor = fileURLToPath(new URL('baseline.cjs', import.meta.url));
const warmUps = 2;
const timeTool = '/usr/bin/time';
const serversSchema = z.object({ plainUrl: z.url(), secureUrl: z.url() });
const eventSchema = z.looseObject({ release: z.looseObject({ tag_name: z.string() }) });

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
      runs: { type: 'string', default: '20' },
      node: { type: 'string' },
      json: { type: 'boolean', default: false },
      readme: { type: 'boolean', default: false },
      'cpu-prof': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (!/^[1-9]\d*$/.test(values.runs)) throw new Error(`--runs ${values.runs}: give a whole number from 1.`);
  return { ...values, runs: Number(values.runs) };
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Buffer} what it printed
 */
function runToEnd(command, args, options = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 16 * 1024 * 1024,
  });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(' ')} failed. ${error?.message ?? stdout.toString() + stderr.toString()}`);
}

/** @param {string} command */
function isInstalled(command) {
  return spawnSync(command, ['--version']).status === 0;
}

/**
 * Starts the servers.
 *
 * @param {string} authority where their certificate goes
 */
async function startServers(authority) {
  const child = fork(new URL('servers.js', import.meta.url), [authority]);
  /** @type {unknown} */
  const message = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => {
      reject(new Error('The servers did not start: their reason stands above.'));
    });
  });
  return {
    ...serversSchema.parse(message),
    stop: () => {
      child.disconnect();
    },
  };
}

/**
 * Makes the processes, in pairs that follow each other.
 *
 * @param {string} node
 * @param {z.infer<typeof serversSchema>} urls
 * @param {string} folder for their files, which holds the authority
 * @param {string} authority
 */
async function makeContestants(node, { plainUrl, secureUrl }, folder, authority) {
  const published = eventSchema.parse(
    JSON.parse(readFileSync(new URL('../testing/events/release.json', import.meta.url), 'utf8')),
  );
  /** @type {Contestant[]} */
  const contestants = [];
  /** @type {import('../testing/runner.js').Prepared[]} */
  const steps = [];

  /** @param {import('../testing/runner.js').Step} step */
  async function prepare({ inputs, ...rest }) {
    const keys = { 'api-key': amplitudeKeys.apiKey, 'secret-key': amplitudeKeys.secretKey };
    const environment = { NODE_EXTRA_CA_CERTS: authority, ...rest.environment };
    const prepared = await prepareStep({ ...rest, environment, inputs: { ...keys, ...inputs } });
    steps.push(prepared);
    return prepared;
  }

  /**
   * @param {string} name
   * @param {string} url
   * @param {string} [notes]
   */
  async function addPublished(name, url, notes) {
    const payload = notes === undefined ? published : { ...published, release: { ...published.release, body: notes } };
    const step = await prepare({ eventName: 'release', payload, inputs: { 'api-url': url } });
    // The action says itself what it sends, so that the floor sends the same.
    runToEnd(node, [bundle], { cwd: step.workspace, env: step.environment });
    const body = join(folder, `${name}.json`);
    writeFileSync(body, lastOutput(step, 'payload'));
    contestants.push(
      { name: `action, ${name}`, command: node, args: [bundle], step },
      { name: `floor, ${name}`, command: node, args: [floor, body], step },
    );
    return { body, step };
  }

  for (const [name, url] of Object.entries({ https: secureUrl, http: plainUrl })) {
    const { body, step } = await addPublished(name, url);
    if (!isInstalled('curl')) continue;
    const user = `${amplitudeKeys.apiKey}:${amplitudeKeys.secretKey}`;
    const request = ['--user', user, '--header', 'content-type: application/json', '--data-binary', `@${body}`];
    const args = ['--silent', '--show-error', '--fail', '--cacert', authority, ...request, `${url}/api/2/release`];
    contestants.push({ name: `curl, ${name}`, command: 'curl', args, step });
  }
  await addPublished('https, 1 kB of notes', secureUrl, 'All is new.\n'.repeat(1000 / 12));
  await addPublished('https, 1 MB of notes', secureUrl, 'All is new.\n'.repeat(1_000_000 / 12));

  for (const [name, token] of Object.entries({ 'tag without look-up': '', 'tag with look-up': 'token' })) {
    const step = await prepare({
      eventName: 'push',
      payload: { ref: `refs/tags/${published.release.tag_name}`, deleted: false },
      inputs: { 'api-url': secureUrl, 'github-token': token },
      environment: { GITHUB_API_URL: plainUrl },
    });
    contestants.push({ name: `action, https, ${name}`, command: node, args: [bundle], step });
  }
  const step = await prepare({ eventName: 'release', payload: published });
  contestants.push({ name: 'node -e 0', command: node, args: ['-e', '0'], step });
  return {
    contestants,
    tidyUp: () => Promise.all(steps.map(({ finish }) => finish())),
  };
}

/**
 * @param {import('../testing/runner.js').Prepared} step
 * @param {string} name
 */
function lastOutput({ environment }, name) {
  const text = readFileSync(environment['GITHUB_OUTPUT'] ?? '', 'utf8');
  const value = new RegExp(`^${name}<<.*\n(.*)\n`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`The action set no output \`${name}\`.`);
  return value;
}

/**
 * Runs one process to its end, as the runner starts it.
 *
 * @param {Contestant} contestant
 * @returns {number} how long it took, in milliseconds
 */
function time({ command, args, step: { environment, workspace } }) {
  truncateSync(environment['GITHUB_OUTPUT'] ?? '');
  truncateSync(environment['GITHUB_STEP_SUMMARY'] ?? '');
  const startMs = performance.now();
  runToEnd(command, args, { cwd: workspace, env: environment });
  return performance.now() - startMs;
}

/**
 * Runs all processes in turn, every second time from the last to the first, so that none has always the same one
 * before it, and what else the machine does meets them all.
 *
 * @param {readonly Contestant[]} contestants
 * @param {number} runs
 * @returns {Map<string, number[]>} the milliseconds of each, in the order of the runs
 */
function timeInTurn(contestants, runs) {
  /** @type {Map<string, number[]>} */
  const durations = new Map(contestants.map(({ name }) => [name, []]));
  for (let run = -warmUps; run < runs; run += 1) {
    for (const contestant of run % 2 === 0 ? contestants : contestants.toReversed()) {
      const durationMs = time(contestant);
      if (run >= 0) durations.get(contestant.name)?.push(durationMs);
    }
  }
  return durations;
}

/**
 * Measures memory apart from time. Only GNU's `time` is asked, as others have other options.
 *
 * @param {readonly Contestant[]} contestants
 * @param {string} folder
 * @returns {Map<string, number[]>} the peak of each in kB, five times; empty where the tool is not installed
 */
function weigh(contestants, folder) {
  const file = join(folder, 'peak');
  const asks = ['--format', '%M', '--output', file];
  if (spawnSync(timeTool, [...asks, 'true']).status !== 0) return new Map();
  return new Map(
    contestants.map((contestant) => [
      contestant.name,
      Array.from({ length: 5 }, () => {
        time({ ...contestant, command: timeTool, args: [...asks, contestant.command, ...contestant.args] });
        return Number(readFileSync(file, 'utf8'));
      }),
    ]),
  );
}

/**
 * What a request takes that a warm process sends, on a connection of its own like those of the look-up.
 *
 * @param {string} url
 * @param {number} runs
 */
async function timeRoundTrips(url, runs) {
  /** @type {number[]} */
  const durations = [];
  for (let run = -warmUps; run < runs; run += 1) {
    const startMs = performance.now();
    await new Promise((resolve, reject) => {
      get(`${url}/repos/octo-org/shop/releases/tags/v1.4.0`, { agent: false }, (incoming) => {
        incoming.resume().once('end', resolve);
      }).once('error', reject);
    });
    if (run >= 0) durations.push(performance.now() - startMs);
  }
  return durations;
}

/**
 * @param {readonly number[]} numbers
 * @returns {number}
 */
function median(numbers) {
  const sorted = numbers.toSorted((one, other) => one - other);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * @param {readonly number[]} numbers
 * @returns {Spread}
 */
function spread(numbers) {
  return { median: median(numbers), minimum: Math.min(...numbers), maximum: Math.max(...numbers) };
}

/** @returns {{ name: string, bytes: number }[]} what a runner downloads, and what of it Node.js may read */
function measureSizes() {
  const folder = fileURLToPath(new URL('../dist/', import.meta.url));
  const root = fileURLToPath(new URL('..', import.meta.url));
  const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'));
  return [
    ...scripts.toReversed().map((name) => ({ name: `dist/${name}`, bytes: statSync(join(folder, name)).size })),
    {
      name: 'git archive HEAD, gzipped',
      bytes: runToEnd('git', ['archive', '--format=tar.gz', 'HEAD'], { cwd: root }).length,
    },
  ];
}

/**
 * @param {ReadonlyMap<string, readonly number[]>} durations
 * @param {ReadonlyMap<string, readonly number[]>} peaks
 * @param {readonly number[]} roundTrips
 */
function summarize(durations, peaks, roundTrips) {
  /**
   * @param {ReadonlyMap<string, readonly number[]>} values
   * @param {string} name
   * @param {string} other
   * @param {(value: number, otherValue: number) => number} compare
   */
  const inPairs = (values, name, other, compare) => {
    const others = values.get(other) ?? [];
    return spread((values.get(name) ?? []).map((value, run) => compare(value, others[run] ?? Number.NaN)));
  };
  /** @type {(value: number, otherValue: number) => number} */
  const ratio = (value, otherValue) => value / otherValue;
  /** @type {(value: number, otherValue: number) => number} */
  const difference = (value, otherValue) => value - otherValue;

  const processes = [...durations].map(([name, durationsMs]) => {
    const other = name.replace(/^\w+,/, 'floor,');
    const hasFloor = other !== name && durations.has(other);
    return {
      name,
      durationMs: spread(durationsMs),
      ...(hasFloor && { durationToFloor: inPairs(durations, name, other, ratio) }),
      ...(peaks.has(name) && { peakKb: spread(peaks.get(name) ?? []) }),
      ...(hasFloor && peaks.has(name) && { peakToFloor: inPairs(peaks, name, other, ratio) }),
      durationsMs,
    };
  });
  const roundTripMs = median(roundTrips);
  const lookUp = ['action, https, tag with look-up', 'action, https, tag without look-up'];
  const notes = (/** @type {string} */ who) => [`${who}, https, 1 MB of notes`, `${who}, https, 1 kB of notes`];
  const growth = [
    { name: 'look-up of a tag, 3 requests', pair: lookUp, roundTrips: 3 },
    { name: '1 MB of notes in place of 1 kB, action', pair: notes('action'), roundTrips: 0 },
    { name: '1 MB of notes in place of 1 kB, floor', pair: notes('floor'), roundTrips: 0 },
  ].map(({ name, pair: [more = '', less = ''], roundTrips: count }) => {
    const addedMs = inPairs(durations, more, less, difference);
    return {
      name,
      addedMs,
      withoutRoundTripsMs: addedMs.median - count * roundTripMs,
      ratio: inPairs(durations, more, less, ratio),
    };
  });
  return { processes, roundTripMs, growth, sizes: measureSizes() };
}

/**
 * @param {Spread | undefined} numbers
 * @param {number} [digits]
 * @returns {string[]} two cells, empty where there are no numbers
 */
function cellsOf(numbers, digits = 1) {
  if (numbers === undefined) return ['', ''];
  const { median: middle, minimum, maximum } = numbers;
  return [middle.toFixed(digits), `${minimum.toFixed(digits)}–${maximum.toFixed(digits)}`];
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 * @returns {string} a table in Markdown, as prettier writes it
 */
function table(head, rows) {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((cells) => cells[column]?.length ?? 0)));
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/**
 * @param {string} version
 * @param {number} runs
 * @param {ReturnType<typeof summarize>} summary
 */
function show(version, runs, { processes, roundTripMs, growth, sizes }) {
  console.log(`Whole processes, ${runs} runs in turn, Node.js ${version}. Ratios are medians of those of the pairs.\n`);
  console.log(
    table(
      ['Process', 'ms', 'from–to', 'to the floor', 'from–to', 'peak MB', 'to the floor'],
      processes.map(({ name, durationMs, durationToFloor, peakKb, peakToFloor }) => [
        name,
        ...cellsOf(durationMs),
        ...cellsOf(durationToFloor, 2),
        peakKb === undefined ? '' : (peakKb.median / 1024).toFixed(1),
        cellsOf(peakToFloor, 2)[0] ?? '',
      ]),
    ),
  );
  if (processes.every(({ peakKb }) => peakKb === undefined))
    console.log(`\nNo memory: GNU time is not at ${timeTool}.`);
  console.log(`\nA warm process takes ${roundTripMs.toFixed(1)} ms for a round trip over http.\n`);
  console.log(
    table(
      ['What it adds', 'ms', 'from–to', 'without round trips'],
      growth.map(({ name, addedMs, withoutRoundTripsMs }) => [
        name,
        ...cellsOf(addedMs),
        withoutRoundTripsMs.toFixed(1),
      ]),
    ),
  );
  console.log(
    `\n${table(
      ['Size', 'bytes'],
      sizes.map(({ name, bytes }) => [name, bytes.toLocaleString('en')]),
    )}`,
  );
}

/**
 * @param {string} version
 * @param {number} runs
 * @param {ReturnType<typeof summarize>} summary
 */
function writeReadme(version, runs, { processes, growth, sizes }) {
  const date = new Date().toISOString().slice(0, 10);
  const names = { https: 'over TLS', http: 'over http' };
  const rows = Object.entries(names).flatMap(([name, words]) => {
    const found = processes.find((process) => process.name === `action, ${name}`);
    return [
      [`Time ${words}`, ...cellsOf(found?.durationToFloor, 2)],
      ...(found?.peakToFloor === undefined ? [] : [[`Peak memory ${words}`, ...cellsOf(found.peakToFloor, 2)]]),
    ];
  });
  const more = growth.map(({ name, ratio }) => [`Time with ${name}`, ...cellsOf(ratio, 2)]);
  const kilobytes = sizes.map(({ name, bytes }) => `${name}: ${Math.round(bytes / 1000)} kB`).join('; ');
  const text = [
    `Ratios of whole processes on ${date}, Node.js ${version}: medians and ranges of ${runs} runs in turn.`,
    table(['The action, against a bare script with the same POST', 'Ratio', 'Range'], rows),
    table(['Against itself without', 'Ratio', 'Range'], more),
    `${kilobytes}.`,
  ].join('\n\n');
  const path = new URL('../README.md', import.meta.url);
  const before = readFileSync(path, 'utf8');
  const after = before.replace(
    /(<!-- bench -->\n)[^]*?(\n<!-- \/bench -->)/,
    (_, open, close) => `${open}\n${text}\n${close}`,
  );
  if (!after.includes(text)) throw new Error('README.md has no <!-- bench --> and <!-- /bench --> to write between.');
  writeFileSync(path, after);
}

/** @param {ReturnType<typeof readOptions>} options */
async function bench({ runs, node: given, json, readme, 'cpu-prof': profile }) {
  const node = given ?? runToEnd('npx', ['-y', 'node@24', '-p', 'process.execPath']).toString().trim();
  const version = runToEnd(node, ['-p', 'process.versions.node']).toString().trim();
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const authority = join(folder, 'authority.pem');
  const servers = await startServers(authority);
  try {
    const { contestants, tidyUp } = await makeContestants(node, servers, folder, authority);
    const [action] = contestants;
    if (profile && action !== undefined) {
      const flags = [
        '--cpu-prof',
        '--cpu-prof-interval=100',
        `--cpu-prof-dir=${process.cwd()}`,
        '--cpu-prof-name=bench.cpuprofile',
      ];
      time({ ...action, args: [...flags, ...action.args] });
      console.log('The profile is in bench.cpuprofile: the performance panel of Chromium and VS Code open it.');
    } else {
      const durations = timeInTurn(contestants, runs);
      const peaks = weigh(contestants, folder);
      const summary = summarize(durations, peaks, await timeRoundTrips(servers.plainUrl, runs));
      if (json) console.log(JSON.stringify({ node: version, runs, ...summary }, null, 2));
      else show(version, runs, summary);
      if (readme) writeReadme(version, runs, summary);
    }
    await tidyUp();
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
