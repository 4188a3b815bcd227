import * as z from 'zod/mini';

/** A string that is not blank; anything else counts as absent. */
export const nonBlank = z.transform((value) => (typeof value === 'string' && value.trim() !== '' ? value : undefined));

/**
 * Parses text that may not be JSON.
 *
 * @returns the value, or `undefined` where the text is not JSON.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
