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
