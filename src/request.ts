import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import manifest from '../package.json' with { type: 'json' };
import { explain, openConnection, SocketGroup } from './connection.js';
import { RequestError, type Stage } from './errors.js';
import { proxyFor, type ProxySettings } from './proxy.js';

/** One HTTP request. */
export type HttpRequest = RequestHead & RequestBody;

/** What the connection for a request is opened with. */
export type RequestHead = {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** What the environment says about proxies. Required, so that no caller forgets it and goes around one. */
  readonly proxies: ProxySettings;
  /** Gives the request up. */
  readonly signal?: AbortSignal | undefined;
};

/** What a request is sent with. */
export type RequestBody = {
  readonly body?: string | undefined;
  /** Bounds everything that follows, to the last byte of the response. */
  readonly timeoutMs: number;
  /** The most bytes of a response body that are read. A longer one is cut, and `isComplete` is false. */
  readonly maxBodyBytes: number;
};

/** A response of any status. */
export type HttpResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  /** False where the server, the time or `maxBodyBytes` cut the body short, or it is encoded. */
  readonly isComplete: boolean;
  /** From `send()` to the end of the response. */
  readonly durationMs: number;
};

/** A request whose connection is being opened. */
export type OpenRequest = {
  /** Sends the request. To be called once. @throws RequestError if there is no response. */
  readonly send: (body: RequestBody) => Promise<HttpResponse>;
};

/**
 * The least time that a response needs. With less than this left, a request is not written, because its outcome would stay
 * unknown.
 */
export const minResponseMs = 100;

/** Real servers send one or two. Without a limit, they fill the memory until the time is up. */
const maxInterimResponses = 10_000;

/** A monotonic clock. `performance` would load `perf_hooks`, and with it 2 MB of memory. */
export function monotonicMs(): number {
  return process.uptime() * 1000;
}

/**
 * Sends one request, through the proxy that the environment asks for, and reads the response. Follows no redirect, never
 * retries, and leaves no socket or timer behind.
 *
 * @returns the response of any status. Once the status is known, a lost connection only makes the body incomplete.
 * @throws RequestError if there is no response; its `stage` says whether the request can have reached the server.
 */
export function send(request: HttpRequest): Promise<HttpResponse> {
  return openRequest(request, request.timeoutMs).send(request);
}

/**
 * Opens the connection for a request whose body is not known yet: DNS, TCP, the tunnel of a proxy, TLS. Nothing of the
 * request is written before `send()`, and until then the connection does not keep the process alive. If it could not be
 * opened, or has ended by then, `send()` opens another one.
 *
 * @param maxWaitMs how long the connection waits for `send()`.
 */
export function openRequest(head: RequestHead, maxWaitMs: number): OpenRequest {
  const waiting = connect(head);
  waiting.sockets.endAfter(maxWaitMs, 'the connection was not used in time');
  return {
    send: async ({ body, timeoutMs, maxBodyBytes }) => {
      const startMs = monotonicMs();
      const remainingMs = () => startMs + timeoutMs - monotonicMs();
      let connection = waiting;
      const fail = (stage: Stage) => (cause: unknown) => {
        const facts = { stage: cause instanceof RequestError ? cause.stage : stage };
        throw new RequestError(`${connection.place()}: ${explain(cause)}`, facts, { cause });
      };
      const open = () => {
        connection.sockets.endAfter(remainingMs(), `no response within ${String(Math.round(timeoutMs / 100) / 10)} s`);
        connection.sockets.ref();
        return connection.opening.catch(fail('connecting'));
      };
      const close = () => {
        // Without an error, whose stack Node.js would format.
        connection.sockets.destroy();
      };
      const reopen = () => {
        close();
        connection = connect(head);
        return open();
      };
      try {
        let exchange = await (waiting.isLost() ? reopen() : open());
        await noticeEvents();
        if (connection === waiting && waiting.isLost()) exchange = await reopen();
        if (remainingMs() < minResponseMs) {
          throw new RequestError(`${connection.place()}: no time is left for a response`, { stage: 'connecting' });
        }
        const response = await exchange.send(body, maxBodyBytes).catch(fail('sent'));
        return { ...response, durationMs: Math.round(monotonicMs() - startMs) };
      } finally {
        close();
      }
    },
  };
}

/**
 * Lets Node.js notice what has arrived by now, such as the end of a connection: what is written after that may or may not
 * be processed. Between two turns of the event loop, it looks at all sockets.
 */
async function noticeEvents(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

/** Opens a connection for one request. */
function connect(head: RequestHead) {
  const { url, proxies, signal } = head;
  const sockets = new SocketGroup(signal);
  let place = url.host;
  let isLost = () => false;
  const open = async () => {
    const proxy = proxyFor(url, proxies);
    if (proxy !== undefined) place = `${url.host} through the proxy ${proxy.host}`;
    // The exchange comes first, because it loads HTTPS: from then on, another thread reads the certificates that the
    // connection needs. https://github.com/nodejs/node/pull/59856
    const creating = createExchange(head, () => connecting);
    const connecting = openConnection(url, proxy, sockets);
    const [socket, exchange] = await Promise.all([connecting, creating]);
    isLost = () => exchange.hasResponse() || socket.destroyed;
    return exchange;
  };
  const opening = open();
  // A rejection before send() is called is not an error of the process.
  opening.catch(() => {
    isLost = () => true;
  });
  return {
    sockets,
    opening,
    /** Where the request goes, for messages. */
    place: () => place,
    /** Whether the connection could not be opened, or has ended. */
    isLost: () => isLost(),
  };
}

/** One request and its response on a connection of their own. */
async function createExchange({ method, url, headers }: RequestHead, connecting: () => Promise<Socket>) {
  // The connection starts before Node.js loads HTTP.
  await setImmediate();
  const { request } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http');
  let hasResponse = false;
  let maxBytes = 0;
  const outgoing = request({
    method,
    path: url.pathname + url.search,
    headers: {
      ...headers,
      host: url.host,
      connection: 'close',
      'accept-encoding': 'identity',
      'user-agent': `${manifest.name}/${manifest.version}`,
    },
    createConnection: (_options, onConnect) => {
      connecting().then(
        (socket) => {
          onConnect(null, socket);
        },
        // Whoever waits for `connecting` learns why there is no connection.
        () => undefined,
      );
      return undefined;
    },
  });
  const response = new Promise<Omit<HttpResponse, 'durationMs'>>((resolve, reject) => {
    outgoing.once('response', (incoming) => {
      hasResponse = true;
      const { statusCode = 0 } = incoming;
      // From here on, what else fails is no longer the outcome.
      if (statusCode >= 200) resolve(readBody(outgoing, incoming, maxBytes));
      else reject(new Error(`the response has the status ${String(statusCode)}, which is not a final one`));
    });
    let interimResponses = 0;
    outgoing.on('information', () => {
      interimResponses += 1;
      if (interimResponses > maxInterimResponses) outgoing.destroy(new Error('there are too many interim responses'));
    });
    // It may come after the response as well, as when the server does not read the request to its end.
    outgoing.on('error', reject);
    outgoing.once('close', () => {
      reject(new Error('the connection was closed without a response'));
    });
  });
  // A rejection before send() is called is not an error of the process.
  response.catch(() => undefined);
  return {
    /** Before `send()`: whether the server responded without a request. */
    hasResponse: () => hasResponse,
    send: (body: string | undefined, maxBodyBytes: number) => {
      maxBytes = maxBodyBytes;
      // As bytes: text would be joined to the headers, which copies it once more.
      outgoing.end(body === undefined ? undefined : Buffer.from(body, 'utf8'));
      return response;
    },
  };
}

/** Reads the body of a response to its end, or until it breaks off. */
function readBody(
  outgoing: ClientRequest,
  incoming: IncomingMessage,
  maxBodyBytes: number,
): Promise<Omit<HttpResponse, 'durationMs'>> {
  const { statusCode: status = 0, headers } = incoming;
  const isEncoded = !['', 'identity'].includes(headers['content-encoding'] ?? '');
  // One buffer that grows: kept in parts, each part costs memory, and a part may be a single byte.
  let bytes = Buffer.alloc(0);
  let length = 0;
  let isCut = false;
  let isLost = false;
  return new Promise((resolve) => {
    incoming.on('data', (part: Buffer) => {
      isCut = length + part.length > maxBodyBytes;
      const end = isCut ? maxBodyBytes : length + part.length;
      if (end > bytes.length) {
        const larger = Buffer.alloc(Math.min(end * 2, maxBodyBytes));
        bytes.copy(larger);
        bytes = larger;
      }
      part.copy(bytes, length, 0, end - length);
      length = end;
      if (isCut) incoming.destroy();
    });
    // Without a length, a body ends with the connection. Node.js then calls it complete even if the connection broke.
    outgoing.once('error', () => {
      isLost = !incoming.complete;
    });
    // A body that is cut short ends in an error; what was read, and that it is not complete, says it all.
    incoming.on('error', () => undefined);
    const finish = () => {
      resolve({
        status,
        headers,
        body: isEncoded ? '' : bytes.toString('utf8', 0, length),
        isComplete: incoming.complete && !isCut && !isLost && !isEncoded,
      });
    };
    incoming.once('end', finish);
    // A body that is cut short has no end.
    incoming.once('close', finish);
  });
}
