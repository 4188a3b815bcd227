import { Server as TlsServer } from 'node:tls';

/**
 * @typedef {object} Listening a server that listens
 * @property {string} url its base URL, without a slash at the end
 * @property {number} port
 * @property {() => Promise<void>} close stops it, and ends the connections that are still open
 */

/**
 * Makes a server listen on 127.0.0.1.
 *
 * @param {import('node:net').Server} server plain or TLS, HTTP or not
 * @param {number} [port] a free one if left out
 * @returns {Promise<Listening>}
 */
export async function listen(server, port = 0) {
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  server.on('connection', (/** @type {import('node:net').Socket} */ socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A client may reset its connection at any time.
    socket.on('error', () => undefined);
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve(undefined);
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return {
    url: `${server instanceof TlsServer ? 'https' : 'http'}://127.0.0.1:${address.port}`,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}
