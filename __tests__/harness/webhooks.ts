import { readFileSync } from 'node:fs';
import * as z from 'zod';
import type { Contexts } from './workflow.js';

const file = 'node_modules/@octokit/webhooks-examples/api.github.com/index.json';
const definitions = z
  .array(z.object({ name: z.string(), examples: z.array(z.unknown()) }))
  .parse(JSON.parse(readFileSync(file, 'utf8')));
const objectSchema = z.record(z.string(), z.unknown());

/** The payloads that GitHub's documentation shows for an event. */
export function payloadsOf(eventName: string): readonly unknown[] {
  return definitions.find(({ name }) => name === eventName)?.examples ?? [];
}

/** One of those payloads, with some of its fields replaced. */
export function payloadOf(eventName: string, index: number, fields: Contexts = {}): unknown {
  return merge(payloadsOf(eventName)[index], fields);
}

function merge(value: unknown, fields: unknown): unknown {
  const before = objectSchema.safeParse(value);
  const after = objectSchema.safeParse(fields);
  if (!before.success || !after.success) return fields;
  const merged = Object.keys(after.data).map((name) => [name, merge(before.data[name], after.data[name])]);
  return { ...before.data, ...Object.fromEntries(merged) };
}
