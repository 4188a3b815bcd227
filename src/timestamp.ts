/** The forms that {@link parseTimestamp} accepts, as examples for a message. */
export const timestampForms =
  '`2026-11-23 10:52:35` (UTC), `2026-11-23T10:52:35Z`, `2026-11-23T11:52:35+01:00`, ' +
  '`1795431155` (epoch seconds) or `1795431155000` (epoch milliseconds)';

const epochSeconds = /^\d{10}$/;
const epochMilliseconds = /^\d{13}$/;
const amplitudeForm = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/;
const isoForm =
  /^(?<date>\d{4}-\d{2}-\d{2})[Tt ](?<minute>\d{2}:\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d+))?)?(?:[Zz]| ?(?<sign>[+-])(?<hours>[01]\d|2[0-3])(?::?(?<minutes>[0-5]\d))?)$/;

/**
 * Reads a point in time that somebody wrote down.
 *
 * @param text Amplitude's own `yyyy-MM-dd HH:mm:ss`, which is UTC; ISO 8601 or RFC 3339 with an offset or `Z`; epoch
 *   seconds (10 digits) or milliseconds (13 digits). Fractions finer than a millisecond are cut off.
 * @returns the instant; `undefined` where the text has another form, has no offset, or names a date or time that does
 *   not exist.
 * @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
export function parseTimestamp(text: string): Date | undefined {
  if (epochSeconds.test(text)) return new Date(Number(text) * 1000);
  if (epochMilliseconds.test(text)) return new Date(Number(text));
  const parts = isoForm.exec(amplitudeForm.test(text) ? `${text}Z` : text)?.groups;
  if (parts === undefined) return undefined;
  const { date, minute, second = '00', fraction = '', sign, hours = '00', minutes = '00' } = parts;
  const clock = `${date}T${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
  const local = new Date(clock);
  // `Date` rolls 30 February over into March and accepts 24:00: only a time that comes back unchanged exists.
  if (Number.isNaN(local.getTime()) || local.toISOString() !== clock) return undefined;
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000);
  const instant = new Date(local.getTime() - offsetMs);
  return instant.getUTCFullYear() >= 0 && instant.getUTCFullYear() <= 9999 ? instant : undefined;
}

/**
 * Writes an instant as Amplitude's Releases API wants it.
 *
 * @param instant any instant from year 0 to 9999.
 * @returns `yyyy-MM-dd HH:mm:ss` in UTC; what is finer than a second is cut off.
 * @see https://amplitude.com/docs/apis/analytics/releases
 */
export function formatTimestamp(instant: Date): string {
  return instant.toISOString().slice(0, 19).replace('T', ' ');
}
