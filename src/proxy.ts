import { BlockList, isIP, type Socket } from 'node:net';
import { RequestError } from './errors.js';

/** What the environment says about proxies: the variable for each scheme of a URL, and the hosts of `NO_PROXY`. */
export type ProxySettings = {
  readonly https: ProxyVariable | undefined;
  readonly http: ProxyVariable | undefined;
  readonly noProxy: string;
};

type ProxyVariable = { readonly name: string; readonly value: string };

/** A proxy that opens tunnels (CONNECT). */
export type ProxyServer = {
  /** Host and port as messages show them, without credentials. */
  readonly host: string;
  readonly url: URL;
  /** The environment variable that names it. */
  readonly variable: string;
  /** The `Basic` credential of its user name and password. */
  readonly authorization: string | undefined;
  readonly secret: string | undefined;
};

/** The longest response to CONNECT that is read, in bytes. Node.js has the same limit for the head of a response. */
const maxHeadBytes = 16 * 1024;

/**
 * Reads the variables that curl reads: `https_proxy`, `http_proxy` and `no_proxy`, in lower case first. A blank
 * variable counts as unset.
 *
 * @param environment the environment of the process.
 */
export function readProxySettings(environment: Readonly<Record<string, string | undefined>>): ProxySettings {
  const read = (name: string): ProxyVariable | undefined =>
    [name, name.toUpperCase()]
      .map((variable) => ({ name: variable, value: environment[variable]?.trim() ?? '' }))
      .find(({ value }) => value !== '');
  return { https: read('https_proxy'), http: read('http_proxy'), noProxy: read('no_proxy')?.value ?? '' };
}

/**
 * Finds the proxy for a URL. Without a scheme, a proxy is an `http` one, as for curl.
 *
 * @returns `undefined` where no proxy is set, for the hosts of `NO_PROXY`, and for addresses of this machine.
 * @throws RequestError with the stage `proxy` where the variable cannot be used. Its value stays out of the message.
 */
export function proxyFor(url: URL, settings: ProxySettings): ProxyServer | undefined {
  const variable = url.protocol === 'https:' ? settings.https : settings.http;
  if (variable === undefined || isLoopback(url) || isExempt(url, settings.noProxy)) return undefined;
  return parseProxy(variable);
}

/** @returns what must not be shown of the proxies: their passwords, as they are and as a `Basic` credential. */
export function proxySecrets({ https, http }: ProxySettings): readonly string[] {
  return [https, http].flatMap((variable) => {
    if (variable === undefined) return [];
    try {
      const { secret, authorization } = parseProxy(variable);
      return secret === undefined || authorization === undefined ? [] : [secret, authorization.replace('Basic ', '')];
    } catch {
      return [];
    }
  });
}

/** Whether a URL leads to this machine. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
}

/**
 * Asks a proxy to connect to a host (RFC 9110, section 9.3.6). From then on, what is written to the socket goes there.
 *
 * @param socket is connected to the proxy.
 * @param authority host and port, with brackets around an IPv6 address.
 * @throws RequestError with the stage `proxy` where the proxy refuses the user (407) or the host (403).
 */
export async function openTunnel(socket: Socket, proxy: ProxyServer, authority: string): Promise<void> {
  const { authorization, variable } = proxy;
  const credential = authorization === undefined ? '' : `Proxy-Authorization: ${authorization}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${credential}\r\n`);
  const status = await readFinalStatus(socket);
  if (status >= 200 && status < 300) return;
  const answered = `the proxy answered ${String(status)}`;
  if (status === 407) {
    const advice = `set a user name and password that it accepts in \`${variable}\`, as \`http://user:password@host:port\``;
    throw new RequestError(`${answered}: ${advice}`, { stage: 'proxy' });
  }
  if (status === 403) {
    const advice = `allow the host there, or exempt it with \`NO_PROXY\``;
    throw new RequestError(`${answered}, it does not allow this connection: ${advice}`, { stage: 'proxy' });
  }
  throw new Error(answered);
}

/**
 * Reads up to the end of the first response that is not an interim one (1xx). What follows stays in the socket. Read here,
 * because both `CONNECT` of Node.js and https-proxy-agent mistake an interim response for the final one.
 */
async function readFinalStatus(socket: Socket): Promise<number> {
  let received = Buffer.alloc(0);
  let bytes = 0;
  for await (const part of socket.iterator({ destroyOnReturn: false })) {
    const chunk: unknown = part;
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    received = Buffer.concat([received, chunk]);
    for (let end = received.indexOf('\r\n\r\n'); end !== -1; end = received.indexOf('\r\n\r\n')) {
      const status = Number(/^HTTP\/1\.[01] (\d{3})(?![^ \r])/.exec(received.toString('latin1', 0, end))?.[1]);
      if (Number.isNaN(status)) throw new Error('the proxy did not answer in HTTP');
      received = received.subarray(end + 4);
      if (status < 200) continue;
      socket.unshift(received);
      return status;
    }
    if (bytes > maxHeadBytes) throw new Error(`the answer of the proxy is longer than ${maxHeadBytes} bytes`);
  }
  throw new Error('the proxy closed the connection');
}

/** @throws RequestError with the stage `proxy`. */
function parseProxy({ name, value }: ProxyVariable): ProxyServer {
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) && !/\s|[^ -~\u00a0-\uffff]/.test(text) ? new URL(text) : undefined;
  const credentials = url && decodeCredentials(url);
  if (url === undefined || credentials === undefined || !isProxyUrl(url)) {
    throw new RequestError(
      `\`${name}\` must be \`http://host:port\` or \`https://host:port\`; SOCKS proxies are not supported. ` +
        'A user name and password go before the host, as in `http://user:password@host:port`, ' +
        'with special characters percent-encoded (`#` as `%23`, `/` as `%2F`, `?` as `%3F`, `%` as `%25`)',
      { stage: 'proxy' },
    );
  }
  const { username, password } = credentials;
  const hasCredentials = username !== '' || password !== '';
  return {
    host: url.host,
    url,
    variable: name,
    authorization: hasCredentials
      ? `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`
      : undefined,
    secret: hasCredentials ? password || username : undefined,
  };
}

/** A path, query or fragment is what a password with a bare `/`, `?` or `#` in it becomes: the host is another one. */
function isProxyUrl({ protocol, pathname, search, hash }: URL): boolean {
  return (protocol === 'http:' || protocol === 'https:') && pathname === '/' && search === '' && hash === '';
}

function decodeCredentials({ username, password }: URL) {
  try {
    return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    return undefined;
  }
}

/**
 * Whether `NO_PROXY` has the host: as curl and Go read it, each entry is a host name (with all names below it), a
 * domain that begins with a dot or `*.` (only the names below it), an IP address, a block of them (CIDR), or `*`, and
 * may end in a port.
 *
 * @see https://curl.se/docs/manpage.html#--noproxy
 * @see https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
 */
function isExempt(url: URL, noProxy: string): boolean {
  const entries = noProxy.toLowerCase().split(/[\s,]+/);
  return entries.some((entry) => {
    if (entry === '*') return true;
    // An IPv6 address may end like a host with a port.
    const parts = parseBlock(entry) === undefined ? /^(.+):(\d+)$/.exec(entry) : null;
    const [, host = entry, port = portOf(url)] = parts ?? [];
    return port === portOf(url) && matchesHost(hostnameOf(url), host);
  });
}

function matchesHost(hostname: string, pattern: string): boolean {
  const family = isIP(hostname);
  if (family !== 0) return parseBlock(pattern)?.check(hostname, family === 4 ? 'ipv4' : 'ipv6') ?? false;
  const name = hostname.replace(/\.$/, '');
  const domain = pattern.replace(/^\*(?=\.)/, '').replace(/\.$/, '');
  if (domain === '' || domain === '.') return false;
  return domain.startsWith('.') ? name.endsWith(domain) : name === domain || name.endsWith(`.${domain}`);
}

/** @returns the addresses that an IP address or a CIDR block stands for, or `undefined` for other text. */
function parseBlock(text: string): BlockList | undefined {
  const [, address = '', bits] = /^\[?([^[\]/%]+)\]?(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  const maxBits = family === 4 ? 32 : 128;
  const prefix = Number(bits ?? maxBits);
  if (family === 0 || prefix > maxBits) return undefined;
  const block = new BlockList();
  block.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  return block;
}

/** @returns the host name or address of a URL, without the brackets of an IPv6 address. */
export function hostnameOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** @returns the port of a URL, which `port` leaves out where it is the one of its scheme. */
export function portOf({ port, protocol }: URL): string {
  return port === '' ? (protocol === 'https:' ? '443' : '80') : port;
}
