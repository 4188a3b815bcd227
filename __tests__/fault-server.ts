import { createServer as createHttpServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Authority } from './authority.js';

/** What the server does with one connection or request. */
export type Fault =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Answers with the published release as soon as `until` says so, and not before. */
  | { readonly kind: 'hold'; readonly until: () => boolean }
  /** Says nothing, before or after it has read the request. */
  | { readonly kind: 'hang'; readonly when: 'before' | 'after' }
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  | { readonly kind: 'close'; readonly when: 'before' | 'after' }
  /** Announces a longer body than it sends, and closes. */
  | { readonly kind: 'cut'; readonly status: number; readonly body: string }
  /** Sends the head and then a byte every 100 ms, for ever. */
  | { readonly kind: 'trickle'; readonly status: number }
  /** Sends a valid answer with so many bytes of padding. */
  | { readonly kind: 'flood'; readonly bytes: number }
  /** Answers with something that is not HTTP. */
  | { readonly kind: 'garbage' };

/** A server on loopback that fails as it is told. */
export type FaultServer = {
  readonly url: string;
  readonly port: number;
  readonly connections: () => number;
  readonly requests: readonly { readonly headers: IncomingHttpHeaders; readonly body: string }[];
  readonly close: () => Promise<void>;
};

/**
 * Starts the server.
 *
 * @param faults one for each connection, in turn; the last one for all that follow.
 * @param tls speaks TLS with this certificate; `'handshake'` closes during the handshake.
 */
export async function startFaultServer(faults: readonly Fault[], tls?: Authority | 'handshake'): Promise<FaultServer> {
  const requests: { headers: IncomingHttpHeaders; body: string }[] = [];
  const sockets = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  let connections = 0;

  const http = createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      const fault = faultOf.get(request.socket);
      if (fault !== undefined) afterReading(fault, request.socket, response, timers);
    });
  });
  const faultOf = new WeakMap<Socket, Fault>();
  const accept = (socket: Socket) => {
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

  let server: Server;
  if (tls === undefined) server = createServer(accept);
  else if (tls === 'handshake')
    server = createServer((socket) => {
      connections += 1;
      socket.once('data', () => socket.destroy());
    });
  else {
    server = createTlsServer({ key: tls.key, cert: tls.cert });
    server.on('secureConnection', accept);
    // A client that does not trust the certificate goes without a word.
    server.on('tlsClientError', () => (connections += 1));
  }
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}`,
    port: address.port,
    connections: () => connections,
    requests,
    close: () =>
      new Promise((resolve) => {
        for (const timer of timers) clearInterval(timer);
        for (const socket of sockets) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
}

/** A published release in the documented shape, the smallest that is recorded. */
export const publishedBody = JSON.stringify({
  success: true,
  release: { id: 'w4962caj', version: '2.0.0', release_end: null, platforms: null, params: { created: 1781610940557 } },
});

function afterReading(fault: Fault, socket: Socket, response: ServerResponse, timers: Set<NodeJS.Timeout>): void {
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
