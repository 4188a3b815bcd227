import { readFileSync } from 'node:fs';
import { fieldsOf } from '../testing/json.js';

/**
 * The last job of a workflow: fails unless every other job of the workflow's file is in its `needs` and succeeded, so
 * that one required check stands for all of them, those added later included. Runs with nothing installed, so it reads
 * the jobs by the layout that Prettier keeps; a test holds it against a parser.
 *
 * GITHUB_JOB is the id of the gate and NEEDS the JSON of its `needs`; the argument is the workflow's file.
 */

const [file = ''] = process.argv.slice(2);
const { GITHUB_JOB: gate, NEEDS: needsJson = '{}' } = process.env;
const text = readFileSync(file, 'utf8');
const jobs = [...text.slice(text.indexOf('\njobs:\n')).matchAll(/^ {2}([\w-]+):$/gm)].map(([, id = '']) => id);
const others = jobs.filter((id) => id !== gate);
const needs = fieldsOf(JSON.parse(needsJson));

const problems = others.flatMap((id) => {
  if (!needs.has(id)) return [`The job ${id} is missing from the \`needs\` of ${String(gate)}: add it.`];
  const result = String(fieldsOf(needs.get(id)).get('result'));
  return result === 'success' ? [] : [`The job ${id} ended with ${result}.`];
});
if (others.length === 0) problems.push(`No jobs were found in ${file}: format it with \`npm run format\`.`);

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
