import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import { parse } from 'yaml';
import * as z from 'zod';
import { repository } from '../../scripts/action.js';

/** Contexts of a workflow run by their names, such as `github` and `needs`. */
export type Contexts = Readonly<Record<string, unknown>>;

/** Evaluates an expression of a workflow with GitHub's own evaluator, and returns its value as text. */
export function evaluate(expression: string, contexts: Contexts): string {
  const tree = new Parser(new Lexer(expression).lex().tokens, Object.keys(contexts), []).parse();
  const values: unknown = JSON.parse(JSON.stringify(contexts), data.reviver);
  if (!(values instanceof data.Dictionary)) throw new Error('The contexts are not a dictionary.');
  return new Evaluator(tree, values).evaluate().coerceString();
}

/** Replaces the expressions in the values of a `with` or `env`. */
export function fill(values: Readonly<Record<string, string>>, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      value.replaceAll(/\$\{\{(.*?)\}\}/g, (_, expression: string) => evaluate(expression, contexts)),
    ]),
  );
}

const textsSchema = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean()]).transform((value) => String(value)),
);
const jobSchema = z.object({
  if: z
    .string()
    .transform((condition) => condition.replace(/^\$\{\{(.*)\}\}$/s, '$1'))
    .default('true'),
  permissions: z.record(z.string(), z.string()).default({}),
  uses: z.string().default(''),
  steps: z
    .array(z.object({ uses: z.string().default(''), with: textsSchema.default({}), env: textsSchema.default({}) }))
    .default([]),
});

/** A workflow that grants permissions to its jobs only. */
export const workflowSchema = z.object({
  permissions: z.strictObject({}),
  jobs: z.record(z.string(), jobSchema),
});

/** The job of a workflow that uses this action, or the one of that name, and its step; `undefined` if there is none. */
export function publishingJobOf(workflow: string, name?: string) {
  const { jobs } = workflowSchema.parse(parse(workflow));
  for (const [id, job] of Object.entries(jobs)) {
    const step = job.steps.find(({ uses }) => uses === `${repository}@v1`);
    if (step !== undefined && (name === undefined || id === name)) return { job, step };
  }
  return undefined;
}
