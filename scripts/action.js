import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';

const declarationsSchema = z.record(
  z.string(),
  z.strictObject({ description: z.string(), required: z.boolean().default(false), default: z.string().optional() }),
);
const actionSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  branding: z.strictObject({ icon: z.string(), color: z.string() }),
  inputs: declarationsSchema,
  outputs: declarationsSchema,
  runs: z.strictObject({ using: z.string(), main: z.string() }),
});
const manifestSchema = z.object({ name: z.string(), repository: z.url() });

/** action.yml, which declares the inputs and outputs. */
export const action = actionSchema.parse(parse(read('action.yml')));

const manifest = manifestSchema.parse(JSON.parse(read('package.json')));

/** The name of the repository without its owner. */
export const repositoryName = manifest.name;

/** The repository as a workflow uses it: `OWNER/NAME`. */
export const repository = new URL(manifest.repository).pathname.slice(1);

/** @param {string} file */
function read(file) {
  return readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
}
