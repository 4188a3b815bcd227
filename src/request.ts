import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type Agent, ClientRequest, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { getProxyUrl } from '@actions/http-client/lib/proxy';
import { messageOf, RequestError, type Stage } from './errors.js';

/** One request. `timeoutMs` bounds all of it, from the look-up of the host's name to the last byte of the answer. */
export type HttpRequest = {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
};

/** The answer. `complete` is false where the server, the time or {@link maxBodyBytes} cut the body short. */
export type HttpResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  readonly isComplete: boolean;
  readonly durationMs: number;
};

/** How much of an answer's body is read: Amplitude sends the description back, escaped to up to 6 times its size. */
export const maxBodyBytes = 4 * 1024 * 1024;

/** A clock that nobody sets. `performance` would load `perf_hooks` for it, and 2 MB of memory. */
export function monotonicMs(): number {
  return process.uptime() * 1000;
}

/**
 * Sends one request, through the proxy that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` ask for, and reads the answer.
 * Follows no redirect, tries nothing again, and leaves no socket and no timer behind.
 *
 * @returns the answer, whatever its status.
 * @throws RequestError when there was no status; its `stage` says whether the request can have reached the server.
 */
export async function send(request: HttpRequest): Promise<HttpResponse> {
  const { method, url, headers, body, timeoutMs } = request;
  const startMs = monotonicMs();
  const proxy = getProxyUrl(url)?.host;
  const agent = proxy === undefined ? false : await loadTunnel(url);
  const closeTunnels = proxy === undefined ? undefined : collectRequests();
  // The tunnel of @actions/http-client makes its buffers in a way that Node.js warns of, in the log of the user.
  if (proxy !== undefined) process.noDeprecation = true;
  try {
    return await new Promise<HttpResponse>((resolve, reject) => {
      const isSecure = url.protocol === 'https:';
      const start = isSecure ? requestHttps : requestHttp;
      const outgoing = start(url, {
        method,
        headers: { ...headers, connection: 'close' },
        agent,
      });
      let written = false;
      let answered = false;
      let socket: Socket | undefined;

      const timer = setTimeout(() => {
        outgoing.destroy();
        if (!answered) fail(new Error(`no response within ${String(timeoutMs / 1000)} s`));
      }, timeoutMs);

      function fail(cause: Error) {
        clearTimeout(timer);
        const place = proxy === undefined ? url.host : `${url.host} through the proxy ${proxy}`;
        reject(new RequestError(`${place}: ${messageOf(cause)}`, { stage: stageOf(written, socket) }, { cause }));
      }

      outgoing.once('socket', (assigned) => {
        socket = assigned;
        // Until this event Node.js holds the request back, so that a failure before it proves that nothing was written.
        socket.once(isSecure ? 'secureConnect' : 'connect', () => (written = true));
        if (!isSecure && !socket.connecting) written = true;
      });
      outgoing.once('response', (incoming) => {
        answered = true;
        const chunks: Buffer[] = [];
        let bytes = 0;
        incoming.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= maxBodyBytes) chunks.push(chunk);
          else incoming.destroy();
        });
        // A body cut short ends in an error; what was read, and that it is not complete, is all there is to say.
        incoming.on('error', () => undefined);
        incoming.once('close', () => {
          clearTimeout(timer);
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: Buffer.concat(chunks).toString(),
            isComplete: incoming.complete && bytes <= maxBodyBytes,
            durationMs: Math.round(monotonicMs() - startMs),
          });
        });
      });
      outgoing.on('error', (error) => {
        fail(error);
      });
      outgoing.once('close', () => {
        if (!answered) fail(new Error('the connection was closed without a response'));
      });
      // As bytes: text would be joined to the headers, which copies it once more.
      outgoing.end(body === undefined ? undefined : Buffer.from(body));
    });
  } finally {
    closeTunnels?.();
  }
}

/** The way to a host through a proxy, which most runs need not load. */
async function loadTunnel(url: URL): Promise<Agent> {
  // By its file: for all other packages, bundle-stubs.ts stands under the name of this one.
  const { HttpClient } = await import('../node_modules/@actions/http-client/lib/index.js');
  return new HttpClient().getAgent(url.href);
}

function stageOf(written: boolean, socket: Socket | undefined): Stage {
  if (written) return 'sent';
  const isRefused = socket !== undefined && 'authorizationError' in socket && Boolean(socket.authorizationError);
  return isRefused ? 'verifying' : 'connecting';
}

/**
 * Collects the requests that are started from now on, to destroy them with the function it returns. The agent for a
 * proxy starts its CONNECT request where nobody can reach it, and a proxy that never answers would keep the process
 * alive.
 *
 * @see https://nodejs.org/api/diagnostics_channel.html#http
 */
function collectRequests(): () => void {
  const channel = 'http.client.request.start';
  const requests: ClientRequest[] = [];
  const collect = (message: unknown) => {
    if (typeof message !== 'object' || message === null || !('request' in message)) return;
    if (message.request instanceof ClientRequest) requests.push(message.request);
  };
  subscribe(channel, collect);
  return () => {
    unsubscribe(channel, collect);
    for (const request of requests) request.destroy();
  };
}
