import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { listen } from './listen.js';

/**
 * What the server does with one connection or request:
 *
 * - `hold` responds with the published release once `until` returns true.
 * - `hang` never responds; `reset` and `close` end the connection, before or after the request was read.
 * - `cut` announces a longer body than it sends, then closes.
 * - `trickle` sends the headers, then a byte every 100 ms without end.
 * - `flood` sends a valid response with that many bytes of padding.
 * - `garbage` sends something that is not HTTP.
 *
 * @typedef {| {
 *       readonly kind: 'answer',
 *       readonly status: number,
 *       readonly body?: string,
 *       readonly headers?: Readonly<Record<string, string>>,
 *     }
 *   | { readonly kind: 'hold', readonly until: () => boolean }
 *   | { readonly kind: 'hang' | 'reset' | 'close', readonly when: 'before' | 'after' }
 *   | { readonly kind: 'cut', readonly status: number, readonly body: string }
 *   | { readonly kind: 'trickle', readonly status: number }
 *   | { readonly kind: 'flood', readonly bytes: number }
 *   | { readonly kind: 'garbage' }} ServerFault
 *
 * @typedef {object} FaultyServer a server on loopback that fails on purpose
 * @property {string} url
 * @property {number} port
 * @property {() => number} connections
 * @property {readonly { readonly headers: import('node:http').IncomingHttpHeaders, readonly body: string }[]} requests
 * @property {() => Promise<void>} close
 */

/** The smallest published release in the documented shape. */
export const publishedBody = JSON.stringify({
  success: true,
  release: { id: 'w4962caj', version: '2.0.0', release_end: null, platforms: null, params: { created: 1781610940557 } },
});

/**
 * Starts the server.
 *
 * @param {readonly ServerFault[]} faults one for each connection, in turn; the last one for all that follow
 * @param {{ readonly key: string, readonly cert: string } | 'handshake'} [tls] speaks TLS with this certificate;
 *   `'handshake'` closes during the handshake
 * @returns {Promise<FaultyServer>}
 */
export async function startFaultyServer(faults, tls) {
  /** @type {{ headers: import('node:http').IncomingHttpHeaders, body: string }[]} */
  const requests = [];
  /** @type {Set<NodeJS.Timeout>} */
  const timers = new Set();
  /** @type {WeakMap<import('node:net').Socket, ServerFault>} */
  const faultOf = new WeakMap();
  let connections = 0;

  const http = createHttpServer((request, response) => {
    /** @type {Buffer[]} */
    const chunks = [];
    request.on('data', (/** @type {Buffer} */ chunk) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      const fault = faultOf.get(request.socket);
      if (fault !== undefined) afterReading(fault, request.socket, response, timers);
    });
  });
  const accept = (/** @type {import('node:net').Socket} */ socket) => {
    const fault = faults[Math.min(connections, faults.length - 1)];
    connections += 1;
    socket.on('error', () => undefined);
    if (fault === undefined) return;
    if ('when' in fault && fault.when === 'before') {
      // Only when the request is there: a connection that is reset at once may never have been made for the client.
      socket.once('readable', () => {
        if (fault.kind === 'reset') socket.resetAndDestroy();
        if (fault.kind === 'close') socket.destroy();
      });
      return;
    }
    faultOf.set(socket, fault);
    http.emit('connection', socket);
  };

  /** @type {import('node:net').Server} */
  let server;
  if (tls === undefined) server = createServer(accept);
  else if (tls === 'handshake')
    server = createServer((socket) => {
      connections += 1;
      socket.once('data', () => socket.destroy());
    });
  else {
    server = createTlsServer({ key: tls.key, cert: tls.cert });
    server.on('secureConnection', accept);
    // A client that does not trust the certificate ends the connection.
    server.on('tlsClientError', () => (connections += 1));
  }
  const { port, close } = await listen(server);
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    connections: () => connections,
    requests,
    close: () => {
      for (const timer of timers) clearInterval(timer);
      return close();
    },
  };
}

/**
 * @param {ServerFault} fault
 * @param {import('node:net').Socket} socket
 * @param {import('node:http').ServerResponse} response
 * @param {Set<NodeJS.Timeout>} timers to clear when the server is closed
 * @returns {void}
 */
function afterReading(fault, socket, response, timers) {
  switch (fault.kind) {
    case 'answer':
      response.writeHead(fault.status, fault.headers).end(fault.body);
      return;
    case 'reset':
      socket.resetAndDestroy();
      return;
    case 'close':
      socket.destroy();
      return;
    case 'cut':
      response.writeHead(fault.status, { 'content-length': String(fault.body.length + 100) });
      response.write(fault.body, () => socket.destroy());
      return;
    case 'trickle':
      response.writeHead(fault.status).write('{');
      timers.add(setInterval(() => response.write(' '), 100));
      return;
    case 'flood':
      response.writeHead(200).end(JSON.stringify({ padding: 'x'.repeat(fault.bytes), ...JSON.parse(publishedBody) }));
      return;
    case 'hold': {
      const timer = setInterval(() => {
        if (!fault.until()) return;
        clearInterval(timer);
        response.end(publishedBody);
      }, 10);
      timers.add(timer);
      return;
    }
    case 'garbage':
      socket.end('SSH-2.0-OpenSSH_9.6\r\n');
      return;
    case 'hang':
      return;
  }
}
