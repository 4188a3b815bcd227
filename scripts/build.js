import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { minify } from 'terser';
import * as z from 'zod';
import { licensesOf } from './licenses.js';

/** Builds dist, which is committed, from src. */

/** What the bundler reports of a module, as far as it is used here. */
const moduleSchema = z.object({
  name: z.string().optional(),
  get modules() {
    return z.array(moduleSchema).optional();
  },
});

/**
 * Generated code, and what replaces it. The bundler makes a `require` for each module of Node.js, which costs more than
 * asking Node.js. The toolkit loads `crypto` long before it needs a random delimiter, and `fs.promises` for its
 * `summary.write`, which this action does not call.
 *
 * @see https://nodejs.org/api/process.html#processgetbuiltinmoduleid
 */
const replacements = [
  { from: 'import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";\n', to: '' },
  { from: '__WEBPACK_EXTERNAL_createRequire(import.meta.url)(', to: 'process.getBuiltinModule(' },
  {
    from: 'const external_crypto_namespaceObject = process.getBuiltinModule("crypto");',
    to: "const external_crypto_namespaceObject = { randomUUID: () => process.getBuiltinModule('crypto').randomUUID() };",
  },
  {
    from: 'const { access, appendFile, writeFile } = external_fs_namespaceObject.promises;',
    to: `const access = (...args) => external_fs_namespaceObject.promises.access(...args);
const appendFile = (...args) => external_fs_namespaceObject.promises.appendFile(...args);
const writeFile = (...args) => external_fs_namespaceObject.promises.writeFile(...args);`,
  },
];

const packages = bundle();
const chunks = readdirSync('dist').filter((entry) => entry.endsWith('.js'));
const generated = new Map(chunks.map((chunk) => [chunk, readFileSync(join('dist', chunk), 'utf8')]));
for (const [chunk, code] of replaceGenerated(generated)) writeFileSync(join('dist', chunk), await dropUnused(code));
writeFileSync('dist/licenses.txt', licensesOf(packages));

/** @returns {string[]} the folders of the packages whose code is in the bundle */
function bundle() {
  if (process.cwd().split(sep).includes('node_modules')) {
    throw new Error(
      'Build outside any folder called node_modules: the bundler would take the source for a dependency.',
    );
  }
  const folder = mkdtempSync(join(tmpdir(), 'build-'));
  const statistics = join(folder, 'statistics.json');
  rmSync('dist', { recursive: true, force: true });
  const ncc = 'node_modules/@vercel/ncc/dist/ncc/cli.js';
  // Its cache would keep how imports were resolved before.
  const options = ['build', 'src/index.ts', '-o', 'dist', '--no-cache', '--stats-out', statistics];
  const { status } = spawnSync(process.execPath, [ncc, ...options], { stdio: 'inherit' });
  if (status !== 0) throw new Error('ncc could not build the bundle: see its output above.');
  const root = moduleSchema.parse(JSON.parse(readFileSync(statistics, 'utf8')));
  rmSync(folder, { recursive: true });
  const folders = namesOf(root).flatMap((name) => /^\.\/(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(name)?.[1] ?? []);
  return [...new Set(folders)].sort();
}

/**
 * @param {z.infer<typeof moduleSchema>} module
 * @returns {string[]} its name and those of the modules in it
 */
function namesOf({ name = '', modules = [] }) {
  return [name, ...modules.flatMap(namesOf)];
}

/**
 * @param {ReadonlyMap<string, string>} before the code of each chunk
 * @returns {ReadonlyMap<string, string>}
 * @throws Error if the bundler or a dependency has changed what it generates
 */
function replaceGenerated(before) {
  let after = before;
  for (const { from, to } of replacements) {
    if (![...after.values()].some((code) => code.includes(from))) {
      throw new Error(`dist no longer contains \`${from.trim()}\`: update \`replacements\` in scripts/build.js.`);
    }
    after = new Map([...after].map(([chunk, code]) => [chunk, code.replaceAll(from, to)]));
  }
  for (const [chunk, code] of after) {
    if (code.includes('__WEBPACK_EXTERNAL')) throw new Error(`dist/${chunk} still contains \`__WEBPACK_EXTERNAL\`.`);
  }
  return after;
}

/**
 * Removes what no module uses, which is two thirds of what Node.js would read and compile in every deploy. Names and the
 * marks of the modules stay, and the code is formatted: dist is meant to be read.
 *
 * @param {string} code
 * @returns {Promise<string>}
 */
async function dropUnused(code) {
  const minified = await minify(code, {
    module: true,
    mangle: false,
    keep_classnames: true,
    keep_fnames: true,
    compress: {
      defaults: false,
      dead_code: true,
      evaluate: true,
      side_effects: true,
      unused: true,
      passes: 3,
    },
    // With one character beyond ASCII, Node.js would keep the whole file at two bytes a character.
    format: { ecma: 2020, ascii_only: true, comments: /CONCATENATED MODULE|@license|@preserve/ },
  });
  if (minified.code === undefined) throw new Error('terser returned no code.');
  const mark = '// CONCATENATED MODULE';
  const spaced = minified.code.replaceAll(mark, `\n\n${mark}`);
  return format(spaced, { ...(await resolveConfig('package.json')), parser: 'babel' });
}
