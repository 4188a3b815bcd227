import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { minify } from 'terser';

/** Builds dist, which is committed, from src. */

/**
 * Generated code, and what replaces it.
 *
 * @typedef {{ readonly from: string, readonly to: string }} Replacement
 */

/** The files of dist: the main script, and what it imports only when there is Markdown to convert. */
const files = [
  {
    name: 'index',
    replacements: [
      // The bundler makes a `require` for each module of Node.js, which costs more than asking Node.js.
      // https://nodejs.org/api/process.html#processgetbuiltinmoduleid
      { from: 'import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";\n', to: '' },
      { from: '__WEBPACK_EXTERNAL_createRequire(import.meta.url)(', to: 'process.getBuiltinModule(' },
      // The toolkit loads `crypto` long before it needs a random delimiter.
      {
        from: 'const external_crypto_namespaceObject = process.getBuiltinModule("crypto");',
        to: "const external_crypto_namespaceObject = { randomUUID: () => process.getBuiltinModule('crypto').randomUUID() };",
      },
      // It loads `fs.promises` for `summary.write`, which this action does not call.
      {
        from: 'const { access, appendFile, writeFile } = external_fs_namespaceObject.promises;',
        to: `const access = (...args) => external_fs_namespaceObject.promises.access(...args);
const appendFile = (...args) => external_fs_namespaceObject.promises.appendFile(...args);
const writeFile = (...args) => external_fs_namespaceObject.promises.writeFile(...args);`,
      },
    ],
  },
  {
    name: 'markdown',
    replacements: [
      // The parser unpacks its table of entities whether or not the notes have any.
      {
        from: 'const htmlDecodeTree = /* #__PURE__ */ decodeTrieDict(',
        to: 'let htmlDecodeTree;\nconst unpackHtmlDecodeTree = () => decodeTrieDict(',
      },
      {
        from: 'const decodeTree = htmlDecodeTree;',
        to: 'const decodeTree = (htmlDecodeTree ??= unpackHtmlDecodeTree());',
      },
    ],
  },
];

if (process.cwd().split(sep).includes('node_modules')) {
  throw new Error('Build outside any folder called node_modules: the bundler would take the source for a dependency.');
}
const folder = mkdtempSync(join(tmpdir(), 'build-'));
const bundles = await Promise.all(files.map(({ name, replacements }) => bundle(name, replacements)));
rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
for (const { name, code } of bundles) writeFileSync(`dist/${name}.js`, code);
writeFileSync('dist/licenses.txt', bundles.map(({ licenses }) => licenses).join('\n'));
copyFileSync(join(folder, 'index/package.json'), 'dist/package.json');
rmSync(folder, { recursive: true });

/**
 * Bundles a file of src with all that it imports.
 *
 * @param {string} name of the file
 * @param {readonly Replacement[]} replacements
 * @returns {Promise<{ name: string, code: string, licenses: string }>} the licenses are those of the packages in it
 */
async function bundle(name, replacements) {
  const output = join(folder, name);
  const ncc = 'node_modules/@vercel/ncc/dist/ncc/cli.js';
  // Its cache would keep how imports were resolved before.
  const options = ['build', `src/${name}.ts`, '-o', output, '--no-cache', '--license', 'licenses.txt'];
  const bundler = spawn(process.execPath, [ncc, ...options], { stdio: 'inherit' });
  await once(bundler, 'close');
  if (bundler.exitCode !== 0) throw new Error(`ncc could not bundle src/${name}.ts: see its output above.`);
  const read = (/** @type {string} */ file) => readFileSync(join(output, file), 'utf8');
  const code = await dropUnused(replaceGenerated(name, read('index.js'), replacements));
  return { name, code, licenses: read('licenses.txt') };
}

/**
 * @param {string} name of the file
 * @param {string} before
 * @param {readonly Replacement[]} replacements
 * @throws Error if the bundler or a dependency has changed what it generates
 */
function replaceGenerated(name, before, replacements) {
  let after = before;
  for (const { from, to } of replacements) {
    if (!after.includes(from)) {
      throw new Error(`dist/${name}.js no longer contains \`${from.trim()}\`: update scripts/build.js.`);
    }
    after = after.replaceAll(from, to);
  }
  if (after.includes('__WEBPACK_EXTERNAL')) throw new Error(`dist/${name}.js still contains \`__WEBPACK_EXTERNAL\`.`);
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
