import type { HttpResponse } from './request.js';

/**
 * Reads how long a response asks to wait: `Retry-After` in seconds, or as a date, which is measured against the
 * response's own `Date`, as the clocks of the server and the runner may differ.
 *
 * @returns milliseconds, `Infinity` for more digits than a number has; `undefined` where nothing readable asks to wait.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function parseRetryAfter(headers: HttpResponse['headers']): number | undefined {
  const { 'retry-after': retryAfter, date } = headers;
  if (typeof retryAfter !== 'string') return undefined;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const nowMs = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  const waitMs = Date.parse(retryAfter) - (Number.isNaN(nowMs) ? Date.now() : nowMs);
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}
