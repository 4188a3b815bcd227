import { readFileSync } from 'node:fs';

/**
 * Reads the inputs that action.yml declares, from its layout and without a YAML parser: `npm start` works with nothing
 * installed. A test compares it with what a parser reads.
 *
 * @returns {ReadonlyMap<string, string>} the default of each input, empty if it has none
 */
export function readActionInputs() {
  const text = readFileSync(new URL('../action.yml', import.meta.url), 'utf8');
  const section = text.slice(text.indexOf('\ninputs:\n'), text.indexOf('\noutputs:\n'));
  /** @type {Map<string, string>} */
  const inputs = new Map();
  let name = '';
  for (const line of section.split('\n')) {
    name = /^ {2}([a-z-]+):$/.exec(line)?.[1] ?? name;
    if (name !== '') inputs.set(name, /^ {4}default: '?(.*?)'?$/.exec(line)?.[1] ?? inputs.get(name) ?? '');
  }
  return inputs;
}
