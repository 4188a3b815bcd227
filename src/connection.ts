import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { SecureContext } from 'node:tls';
import { messageOf, RequestError } from './errors.js';
import { hostnameOf, openTunnel, portOf, type ProxyServer } from './proxy.js';

/** The sockets of one request. They end together, and do not keep the process alive before `ref()`. */
export class SocketGroup {
  readonly #sockets: Socket[] = [];
  readonly #signal: AbortSignal | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isRef = false;
  #reason: Error | undefined;

  /** @param signal ends the sockets. */
  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    signal?.addEventListener('abort', this.#cancel);
    if (signal?.aborted === true) this.#cancel();
  }

  /** @throws the reason for `destroy()`, or that the request has ended, once it was called. */
  add<OneSocket extends Socket>(open: () => OneSocket): OneSocket {
    if (this.#reason !== undefined) throw this.#reason;
    const socket = open();
    // An error without a listener would end the process. Code that waits for the socket has one of its own.
    socket.on('error', () => undefined);
    if (!this.#isRef) socket.unref();
    this.#sockets.push(socket);
    return socket;
  }

  /** Ends the sockets after this time, in place of an earlier limit. */
  endAfter(timeoutMs: number, message: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.destroy(new Error(message));
    }, timeoutMs);
    if (!this.#isRef) this.#timer.unref();
  }

  ref(): void {
    this.#isRef = true;
    this.#timer?.ref();
    for (const socket of this.#sockets) socket.ref();
  }

  /** @param reason the error of the sockets. Without one, they are closed without an error. */
  destroy(reason?: Error): void {
    this.#reason ??= reason ?? new Error('the request has ended');
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#cancel);
    // TLS before the socket below it, which would close it without the reason.
    for (const socket of this.#sockets.toReversed()) socket.destroy(reason);
  }

  readonly #cancel = () => {
    this.destroy(new Error('the request was cancelled'));
  };
}

/**
 * Opens a connection to the host of a URL: TCP, the tunnel of the proxy, TLS. Nothing of a request is written to it.
 *
 * @throws RequestError if a certificate cannot be verified or the proxy refuses; other errors are those of the network.
 */
export async function openConnection(url: URL, proxy: ProxyServer | undefined, sockets: SocketGroup): Promise<Socket> {
  const [tcp, context] = await Promise.all([openTcp(proxy?.url ?? url, sockets), createTlsContext(url)]);
  let socket = tcp;
  if (proxy !== undefined) {
    if (proxy.url.protocol === 'https:') socket = await startTls(socket, proxy.url, context, sockets);
    await openTunnel(socket, proxy, `${url.hostname}:${portOf(url)}`);
  }
  return url.protocol === 'https:' ? startTls(socket, url, context, sockets) : socket;
}

/**
 * Loads the certificates that Node.js trusts, and TLS if it is not loaded yet. Both take up to 20 ms, so this is not done
 * before, but while the network connects.
 */
async function createTlsContext({ protocol }: URL): Promise<SecureContext | undefined> {
  if (protocol !== 'https:') return undefined;
  await setImmediate();
  return process.getBuiltinModule('node:tls').createSecureContext();
}

/**
 * Node.js gives each address of a host but the last a quarter of a second. On a slow network that is too little, and the
 * other addresses may be unreachable: then all of them get another chance, with more time.
 */
async function openTcp(url: URL, sockets: SocketGroup): Promise<Socket> {
  for (let attemptTimeoutMs = 250; ; attemptTimeoutMs *= 4) {
    const socket = sockets.add(() =>
      connectTcp({
        host: hostnameOf(url),
        port: Number(portOf(url)),
        autoSelectFamilyAttemptTimeout: attemptTimeoutMs,
      }),
    );
    try {
      await waitFor(socket, 'connect');
      // What is written goes out at once, as from the agents of Node.js.
      return socket.setNoDelay();
    } catch (error) {
      if (!isTimeout(error)) throw error;
    }
  }
}

async function startTls(
  socket: Socket,
  url: URL,
  secureContext: SecureContext | undefined,
  sockets: SocketGroup,
): Promise<Socket> {
  if (socket.destroyed) throw new Error('the connection was closed');
  const host = hostnameOf(url);
  const servername = isIP(host) === 0 ? host : '';
  const tls = process.getBuiltinModule('node:tls');
  const secured = sockets.add(() =>
    tls.connect({ socket, host, servername, ALPNProtocols: ['http/1.1'], secureContext }),
  );
  try {
    await waitFor(secured, 'secureConnect');
    return secured;
  } catch (cause) {
    // Set if, and only if, the certificate is the reason.
    if ('authorizationError' in secured && Boolean(secured.authorizationError)) {
      const message = `the certificate of ${url.host}: ${messageOf(cause)}`;
      throw new RequestError(message, { stage: 'verifying' }, { cause });
    }
    throw new Error(`no TLS connection to ${url.host}: ${explain(cause)}`, { cause });
  }
}

/** @throws the error of the socket, or another one if it is closed without. */
function waitFor(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve);
    socket.once('error', reject);
    socket.once('close', () => {
      reject(new Error('the connection was closed'));
    });
  });
}

/** @returns the message of a network error. That of OpenSSL is a dump, with a phrase beside it. */
export function explain(error: unknown): string {
  const isFromOpenSsl = typeof error === 'object' && error !== null && 'library' in error && 'reason' in error;
  return isFromOpenSsl ? String(error.reason) : messageOf(error);
}

/** Whether an address did not answer in time. A host with several addresses fails with one error for each of them. */
function isTimeout(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if ('errors' in error && Array.isArray(error.errors)) return error.errors.some(isTimeout);
  return 'code' in error && error.code === 'ETIMEDOUT';
}

/**
 * Ends the process if it still waits for a name server. To be called at its very end.
 *
 * A DNS lookup cannot be cancelled. It keeps the process alive, even in `process.exit()`, until all name servers have
 * failed to answer, which takes up to a minute. Where Node.js can replace the process with another one, which only exits
 * with the same code, the lookup goes with it; elsewhere, that is on Windows and before Node.js 22.15, nothing is done.
 *
 * @see https://nodejs.org/api/process.html#processexecvefile-args-env
 */
export function abandonLookups(): void {
  if (process.platform === 'win32' || !process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap')) return;
  process.execve?.(process.execPath, [process.execPath, '--eval', `process.exit(${process.exitCode ?? 0})`], {});
}
