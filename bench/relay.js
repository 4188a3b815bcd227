import { connect, createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { listen } from '../testing/listen.js';

/**
 * Starts a relay on loopback that imitates the round trips of a network in front of a server: what either side sends
 * arrives half a round trip later.
 *
 * The kernel accepts a connection at once, so that its own round trip cannot be delayed. In its place, the first bytes
 * leave one round trip after the connection was opened, or when they are sent, whichever is later. On a real network, too,
 * a client can work on something else while it connects.
 *
 * @param {number} port of the server, on 127.0.0.1
 * @param {number} rttMs the round-trip time in milliseconds
 * @returns {Promise<import('../testing/listen.js').Listening>}
 */
export function startRelay(port, rttMs) {
  const options = { allowHalfOpen: true, noDelay: true };
  const server = createServer(options, (client) => {
    const connectedMs = performance.now() + rttMs;
    const upstream = connect({ ...options, host: '127.0.0.1', port });
    // It is closed after an error, which ends the other side too.
    upstream.on('error', () => undefined);
    forward(client, upstream, rttMs / 2, connectedMs);
    forward(upstream, client, rttMs / 2, connectedMs);
  });
  return listen(server);
}

/**
 * Sends on what a socket receives, later and in the same order.
 *
 * @param {import('node:net').Socket} from
 * @param {import('node:net').Socket} to
 * @param {number} delayMs
 * @param {number} earliestMs when the first bytes can leave, on the clock of `performance.now()`
 */
function forward(from, to, delayMs, earliestMs) {
  let previous = Promise.resolve();
  const later = (/** @type {() => unknown} */ action) => {
    const dueMs = Math.max(performance.now(), earliestMs) + delayMs;
    previous = previous.then(async () => {
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await setTimeout(Math.ceil(waitMs));
      action();
    });
  };
  from.on('data', (chunk) => {
    later(() => to.write(chunk));
  });
  from.once('end', () => {
    later(() => to.end());
  });
  from.once('close', () => {
    later(() => {
      to.destroySoon();
    });
  });
}
