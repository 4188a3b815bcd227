import { data, Evaluator, Lexer, Parser } from '@actions/expressions';

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
