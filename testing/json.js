/**
 * Reads JSON of any shape. For scripts that run with nothing installed; everything else uses zod.
 */

/**
 * The properties of an object.
 *
 * @param {unknown} value
 * @returns {ReadonlyMap<string, unknown>} by name; empty if the value is not an object
 */
export function fieldsOf(value) {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}

/**
 * The string at a path.
 *
 * @param {unknown} value
 * @param {...string} path names of properties, from the outside in
 * @returns {string | undefined} undefined if there is none, or it is not a string
 */
export function textAt(value, ...path) {
  /** @type {unknown} */
  let current = value;
  for (const name of path) current = fieldsOf(current).get(name);
  return typeof current === 'string' ? current : undefined;
}
