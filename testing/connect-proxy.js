import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect } from 'node:net';
import { listen } from './listen.js';

/**
 * @typedef {object} ConnectProxy a proxy on loopback for CONNECT
 * @property {string} url
 * @property {string} host
 * @property {number} port
 * @property {readonly { readonly target: string, readonly headers: import('node:http').IncomingHttpHeaders }[]} targets
 *   the requested targets, as `host:port`, with the headers of the request
 * @property {() => Promise<void>} close
 */

/**
 * Starts a proxy that connects every target to one port of this machine, so that no test leaves it.
 *
 * @param {number | { readonly status: number } | 'hang'} port where the tunnels lead; a status refuses them;
 *   `'hang'` never responds
 * @param {{ readonly key: string, readonly cert: string }} [tls] makes it an `https` proxy with this certificate
 * @returns {Promise<ConnectProxy>}
 */
export async function startProxy(port, tls) {
  /** @type {{ target: string, headers: import('node:http').IncomingHttpHeaders }[]} */
  const targets = [];
  const server = tls === undefined ? createServer() : createSecureServer(tls);
  server.on('connect', ({ url: target = '', headers }, socket) => {
    targets.push({ target, headers });
    if (port === 'hang') return;
    if (typeof port === 'object') {
      socket.end(`HTTP/1.1 ${port.status} Refused\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.once('close', () => upstream.destroy());
  });
  const { url, port: ownPort, close } = await listen(server);
  return { url, host: new URL(url).host, port: ownPort, targets, close };
}
