/**
 * Amplitude's Dashboard REST API, as far as it tells which values a property of the users has.
 * https://amplitude.com/docs/apis/analytics/dashboard-rest#user-composition
 *
 * @typedef {Readonly<Record<string, number>>} Users how many users have a value; users without one are `(none)`
 *
 * @typedef {object} DashboardApiOptions
 * @property {Users} [versions] what the app sends as `Version`
 * @property {Users} [platforms] what the app sends as `Platform`
 * @property {number} [compositionStatus] the status of a failure, such as 429
 */

/** A mobile app that has released three versions in the last 30 days, and a website that sends none. */
const sampleVersions = { '1.3.2': 69643, '(none)': 47419, '1.3.1': 38087, '1.3.0': 19064 };
const samplePlatforms = { iOS: 81204, Web: 47419, Android: 45590 };

/**
 * The composition of the users by one property.
 *
 * @param {URLSearchParams} parameters
 * @param {DashboardApiOptions} options
 * @returns {{ data: { series: number[][], seriesLabels: string[], xValues: string[] } } | undefined} undefined if a
 *   parameter is missing or invalid
 */
export function compositionOf(parameters, { versions = sampleVersions, platforms = samplePlatforms }) {
  const days = [parameters.get('start'), parameters.get('end')];
  if (!days.every((day) => day !== null && /^\d{8}$/.test(day))) return undefined;
  const property = parameters.get('p');
  const users = property === 'version' ? versions : property === 'platform' ? platforms : undefined;
  if (property === null || users === undefined) return undefined;
  return { data: { series: [Object.values(users)], seriesLabels: [property], xValues: Object.keys(users) } };
}
