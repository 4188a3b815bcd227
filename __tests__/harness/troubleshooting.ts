import { readFileSync } from 'node:fs';

const [messages = ''] = readFileSync('docs/troubleshooting.md', 'utf8').split('## No message, but …');

/** The headings of docs/troubleshooting.md that are messages. */
export const messageHeadings: readonly string[] = [...messages.matchAll(/^### (.+)$/gm)].map(
  ([, heading = '']) => heading,
);

/** Whether a heading is that of a line of a message; `…` in the heading stands for any text. */
export function isHeadingOf(heading: string, line: string): boolean {
  const pattern = heading.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('.*')}`).test(line);
}
