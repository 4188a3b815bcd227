import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { minify } from 'terser';
import { parse } from 'yaml';
import * as z from 'zod';

/**
 * Builds what is generated and committed: dist out of src, and in the documents the tables of action.yml and the name
 * of the repository, which package.json has.
 */

/** What the bundler says of a module, as far as it is used here. */
const moduleSchema = z.object({
  name: z.string().optional(),
  get modules() {
    return z.array(moduleSchema).optional();
  },
});
const packageSchema = z.object({ version: z.string(), license: z.string().default('none') });
const manifestSchema = z.object({ name: z.string(), repository: z.url() });
const declarationSchema = z.object({
  description: z.string(),
  required: z.boolean().default(false),
  default: z.string().default(''),
});
const declarationsSchema = z.record(z.string(), declarationSchema);
const actionSchema = z.object({ inputs: declarationsSchema, outputs: declarationsSchema });

const allowedLicences = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD'];

const packages = bundle();
await dropUnused();
writeFileSync('dist/licenses.txt', packages.map(licenceOf).join('\n'));
writeDocuments();

/** @returns {string[]} the folders of the packages that the bundle holds code of */
function bundle() {
  const folder = mkdtempSync(join(tmpdir(), 'build-'));
  const statistics = join(folder, 'statistics.json');
  rmSync('dist', { recursive: true, force: true });
  const ncc = 'node_modules/@vercel/ncc/dist/ncc/cli.js';
  // Never with its cache, which keeps how imports were resolved before.
  const options = ['build', 'src/index.ts', '-o', 'dist', '--no-cache', '--stats-out', statistics];
  const { status } = spawnSync(process.execPath, [ncc, ...options], { stdio: 'inherit' });
  if (status !== 0) throw new Error('ncc could not build the bundle: its reason stands above.');
  const root = moduleSchema.parse(readJson(statistics));
  rmSync(folder, { recursive: true });
  const folders = new Set(
    namesOf(root).flatMap((name) => /^\.\/(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(name)?.[1] ?? []),
  );
  return [...folders].sort();
}

/**
 * Takes out of the chunks what the bundler found that no module uses, which is two thirds of what Node.js would read
 * and compile in every deploy. Names and the marks of the modules stay, and it is formatted: dist is to be read.
 *
 * @see https://webpack.js.org/guides/tree-shaking/
 */
async function dropUnused() {
  const style = await resolveConfig('package.json');
  for (const name of readdirSync('dist').filter((entry) => entry.endsWith('.js'))) {
    const path = join('dist', name);
    const { code } = await minify(loadOnUse(readFileSync(path, 'utf8')), {
      module: true,
      mangle: false,
      keep_classnames: true,
      keep_fnames: true,
      compress: { defaults: false, dead_code: true, evaluate: true, side_effects: true, unused: true, passes: 3 },
      format: { ecma: 2020, comments: /CONCATENATED MODULE|@license|@preserve/ },
    });
    if (code === undefined) throw new Error(`Nothing is left of ${path}.`);
    const lines = code.replaceAll('// CONCATENATED MODULE', '\n\n$&');
    writeFileSync(path, await format(lines, { ...style, parser: 'babel' }));
  }
}

/**
 * The bundler loads the modules of Node.js when it starts, by a `require` that it makes anew for each, and the toolkit
 * takes functions out of `fs.promises` that only its `summary.write` calls. All of that takes time and memory in every
 * run, used or not. Here Node.js is asked directly, and where the module is used.
 *
 * @param {string} chunk
 * @returns {string} the chunk, which does the same
 * @see https://nodejs.org/api/process.html#processgetbuiltinmoduleid
 */
function loadOnUse(chunk) {
  /** @type {Map<string, string>} */
  const modules = new Map();
  const text = chunk
    .replace(/^import \{ createRequire as __WEBPACK_EXTERNAL_createRequire \} from "module";\n/, '')
    .replaceAll('__WEBPACK_EXTERNAL_createRequire(import.meta.url)(', 'process.getBuiltinModule(')
    .replaceAll(/^const (\w+) = (process\.getBuiltinModule\("[\w:/]+"\));$/gm, (_, name, module) => {
      modules.set(String(name), String(module));
      return '';
    });
  return [...modules]
    .reduce((before, [name, module]) => before.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), module), text)
    .replaceAll(/^const \{ (.+) \} = (\w+\.promises);$/gm, (_, names, promises) =>
      String(names).replaceAll(/(\w+)(?:, )?/g, `const $1 = (...args) => ${String(promises)}.$1(...args);`),
    );
}

/**
 * @param {string} file
 * @returns {unknown}
 */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/**
 * @param {z.infer<typeof moduleSchema>} module
 * @returns {string[]} its name and those of the modules in it
 */
function namesOf({ name = '', modules = [] }) {
  return [name, ...modules.flatMap(namesOf)];
}

/**
 * The bundler has an option for this, which forgets packages as soon as there is more than one chunk.
 *
 * @param {string} folder
 * @returns {string} the licence of the package, as its text asks to be passed on
 */
function licenceOf(folder) {
  const { version, license } = packageSchema.parse(readJson(join(folder, 'package.json')));
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  if (!allowedLicences.includes(license)) {
    throw new Error(`${name} has the licence ${license}, which is none of ${allowedLicences.join(', ')}.`);
  }
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(?:\.|$)/i.test(entry));
  const text = file === undefined ? '(The package has no licence file.)' : readFileSync(join(folder, file), 'utf8');
  return `${name} ${version} (${license})\n\n${text.replaceAll('\r', '').trim()}\n`;
}

function writeDocuments() {
  const { inputs, outputs } = actionSchema.parse(parse(readFileSync('action.yml', 'utf8')));
  const { name, repository } = manifestSchema.parse(readJson('package.json'));
  const slug = new URL(repository).pathname.slice(1);
  const tables = {
    inputs: table(['Input', 'Default', 'Meaning'], inputs, ({ required, default: preset }) =>
      required ? '**required**' : preset && `\`${preset}\``,
    ),
    outputs: table(['Output', 'Meaning'], outputs),
  };
  for (const path of documents()) {
    const before = readFileSync(path, 'utf8');
    let after = before.replaceAll(new RegExp(`[\\w.-]+/${name}(?![\\w.-])`, 'g'), slug);
    for (const [mark, text] of Object.entries(tables)) {
      after = after.replace(new RegExp(`(<!-- ${mark} -->\n)[^]*?(\n<!-- /${mark} -->)`), `$1\n${text}$2`);
    }
    if (after !== before) writeFileSync(path, after);
  }
}

/** @returns {string[]} the documents that show the repository's name or a table of action.yml */
function documents() {
  const folders = ['.', 'docs', '.github', '.github/ISSUE_TEMPLATE'];
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((entry) => /\.(?:md|yml)$/.test(entry))
      .map((entry) => join(folder, entry)),
  );
}

/**
 * @param {string[]} head
 * @param {z.infer<typeof declarationsSchema>} declarations
 * @param {(declaration: z.infer<typeof declarationSchema>) => string} [middle] the cell between name and meaning
 * @returns {string} a table in Markdown, as wide as its cells
 */
function table(head, declarations, middle) {
  const rows = Object.entries(declarations).map(([name, declaration]) => [
    `\`${name}\``,
    ...(middle === undefined ? [] : [middle(declaration)]),
    declaration.description.trim(),
  ]);
  const lines = [head, head.map(() => '---'), ...rows];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}
