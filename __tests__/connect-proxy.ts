import { createServer, type IncomingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';

/** A proxy on loopback for CONNECT. */
export type ConnectProxy = {
  readonly url: string;
  readonly host: string;
  /** What it was asked to connect to, as `host:port`, with the headers of the request. */
  readonly targets: readonly { readonly target: string; readonly headers: IncomingHttpHeaders }[];
  readonly close: () => Promise<void>;
};

/**
 * Starts a proxy that connects whatever it is asked for to one port of this machine, so that no test leaves it.
 *
 * @param port where the tunnels lead to; a status refuses them with it; `'hang'` never answers.
 */
export async function startProxy(port: number | { readonly status: number } | 'hang'): Promise<ConnectProxy> {
  const targets: { target: string; headers: IncomingHttpHeaders }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.on('connect', ({ url: target = '', headers }, socket: Socket) => {
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
    sockets.add(upstream);
    upstream.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  const host = `127.0.0.1:${address.port}`;
  return {
    url: `http://${host}`,
    host,
    targets,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
}
