import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lexer, walkTokens } from 'marked';
import * as z from 'zod';

const tokenSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('heading'), text: z.string() }),
  z.object({ type: z.literal('code'), lang: z.string().optional(), text: z.string() }),
  z.object({ type: z.literal('link'), href: z.string() }),
  z.object({ type: z.literal('table'), rows: z.array(z.array(z.object({ text: z.string() }))) }),
]);

/** A part of a document that can be checked, with the heading above it. */
export type Part = z.infer<typeof tokenSchema> & { readonly heading: string };

/** A code block, with the heading above it. */
export type CodeBlock = { readonly heading: string; readonly text: string };

/** The documents for users. */
export const documents: readonly string[] = [
  'README.md',
  ...readdirSync('docs').map((file) => join('docs', file)),
].filter((file) => file.endsWith('.md'));

/** The parts of a document, in their order. */
export function partsOf(document: string): readonly Part[] {
  const parts: Part[] = [];
  let heading = '';
  void walkTokens(lexer(readFileSync(document, 'utf8')), (token) => {
    const { data: part } = tokenSchema.safeParse(token);
    if (part?.type === 'heading') heading = part.text;
    if (part !== undefined) parts.push({ ...part, heading });
  });
  return parts;
}

/** The code blocks of a document that are in one of the languages. */
export function codeBlocksOf(document: string, ...languages: readonly string[]): readonly CodeBlock[] {
  return partsOf(document).flatMap((part) =>
    part.type === 'code' && languages.includes(part.lang ?? '') ? [{ heading: part.heading, text: part.text }] : [],
  );
}
