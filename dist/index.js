// CONCATENATED MODULE: external "node:net"
const external_node_net_namespaceObject = process.getBuiltinModule('node:net');

// CONCATENATED MODULE: external "node:timers/promises"
const promises_namespaceObject = process.getBuiltinModule('node:timers/promises');

// CONCATENATED MODULE: ./src/errors.ts
class InputError extends Error {
  name = 'InputError';
  problems;
  constructor(problems, options) {
    const lines = problems.map(({ input, message }) => `Input \`${input}\` ${message.replace(/\s+/g, ' ')}`);
    super(lines.join('\n'), options);
    this.problems = problems;
  }
}
class EventError extends Error {
  name = 'EventError';
  event;
  constructor(event, message) {
    super(message);
    this.event = event;
  }
}
class CancelError extends Error {
  name = 'CancelError';
  signal;
  constructor(signal) {
    super(`The step was cancelled (${signal}) before anything was sent. The release was not created.`);
    this.signal = signal;
  }
}
class RequestError extends Error {
  name = 'RequestError';
  stage;
  constructor(message, facts, options) {
    super(message, options);
    this.stage = facts.stage;
  }
}
function messageOf(error) {
  if (typeof error === 'object' && error !== null) {
    if ('errors' in error && Array.isArray(error.errors) && error.errors.length > 0)
      return error.errors.map(messageOf).join('; ');
    if ('message' in error && typeof error.message === 'string') return error.message;
  }
  return String(error);
}

// CONCATENATED MODULE: ./src/proxy.ts
const maxHeadBytes = 16384;
function readProxySettings(environment) {
  const read = (name) =>
    [name, name.toUpperCase()]
      .map((variable) => ({ name: variable, value: environment[variable]?.trim() ?? '' }))
      .find(({ value }) => value !== '');
  return { https: read('https_proxy'), http: read('http_proxy'), noProxy: read('no_proxy')?.value ?? '' };
}
function proxyFor(url, settings) {
  const variable = url.protocol === 'https:' ? settings.https : settings.http;
  if (variable === void 0 || isLoopback(url) || isExempt(url, settings.noProxy)) return;
  return parseProxy(variable);
}
function proxySecrets({ https, http }) {
  return [https, http].flatMap((variable) => {
    if (variable === void 0) return [];
    try {
      const { secret, authorization } = parseProxy(variable);
      return secret === void 0 || authorization === void 0 ? [] : [secret, authorization.replace('Basic ', '')];
    } catch {
      return [];
    }
  });
}
function isLoopback({ hostname }) {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
}
async function openTunnel(socket, proxy, authority) {
  const { authorization, variable } = proxy;
  const credential = authorization === void 0 ? '' : `Proxy-Authorization: ${authorization}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${credential}\r\n`);
  const status = await readFinalStatus(socket);
  if (status >= 200 && status < 300) return;
  const answered = `the proxy answered ${String(status)}`;
  if (status === 407) {
    const advice = `set a user name and password that it accepts in \`${variable}\`, as \`http://user:password@host:port\``;
    throw new RequestError(`${answered}: ${advice}`, { stage: 'proxy' });
  }
  if (status === 403) {
    const advice = 'allow the host there, or exempt it with `NO_PROXY`';
    throw new RequestError(`${answered}, it does not allow this connection: ${advice}`, { stage: 'proxy' });
  }
  throw new Error(answered);
}
async function readFinalStatus(socket) {
  let received = Buffer.alloc(0);
  let bytes = 0;
  for await (const part of socket.iterator({ destroyOnReturn: false })) {
    const chunk = part;
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
function parseProxy({ name, value }) {
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) && !/\s|[^ -~\u00a0-\uffff]/.test(text) ? new URL(text) : void 0;
  const credentials = url && decodeCredentials(url);
  if (url === void 0 || credentials === void 0 || !isProxyUrl(url))
    throw new RequestError(
      `\`${name}\` must be \`http://host:port\` or \`https://host:port\`; SOCKS proxies are not supported. A user name and password go before the host, as in \`http://user:password@host:port\`, with special characters percent-encoded (\`#\` as \`%23\`, \`/\` as \`%2F\`, \`?\` as \`%3F\`, \`%\` as \`%25\`)`,
      { stage: 'proxy' },
    );
  const { username, password } = credentials;
  const hasCredentials = username !== '' || password !== '';
  return {
    host: url.host,
    url,
    variable: name,
    authorization: hasCredentials
      ? `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`
      : void 0,
    secret: hasCredentials ? password || username : void 0,
  };
}
function isProxyUrl({ protocol, pathname, search, hash }) {
  return (protocol === 'http:' || protocol === 'https:') && pathname === '/' && search === '' && hash === '';
}
function decodeCredentials({ username, password }) {
  try {
    return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    return;
  }
}
function isExempt(url, noProxy) {
  const entries = noProxy.toLowerCase().split(/[\s,]+/);
  return entries.some((entry) => {
    if (entry === '*') return true;
    const parts = parseBlock(entry) === void 0 ? /^(.+):(\d+)$/.exec(entry) : null;
    const [, host = entry, port = portOf(url)] = parts ?? [];
    return port === portOf(url) && matchesHost(hostnameOf(url), host);
  });
}
function matchesHost(hostname, pattern) {
  const family = (0, external_node_net_namespaceObject.isIP)(hostname);
  if (family !== 0) return parseBlock(pattern)?.check(hostname, family === 4 ? 'ipv4' : 'ipv6') ?? false;
  const name = hostname.replace(/\.$/, '');
  const domain = pattern.replace(/^\*(?=\.)/, '').replace(/\.$/, '');
  if (domain === '' || domain === '.') return false;
  return domain.startsWith('.') ? name.endsWith(domain) : name === domain || name.endsWith(`.${domain}`);
}
function parseBlock(text) {
  const [, address = '', bits] = /^\[?([^[\]/%]+)\]?(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = (0, external_node_net_namespaceObject.isIP)(address);
  const maxBits = family === 4 ? 32 : 128;
  const prefix = Number(bits ?? maxBits);
  if (family === 0 || prefix > maxBits) return;
  const block = new external_node_net_namespaceObject.BlockList();
  block.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  return block;
}
function hostnameOf({ hostname }) {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}
function portOf({ port, protocol }) {
  return port === '' ? (protocol === 'https:' ? '443' : '80') : port;
}

// CONCATENATED MODULE: ./src/connection.ts
class SocketGroup {
  #sockets = [];
  #signal;
  #timer;
  #isRef = false;
  #reason;
  constructor(signal) {
    this.#signal = signal;
    signal?.addEventListener('abort', this.#cancel);
    if (signal?.aborted === true) this.#cancel();
  }
  add(open) {
    if (this.#reason !== void 0) throw this.#reason;
    const socket = open();
    socket.on('error', () => {});
    if (!this.#isRef) socket.unref();
    this.#sockets.push(socket);
    return socket;
  }
  endAfter(timeoutMs, message) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.destroy(new Error(message));
    }, timeoutMs);
    if (!this.#isRef) this.#timer.unref();
  }
  ref() {
    this.#isRef = true;
    this.#timer?.ref();
    for (const socket of this.#sockets) socket.ref();
  }
  destroy(reason) {
    this.#reason ??= reason ?? new Error('the request has ended');
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#cancel);
    for (const socket of this.#sockets.toReversed()) socket.destroy(reason);
  }
  #cancel = () => {
    this.destroy(new Error('the request was cancelled'));
  };
}
async function openConnection(url, proxy, sockets) {
  const [tcp, context] = await Promise.all([openTcp(proxy?.url ?? url, sockets), createTlsContext(url)]);
  let socket = tcp;
  if (proxy !== void 0) {
    if (proxy.url.protocol === 'https:') socket = await startTls(socket, proxy.url, context, sockets);
    await openTunnel(socket, proxy, `${url.hostname}:${portOf(url)}`);
  }
  return url.protocol === 'https:' ? startTls(socket, url, context, sockets) : socket;
}
async function createTlsContext({ protocol }) {
  if (protocol !== 'https:') return;
  await (0, promises_namespaceObject.setImmediate)();
  return process.getBuiltinModule('node:tls').createSecureContext();
}
async function openTcp(url, sockets) {
  for (let attemptTimeoutMs = 250; ; attemptTimeoutMs *= 4) {
    const socket = sockets.add(() =>
      (0, external_node_net_namespaceObject.connect)({
        host: hostnameOf(url),
        port: Number(portOf(url)),
        autoSelectFamilyAttemptTimeout: attemptTimeoutMs,
      }),
    );
    try {
      await waitFor(socket, 'connect');
      return socket.setNoDelay();
    } catch (error) {
      if (!isTimeout(error)) throw error;
    }
  }
}
async function startTls(socket, url, secureContext, sockets) {
  if (socket.destroyed) throw new Error('the connection was closed');
  const host = hostnameOf(url);
  const servername = (0, external_node_net_namespaceObject.isIP)(host) === 0 ? host : '';
  const tls = process.getBuiltinModule('node:tls');
  const secured = sockets.add(() =>
    tls.connect({ socket, host, servername, ALPNProtocols: ['http/1.1'], secureContext }),
  );
  try {
    await waitFor(secured, 'secureConnect');
    return secured;
  } catch (cause) {
    if ('authorizationError' in secured && Boolean(secured.authorizationError)) {
      const message = `the certificate of ${url.host}: ${messageOf(cause)}`;
      throw new RequestError(message, { stage: 'verifying' }, { cause });
    }
    throw new Error(`no TLS connection to ${url.host}: ${explain(cause)}`, { cause });
  }
}
function waitFor(socket, event) {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve);
    socket.once('error', reject);
    socket.once('close', () => {
      reject(new Error('the connection was closed'));
    });
  });
}
function explain(error) {
  const isFromOpenSsl = typeof error === 'object' && error !== null && 'library' in error && 'reason' in error;
  return isFromOpenSsl ? String(error.reason) : messageOf(error);
}
function isTimeout(error) {
  if (typeof error !== 'object' || error === null) return false;
  if ('errors' in error && Array.isArray(error.errors)) return error.errors.some(isTimeout);
  return 'code' in error && error.code === 'ETIMEDOUT';
}
function abandonLookups() {
  if (process.platform === 'win32' || !process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap')) return;
  process.execve?.(process.execPath, [process.execPath, '--eval', `process.exit(${process.exitCode ?? 0})`], {});
}

// CONCATENATED MODULE: external "node:os"
const external_node_os_namespaceObject = process.getBuiltinModule('node:os');
function jsonStringifyReplacer(_, value) {
  if (typeof value === 'bigint') return value.toString();
  return value;
}
class Cached {
  constructor(getter) {
    this._getter = getter;
    this._value = void 0;
  }
  get value() {
    const getter = this._getter;
    if (getter !== void 0) {
      this._value = getter();
      this._getter = void 0;
    }
    return this._value;
  }
}
function cached(getter) {
  return new Cached(getter);
}
function nullish(input) {
  return input === null || input === void 0;
}
function cleanRegex(source) {
  const start = source.startsWith('^') ? 1 : 0;
  const end = source.endsWith('$') ? source.length - 1 : source.length;
  return source.slice(start, end);
}
function assignProp(target, prop, value) {
  Object.defineProperty(target, prop, { value, writable: true, enumerable: true, configurable: true });
}
const captureStackTrace = 'captureStackTrace' in Error ? Error.captureStackTrace : (..._args) => {};
function util_isObject(data) {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}
function clone(inst, def, params) {
  const cl = new inst._zod.constr(def ?? inst._zod.def);
  if (!def || params?.parent) cl._zod.parent = inst;
  return cl;
}
function normalizeParams(_params) {
  const params = _params;
  if (!params) return {};
  if (typeof params === 'string') return { error: () => params };
  if (params?.message !== void 0) {
    if (params?.error !== void 0) throw new Error('Cannot specify both `message` and `error` params');
    params.error = params.message;
  }
  delete params.message;
  if (typeof params.error === 'string') return { ...params, error: () => params.error };
  return params;
}
function optionalKeys(shape) {
  return Object.keys(shape).filter((k) => shape[k]._zod.optin !== void 0 && shape[k]._zod.optout === 'optional');
}
function aborted(x, startIndex = 0) {
  if (x.aborted === true) return true;
  for (let i = startIndex; i < x.issues.length; i++) if (x.issues[i]?.continue !== true) return true;
  return false;
}
function explicitlyAborted(x, startIndex = 0) {
  if (x.aborted === true) return true;
  for (let i = startIndex; i < x.issues.length; i++) if (x.issues[i]?.continue === false) return true;
  return false;
}
function prefixIssues(path, issues) {
  return issues.map((iss) => {
    var _a;
    (_a = iss).path ?? (_a.path = []);
    iss.path.unshift(path);
    return iss;
  });
}
function unwrapMessage(message) {
  return typeof message === 'string' ? message : message?.message;
}
function sizeCaps(defChecks) {
  const caps = [];
  for (const ch of defChecks ?? []) {
    const d = ch._zod.def;
    if (!/_(length|size)$|_equals$/.test(d.check)) break;
    const max = d.maximum ?? d.length ?? d.size;
    if (max >= 0) caps.push([max, ch]);
  }
  return caps;
}
function attachSchema(issues, start, inst) {
  var _a;
  for (let i = start; i < issues.length; i++) (_a = issues[i]).schema ?? (_a.schema = inst);
}
function finalizeIssue(iss, ctx, config) {
  var _a;
  const traits = iss.inst?._zod?.traits;
  if (traits?.has('$ZodType'))
    if (traits.has('$ZodCheck')) (_a = iss).schema ?? (_a.schema = iss.inst);
    else iss.schema = iss.inst;
  const schemaError = iss.schema !== iss.inst ? iss.schema?._zod.def?.error : void 0;
  const message = iss.message
    ? iss.message
    : (unwrapMessage(iss.inst?._zod.def?.error?.(iss)) ??
      unwrapMessage(schemaError?.(iss)) ??
      unwrapMessage(ctx?.error?.(iss)) ??
      unwrapMessage(config.customError?.(iss)) ??
      unwrapMessage(config.localeError?.(iss)) ??
      'Invalid input');
  const full = {};
  for (const k of Object.keys(iss)) {
    if (k === 'inst' || k === 'schema' || k === 'continue' || k === 'input' || k === '__proto__') continue;
    full[k] = iss[k];
  }
  full.path ?? (full.path = []);
  full.message = message;
  if (ctx?.reportInput) full.input = iss.input;
  return full;
}
const highSurrogate = /[\uD800-\uDBFF]/;
function codePointLength(str) {
  const units = str.length;
  if (!highSurrogate.test(str)) return units;
  let count = units;
  for (let i = 0; i < units - 1; i++)
    if ((str.charCodeAt(i) & 64512) === 55296 && (str.charCodeAt(i + 1) & 64512) === 56320) {
      count--;
      i++;
    }
  return count;
}
function getLengthableOrigin(input) {
  if (Array.isArray(input)) return 'array';
  if (typeof input === 'string') return 'string';
  return 'unknown';
}
function util_issue(...args) {
  const [iss, input, inst] = args;
  if (typeof iss === 'string') return { message: iss, code: 'custom', input, inst };
  return { ...iss };
}
function members(proto, table) {
  for (const key in table) {
    const desc = Object.getOwnPropertyDescriptor(table, key);
    if (desc.get) Object.defineProperty(proto, key, { ...desc, enumerable: false });
    else defineBound(proto, key, desc.value);
  }
}
function own(inst, key, value, enumerable = true) {
  Object.defineProperty(inst, key, { configurable: true, writable: true, enumerable, value });
  return value;
}
function hide(inst, key, value) {
  return own(inst, key, value, false);
}
function defineBound(proto, key, fn) {
  Object.defineProperty(proto, key, {
    configurable: true,
    get() {
      return this == null ? fn : own(this, key, fn.bind(this));
    },
    set(value) {
      own(this, key, value);
    },
  });
}
function claim(inst, sentinel) {
  const proto = Object.getPrototypeOf(inst);
  return sentinel in proto ? void 0 : proto;
}
let installing;
let broke = false;
const breaker = {
  configurable: true,
  get() {
    broke = true;
    return;
  },
};
function defineLazyInternal(inst, key, compute) {
  const proto = Object.getPrototypeOf(inst._zod);
  if (key in proto && installing !== inst._zod) {
    installing = void 0;
    return;
  }
  installing = inst._zod;
  Object.defineProperty(proto, key, {
    configurable: true,
    get() {
      Object.defineProperty(this, key, breaker);
      const outer = broke;
      broke = false;
      try {
        const value = compute(this);
        if (broke) delete this[key];
        else Object.defineProperty(this, key, { configurable: true, writable: true, value });
        broke = broke || outer;
        return value;
      } catch (err) {
        delete this[key];
        broke = broke || outer;
        throw err;
      }
    },
    set(value) {
      Object.defineProperty(this, key, { configurable: true, writable: true, value });
    },
  });
}
function installLazyProp(inst, key, make, enumerable) {
  const proto = claim(inst, key);
  if (!proto) return;
  Object.defineProperty(proto, key, {
    configurable: true,
    get() {
      const desc = { configurable: true, writable: true, enumerable, value: void 0 };
      Object.defineProperty(this, key, desc);
      desc.value = make(this);
      Object.defineProperty(this, key, desc);
      return desc.value;
    },
    set(value) {
      Object.defineProperty(this, key, { configurable: true, writable: true, enumerable, value });
    },
  });
}
const CONSTANT_CATCH = '~constantCatch';
function constantCatch(value) {
  const fn = () => value;
  fn[CONSTANT_CATCH] = true;
  return fn;
}

// CONCATENATED MODULE: ./node_modules/zod/v4/core/core.js
var _a;
const NEVER = Object.freeze({ status: 'aborted' });
const _zodDesc = { value: void 0, enumerable: false };
let _E = 'captureStackTrace' in Error ? Error : null;
function newError(Definition) {
  const E = _E;
  if (E) {
    const saved = E.stackTraceLimit;
    if (typeof saved === 'number') {
      try {
        E.stackTraceLimit = 0;
      } catch {
        _E = null;
        return new Definition();
      }
      try {
        return new Definition();
      } finally {
        E.stackTraceLimit = saved;
      }
    }
  }
  return new Definition();
}
function $constructor(name, initializer, proto, params) {
  const zodProto = {};
  function Internals(def) {
    this.def = def;
    this.constr = _;
    this.traits = new Set();
  }
  Internals.prototype = zodProto;
  const protoMembers = proto;
  const initialized = protoMembers && new WeakSet();
  function init(inst, def) {
    if (!inst._zod) {
      _zodDesc.value = new Internals(def);
      try {
        Object.defineProperty(inst, '_zod', _zodDesc);
      } finally {
        _zodDesc.value = void 0;
      }
    } else if (inst._zod.traits.has(name)) return;
    inst._zod.traits.add(name);
    initializer(inst, def);
    if (initialized) {
      const own = Object.getPrototypeOf(inst);
      const ctorProto = inst._zod.constr.prototype;
      let up = own;
      while (up && up !== ctorProto) up = Object.getPrototypeOf(up);
      const target = up ?? own;
      if (!initialized.has(target)) {
        initialized.add(target);
        members(target, protoMembers);
      }
    }
    const proto = _.prototype;
    for (const k in proto) {
      if (!Object.prototype.hasOwnProperty.call(proto, k)) continue;
      if (!(k in inst)) inst[k] = proto[k].bind(inst);
    }
  }
  const Parent = params?.Parent ?? Object;
  class Definition extends Parent {}
  Object.defineProperty(Definition, 'name', { value: name });
  function _(def) {
    const inst = params?.Parent ? newError(Definition) : this;
    init(inst, def);
    const deferred = inst._zod.deferred;
    if (deferred) {
      for (const fn of deferred) fn();
      inst._zod.deferred = void 0;
    }
    const pp = globalThis.__zod_globalConfig?.postProcessor;
    if (pp) pp(inst);
    return inst;
  }
  Object.defineProperty(_, 'init', { value: init });
  Object.defineProperty(_, Symbol.hasInstance, {
    value: (inst) => {
      if (params?.Parent && inst instanceof params.Parent) return true;
      return inst?._zod?.traits?.has(name);
    },
  });
  Object.defineProperty(_, 'name', { value: name });
  return _;
}
class $ZodAsyncError extends Error {
  constructor() {
    super('Encountered Promise during synchronous parse. Use .parseAsync() instead.');
  }
}
class $ZodEncodeError extends Error {
  constructor(name) {
    super(`Encountered unidirectional transform during encode: ${name}`);
    this.name = 'ZodEncodeError';
  }
}
(_a = globalThis).__zod_globalConfig ?? (_a.__zod_globalConfig = {});
const core_globalConfig = globalThis.__zod_globalConfig;
function config(newConfig) {
  if (newConfig) Object.assign(core_globalConfig, newConfig);
  return core_globalConfig;
}

// CONCATENATED MODULE: ./node_modules/zod/v4/core/checks.js
const $ZodCheck = $constructor('$ZodCheck', (inst, def) => {
  var _a;
  inst._zod ?? (inst._zod = {});
  inst._zod.def = def;
  (_a = inst._zod).onattach ?? (_a.onattach = []);
});
const _whenHasLength = (payload) => {
  const val = payload.value;
  return !nullish(val) && val.length !== void 0;
};
const numericOriginMap = { number: 'number', bigint: 'bigint', object: 'date' };
const $ZodCheckGreaterThan = $constructor('$ZodCheckGreaterThan', (inst, def) => {
  $ZodCheck.init(inst, def);
  const origin = numericOriginMap[typeof def.value];
  inst._zod.check = (payload) => {
    if (def.inclusive ? payload.value >= def.value : payload.value > def.value) return;
    payload.issues.push({
      origin: numericOriginMap[typeof payload.value] ?? origin,
      code: 'too_small',
      minimum: typeof def.value === 'object' ? def.value.getTime() : def.value,
      input: payload.value,
      inclusive: def.inclusive,
      inst,
      continue: !def.abort,
    });
  };
});
const $ZodCheckMaxLength = $constructor('$ZodCheckMaxLength', (inst, def) => {
  var _a;
  $ZodCheck.init(inst, def);
  (_a = inst._zod.def).when ?? (_a.when = _whenHasLength);
  inst._zod.check = (payload) => {
    const input = payload.value;
    const units = input.length;
    const length = typeof input === 'string' && units > def.maximum ? codePointLength(input) : units;
    if (length <= def.maximum) return;
    const origin = getLengthableOrigin(input);
    payload.issues.push({
      origin,
      code: 'too_big',
      maximum: def.maximum,
      inclusive: true,
      input,
      inst,
      continue: !def.abort,
    });
  };
});
const $ZodCheckMinLength = $constructor('$ZodCheckMinLength', (inst, def) => {
  var _a;
  $ZodCheck.init(inst, def);
  (_a = inst._zod.def).when ?? (_a.when = _whenHasLength);
  inst._zod.check = (payload) => {
    const input = payload.value;
    const units = input.length;
    const length =
      typeof input === 'string' && units >= def.minimum && units < def.minimum * 2 ? codePointLength(input) : units;
    if (length >= def.minimum) return;
    const origin = getLengthableOrigin(input);
    payload.issues.push({
      origin,
      code: 'too_small',
      minimum: def.minimum,
      inclusive: true,
      input,
      inst,
      continue: !def.abort,
    });
  };
});
const anyString = /^[\s\S]{0,}$/;
const number = /^-?\d+(?:\.\d+)?$/;
const regexes_boolean = /^(?:true|false)$/i;

// CONCATENATED MODULE: ./node_modules/zod/v4/core/versions.js
const version = { major: 4, minor: 6, patch: 7 };

// CONCATENATED MODULE: ./node_modules/zod/v4/core/schemas.js
const $ZodType = $constructor(
  '$ZodType',
  (inst, def) => {
    var _a;
    inst ?? (inst = {});
    inst._zod.def = def;
    inst._zod.bag = inst._zod.bag || {};
    inst._zod.version = version;
    const defChecks = inst._zod.def.checks;
    const checks = inst._zod.traits.has('$ZodCheck')
      ? [inst, ...(defChecks ?? [])]
      : defChecks?.length
        ? [...defChecks]
        : [];
    for (const ch of checks) for (const fn of ch._zod.onattach) fn(inst);
    if (checks.length === 0) {
      (_a = inst._zod).deferred ?? (_a.deferred = []);
      inst._zod.deferred?.push(() => {
        inst._zod.run = inst._zod.parse;
      });
    } else {
      const runChecks = (payload, checks, ctx) => {
        if (payload.memo) return payload;
        let isAborted = aborted(payload);
        let asyncResult;
        for (const ch of checks) {
          if (ch._zod.def.when) {
            if (explicitlyAborted(payload)) continue;
            const shouldRun = ch._zod.def.when(payload);
            if (!shouldRun) continue;
          } else if (isAborted) continue;
          const currLen = payload.issues.length;
          const _ = ch._zod.check(payload);
          if (_ instanceof Promise && ctx?.async === false) throw new $ZodAsyncError();
          if (asyncResult || _ instanceof Promise)
            asyncResult = (asyncResult ?? Promise.resolve()).then(async () => {
              await _;
              const nextLen = payload.issues.length;
              if (nextLen === currLen) return;
              attachSchema(payload.issues, currLen, inst);
              if (!isAborted) isAborted = aborted(payload, currLen);
            });
          else {
            const nextLen = payload.issues.length;
            if (nextLen === currLen) continue;
            attachSchema(payload.issues, currLen, inst);
            if (!isAborted) isAborted = aborted(payload, currLen);
          }
        }
        if (asyncResult) return asyncResult.then(() => payload);
        return payload;
      };
      const handleCanaryResult = (canary, payload, ctx) => {
        if (aborted(canary)) {
          canary.aborted = true;
          return canary;
        }
        const checkResult = runChecks(payload, checks, ctx);
        if (checkResult instanceof Promise) {
          if (ctx.async === false) throw new $ZodAsyncError();
          return checkResult.then((checkResult) => inst._zod.parse(checkResult, ctx));
        }
        return inst._zod.parse(checkResult, ctx);
      };
      inst._zod.run = (payload, ctx) => {
        if (ctx.skipChecks) return inst._zod.parse(payload, ctx);
        if (ctx.direction === 'backward') {
          const canary = inst._zod.parse({ value: payload.value, issues: [] }, { ...ctx, skipChecks: true });
          if (canary instanceof Promise) return canary.then((canary) => handleCanaryResult(canary, payload, ctx));
          return handleCanaryResult(canary, payload, ctx);
        }
        const result = inst._zod.parse(payload, ctx);
        if (result instanceof Promise) {
          if (ctx.async === false) throw new $ZodAsyncError();
          return result.then((result) => runChecks(result, checks, ctx));
        }
        return runChecks(result, checks, ctx);
      };
    }
  },
  {
    get '~standard'() {
      return hide(this, '~standard', standardProps(this));
    },
    set '~standard'(value) {
      own(this, '~standard', value);
    },
  },
);
const toStandardResult = (r, ctx) =>
  r.issues.length ? { issues: r.issues.map((iss) => finalizeIssue(iss, ctx, config())) } : { value: r.value };
async function validateAsync(inst, value) {
  const ctx = { async: true };
  return toStandardResult(await inst._zod.run({ value, issues: [] }, ctx), ctx);
}
function standardProps(inst) {
  return {
    validate: (value) => {
      const ctx = { async: false };
      try {
        const r = inst._zod.run({ value, issues: [] }, ctx);
        if (!(r instanceof Promise)) return toStandardResult(r, ctx);
      } catch (_) {}
      return validateAsync(inst, value);
    },
    vendor: 'zod',
    version: 1,
  };
}
const $ZodString = $constructor('$ZodString', (inst, def) => {
  $ZodType.init(inst, def);
  inst._zod.pattern = def.pattern ?? anyString;
  inst._zod.parse = (payload, _) => {
    if (def.coerce)
      try {
        payload.value = String(payload.value);
      } catch (_) {}
    if (typeof payload.value === 'string') return payload;
    payload.issues.push({ expected: 'string', code: 'invalid_type', input: payload.value, inst });
    return payload;
  };
});
const $ZodNumber = $constructor('$ZodNumber', (inst, def) => {
  $ZodType.init(inst, def);
  inst._zod.pattern = number;
  inst._zod.parse = (payload, _ctx) => {
    if (def.coerce)
      try {
        payload.value = Number(payload.value);
      } catch (_) {}
    const input = payload.value;
    if (typeof input === 'number' && !Number.isNaN(input) && Number.isFinite(input)) return payload;
    const received =
      typeof input === 'number'
        ? Number.isNaN(input)
          ? 'NaN'
          : !Number.isFinite(input)
            ? String(input)
            : void 0
        : void 0;
    payload.issues.push({ expected: 'number', code: 'invalid_type', input, inst, ...(received ? { received } : {}) });
    return payload;
  };
});
const $ZodBoolean = $constructor('$ZodBoolean', (inst, def) => {
  $ZodType.init(inst, def);
  inst._zod.pattern = regexes_boolean;
  inst._zod.parse = (payload, _ctx) => {
    if (def.coerce)
      try {
        payload.value = Boolean(payload.value);
      } catch (_) {}
    const input = payload.value;
    if (typeof input === 'boolean') return payload;
    payload.issues.push({ expected: 'boolean', code: 'invalid_type', input, inst });
    return payload;
  };
});
const $ZodUnknown = $constructor('$ZodUnknown', (inst, def) => {
  $ZodType.init(inst, def);
  inst._zod.parse = (payload) => payload;
});
function capSize(inst, size) {
  const caps = sizeCaps(inst._zod.def.checks);
  if (!caps.length) return;
  const cap = Math.min(...caps.map((c) => c[0]));
  const parse = inst._zod.parse;
  inst._zod.parse = (payload, ctx) => {
    const n = size(payload.value);
    if (n > cap && !ctx?.skipChecks && ctx?.direction !== 'backward')
      for (const [max, ch] of sizeCaps(inst._zod.def.checks))
        if (n > max && ch._zod.def.when(payload)) {
          const start = payload.issues.length;
          ch._zod.check(payload);
          payload.issues[start].continue = false;
          attachSchema(payload.issues, start, inst);
          return payload;
        }
    return parse(payload, ctx);
  };
}
const arraySize = (input) => (Array.isArray(input) ? input.length : -1);
function handleArrayResult(result, final, index) {
  if (result.issues.length) final.issues.push(...prefixIssues(index, result.issues));
  final.value[index] = result.value;
}
const $ZodArray = $constructor('$ZodArray', (inst, def) => {
  $ZodType.init(inst, def);
  const memo = core_globalConfig.memoizer;
  memo?.attach(inst);
  inst._zod.parse = (payload, ctx) => {
    const input = payload.value;
    if (!Array.isArray(input)) {
      payload.issues.push({ expected: 'array', code: 'invalid_type', input, inst });
      return payload;
    }
    payload.value = memo ? memo.alloc(inst, payload, Array(input.length), ctx) : Array(input.length);
    const proms = [];
    const abortEarly = ctx?.abortEarly;
    for (let i = 0; i < input.length; i++) {
      const item = input[i];
      const result = def.element._zod.run({ value: item, issues: [] }, ctx);
      if (result instanceof Promise) proms.push(result.then((result) => handleArrayResult(result, payload, i)));
      else {
        handleArrayResult(result, payload, i);
        if (abortEarly && result.issues.length !== 0 && aborted(result)) break;
      }
    }
    if (proms.length) return Promise.all(proms).then(() => payload);
    return payload;
  };
  capSize(inst, arraySize);
});
function handlePropertyResult(result, final, key, input, optin, optout) {
  const isPresent = key in input;
  const isOptionalOut = optout === 'optional';
  if (!isPresent && isOptionalOut && optin === 'optional') return;
  if (result.issues.length) {
    if (optin !== void 0 && isOptionalOut && !isPresent) return;
    final.issues.push(...prefixIssues(key, result.issues));
  }
  if (!isPresent && optin === void 0) {
    if (!result.issues.length)
      final.issues.push({ code: 'invalid_type', expected: 'nonoptional', input: void 0, path: [key] });
    return;
  }
  if (result.value === void 0) {
    if (isPresent || (optin === 'defaulted' && !isOptionalOut)) final.value[key] = void 0;
  } else final.value[key] = result.value;
}
const NO_SYMBOL_KEYS = [];
function normalizeDef(def) {
  const keys = Object.keys(def.shape);
  const ownSymbols = Object.getOwnPropertySymbols(def.shape);
  const symbolKeys = ownSymbols.length ? ownSymbols : NO_SYMBOL_KEYS;
  const allKeys = symbolKeys.length ? [...keys, ...symbolKeys] : keys;
  for (const k of allKeys)
    if (!def.shape?.[k]?._zod?.traits?.has('$ZodType'))
      throw new Error(`Invalid element at key "${String(k)}": expected a Zod schema`);
  const okeys = optionalKeys(def.shape);
  return { ...def, allKeys, symbolKeys, keySet: new Set(keys), numKeys: keys.length, optionalKeys: new Set(okeys) };
}
function handleCatchall(proms, input, payload, ctx, def, inst, abortEarly) {
  const unrecognized = [];
  const keySet = def.keySet;
  const _catchall = def.catchall._zod;
  const t = _catchall.def.type;
  const optin = _catchall.optin;
  const optout = _catchall.optout;
  let seen = 0;
  for (const key in input) {
    if (abortEarly && payload.issues.length !== seen) {
      if (aborted(payload, seen)) break;
      seen = payload.issues.length;
    }
    if (keySet.has(key)) continue;
    if (key === '__proto__') {
      if (t === 'never') unrecognized.push(key);
      continue;
    }
    if (t === 'never') {
      unrecognized.push(key);
      continue;
    }
    const r = _catchall.run({ value: input[key], issues: [] }, ctx);
    if (r instanceof Promise) proms.push(r.then((r) => handlePropertyResult(r, payload, key, input, optin, optout)));
    else handlePropertyResult(r, payload, key, input, optin, optout);
  }
  if (unrecognized.length)
    payload.issues.push({ code: 'unrecognized_keys', keys: unrecognized, input, inst, continue: true });
  if (!proms.length) return payload;
  return Promise.all(proms).then(() => payload);
}
const $ZodObject = $constructor('$ZodObject', (inst, def) => {
  $ZodType.init(inst, def);
  const desc = Object.getOwnPropertyDescriptor(def, 'shape');
  const sh = desc?.get ? desc.get.raw : (def.shape ?? {});
  if (sh) {
    const get = () => {
      const newSh = { ...sh };
      Object.defineProperty(def, 'shape', { value: newSh });
      get.raw = newSh;
      return newSh;
    };
    get.raw = sh;
    Object.defineProperty(def, 'shape', { get });
  }
  const _normalized = cached(() => normalizeDef(def));
  defineLazyInternal(inst, 'propValues', (zod) => {
    const shape = zod.def.shape;
    const propValues = {};
    for (const key in shape) {
      const field = shape[key]._zod;
      if (field.values) {
        if (!Object.prototype.hasOwnProperty.call(propValues, key)) assignProp(propValues, key, new Set());
        for (const v of field.values) propValues[key].add(v);
        if (field.optin !== void 0) propValues[key].add(void 0);
      }
    }
    return propValues;
  });
  const isObject = util_isObject;
  const catchall = def.catchall;
  let value;
  const memo = core_globalConfig.memoizer;
  memo?.attach(inst);
  inst._zod.parse = (payload, ctx) => {
    value ?? (value = _normalized.value);
    const input = payload.value;
    if (!isObject(input)) {
      payload.issues.push({ expected: 'object', code: 'invalid_type', input, inst });
      return payload;
    }
    payload.value = memo ? memo.alloc(inst, payload, {}, ctx) : {};
    const proms = [];
    const shape = value.shape;
    const abortEarly = ctx?.abortEarly;
    let seen = payload.issues.length;
    for (const key of value.allKeys) {
      if (abortEarly && payload.issues.length !== seen) {
        if (aborted(payload, seen)) break;
        seen = payload.issues.length;
      }
      if (key === '__proto__') continue;
      const el = shape[key];
      const optin = el._zod.optin;
      const optout = el._zod.optout;
      const r = el._zod.run({ value: input[key], issues: [] }, ctx);
      if (r instanceof Promise) proms.push(r.then((r) => handlePropertyResult(r, payload, key, input, optin, optout)));
      else handlePropertyResult(r, payload, key, input, optin, optout);
    }
    if (!catchall) return proms.length ? Promise.all(proms).then(() => payload) : payload;
    return handleCatchall(proms, input, payload, ctx, _normalized.value, inst, abortEarly === true);
  };
});
function handleUnionResults(results, final, inst, ctx) {
  for (const result of results)
    if (result.issues.length === 0) {
      final.value = result.value;
      return final;
    }
  const nonaborted = results.filter((r) => !aborted(r));
  if (nonaborted.length === 1) {
    final.value = nonaborted[0].value;
    return nonaborted[0];
  }
  final.issues.push({
    code: 'invalid_union',
    input: final.value,
    inst,
    errors: results.map((result) => result.issues.map((iss) => finalizeIssue(iss, ctx, config()))),
  });
  return final;
}
const $ZodUnion = $constructor('$ZodUnion', (inst, def) => {
  $ZodType.init(inst, def);
  defineLazyInternal(inst, 'optin', (zod) =>
    zod.def.options.some((o) => o._zod.optin === 'defaulted')
      ? 'defaulted'
      : zod.def.options.some((o) => o._zod.optin !== void 0)
        ? 'optional'
        : void 0,
  );
  defineLazyInternal(inst, 'optout', (zod) =>
    zod.def.options.some((o) => o._zod.optout === 'optional') ? 'optional' : void 0,
  );
  defineLazyInternal(inst, 'values', (zod) => {
    if (zod.def.options.every((o) => o._zod.values))
      return new Set(zod.def.options.flatMap((option) => Array.from(option._zod.values)));
    return;
  });
  defineLazyInternal(inst, 'pattern', (zod) => {
    if (zod.def.options.every((o) => o._zod.pattern)) {
      const patterns = zod.def.options.map((o) => o._zod.pattern);
      return new RegExp(`^(${patterns.map((p) => cleanRegex(p.source)).join('|')})$`);
    }
    return;
  });
  const first = def.options.length === 1 ? def.options[0]._zod.run : null;
  inst._zod.parse = (payload, ctx) => {
    if (first) return first(payload, ctx);
    let async = false;
    const results = [];
    for (const option of def.options) {
      const result = option._zod.run({ value: payload.value, issues: [] }, ctx);
      if (result instanceof Promise) {
        results.push(result);
        async = true;
      } else {
        if (result.issues.length === 0) return result;
        results.push(result);
      }
    }
    if (!async) return handleUnionResults(results, payload, inst, ctx);
    return Promise.all(results).then((results) => handleUnionResults(results, payload, inst, ctx));
  };
});
const $ZodTransform = $constructor('$ZodTransform', (inst, def) => {
  $ZodType.init(inst, def);
  inst._zod.optin = 'optional';
  core_globalConfig.memoizer?.guard(inst);
  inst._zod.parse = (payload, ctx) => {
    if (ctx.direction === 'backward') throw new $ZodEncodeError(inst.constructor.name);
    const _out = def.transform(payload.value, payload);
    if (ctx.async) {
      const output = _out instanceof Promise ? _out : Promise.resolve(_out);
      return output.then((output) => {
        payload.value = output;
        return payload;
      });
    }
    if (_out instanceof Promise) throw new $ZodAsyncError();
    payload.value = _out;
    return payload;
  };
});
function handleOptionalResult(payload, result) {
  payload.value = result.issues.length ? void 0 : result.value;
  return payload;
}
const $ZodOptional = $constructor('$ZodOptional', (inst, def) => {
  $ZodType.init(inst, def);
  defineLazyInternal(inst, 'optin', (zod) => (zod.def.innerType._zod.optin === 'defaulted' ? 'defaulted' : 'optional'));
  inst._zod.optout = 'optional';
  defineLazyInternal(inst, 'values', (zod) => {
    const values = zod.def.innerType._zod.values;
    return values ? new Set([...values, void 0]) : void 0;
  });
  defineLazyInternal(inst, 'pattern', (zod) => {
    const pattern = zod.def.innerType._zod.pattern;
    return pattern ? new RegExp(`^(${cleanRegex(pattern.source)})?$`) : void 0;
  });
  inst._zod.parse = (payload, ctx) => {
    if (payload.value === void 0) {
      if (def.innerType._zod.optin !== 'defaulted') return payload;
      const result = def.innerType._zod.run({ value: payload.value, issues: [] }, ctx);
      if (result instanceof Promise) return result.then((result) => handleOptionalResult(payload, result));
      return handleOptionalResult(payload, result);
    }
    return def.innerType._zod.run(payload, ctx);
  };
});
const $ZodNullable = $constructor('$ZodNullable', (inst, def) => {
  $ZodType.init(inst, def);
  defineLazyInternal(inst, 'optin', (zod) => zod.def.innerType._zod.optin);
  defineLazyInternal(inst, 'optout', (zod) => zod.def.innerType._zod.optout);
  defineLazyInternal(inst, 'pattern', (zod) => {
    const pattern = zod.def.innerType._zod.pattern;
    return pattern ? new RegExp(`^(${cleanRegex(pattern.source)}|null)$`) : void 0;
  });
  defineLazyInternal(inst, 'values', (zod) =>
    zod.def.innerType._zod.values ? new Set([...zod.def.innerType._zod.values, null]) : void 0,
  );
  inst._zod.parse = (payload, ctx) => {
    if (payload.value === null) return payload;
    return def.innerType._zod.run(payload, ctx);
  };
});
function handleCatchResult(payload, result, def, ctx) {
  if (!result.issues.length) {
    payload.value = result.value;
    if (result.memo) payload.memo = true;
    return payload;
  }
  payload.value = def.catchValue({
    ...result,
    value: payload.value,
    error: { issues: result.issues.map((iss) => finalizeIssue(iss, ctx, config())) },
    input: payload.value,
  });
  return payload;
}
const $ZodCatch = $constructor('$ZodCatch', (inst, def) => {
  $ZodType.init(inst, def);
  defineLazyInternal(inst, 'optin', (zod) => (zod.def.innerType._zod.optin === 'defaulted' ? 'defaulted' : 'optional'));
  defineLazyInternal(inst, 'optout', (zod) => zod.def.innerType._zod.optout);
  defineLazyInternal(inst, 'values', (zod) => zod.def.innerType._zod.values);
  inst._zod.parse = (payload, ctx) => {
    if (ctx.direction === 'backward') return def.innerType._zod.run(payload, ctx);
    const result = def.innerType._zod.run({ value: payload.value, issues: [] }, ctx);
    if (result instanceof Promise) return result.then((result) => handleCatchResult(payload, result, def, ctx));
    return handleCatchResult(payload, result, def, ctx);
  };
});
const $ZodCustom = $constructor('$ZodCustom', (inst, def) => {
  $ZodCheck.init(inst, def);
  $ZodType.init(inst, def);
  inst._zod.parse = (payload, _) => payload;
  inst._zod.check = (payload) => {
    const input = payload.value;
    const r = def.fn(input);
    if (r instanceof Promise) return r.then((r) => handleRefineResult(r, payload, input, inst));
    handleRefineResult(r, payload, input, inst);
    return;
  };
});
function handleRefineResult(result, payload, input, inst) {
  if (!result) {
    const _iss = { code: 'custom', input, inst, path: [...(inst._zod.def.path ?? [])], continue: !inst._zod.def.abort };
    if (inst._zod.def.params) _iss.params = inst._zod.def.params;
    payload.issues.push(util_issue(_iss));
  }
}

// CONCATENATED MODULE: ./node_modules/zod/v4/core/registries.js
var registries_a;
class $ZodRegistry {
  constructor() {
    this._map = new WeakMap();
    this._idmap = new Map();
  }
  add(schema, ..._meta) {
    const meta = _meta[0];
    this._map.set(schema, meta);
    if (meta && typeof meta === 'object' && 'id' in meta) this._idmap.set(meta.id, schema);
    return this;
  }
  clear() {
    this._map = new WeakMap();
    this._idmap = new Map();
    return this;
  }
  remove(schema) {
    const meta = this._map.get(schema);
    if (meta && typeof meta === 'object' && 'id' in meta) this._idmap.delete(meta.id);
    this._map.delete(schema);
    return this;
  }
  get(schema) {
    const p = schema._zod.parent;
    if (p) {
      const pm = { ...(this.get(p) ?? {}) };
      delete pm.id;
      const f = { ...pm, ...this._map.get(schema) };
      return Object.keys(f).length ? f : void 0;
    }
    return this._map.get(schema);
  }
  has(schema) {
    return this._map.has(schema);
  }
}
function registry() {
  return new $ZodRegistry();
}
(registries_a = globalThis).__zod_globalRegistry ?? (registries_a.__zod_globalRegistry = registry());
globalThis.__zod_globalRegistry;

// CONCATENATED MODULE: ./node_modules/zod/v4/core/api.js
function snapshotChecks(def) {
  if (def.checks) def.checks = [...def.checks];
  return def;
}
function _string(Class, params) {
  return new Class(snapshotChecks({ type: 'string', ...normalizeParams(params) }));
}
function _number(Class, params) {
  return new Class(snapshotChecks({ type: 'number', checks: [], ...normalizeParams(params) }));
}
function _boolean(Class, params) {
  return new Class({ type: 'boolean', ...normalizeParams(params) });
}
function _unknown(Class) {
  return new Class({ type: 'unknown' });
}
function _gte(value, params) {
  return new $ZodCheckGreaterThan({ check: 'greater_than', ...normalizeParams(params), value, inclusive: true });
}
function _nonnegative(params) {
  return _gte(0, params);
}
function _maxLength(maximum, params) {
  const ch = new $ZodCheckMaxLength({ check: 'max_length', ...normalizeParams(params), maximum });
  return ch;
}
function _minLength(minimum, params) {
  return new $ZodCheckMinLength({ check: 'min_length', ...normalizeParams(params), minimum });
}
function _refine(Class, fn, _params) {
  const schema = new Class({ type: 'custom', check: 'custom', fn, ...normalizeParams(_params) });
  return schema;
}

// CONCATENATED MODULE: ./node_modules/zod/v4/core/errors.js
function _getMessage() {
  const internals = this._zod;
  internals.message ?? (internals.message = JSON.stringify(internals.def, jsonStringifyReplacer, 2));
  return internals.message;
}
function _setMessage(value) {
  this._zod.message = value;
}
const _messageDesc = { get: _getMessage, set: _setMessage, enumerable: true, configurable: true };
const _issuesDesc = { value: void 0, enumerable: false };
const _installedToString = new WeakSet([Object.prototype, Error.prototype]);
const initializer = (inst, def) => {
  inst.name = '$ZodError';
  _issuesDesc.value = def;
  Object.defineProperty(inst, 'issues', _issuesDesc);
  _issuesDesc.value = void 0;
  Object.defineProperty(inst, 'message', _messageDesc);
  const proto = Object.getPrototypeOf(inst);
  if (!_installedToString.has(proto)) {
    _installedToString.add(proto);
    Object.defineProperty(proto, 'toString', {
      configurable: true,
      enumerable: false,
      get() {
        const value = () => this.message;
        Object.defineProperty(this, 'toString', { value, configurable: true, writable: true });
        return value;
      },
      set(value) {
        Object.defineProperty(this, 'toString', { value, configurable: true, writable: true });
      },
    });
  }
};
$constructor('$ZodError', initializer);
const $ZodRealError = $constructor('$ZodError', initializer, void 0, { Parent: Error });
const _parse = (_Err) => {
  const fn = (schema, value, _ctx, _params) => {
    const ctx = _ctx ? { ..._ctx, async: false } : { async: false };
    const result = schema._zod.run({ value, issues: [] }, ctx);
    if (result instanceof Promise) throw new $ZodAsyncError();
    if (result.issues.length) {
      const e = new (_params?.Err ?? _Err)(result.issues.map((iss) => finalizeIssue(iss, ctx, config())));
      captureStackTrace(e, _params?.callee ?? fn);
      throw e;
    }
    return result.value;
  };
  return fn;
};
const parse_parse = _parse($ZodRealError);
const _parseAsync = (_Err) => {
  const fn = async (schema, value, _ctx, params) => {
    const ctx = _ctx ? { ..._ctx, async: true } : { async: true };
    let result = schema._zod.run({ value, issues: [] }, ctx);
    if (result instanceof Promise) result = await result;
    if (result.issues.length) {
      const e = new (params?.Err ?? _Err)(result.issues.map((iss) => finalizeIssue(iss, ctx, config())));
      captureStackTrace(e, params?.callee ?? fn);
      throw e;
    }
    return result.value;
  };
  return fn;
};
const parse_parseAsync = _parseAsync($ZodRealError);
const _safeParse = (_Err) => (schema, value, _ctx) => {
  const ctx = _ctx ? { ..._ctx, async: false } : { async: false };
  const result = schema._zod.run({ value, issues: [] }, ctx);
  if (result instanceof Promise) throw new $ZodAsyncError();
  return result.issues.length ? failure(_Err, result.issues, ctx) : { success: true, data: result.value };
};
const safeParse = _safeParse($ZodRealError);
function failure(Err, issues, ctx) {
  let error;
  return {
    success: false,
    get error() {
      if (!error) {
        error = new Err(issues.map((iss) => finalizeIssue(iss, ctx, config())));
        issues = void 0;
        ctx = void 0;
      }
      return error;
    },
    set error(e) {
      error = e;
      issues = void 0;
      ctx = void 0;
    },
  };
}
const _safeParseAsync = (_Err) => async (schema, value, _ctx) => {
  const ctx = _ctx ? { ..._ctx, async: true } : { async: true };
  let result = schema._zod.run({ value, issues: [] }, ctx);
  if (result instanceof Promise) result = await result;
  return result.issues.length ? failure(_Err, result.issues, ctx) : { success: true, data: result.value };
};
const safeParseAsync = _safeParseAsync($ZodRealError);

// CONCATENATED MODULE: ./node_modules/zod/v4/mini/schemas.js
const ZodMiniType = $constructor(
  'ZodMiniType',
  (inst, def) => {
    if (!inst._zod) throw new Error('Uninitialized schema in ZodMiniType.');
    $ZodType.init(inst, def);
    inst.def = def;
    inst.type = def.type;
  },
  {
    get with() {
      return this.check;
    },
    set with(value) {
      own(this, 'with', value);
    },
    parse(data, params) {
      return parse_parse(this, data, params, { callee: this.parse });
    },
    parseAsync(data, params) {
      return parse_parseAsync(this, data, params, { callee: this.parseAsync });
    },
    safeParse(data, params) {
      return safeParse(this, data, params);
    },
    safeParseAsync(data, params) {
      return safeParseAsync(this, data, params);
    },
    check(...checks) {
      const def = this.def;
      return this.clone(
        {
          ...def,
          checks: [
            ...(def.checks ?? []),
            ...checks.map((ch) =>
              typeof ch === 'function' ? { _zod: { check: ch, def: { check: 'custom' }, onattach: [] } } : ch,
            ),
          ],
        },
        { parent: true },
      );
    },
    clone(_def, params) {
      return clone(this, _def, params);
    },
    brand() {
      return this;
    },
    register(reg, meta) {
      reg.add(this, meta);
      return this;
    },
    apply(fn, ...args) {
      return args.length === 0 ? fn(this) : fn(this, ...args);
    },
  },
);
const ZodMiniString = $constructor('ZodMiniString', (inst, def) => {
  $ZodString.init(inst, def);
  ZodMiniType.init(inst, def);
});
function schemas_string(params) {
  return _string(ZodMiniString, params);
}
const ZodMiniNumber = $constructor('ZodMiniNumber', (inst, def) => {
  $ZodNumber.init(inst, def);
  ZodMiniType.init(inst, def);
});
function schemas_number(params) {
  return _number(ZodMiniNumber, params);
}
const ZodMiniBoolean = $constructor('ZodMiniBoolean', (inst, def) => {
  $ZodBoolean.init(inst, def);
  ZodMiniType.init(inst, def);
});
function schemas_boolean(params) {
  return _boolean(ZodMiniBoolean, params);
}
const ZodMiniUnknown = $constructor('ZodMiniUnknown', (inst, def) => {
  $ZodUnknown.init(inst, def);
  ZodMiniType.init(inst, def);
});
function schemas_unknown() {
  return _unknown(ZodMiniUnknown);
}
const ZodMiniArray = $constructor('ZodMiniArray', (inst, def) => {
  $ZodArray.init(inst, def);
  ZodMiniType.init(inst, def);
});
function array(element, params) {
  return new ZodMiniArray({ type: 'array', element, ...normalizeParams(params) });
}
const ZodMiniObject = $constructor('ZodMiniObject', (inst, def) => {
  $ZodObject.init(inst, def);
  ZodMiniType.init(inst, def);
  installLazyProp(inst, 'shape', (self) => self._zod.def.shape, false);
});
function schemas_object(shape, params) {
  const def = { type: 'object', shape: shape ?? {}, ...normalizeParams(params) };
  return new ZodMiniObject(def);
}
function looseObject(shape, params) {
  return new ZodMiniObject({ type: 'object', shape, catchall: schemas_unknown(), ...normalizeParams(params) });
}
const ZodMiniUnion = $constructor('ZodMiniUnion', (inst, def) => {
  $ZodUnion.init(inst, def);
  ZodMiniType.init(inst, def);
});
function union(options, params) {
  return new ZodMiniUnion({ type: 'union', options, ...normalizeParams(params) });
}
const ZodMiniTransform = $constructor('ZodMiniTransform', (inst, def) => {
  $ZodTransform.init(inst, def);
  ZodMiniType.init(inst, def);
});
function transform(fn) {
  return new ZodMiniTransform({ type: 'transform', transform: fn });
}
const ZodMiniOptional = $constructor('ZodMiniOptional', (inst, def) => {
  $ZodOptional.init(inst, def);
  ZodMiniType.init(inst, def);
});
function optional(innerType) {
  return new ZodMiniOptional({ type: 'optional', innerType });
}
const ZodMiniNullable = $constructor('ZodMiniNullable', (inst, def) => {
  $ZodNullable.init(inst, def);
  ZodMiniType.init(inst, def);
});
function nullable(innerType) {
  return new ZodMiniNullable({ type: 'nullable', innerType });
}
const ZodMiniCatch = $constructor('ZodMiniCatch', (inst, def) => {
  $ZodCatch.init(inst, def);
  ZodMiniType.init(inst, def);
});
function schemas_catch(innerType, catchValue) {
  return new ZodMiniCatch({
    type: 'catch',
    innerType,
    catchValue: typeof catchValue === 'function' ? catchValue : constantCatch(catchValue),
  });
}
const ZodMiniCustom = $constructor('ZodMiniCustom', (inst, def) => {
  $ZodCustom.init(inst, def);
  ZodMiniType.init(inst, def);
});
function refine(fn, _params = {}) {
  return _refine(ZodMiniCustom, fn, _params);
}

// CONCATENATED MODULE: ./src/json.ts
const nonBlank = transform((value) => (typeof value === 'string' && value.trim() !== '' ? value : void 0));
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return;
  }
}

// CONCATENATED MODULE: ./src/sanitize.ts
const maxAnnotationLength = 4e3;
const maxValueLength = 200;
const maxNotesLength = 1e5;
const bidiControls = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
function sanitizeLine(text, maxLength = maxValueLength) {
  return truncate(text, maxLength)
    .replace(/[^ -~\u00a0-\u2027\u202a-\uffff]+/g, ' ')
    .replace(bidiControls, '')
    .replaceAll('##[', '## [')
    .replace(/^\s*::/, ': :');
}
function sanitizeAnnotation(text) {
  const lines = text.split('\n').map((line) => sanitizeLine(line, maxAnnotationLength));
  return truncate(lines.join('\n'), maxAnnotationLength);
}
function sanitizeCell(text, maxLength = maxValueLength) {
  return escapeHtml(sanitizeLine(text, maxLength)) || '&nbsp;';
}
function codeBlock(text) {
  const shown = truncate(text, maxNotesLength)
    .replace(/[^\t\n -~\u00a0-\uffff]/g, '')
    .replace(bidiControls, '')
    .replace(/^\n+/, '')
    .trimEnd();
  const runs = shown.match(/`+/g) ?? [];
  const fence = '`'.repeat(runs.reduce((longest, run) => Math.max(longest, run.length), 2) + 1);
  return `\n\n${fence}text\n${shown}\n${fence}\n\n`;
}
function truncate(text, maxLength) {
  return text.length <= maxLength ? text.toWellFormed() : `${text.slice(0, maxLength).toWellFormed()}\u2026`;
}
function escapeHtml(text) {
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

// CONCATENATED MODULE: ./src/failures.ts
const releasesPage = 'Organization settings \u2192 Projects \u2192 (project) \u2192 Releases';
const keysPage = 'Organization settings \u2192 Projects \u2192 (project) \u2192 General';
const policies = {
  misconfiguration: { isRetried: false, mayExist: false, isOutage: false, describe: describeMisconfiguration },
  'not-created': {
    isRetried: true,
    mayExist: false,
    isOutage: true,
    describe: ({ reason, retryAfterMs }, attempts) => {
      const wait = retryAfterMs > 0 ? `, which asks to wait ${seconds(retryAfterMs)}` : '';
      return `Amplitude is unavailable (${reason}${wait}${countOf(attempts)}). The release was not created. Re-run the job later.`;
    },
  },
  'maybe-created': {
    isRetried: false,
    mayExist: true,
    isOutage: true,
    describe: ({ reason, search }, attempts) =>
      `The release may or may not have been created (${reason}${countOf(attempts)}). ${describeSearch(search)}Check in Amplitude, under ${releasesPage}, before you re-run the job: a second run could publish it twice.`,
  },
  'no-release': {
    isRetried: false,
    mayExist: true,
    isOutage: false,
    describe: ({ reason, search }) =>
      `The response contains no release (${reason}). ${describeSearch(search)}Check in Amplitude, under ${releasesPage}, whether the release was created before you re-run the job.`,
  },
};
class ApiError extends Error {
  name = 'ApiError';
  failure;
  attempts;
  constructor(failure, attempts) {
    super(policies[failure.class].describe(failure, attempts), { cause: failure.cause });
    this.failure = failure;
    this.attempts = attempts;
  }
}
function describeMisconfiguration({ reason, status, stage, target }) {
  if (stage === 'verifying')
    return `The TLS certificate could not be verified (${reason}), so nothing was sent. If your proxy or gateway uses its own certificate authority, set \`NODE_EXTRA_CA_CERTS\` in the step's \`env\` to the file with its certificate.`;
  if (stage === 'proxy') return `The proxy cannot be used (${reason}). Nothing was sent.`;
  if (status !== void 0 && status >= 300 && status < 400)
    return `Amplitude answered with a redirect (${reason}). Redirects are not followed, to keep the keys from reaching another host. Set \`api-url\` to the address that serves the Releases API.`;
  return `Amplitude rejected the release (${reason}). ${adviceFor(status, target)}`;
}
function adviceFor(status, { region }) {
  switch (status) {
    case 401:
    case 403:
      return `Check that \`api-key\` and \`secret-key\` belong to the same project (${keysPage}). ${regionAdvice[region ?? 'none']}`.trim();
    case 404:
      return 'There is no Releases API at this address. Check `api-url`, or remove it.';
    case 413:
      return 'The release is too large. Shorten `description`.';
    case void 0:
    default:
      return 'Fix the value that Amplitude names. If it names none, compare the output `payload` with the documentation of its Releases API.';
  }
}
const regionAdvice = {
  us: 'If the project is hosted in the EU, set `region: eu`.',
  eu: 'If the project is not hosted in the EU, set `region: us`.',
  none: '',
};
function describeSearch(search) {
  if (search === void 0) return '';
  return search.problem === void 0
    ? `The project's list of releases did not show it within ${seconds(search.searchedMs)}, but the list may lag. `
    : `The project's list of releases could not be read (${search.problem}). `;
}
function countOf(attempts) {
  return attempts === 1 ? '' : `, after ${String(attempts)} attempts`;
}
function seconds(durationMs) {
  return Number.isFinite(durationMs) ? `${String(Math.ceil(durationMs / 1e3))} s` : 'longer than any `timeout`';
}
const maxErrorBytes = 65536;
const maxQuoteLength = 500;
function errorMessageFrom(body, redactor) {
  const sentence = schemas_catch(optional(schemas_string()), void 0);
  const errorSchema = schemas_object({
    message: sentence,
    metadata: schemas_catch(optional(schemas_object({ details: sentence })), void 0),
  });
  const errorBodySchema = schemas_object({
    error: schemas_catch(optional(union([schemas_string(), errorSchema])), void 0),
    errors: schemas_catch(optional(array(schemas_object({ message: schemas_string() }))), void 0),
    message: sentence,
  });
  const { error, errors, message } = errorBodySchema.safeParse(parseJson(body)).data ?? {};
  const candidates = [
    ...(typeof error === 'string' ? [error] : [error?.metadata?.details, error?.message]),
    errors?.map((entry) => entry.message).join('; '),
    message,
    body,
  ];
  const found = candidates.map((candidate) => candidate?.trim() ?? '').find((candidate) => candidate !== '') ?? '';
  return truncate(redactor.redactParts(found).replace(/\s+/g, ' '), maxQuoteLength);
}

// CONCATENATED MODULE: ./package.json
const package_namespaceObject = JSON.parse(
  '{"UU":"publish-release-to-amplitude","rE":"1.0.0","Jk":"https://github.com/OWNER/publish-release-to-amplitude"}',
);

// CONCATENATED MODULE: ./src/request.ts
const minResponseMs = 100;
const maxInterimResponses = 1e4;
function monotonicMs() {
  return process.uptime() * 1e3;
}
function send(request) {
  return openRequest(request, request.timeoutMs).send(request);
}
function openRequest(head, maxWaitMs) {
  const waiting = connect(head);
  waiting.sockets.endAfter(maxWaitMs, 'the connection was not used in time');
  return {
    send: async ({ body, timeoutMs, maxBodyBytes }) => {
      const startMs = monotonicMs();
      const remainingMs = () => startMs + timeoutMs - monotonicMs();
      let connection = waiting;
      const fail = (stage) => (cause) => {
        const facts = { stage: cause instanceof RequestError ? cause.stage : stage };
        throw new RequestError(`${connection.place()}: ${explain(cause)}`, facts, { cause });
      };
      const open = () => {
        connection.sockets.endAfter(remainingMs(), `no response within ${String(Math.round(timeoutMs / 100) / 10)} s`);
        connection.sockets.ref();
        return connection.opening.catch(fail('connecting'));
      };
      const close = () => {
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
        if (remainingMs() < minResponseMs)
          throw new RequestError(`${connection.place()}: no time is left for a response`, { stage: 'connecting' });
        const response = await exchange.send(body, maxBodyBytes).catch(fail('sent'));
        return { ...response, durationMs: Math.round(monotonicMs() - startMs) };
      } finally {
        close();
      }
    },
  };
}
async function noticeEvents() {
  await (0, promises_namespaceObject.setImmediate)();
  await (0, promises_namespaceObject.setImmediate)();
}
function connect(head) {
  const { url, proxies, signal } = head;
  const sockets = new SocketGroup(signal);
  let place = url.host;
  let isLost = () => false;
  const open = async () => {
    const proxy = proxyFor(url, proxies);
    if (proxy !== void 0) place = `${url.host} through the proxy ${proxy.host}`;
    const creating = createExchange(head, () => connecting);
    const connecting = openConnection(url, proxy, sockets);
    const [socket, exchange] = await Promise.all([connecting, creating]);
    isLost = () => exchange.hasResponse() || socket.destroyed;
    return exchange;
  };
  const opening = open();
  opening.catch(() => {
    isLost = () => true;
  });
  return { sockets, opening, place: () => place, isLost: () => isLost() };
}
async function createExchange({ method, url, headers }, connecting) {
  await (0, promises_namespaceObject.setImmediate)();
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
      'user-agent': `${package_namespaceObject.UU}/${package_namespaceObject.rE}`,
    },
    createConnection: (_options, onConnect) => {
      connecting().then(
        (socket) => {
          onConnect(null, socket);
        },
        () => {},
      );
      return;
    },
  });
  const response = new Promise((resolve, reject) => {
    outgoing.once('response', (incoming) => {
      hasResponse = true;
      const { statusCode = 0 } = incoming;
      if (statusCode >= 200) resolve(readBody(outgoing, incoming, maxBytes));
      else reject(new Error(`the response has the status ${String(statusCode)}, which is not a final one`));
    });
    let interimResponses = 0;
    outgoing.on('information', () => {
      interimResponses += 1;
      if (interimResponses > maxInterimResponses) outgoing.destroy(new Error('there are too many interim responses'));
    });
    outgoing.on('error', reject);
    outgoing.once('close', () => {
      reject(new Error('the connection was closed without a response'));
    });
  });
  response.catch(() => {});
  return {
    hasResponse: () => hasResponse,
    send: (body, maxBodyBytes) => {
      maxBytes = maxBodyBytes;
      outgoing.end(body === void 0 ? void 0 : Buffer.from(body, 'utf8'));
      return response;
    },
  };
}
function readBody(outgoing, incoming, maxBodyBytes) {
  const { statusCode: status = 0, headers } = incoming;
  const isEncoded = !['', 'identity'].includes(headers['content-encoding'] ?? '');
  let bytes = Buffer.alloc(0);
  let length = 0;
  let isCut = false;
  let isLost = false;
  return new Promise((resolve) => {
    incoming.on('data', (part) => {
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
    outgoing.once('error', () => {
      isLost = !incoming.complete;
    });
    incoming.on('error', () => {});
    const finish = () => {
      resolve({
        status,
        headers,
        body: isEncoded ? '' : bytes.toString('utf8', 0, length),
        isComplete: incoming.complete && !isCut && !isLost && !isEncoded,
      });
    };
    incoming.once('end', finish);
    incoming.once('close', finish);
  });
}

// CONCATENATED MODULE: ./src/retry-after.ts
function parseRetryAfter(headers) {
  const { 'retry-after': retryAfter, date } = headers;
  if (typeof retryAfter !== 'string') return;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1e3;
  const nowMs = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  const waitMs = Date.parse(retryAfter) - (Number.isNaN(nowMs) ? Date.now() : nowMs);
  return Number.isNaN(waitMs) ? void 0 : Math.max(0, waitMs);
}

// CONCATENATED MODULE: ./src/project-releases.ts
const hosts = { us: 'https://developer-api.amplitude.com', eu: 'https://developer-api.eu.amplitude.com' };
const pageSize = 200;
const maxLookupMs = 1e4;
const firstWaitMs = 500;
const maxWaitMs = 4e3;
const maxBodyBytes = 33554432;
const project_releases_maxQuoteLength = 500;
const dayMs = 864e5;
function projectReleasesUrl({ region, apiUrl, projectId }) {
  const base = apiUrl ?? new URL(hosts[region]);
  return new URL(`${base.origin}${base.pathname.replace(/\/+$/, '')}/v1/projects/${projectId}/releases`);
}
async function findRelease(query, remainingMs) {
  const deadlineMs = monotonicMs() + Math.min(maxLookupMs, remainingMs / 2);
  for (let requests = 1; ; requests += 1) {
    const reply = await readReleases(query, deadlineMs - monotonicMs());
    if (reply.kind === 'rejected') throw rejectedToken(reply.reason);
    if (reply.kind !== 'unknown' || reply.retryAfterMs === void 0) return reply;
    const waitMs = waitAfter(requests, reply);
    if (query.signal.aborted || monotonicMs() + waitMs >= deadlineMs) return reply;
    await pause(waitMs, query.signal);
  }
}
async function waitForRelease(query, timeoutMs) {
  const startMs = monotonicMs();
  const deadlineMs = startMs + timeoutMs;
  let isRead = false;
  let problem;
  for (let requests = 1; ; requests += 1) {
    const reply = await readReleases(query, deadlineMs - monotonicMs());
    if (reply.kind === 'found') return reply;
    if (reply.kind === 'absent') isRead = true;
    else problem ??= reply.reason;
    const waitMs = waitAfter(requests, reply);
    const isLast = reply.kind === 'rejected' || query.signal.aborted;
    if (isLast || monotonicMs() + waitMs >= deadlineMs) {
      const searchedMs = Math.round(monotonicMs() - startMs);
      return { kind: 'not-found', searchedMs, problem: isRead ? void 0 : problem };
    }
    await pause(waitMs, query.signal);
  }
}
function waitAfter(requests, reply) {
  const waitMs = Math.random() * Math.min(firstWaitMs * 2 ** (requests - 1), maxWaitMs);
  return Math.max(waitMs, reply.kind === 'unknown' ? (reply.retryAfterMs ?? 0) : 0);
}
async function pause(waitMs, signal) {
  await (0, promises_namespaceObject.setTimeout)(waitMs, void 0, { signal }).catch(() => {});
}
function rejectedToken(reason) {
  return new InputError([
    {
      input: 'access-token',
      message: `was rejected for the project in \`project-id\` (${reason}). Check that the token is valid, has the scope \`analytics:read\`, and can see this project, and that \`region\` is the region of the project. Without both inputs the release is published without asking.`,
    },
  ]);
}
async function readReleases(query, timeoutMs) {
  const { accessToken, proxies, redactor, signal } = query;
  const url = projectReleasesUrl(query);
  url.searchParams.set('limit', String(pageSize));
  url.searchParams.set('release_start_before', new Date(startOf(query.release) + dayMs).toISOString());
  try {
    const deadlineMs = monotonicMs() + timeoutMs;
    const ask = (authorization) =>
      send({
        method: 'GET',
        url,
        headers: { accept: 'application/json', authorization },
        proxies,
        timeoutMs: Math.max(1, Math.round(deadlineMs - monotonicMs())),
        maxBodyBytes,
        signal,
      });
    const response = await ask(`Bearer ${accessToken}`);
    const hasOtherForm = response.status === 401 && accessToken.startsWith('amp_');
    return readReply(hasOtherForm ? await ask(`Bearer PAT=${accessToken}`) : response, url.host, query);
  } catch (error) {
    return { kind: 'unknown', reason: redactor.redactParts(messageOf(error)) };
  }
}
function readReply(response, host, query) {
  const { redactor } = query;
  const { status, headers, isComplete } = response;
  const body = parseJson(response.body);
  if (status === 200 && isComplete) return readPage(body, host, query);
  const problemSchema = schemas_object({
    title: schemas_catch(optional(schemas_string()), void 0),
    detail: schemas_catch(optional(schemas_string()), void 0),
    retry_after_seconds: schemas_catch(optional(schemas_number().check(_nonnegative())), void 0),
  });
  const { title, detail, retry_after_seconds: retryAfterSeconds } = problemSchema.safeParse(body).data ?? {};
  const words = detail ?? title;
  const facts = [
    String(status),
    ...(isComplete ? [] : ['the response was cut short']),
    ...(words === void 0 ? [] : [`"${truncate(redactor.redactParts(words), project_releases_maxQuoteLength)}"`]),
  ];
  const reason = `${host}: ${facts.join(', ')}`;
  if (status === 401 || status === 403) return { kind: 'rejected', reason };
  const bodyRetryAfterMs = retryAfterSeconds === void 0 ? void 0 : retryAfterSeconds * 1e3;
  const retryAfterMs = status === 429 ? (parseRetryAfter(headers) ?? bodyRetryAfterMs) : void 0;
  return { kind: 'unknown', reason, retryAfterMs };
}
function readPage(body, host, { release, redactor }) {
  const unknown = (what) => ({ kind: 'unknown', reason: `${host}: ${what}` });
  const pageSchema = schemas_object({
    data: array(schemas_unknown()),
    pagination: schemas_object({ next_cursor: optional(nullable(schemas_string())) }),
  });
  const page = pageSchema.safeParse(body).data;
  if (page === void 0) return unknown('200 in an unknown shape');
  const releaseSchema = looseObject({
    id: schemas_string().check(_minLength(1)),
    version: nullable(schemas_string()),
    platforms: nullable(array(schemas_string())),
    release_start: schemas_string(),
    type: schemas_string(),
    deleted: optional(schemas_boolean()),
  });
  const releases = page.data.flatMap((entry) => releaseSchema.safeParse(entry).data ?? []);
  const sameVersion = releases.filter(({ version, deleted }) => version === release.version && deleted !== true);
  const platforms = setOf(release.platforms);
  const match = sameVersion.find((entry) => entry.type !== 'automatic' && setOf(entry.platforms) === platforms);
  if (match !== void 0) {
    const { redactParts, redactWhole } = redactor;
    return { kind: 'found', id: redactParts(match.id), release: redactWhole(JSON.stringify(match)) };
  }
  if (releases.length < page.data.length) return unknown('200 with a release in an unknown shape');
  const oldestStartMs = Date.parse(releases.at(-1)?.release_start ?? '');
  if (typeof page.pagination.next_cursor === 'string' && !(oldestStartMs <= startOf(release)))
    return unknown(`200 with ${String(releases.length)} releases that do not go back to the start of this one`);
  return { kind: 'absent', isDetected: sameVersion.some(({ type }) => type === 'automatic') };
}
function setOf(platforms) {
  return JSON.stringify([...new Set(platforms)].sort());
}
function startOf({ release_start: start }) {
  return Date.parse(`${start.replace(' ', 'T')}Z`);
}

// CONCATENATED MODULE: ./src/amplitude.ts
const amplitude_hosts = { us: 'https://amplitude.com', eu: 'https://analytics.eu.amplitude.com' };
const amplitude_path = '/api/2/release';
const amplitude_firstWaitMs = 500;
const minAttemptMs = 1e3;
const amplitude_maxWaitMs = 4e3;
function targetFor({ region, apiUrl }) {
  if (apiUrl === void 0) return { url: new URL(amplitude_hosts[region] + amplitude_path), region };
  return { url: new URL(apiUrl.origin + apiUrl.pathname.replace(/\/+$/, '') + amplitude_path), region: void 0 };
}
function openPublication(destination, timeoutMs) {
  const { target, credentials, proxies, signal } = destination;
  const headers = {
    accept: 'application/json',
    authorization: `Basic ${credentials.basic}`,
    'content-type': 'application/json',
  };
  const head = { method: 'POST', url: target.url, headers, proxies, signal };
  return { ...destination, request: openRequest(head, Math.min(timeoutMs, amplitude_maxWaitMs)) };
}
async function publish(payload, options) {
  const { retries, timeoutMs, query, signal, onRetry } = options;
  const deadlineMs = monotonicMs() + timeoutMs;
  let { request } = options;
  for (let attempts = 1; ; attempts += 1) {
    const remainingMs = deadlineMs - monotonicMs();
    const attemptTimeoutMs = query === void 0 ? remainingMs : remainingMs / 2;
    const result = await attempt(request, payload, options, attemptTimeoutMs);
    if ('id' in result) return result;
    const waitMs = Math.max(Math.random() * amplitude_firstWaitMs * 2 ** (attempts - 1), result.retryAfterMs);
    const hasTime = monotonicMs() + waitMs + Math.min(minAttemptMs, timeoutMs / 4) < deadlineMs;
    const isRetried = policies[result.class].isRetried && attempts <= retries && hasTime && !signal.aborted;
    if (isRetried) {
      onRetry(result.reason, waitMs);
      await (0, promises_namespaceObject.setTimeout)(waitMs, void 0, { signal }).catch(() => {
        throw new ApiError(result, attempts);
      });
    }
    const confirmed = query === void 0 ? result : await amplitude_confirm(result, query, deadlineMs - monotonicMs());
    if ('id' in confirmed) return confirmed;
    if (!isRetried) throw new ApiError(confirmed, attempts);
    ({ request } = openPublication(options, deadlineMs - monotonicMs()));
  }
}
async function amplitude_confirm(failure, query, remainingMs) {
  const { mayExist } = policies[failure.class];
  if ((!mayExist && failure.status !== 503) || query.signal.aborted) return failure;
  if (!mayExist) {
    const finding = await findRelease(query, remainingMs);
    return finding.kind === 'found' ? finding : failure;
  }
  const search = await waitForRelease(query, remainingMs);
  return search.kind === 'found' ? search : { ...failure, search };
}
async function attempt(request, payload, options, timeoutMs) {
  try {
    const response = await request.send({
      body: payload,
      timeoutMs: Math.max(1, Math.round(timeoutMs)),
      maxBodyBytes: maxErrorBytes + 6 * Buffer.byteLength(payload),
    });
    return parseResponse(response, options);
  } catch (cause) {
    if (!(cause instanceof RequestError)) throw cause;
    return failureFrom(cause, options);
  }
}
function failureFrom(cause, { target, redactor }) {
  if (cause instanceof RequestError) {
    const { stage } = cause;
    const reason = redactor.redactParts(messageOf(cause));
    return { class: classOfStage[stage], target, reason, status: void 0, stage, retryAfterMs: 0, cause };
  }
  const { status, headers, body, isComplete } = cause;
  const quote = errorMessageFrom(body.slice(0, maxErrorBytes), redactor);
  const reason = [
    `${target.url.host}: ${String(status)}`,
    ...(isComplete ? [] : ['the response was cut short']),
    ...(quote === '' ? [] : [`"${quote}"`]),
  ].join(', ');
  return {
    class: classify(cause),
    target,
    reason,
    status,
    stage: void 0,
    retryAfterMs: parseRetryAfter(headers) ?? 0,
    cause: void 0,
  };
}
const classOfStage = {
  connecting: 'not-created',
  verifying: 'misconfiguration',
  proxy: 'misconfiguration',
  sent: 'maybe-created',
};
const publishedSchema = schemas_object({
  success: transform((value) => value === void 0 || value === true),
  release: looseObject({ id: nonBlank }),
});
function parseResponse(response, options) {
  const { status, durationMs, body } = response;
  const json = isSuccess(status) ? parseJson(body) : void 0;
  const { success, release } = publishedSchema.safeParse(json).data ?? {};
  if (success !== true || release?.id === void 0) return failureFrom(response, options);
  const { redactParts, redactWhole } = options.redactor;
  const { app_id: projectId } = release;
  return {
    kind: 'created',
    id: redactParts(release.id),
    release: redactWhole(stringify(release)),
    projectId: typeof projectId === 'number' ? String(projectId) : void 0,
    status,
    durationMs,
  };
}
function stringify(release) {
  try {
    return JSON.stringify(release);
  } catch {
    return JSON.stringify({ id: release.id });
  }
}
function classify({ status, isComplete, body }) {
  if (status === 429) return 'not-created';
  if (status === 503) return mayHaveReachedUpstream(body) ? 'maybe-created' : 'not-created';
  if (isSuccess(status)) return isComplete ? 'no-release' : 'maybe-created';
  return status >= 300 && status < 500 ? 'misconfiguration' : 'maybe-created';
}
const unsentReasons = ['connection failure', 'local connection failure', 'remote connection failure', 'overflow'];
function mayHaveReachedUpstream(body) {
  const text = body.toLowerCase();
  if (!/upstream connect error|disconnect\/reset|reset reason/.test(text)) return false;
  const reason = /reset reason:\s*([a-z ]*[a-z])/.exec(text)?.[1] ?? '';
  return text.includes('retried') || !unsentReasons.includes(reason);
}
function isSuccess(status) {
  return status >= 200 && status < 300;
}

// CONCATENATED MODULE: ./src/unicode-pattern.ts
function unicodePattern(source) {
  return new RegExp(String.raw(source), 'gu');
}

// CONCATENATED MODULE: ./src/app-versions.ts
const periodDays = 30;
const app_versions_dayMs = 864e5;
const app_versions_maxBodyBytes = 1048576;
const minUserShare = 0.01;
const maxExamples = 3;
const noValue = '(none)';
async function checkApp(query, release, now) {
  const [versions, platforms] = await Promise.all([
    readComposition(query, 'version', now),
    release.platforms === void 0 ? void 0 : readComposition(query, 'platform', now),
  ]);
  if (versions.kind === 'rejected') return versions;
  if (platforms?.kind === 'rejected') return platforms;
  return { kind: 'checked', findings: compareWithApp(release, versions, platforms) };
}
function compareWithApp(release, versions, platforms) {
  const isAnswered = versions.kind === 'values' || platforms?.kind === 'values';
  return [
    ...(isAnswered ? [{ kind: 'keys-accepted' }] : []),
    ...compareVersion(release, versions),
    ...(platforms === void 0 ? [] : comparePlatforms(release.platforms ?? [], platforms)),
  ];
}
function compareVersion(release, versions) {
  if (versions.kind === 'unknown') return [{ kind: 'unchecked', what: 'versions', reason: versions.reason }];
  const [first] = versions.values;
  if (first === void 0) return [{ kind: 'no-version' }];
  const shown = { kind: 'versions', versions: versions.values.slice(0, maxExamples).map(({ value }) => value) };
  const allUsers = versions.values.reduce((sum, { users }) => sum + users, 0);
  const common = versions.values.filter(({ users }) => users >= allUsers * minUserShare);
  const form = formOf(release.version);
  const isKnown = versions.values.some(({ value }) => value === release.version);
  if (isKnown || common.some(({ value }) => isSameForm(formOf(value), form))) return [shown];
  const example = first.value;
  return [
    shown,
    {
      kind: 'version-form',
      version: release.version,
      example,
      differences: differencesBetween(form, formOf(example)),
      tagPrefix: tagPrefixFor(release, form, formOf(example)),
    },
  ];
}
function comparePlatforms(wanted, platforms) {
  if (platforms.kind === 'unknown') return [{ kind: 'unchecked', what: 'platforms', reason: platforms.reason }];
  const used = platforms.values.map(({ value }) => value);
  const unused = wanted.filter((platform) => !used.includes(platform));
  return [
    { kind: 'platforms', platforms: used },
    ...unused.map((platform) => ({
      kind: 'unused-platform',
      platform,
      alike: used.find((other) => spellingOf(other) === spellingOf(platform)),
    })),
  ];
}
function spellingOf(platform) {
  return platform.toLowerCase().replace(unicodePattern`[^\p{L}\p{N}]`, '');
}
const versionPattern = /^(?<prefix>\D*)(?<numbers>\d+(?:\.\d+)*)(?<suffix>.*)$/s;
const commitPattern = /^(?=.*[a-f])[0-9a-f]{7,40}$/i;
function formOf(version) {
  const parts = commitPattern.test(version) ? void 0 : versionPattern.exec(version)?.groups;
  const { prefix = '', numbers = '', suffix = '' } = parts ?? {};
  const isPreRelease = /^[-._]?[a-z]/i.test(suffix);
  return { prefix, numbers: numbers === '' ? 0 : numbers.split('.').length, hasBuild: suffix !== '' && !isPreRelease };
}
function isSameForm(a, b) {
  return a.prefix === b.prefix && a.numbers === b.numbers && a.hasBuild === b.hasBuild;
}
function differencesBetween(form, common) {
  if (form.numbers === 0) return ['is not made of numbers'];
  if (common.numbers === 0) return ['is made of numbers'];
  const prefix = form.prefix === '' ? `does not begin with \`${common.prefix}\`` : `begins with \`${form.prefix}\``;
  return [
    ...(form.prefix === common.prefix ? [] : [prefix]),
    ...(form.numbers === common.numbers
      ? []
      : [`has ${String(form.numbers)} instead of ${String(common.numbers)} numbers`]),
    ...(form.hasBuild === common.hasBuild ? [] : [form.hasBuild ? 'ends with a build' : 'does not end with a build']),
  ];
}
function tagPrefixFor({ isVersionFromTag, tagPrefix = '' }, form, common) {
  const differsInPrefixOnly = isSameForm({ ...form, prefix: common.prefix }, common);
  if (!isVersionFromTag || !differsInPrefixOnly) return;
  const stripped = tagPrefix + form.prefix;
  return stripped.endsWith(common.prefix) ? stripped.slice(0, stripped.length - common.prefix.length) : void 0;
}
function describeFinding(finding) {
  const notice = (text) => ({ text, isNotice: true });
  const fact = (text) => ({ text, isNotice: false });
  switch (finding.kind) {
    case 'keys-accepted':
      return fact('Amplitude accepts the keys in this region.');
    case 'unchecked':
      return notice(
        `The ${finding.what} that your app sends could not be checked (${finding.reason}). This does not affect the release.`,
      );
    case 'versions':
      return fact(`Your app sends versions such as ${finding.versions.join(', ')} (30 days).`);
    case 'no-version':
      return notice(
        'Your app has sent no `Version` in the last 30 days, so the report of the release would stay empty. Mobile SDKs send it by default; set `appVersion` in the Browser SDK, or `app_version` in the HTTP API: https://amplitude.com/docs/sdks',
      );
    case 'version-form':
      return notice(
        `The version ${finding.version} ${finding.differences.join(' and ')}, unlike the versions that your app sends, such as ${finding.example}. Amplitude compares them exactly, so the report of the release would stay empty. ${app_versions_adviceFor(finding.tagPrefix)}`,
      );
    case 'platforms':
      return fact(
        finding.platforms.length === 0
          ? 'Your users have no `Platform` (30 days).'
          : `Your users have the platforms ${finding.platforms.join(', ')} (30 days).`,
      );
    case 'unused-platform':
      return notice(
        `None of your users has the platform ${finding.platform} (30 days). ` +
          (finding.alike === void 0
            ? 'Check `platforms`: Amplitude compares the names exactly.'
            : `Did you mean ${finding.alike}? Correct \`platforms\`: Amplitude compares the names exactly.`),
      );
  }
}
function app_versions_adviceFor(tagPrefix) {
  if (tagPrefix === void 0) return 'Set `version` to the version as your app sends it.';
  return tagPrefix === '' ? 'Remove `tag-prefix`.' : `Set \`tag-prefix: ${tagPrefix}\`.`;
}
async function readComposition({ releaseUrl, credentials, proxies, redactor, signal, timeoutMs }, property, now) {
  const url = new URL('composition', releaseUrl);
  url.searchParams.set('start', dayOf(new Date(now.getTime() - (periodDays - 1) * app_versions_dayMs)));
  url.searchParams.set('end', dayOf(now));
  url.searchParams.set('p', property);
  try {
    const response = await send({
      method: 'GET',
      url,
      headers: { accept: 'application/json', authorization: `Basic ${credentials.basic}` },
      proxies,
      timeoutMs,
      maxBodyBytes: app_versions_maxBodyBytes,
      signal,
    });
    return readResponse(response, url);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    if (error.stage === 'verifying' || error.stage === 'proxy') return { kind: 'rejected', cause: error };
    return { kind: 'unknown', reason: redactor.redactParts(messageOf(error)) };
  }
}
function readResponse(response, { host }) {
  const { status, body, isComplete } = response;
  if (status === 401 || (status === 403 && !isAboutPlan(body))) return { kind: 'rejected', cause: response };
  if (status !== 200) return { kind: 'unknown', reason: `${host}: ${String(status)}` };
  if (!isComplete) return { kind: 'unknown', reason: `${host}: 200, the response was cut short` };
  const compositionSchema = schemas_object({
    data: schemas_object({
      series: array(array(schemas_number())).check(_maxLength(1)),
      xValues: array(schemas_string()),
    }).check(refine(({ series, xValues }) => (series[0] ?? []).length === xValues.length)),
  });
  const composition = compositionSchema.safeParse(parseJson(body)).data;
  if (composition === void 0) return { kind: 'unknown', reason: `${host}: 200 in an unknown shape` };
  const { series, xValues } = composition.data;
  const values = xValues.map((value, index) => ({ value, users: series[0]?.[index] ?? 0 }));
  return {
    kind: 'values',
    values: values.filter(({ value, users }) => value !== noValue && users > 0).sort((a, b) => b.users - a.users),
  };
}
function isAboutPlan(body) {
  return /\b(?:plan|upgrade|subscription)\b/i.test(body);
}
function dayOf(date) {
  return date.toISOString().slice(0, 10).replaceAll('-', '');
}

// CONCATENATED MODULE: ./src/github.ts
const problems = {
  certificate: {
    message: 'the TLS certificate could not be verified',
    advice:
      'If your server or proxy uses its own certificate authority, set `NODE_EXTRA_CA_CERTS` in the `env` of the step to the path of its certificate.',
  },
  moved: {
    message: 'the repository has moved',
    advice: 'It was renamed or transferred after this run was created. New runs use its new name.',
  },
  'not-found': {
    message: 'the tag was not found',
    advice:
      'Check that the tag exists. If the repository is private, give the job `permissions: { contents: read }`, or the token in `github-token` read access to its contents.',
  },
  permission: {
    message: 'the token may not read the repository',
    advice:
      "Give the job `permissions: { contents: read }`, or the token in `github-token` read access to the repository's contents.",
  },
  proxy: {
    message: 'the proxy cannot be used',
    advice: 'Check `HTTPS_PROXY`, or exclude this host from the proxy with `NO_PROXY`.',
  },
  'rate-limit': {
    message: "GitHub's rate limit is exceeded",
    advice: 'If this happens often, set `github-token` to a token with a rate limit of its own.',
  },
  response: {
    message: 'GitHub sent an unexpected response',
    advice: 'Check that `GITHUB_API_URL` is the address of its API, and that no proxy or gateway answers in its place.',
  },
  'single-sign-on': {
    message: 'the organization requires single sign-on',
    advice:
      "Authorize the token in `github-token` for the organization's SAML single sign-on, or leave the input out to use the job's own token.",
  },
  token: {
    message: 'GitHub rejected the token',
    advice:
      "Check that the token in `github-token` is valid and has not expired, or leave the input out to use the job's own token.",
  },
  unavailable: {
    message: 'GitHub is unavailable',
    advice: 'This is usually temporary. If it persists, check that the runner can reach this address.',
  },
};
const kindByStage = { connecting: 'unavailable', verifying: 'certificate', proxy: 'proxy', sent: 'unavailable' };
const github_maxBodyBytes = 4194304;
const github_maxQuoteLength = 200;
class GitHubError extends Error {
  name = 'GitHubError';
  kind;
  constructor(kind, message, options) {
    super(message, options);
    this.kind = kind;
  }
}
function createGitHubClient(repository, timeoutMs) {
  const { owner, repo, token, githubApiUrl, proxies } = repository;
  const deadlineMs = monotonicMs() + timeoutMs;
  const headers = { accept: 'application/vnd.github+json', authorization: `token ${token}` };
  const ask = async (request) => {
    const response = await send({
      ...request,
      headers: request.body === void 0 ? headers : { ...headers, 'content-type': 'application/json' },
      proxies,
      timeoutMs: Math.max(1, Math.round(deadlineMs - monotonicMs())),
      maxBodyBytes: github_maxBodyBytes,
    }).catch((cause) => {
      throw cause instanceof RequestError ? new GitHubError(kindByStage[cause.stage], cause.message, { cause }) : cause;
    });
    if (response.status !== 200 || !response.isComplete) throw errorFrom(response, request.url);
    return response.body;
  };
  return {
    get: async (schema, path, { parameters = {}, signal } = {}) => {
      const segments = ['repos', owner, repo, ...path].map(encodeURIComponent);
      const url = new URL(`${githubApiUrl}/${segments.join('/')}`);
      url.search = new URLSearchParams(parameters).toString();
      return parseData(schema, parseJson(await ask({ method: 'GET', url, signal })), url);
    },
    post: async (address, content) => ask({ method: 'POST', url: new URL(address), body: JSON.stringify(content) }),
  };
}
function parseData(schema, data, { host }) {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new GitHubError('response', `${host}: another shape than documented`, { cause: parsed.error });
}
function errorFrom(response, { host }) {
  const { status, headers, body } = response;
  const words = schemas_object({ message: schemas_string() }).safeParse(parseJson(body)).data?.message ?? '';
  const facts = [
    String(status),
    ...(response.isComplete ? [] : ['the response was cut short']),
    ...(words === '' ? [] : [quote(words)]),
    ...resetFrom(headers),
  ];
  return new GitHubError(kindOf(response, words), `${host}: ${facts.join(', ')}`);
}
function kindOf({ status, headers }, words) {
  if (status === 429) return 'rate-limit';
  if (status === 403) {
    const isLimited = headers['x-ratelimit-remaining'] === '0' || headers['retry-after'] !== void 0;
    if (isLimited || /rate limit|abuse detection/i.test(words)) return 'rate-limit';
    return headers['x-github-sso'] !== void 0 || /\bSAML\b/i.test(words) ? 'single-sign-on' : 'permission';
  }
  if (status === 401) return 'token';
  if (status >= 500 || status === 200) return 'unavailable';
  if (status === 404 && words !== '') return 'not-found';
  return status === 301 && words !== '' ? 'moved' : 'response';
}
function resetFrom(headers) {
  const { 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': reset } = headers;
  if (remaining !== '0' || typeof reset !== 'string' || !/^\d{10}$/.test(reset)) return [];
  return [`resets at ${new Date(Number(reset) * 1e3).toISOString().slice(11, 16)} UTC`];
}
const kindByGraphqlType = new Map([
  ['FORBIDDEN', 'permission'],
  ['INSUFFICIENT_SCOPES', 'permission'],
  ['NOT_FOUND', 'not-found'],
  ['RATE_LIMITED', 'rate-limit'],
]);
async function queryGraphql(github, url, query, variables, schema) {
  if (url === void 0) return;
  const body = await undefinedOn(['not-found', 'response'], github.post(url, { query, variables }));
  if (body === void 0) return;
  const graphqlSchema = schemas_object({
    data: optional(schemas_unknown()),
    errors: optional(
      array(
        schemas_object({
          type: optional(schemas_string()),
          message: schemas_string(),
          extensions: optional(
            looseObject({ code: optional(schemas_string()), saml_failure: optional(schemas_boolean()) }),
          ),
        }),
      ),
    ),
  });
  const { data, errors = [] } = parseData(graphqlSchema, parseJson(body), new URL(url));
  const error = errors[0];
  if (error === void 0) return parseData(schema, data, new URL(url));
  if (errors.some(({ extensions }) => extensions?.code === 'undefinedField')) return;
  const kind = error.extensions?.saml_failure === true ? 'single-sign-on' : kindByGraphqlType.get(error.type);
  throw new GitHubError(kind ?? 'unavailable', `${new URL(url).host}: ${quote(error.message)}`);
}
async function undefinedOn(kinds, data) {
  try {
    return await data;
  } catch (error) {
    if (kinds.includes(problemFrom(error).kind)) return;
    throw error;
  }
}
function problemFrom(error) {
  const kind = error instanceof GitHubError ? error.kind : 'response';
  const { message, advice } = problems[kind];
  return { kind, message: `${message} (${messageOf(error)})`, advice };
}
function quote(words) {
  return `"${truncate(words.replace(/\s+/g, ' ').trim(), github_maxQuoteLength)}"`;
}

// CONCATENATED MODULE: ./src/release-notes.ts
const lookUpTimeoutMs = 5e3;
const signature = /^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE|SIGNED MESSAGE)-----/m;
async function lookUpReleaseNotes(query) {
  const github = createGitHubClient(query, lookUpTimeoutMs);
  const messageLookUp = new AbortController();
  const [release, message] = await Promise.allSettled([
    lookUpRelease(github, query.tag).then((found) => {
      if (found?.body !== void 0) messageLookUp.abort();
      return found;
    }),
    query.isDescriptionOpen ? lookUpMessage(github, query, messageLookUp.signal) : void 0,
  ]);
  const found = release.status === 'fulfilled' ? release.value : void 0;
  const title = found?.name;
  const url = pageOnServer(found?.html_url, query.githubServerUrl);
  if (found?.body !== void 0)
    return { title, description: { text: found.body, source: 'release' }, url, problem: void 0 };
  const text = message.status === 'fulfilled' ? message.value : void 0;
  const failures = [release, message].filter((result) => result.status === 'rejected');
  const problem = failures.map(({ reason }) => problemFrom(reason))[0];
  const isDeleted = found !== void 0 && problem?.kind === 'not-found';
  return {
    title,
    description: text === void 0 ? void 0 : { text, source: 'tag' },
    url,
    problem: isDeleted ? void 0 : problem,
  };
}
async function lookUpRelease(github, tag) {
  const releaseSchema = schemas_object({
    tag_name: schemas_string(),
    name: nonBlank,
    body: nonBlank,
    html_url: nonBlank,
  });
  return undefinedOn(['not-found'], github.get(releaseSchema, ['releases', 'tags', tag]));
}
async function lookUpMessage(github, query, signal) {
  const sha = await lookUpTagObject(github, query, signal);
  if (sha === void 0) return;
  const tagSchema = schemas_object({ message: nonBlank });
  const { message = '' } = await github.get(tagSchema, ['git', 'tags', sha], { signal });
  const text = message.split(signature)[0]?.trim() ?? '';
  return repeatsVersion(text, query.tag) ? void 0 : text;
}
async function lookUpTagObject(github, { tag, tagObject }, signal) {
  switch (tagObject.kind) {
    case 'annotated':
      return tagObject.sha;
    case 'lightweight':
      return;
    case 'unknown': {
      const referenceSchema = schemas_object({
        object: schemas_object({ type: schemas_string(), sha: schemas_string() }),
      });
      const { object } = await github.get(referenceSchema, ['git', 'ref', `tags/${tag}`], { signal });
      return object.type === 'tag' ? object.sha : void 0;
    }
  }
}
const releaseWords = new Set(
  'v version versions tag release releases released publish bump prepare update to for of the new packages alpha beta rc pre preview skip ci'.split(
    ' ',
  ),
);
function repeatsVersion(text, tag) {
  const tagWords = /\d/.test(text) ? wordsOf(tag) : [];
  return wordsOf(text.replace(conventionalType, '')).every((word) => releaseWords.has(word) || tagWords.includes(word));
}
const conventionalType = /^(?:build|chore|ci|release)(?:\([^)\n]*\))?!?: /i;
function wordsOf(text) {
  return text.toLowerCase().match(unicodePattern`#\d+|\p{L}+`) ?? [];
}
function pageOnServer(page, githubServerUrl) {
  if (page === void 0 || !URL.canParse(page) || !URL.canParse(githubServerUrl)) return;
  const { origin, pathname, protocol } = new URL(page);
  const isOnServer = /^https?:$/.test(protocol) && origin === new URL(githubServerUrl).origin;
  return isOnServer ? origin + pathname : void 0;
}

// CONCATENATED MODULE: ./src/changes.ts
const changes_lookUpTimeoutMs = 5e3;
const maxTitles = 50;
const maxTitleLength = 200;
async function lookUpChanges(query) {
  const { tag } = query;
  let previousTag;
  try {
    const github = createGitHubClient(query, changes_lookUpTimeoutMs);
    previousTag = findPreviousTag(tag, await lookUpTags(github, query));
    if (previousTag === void 0) return { text: void 0, url: void 0, previousTag, problem: void 0 };
    const { commits, total } = await compare(github, query, previousTag);
    const text = listChanges(commits, total, tag);
    return { text, url: comparisonPage(query, previousTag, tag), previousTag, problem: void 0 };
  } catch (error) {
    return { text: void 0, url: void 0, previousTag, problem: problemFrom(error) };
  }
}
function changesFromPush(push) {
  const { commits, before = '', after = '' } = push;
  const isComparable = /[^0]/.test(before) && after !== '';
  return {
    text: listChanges(commits.toReversed(), commits.length, ''),
    url: isComparable ? comparisonPage(push, before, after) : void 0,
  };
}
function comparisonPage({ githubServerUrl, owner, repo }, base, head) {
  const [from, to] = [base, head].map((name) => encodeURIComponent(name).replaceAll('%2F', '/'));
  return `${githubServerUrl}/${owner}/${repo}/compare/${from}...${to}`;
}
function listChanges(commits, total, tag) {
  const titles = commits.flatMap(({ message, author }) => {
    const title = titleOf(message);
    return isChange(title, author, tag) ? title : [];
  });
  const shown = titles.slice(0, maxTitles).map((title) => `\u2022 ${title}`);
  if (shown.length === 0) return;
  const more = titles.length - shown.length + Math.max(0, total - commits.length);
  return [...shown, ...(more > 0 ? [`\u2026 and ${more} more`] : [])].join('\n');
}
function titleOf(message) {
  const [line = ''] = message.trimStart().split(/[\r\n\u2028\u2029]/, 1);
  return truncate(line.replace(/(?:\s|[^ -~\u00a0-\uffff])+/g, ' ').trim(), maxTitleLength);
}
const changes_merge = /^Merge (?:pull request #\d+ from|(?:remote-tracking )?branch(?:es)? '|tag '|commit ')/;
const dependencyBot = /^(?:dependabot|renovate|pre-commit-ci|pyup|snyk|greenkeeper|depfu|scala-steward)\b/i;
function isChange(title, author, tag) {
  const isBump = dependencyBot.test(author ?? '') || repeatsVersion(title.replace(/ \(#\d+\)$/, ''), tag);
  return !changes_merge.test(title) && !isBump;
}
const tagsQuery =
  'query Tags($owner: String!, $repo: String!) {\n  repository(owner: $owner, name: $repo) {\n    refs(refPrefix: "refs/tags/", first: 100, orderBy: { field: TAG_COMMIT_DATE, direction: DESC }) { nodes { name } }\n  }\n}';
async function lookUpTags(github, { owner, repo, githubGraphqlUrl }) {
  const namesSchema = array(schemas_object({ name: schemas_string() }));
  const tagsSchema = schemas_object({ repository: schemas_object({ refs: schemas_object({ nodes: namesSchema }) }) });
  const data = await queryGraphql(github, githubGraphqlUrl, tagsQuery, { owner, repo }, tagsSchema);
  if (data !== void 0) return data.repository.refs.nodes.map(({ name }) => name);
  const tags = await github.get(namesSchema, ['tags'], { parameters: { per_page: '100', limit: '100' } });
  return tags.map(({ name }) => name);
}
const comparisonQuery = `query Comparison($owner: String!, $repo: String!, $base: String!, $head: String!) {\n  repository(owner: $owner, name: $repo) {\n    ref(qualifiedName: $base) {\n      compare(headRef: $head) { commits(last: ${maxTitles}) { totalCount nodes { message author { name } } } }\n    }\n  }\n}`;
async function compare(github, { owner, repo, tag, githubGraphqlUrl }, previousTag) {
  const authorName = schemas_catch(optional(schemas_object({ name: schemas_string() })), void 0);
  const comparedSchema = schemas_object({
    totalCount: schemas_number(),
    nodes: array(schemas_object({ message: schemas_string(), author: authorName })),
  });
  const comparisonSchema = schemas_object({
    repository: schemas_object({
      ref: nullable(schemas_object({ compare: nullable(schemas_object({ commits: comparedSchema })) })),
    }),
  });
  const variables = { owner, repo, base: `refs/tags/${previousTag}`, head: tag };
  const data = await queryGraphql(github, githubGraphqlUrl, comparisonQuery, variables, comparisonSchema);
  const compared = data?.repository.ref?.compare?.commits;
  if (compared !== void 0) {
    const { totalCount, nodes } = compared;
    const commits = nodes.map(({ message, author }) => ({ message, author: author?.name }));
    return { commits: commits.reverse(), total: totalCount };
  }
  const restComparisonSchema = schemas_object({
    total_commits: schemas_number(),
    commits: array(
      schemas_object({
        commit: schemas_object({
          message: schemas_string(),
          author: authorName,
          committer: schemas_catch(optional(schemas_object({ date: schemas_string() })), void 0),
        }),
      }),
    ),
  });
  const comparison = await github.get(restComparisonSchema, ['compare', `${previousTag}...${tag}`]);
  const { commits, total_commits: total } = comparison;
  const [first, last] = [commits[0], commits.at(-1)].map((entry) => Date.parse(entry?.commit.committer?.date ?? ''));
  const isNewestFirst = first !== void 0 && last !== void 0 && first > last;
  const listed = commits.map(({ commit }) => ({ message: commit.message, author: commit.author?.name }));
  return { commits: isNewestFirst ? listed : listed.reverse(), total };
}
function findPreviousTag(tag, tags) {
  const start = [/\d+\.\d/, /\d/].map((number) => tag.search(number)).find((index) => index !== -1);
  if (start === void 0) return;
  const series = tag.slice(0, start);
  const version = parseVersion(tag.slice(start));
  if (version === void 0) return;
  const candidates = tags.flatMap((name) => {
    const candidate = name.startsWith(series) ? parseVersion(name.slice(series.length)) : void 0;
    if (candidate === void 0 || compareVersions(candidate, version) >= 0) return [];
    return isPreRelease(candidate) && !isPreRelease(version) ? [] : { name, version: candidate };
  });
  const byVersion = (a, b) =>
    compareVersions(a.version, b.version) || a.version.numbers.length - b.version.numbers.length;
  return candidates.sort(byVersion).at(-1)?.name;
}
function parseVersion(text) {
  const parts = /^(?<numbers>\d+(?:\.\d+)*)(?<suffix>.*)$/.exec(text)?.groups;
  if (parts === void 0) return;
  const { numbers = '', suffix = '' } = parts;
  return { numbers: numbers.split('.').map(Number), suffix };
}
function isPreRelease({ suffix }) {
  return suffix !== '' && !suffix.startsWith('+');
}
function compareVersions(a, b) {
  const length = Math.max(a.numbers.length, b.numbers.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (a.numbers[index] ?? 0) - (b.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  const stability = Number(isPreRelease(b)) - Number(isPreRelease(a));
  return stability || a.suffix.localeCompare(b.suffix, 'en', { numeric: true });
}

// CONCATENATED MODULE: ./src/timestamp.ts
const timestampForms =
  '`2026-11-23 10:52:35` (UTC), `2026-11-23T10:52:35Z`, `2026-11-23T11:52:35+01:00`, `1795431155` (epoch seconds) or `1795431155000` (epoch milliseconds)';
const epochSeconds = /^\d{10}$/;
const epochMilliseconds = /^\d{13}$/;
const amplitudeForm = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/;
const isoForm =
  /^(?<date>\d{4}-\d{2}-\d{2})[Tt ](?<minute>\d{2}:\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d+))?)?(?:[Zz]| ?(?<sign>[+-])(?<hours>[01]\d|2[0-3])(?::?(?<minutes>[0-5]\d))?)$/;
function parseTimestamp(text) {
  if (epochSeconds.test(text)) return new Date(Number(text) * 1e3);
  if (epochMilliseconds.test(text)) return new Date(Number(text));
  const parts = isoForm.exec(amplitudeForm.test(text) ? `${text}Z` : text)?.groups;
  if (parts === void 0) return;
  const { date, minute, second = '00', fraction = '', sign, hours = '00', minutes = '00' } = parts;
  const clock = `${date}T${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
  const local = new Date(clock);
  if (Number.isNaN(local.getTime()) || local.toISOString() !== clock) return;
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -6e4 : 6e4);
  const instant = new Date(local.getTime() - offsetMs);
  return instant.getUTCFullYear() >= 0 && instant.getUTCFullYear() <= 9999 ? instant : void 0;
}
function formatTimestamp(instant) {
  return instant.toISOString().slice(0, 19).replace('T', ' ');
}

// CONCATENATED MODULE: ./src/event.ts
const flag = transform((value) => (typeof value === 'boolean' ? value : void 0));
const instant = transform((value) => (typeof value === 'string' ? parseTimestamp(value) : void 0));
function section(shape) {
  const schema = schemas_object(shape);
  return transform((value) => schema.safeParse(value).data);
}
function readEvent(name, payload) {
  switch (name) {
    case 'release': {
      const { action, release } = fieldsOf(payload, {
        action: nonBlank,
        release: section({
          tag_name: nonBlank,
          name: nonBlank,
          body: nonBlank,
          html_url: nonBlank,
          draft: flag,
          published_at: instant,
          updated_at: instant,
        }),
      });
      return {
        name,
        action,
        tag: release?.tag_name,
        isDraft: release?.draft ?? false,
        title: release?.name,
        notes: release?.body,
        page: release?.html_url,
        publishedAt: release?.published_at,
        updatedAt: release?.updated_at,
      };
    }
    case 'push': {
      const commit = schemas_object({ message: schemas_string(), author: section({ name: nonBlank }) });
      const { created, deleted, forced, before, after, commits, head_commit } = fieldsOf(payload, {
        created: flag,
        deleted: flag,
        forced: flag,
        before: nonBlank,
        after: nonBlank,
        commits: schemas_catch(array(commit), []),
        head_commit: section({ id: nonBlank }),
      });
      return {
        name,
        isDeletion: deleted === true,
        isMove: forced === true || created === false,
        commits: commits.map(({ message, author }) => ({ message, author: author?.name })),
        before,
        after,
        tagObject: tagObjectOf(after, head_commit?.id),
      };
    }
    case 'deployment':
      return { name };
    case 'deployment_status': {
      const { deployment_status: status } = fieldsOf(payload, {
        deployment_status: section({ state: nonBlank, created_at: instant }),
      });
      return { name, state: status?.state, createdAt: status?.created_at };
    }
    case 'workflow_run': {
      const { workflow_run: run } = fieldsOf(payload, { workflow_run: section({ conclusion: nonBlank }) });
      return { name, conclusion: run?.conclusion };
    }
    default:
      return { name: 'other', trigger: name };
  }
}
function fieldsOf(payload, shape) {
  const schema = schemas_object(shape);
  return schema.safeParse(payload).data ?? schema.parse({});
}
function tagObjectOf(object, commit) {
  if (object === void 0 || commit === void 0) return { kind: 'unknown' };
  return object === commit ? { kind: 'lightweight' } : { kind: 'annotated', sha: object };
}

// CONCATENATED MODULE: external "node:fs"
const external_node_fs_namespaceObject = process.getBuiltinModule('node:fs');

// CONCATENATED MODULE: ./src/plain-file.ts
class FileError extends Error {
  name = 'FileError';
  problem;
  constructor(problem, message, options) {
    super(message, options);
    this.problem = problem;
  }
}
function readPlainFile(path, maxBytes) {
  const { bytes, realPath } = readBytes(path, maxBytes);
  if (bytes.includes(0)) throw new FileError('binary', 'contains NUL bytes, so it is not UTF-8 text');
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), realPath };
  } catch (cause) {
    throw new FileError('not-utf-8', 'is not UTF-8 text', { cause });
  }
}
function readBytes(path, maxBytes) {
  let file;
  try {
    file = (0, external_node_fs_namespaceObject.openSync)(
      path,
      external_node_fs_namespaceObject.constants.O_RDONLY | external_node_fs_namespaceObject.constants.O_NONBLOCK,
    );
    const opened = (0, external_node_fs_namespaceObject.fstatSync)(file, { bigint: true });
    if (!opened.isFile()) throw new FileError('not-a-file', 'is not a plain file');
    if (opened.size > maxBytes) throw new FileError('too-large', `is larger than ${String(maxBytes / 2 ** 20)} MiB`);
    const realPath = external_node_fs_namespaceObject.realpathSync.native(path);
    if (!isSameFile(opened, (0, external_node_fs_namespaceObject.statSync)(realPath, { bigint: true })))
      throw new FileError('unreadable', 'was replaced while it was read');
    const bytes = (0, external_node_fs_namespaceObject.readFileSync)(file);
    if (bytes.length > maxBytes) throw new FileError('too-large', `is larger than ${String(maxBytes / 2 ** 20)} MiB`);
    return { bytes, realPath };
  } catch (cause) {
    throw cause instanceof FileError ? cause : fileErrorFrom(cause);
  } finally {
    if (file !== void 0) (0, external_node_fs_namespaceObject.closeSync)(file);
  }
}
function isSameFile(one, other) {
  return one.ino === other.ino && BigInt.asUintN(32, one.dev) === BigInt.asUintN(32, other.dev);
}
function fileErrorFrom(cause) {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'unknown error';
  if (code === 'ENOENT' || code === 'ENOTDIR') return new FileError('missing', 'does not exist', { cause });
  if (code === 'EISDIR') return new FileError('not-a-file', 'is not a plain file', { cause });
  return new FileError('unreadable', `cannot be read (${code})`, { cause });
}

// CONCATENATED MODULE: ./src/version.ts
const numbers = /^v?\d+(?:\.\d+)*$/;
const emptyWords = /^(?:null|nil|none|undefined|nan|true|false|n\/a|<nil>|<none>|<no value>|\(none\)|\(null\))$/i;
const emptyPart = /[.@/_-]v?(?:null|undefined|NaN)(?:$|\.)|\[object \w+\]/;
const placeholder = /\$(?:\w|[{(])|\{\{|\}\}|#\{|%[A-Za-z_]\w*%/;
const missingEnd = () => unicodePattern`^[\p{P}\s]*$|(?:^|[@/_+-])[vV]?$`;
const invisible = () => unicodePattern`[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]`;
function tagNameOf(ref) {
  const prefix = 'refs/tags/';
  return ref.startsWith(prefix) ? ref.slice(prefix.length) : ref;
}
function validateVersion(version) {
  if (numbers.test(version)) return;
  const character = invisible().exec(version)?.[0];
  if (character !== void 0) {
    const code = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0') ?? '';
    return `contains the control or invisible character U+${code}, which no app sends. Print the version as plain text on one line, without colors.`;
  }
  if (placeholder.test(version))
    return 'contains a placeholder that nothing replaced. In a workflow, write an expression such as `${{ env.VERSION }}` or `${{ steps.package.outputs.version }}`.';
  const bare = version.replace(/^v(?=[a-z])/i, '');
  if (emptyWords.test(bare) || emptyPart.test(version))
    return 'is what a tool prints for a missing value. Check the step that the version comes from; `jq -er` fails where a field is missing.';
  if (/^[[{]/.test(version))
    return 'is JSON. Select one value, as in `${{ fromJSON(steps.changesets.outputs.publishedPackages)[0].version }}`.';
  if (/^(["']).*\1$/.test(version)) return 'is in quotes. Remove them; `jq -r` prints a string without quotes.';
  if (version.startsWith('refs/'))
    return 'is a ref, but not of a tag. For a tag, use `${{ github.ref_name }}`; for a branch, set a version of your own.';
  if (missingEnd().test(version))
    return 'ends where a value should follow. Check the step that the version comes from: its output is empty.';
  return;
}

// CONCATENATED MODULE: ./src/context.ts
function readContext(environment) {
  const variable = (name) => nonBlank.parse(environment[name]);
  const baseUrl = (name) => variable(name)?.replace(/\/+$/, '');
  const { payload, problem } = readPayload(variable('GITHUB_EVENT_PATH'));
  const event = readEvent(variable('GITHUB_EVENT_NAME') ?? 'unknown', payload);
  const ref = variable('GITHUB_REF');
  const [owner, repo] = (variable('GITHUB_REPOSITORY') ?? '').split('/');
  return {
    event,
    eventFileProblem: problem,
    tag: event.name === 'release' ? event.tag : tagOf(ref),
    ref,
    actor: variable('GITHUB_ACTOR'),
    repository: owner && repo ? { owner, repo } : void 0,
    githubApiUrl: baseUrl('GITHUB_API_URL') ?? 'https://api.github.com',
    githubServerUrl: baseUrl('GITHUB_SERVER_URL') ?? 'https://github.com',
    githubGraphqlUrl: variable('GITHUB_GRAPHQL_URL'),
    runId: variable('GITHUB_RUN_ID'),
    workspace: variable('GITHUB_WORKSPACE') ?? '.',
    runnerTemp: variable('RUNNER_TEMP'),
    attempt: Number.parseInt(variable('GITHUB_RUN_ATTEMPT') ?? '', 10) || 1,
    hasOutputFile: variable('GITHUB_OUTPUT') !== void 0,
    summaryFile: variable('GITHUB_STEP_SUMMARY'),
    proxies: readProxySettings(environment),
  };
}
const maxEventBytes = 33554432;
function readPayload(path) {
  if (path === void 0) return { payload: void 0, problem: 'is not set (`GITHUB_EVENT_PATH`)' };
  try {
    const payload = parseJson(readPlainFile(path, maxEventBytes).text);
    return { payload, problem: payload === void 0 ? 'is not JSON' : void 0 };
  } catch (error) {
    return { payload: void 0, problem: messageOf(error) };
  }
}
function tagOf(ref) {
  return ref?.startsWith('refs/tags/') ? nonBlank.parse(tagNameOf(ref)) : void 0;
}

// CONCATENATED MODULE: ./src/description.ts
function descriptionFromInput({ text, input, format }) {
  return { kind: 'own', text, format, source: `input \`${input}\``, page: void 0 };
}
function descriptionFromRelease(text, page) {
  return { kind: 'found', text, format: 'markdown', source: 'the notes of the GitHub release', page };
}
function descriptionFromNotes(notes) {
  const found = notes?.description;
  if (found === void 0) return;
  if (found.source === 'release') return descriptionFromRelease(found.text, notes?.url);
  return { kind: 'found', text: found.text, format: 'plain', source: 'the message of the tag', page: void 0 };
}
function descriptionFromChanges({ text, url }, source) {
  return text === void 0 ? void 0 : { kind: 'found', text, format: 'plain', source, page: url };
}
async function composeDescription(found, style) {
  const { text, suffix, problem } = found === void 0 ? nothing : await render(found, style);
  if (found?.kind === 'own') return { description: { value: text, source: found.source + suffix }, problem };
  const page = style.page === void 0 ? void 0 : (found?.page ?? style.page);
  if (found === void 0 || text === '')
    return {
      description: page === void 0 ? void 0 : { value: page, source: 'a link, as there are no notes' },
      problem,
    };
  const value = page === void 0 || text.endsWith(page) ? text : `${text}\n\n${page}`;
  return { description: { value, source: found.source + suffix }, problem };
}
const nothing = { text: '', suffix: '', problem: void 0 };
async function render({ kind, text, format }, { markdown, site }) {
  if (format === 'plain') return { ...nothing, text: kind === 'own' ? text : withoutCarriageReturns(text) };
  try {
    const { stripComments, toPlainText } = await import('./markdown.js');
    if (markdown === 'keep') return { ...nothing, text: stripComments(text).trim() };
    return { text: toPlainText(text, site), suffix: ', as plain text', problem: void 0 };
  } catch (error) {
    return { text: withoutCarriageReturns(text), suffix: ', as Markdown', problem: messageOf(error) };
  }
}
function withoutCarriageReturns(text) {
  return text.replace(/\r\n?/g, '\n').trim();
}

// CONCATENATED MODULE: external "os"
const external_os_namespaceObject = process.getBuiltinModule('os');

// CONCATENATED MODULE: ./node_modules/@actions/core/lib/utils.js
function utils_toCommandValue(input) {
  if (input === null || input === void 0) return '';
  else if (typeof input === 'string' || input instanceof String) return input;
  return JSON.stringify(input);
}
function toCommandProperties(annotationProperties) {
  if (!Object.keys(annotationProperties).length) return {};
  return {
    title: annotationProperties.title,
    file: annotationProperties.file,
    line: annotationProperties.startLine,
    endLine: annotationProperties.endLine,
    col: annotationProperties.startColumn,
    endColumn: annotationProperties.endColumn,
  };
}

// CONCATENATED MODULE: ./node_modules/@actions/core/lib/command.js
function command_issueCommand(command, properties, message) {
  const cmd = new Command(command, properties, message);
  process.stdout.write(cmd.toString() + external_os_namespaceObject.EOL);
}
const CMD_STRING = '::';
class Command {
  constructor(command, properties, message) {
    if (!command) command = 'missing.command';
    this.command = command;
    this.properties = properties;
    this.message = message;
  }
  toString() {
    let cmdStr = CMD_STRING + this.command;
    if (this.properties && Object.keys(this.properties).length > 0) {
      cmdStr += ' ';
      let first = true;
      for (const key in this.properties)
        if (this.properties.hasOwnProperty(key)) {
          const val = this.properties[key];
          if (val) {
            if (first) first = false;
            else cmdStr += ',';
            cmdStr += `${key}=${escapeProperty(val)}`;
          }
        }
    }
    cmdStr += `${CMD_STRING}${escapeData(this.message)}`;
    return cmdStr;
  }
}
function escapeData(s) {
  return utils_toCommandValue(s).replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}
function escapeProperty(s) {
  return utils_toCommandValue(s)
    .replace(/%/g, '%25')
    .replace(/\r/g, '%0D')
    .replace(/\n/g, '%0A')
    .replace(/:/g, '%3A')
    .replace(/,/g, '%2C');
}

// CONCATENATED MODULE: external "crypto"
const external_crypto_namespaceObject = { randomUUID: () => process.getBuiltinModule('crypto').randomUUID() };

// CONCATENATED MODULE: external "fs"
const external_fs_namespaceObject = process.getBuiltinModule('fs');

// CONCATENATED MODULE: ./node_modules/@actions/core/lib/file-command.js
function file_command_issueFileCommand(command, message) {
  const filePath = process.env[`GITHUB_${command}`];
  if (!filePath) throw new Error(`Unable to find environment variable for file command ${command}`);
  if (!external_fs_namespaceObject.existsSync(filePath)) throw new Error(`Missing file at path: ${filePath}`);
  external_fs_namespaceObject.appendFileSync(
    filePath,
    `${utils_toCommandValue(message)}${external_os_namespaceObject.EOL}`,
    { encoding: 'utf8' },
  );
}
function file_command_prepareKeyValueMessage(key, value) {
  const delimiter = `ghadelimiter_${external_crypto_namespaceObject.randomUUID()}`;
  const convertedValue = utils_toCommandValue(value);
  if (key.includes(delimiter))
    throw new Error(`Unexpected input: name should not contain the delimiter "${delimiter}"`);
  if (convertedValue.includes(delimiter))
    throw new Error(`Unexpected input: value should not contain the delimiter "${delimiter}"`);
  return `${key}<<${delimiter}${external_os_namespaceObject.EOL}${convertedValue}${external_os_namespaceObject.EOL}${delimiter}`;
}

// CONCATENATED MODULE: external "path"
process.getBuiltinModule('path');

// CONCATENATED MODULE: ./node_modules/@actions/core/lib/summary.js
var summary_awaiter = function (thisArg, _arguments, P, generator) {
  function adopt(value) {
    return value instanceof P
      ? value
      : new P(function (resolve) {
          resolve(value);
        });
  }
  return new (P || (P = Promise))(function (resolve, reject) {
    function fulfilled(value) {
      try {
        step(generator.next(value));
      } catch (e) {
        reject(e);
      }
    }
    function rejected(value) {
      try {
        step(generator['throw'](value));
      } catch (e) {
        reject(e);
      }
    }
    function step(result) {
      result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected);
    }
    step((generator = generator.apply(thisArg, _arguments || [])).next());
  });
};
const access = (...args) => external_fs_namespaceObject.promises.access(...args);
const appendFile = (...args) => external_fs_namespaceObject.promises.appendFile(...args);
const writeFile = (...args) => external_fs_namespaceObject.promises.writeFile(...args);
const SUMMARY_ENV_VAR = 'GITHUB_STEP_SUMMARY';
class Summary {
  constructor() {
    this._buffer = '';
  }
  filePath() {
    return summary_awaiter(this, void 0, void 0, function* () {
      if (this._filePath) return this._filePath;
      const pathFromEnv = process.env[SUMMARY_ENV_VAR];
      if (!pathFromEnv)
        throw new Error(
          `Unable to find environment variable for $${SUMMARY_ENV_VAR}. Check if your runtime environment supports job summaries.`,
        );
      try {
        yield access(
          pathFromEnv,
          external_fs_namespaceObject.constants.R_OK | external_fs_namespaceObject.constants.W_OK,
        );
      } catch (_a) {
        throw new Error(
          `Unable to access summary file: '${pathFromEnv}'. Check if the file has correct read/write permissions.`,
        );
      }
      this._filePath = pathFromEnv;
      return this._filePath;
    });
  }
  wrap(tag, content, attrs = {}) {
    const htmlAttrs = Object.entries(attrs)
      .map(([key, value]) => ` ${key}="${value}"`)
      .join('');
    if (!content) return `<${tag}${htmlAttrs}>`;
    return `<${tag}${htmlAttrs}>${content}</${tag}>`;
  }
  write(options) {
    return summary_awaiter(this, void 0, void 0, function* () {
      const overwrite = !!(options === null || options === void 0 ? void 0 : options.overwrite);
      const filePath = yield this.filePath();
      const writeFunc = overwrite ? writeFile : appendFile;
      yield writeFunc(filePath, this._buffer, { encoding: 'utf8' });
      return this.emptyBuffer();
    });
  }
  clear() {
    return summary_awaiter(this, void 0, void 0, function* () {
      return this.emptyBuffer().write({ overwrite: true });
    });
  }
  stringify() {
    return this._buffer;
  }
  isEmptyBuffer() {
    return this._buffer.length === 0;
  }
  emptyBuffer() {
    this._buffer = '';
    return this;
  }
  addRaw(text, addEOL = false) {
    this._buffer += text;
    return addEOL ? this.addEOL() : this;
  }
  addEOL() {
    return this.addRaw(external_os_namespaceObject.EOL);
  }
  addCodeBlock(code, lang) {
    const attrs = Object.assign({}, lang && { lang });
    const element = this.wrap('pre', this.wrap('code', code), attrs);
    return this.addRaw(element).addEOL();
  }
  addList(items, ordered = false) {
    const tag = ordered ? 'ol' : 'ul';
    const listItems = items.map((item) => this.wrap('li', item)).join('');
    const element = this.wrap(tag, listItems);
    return this.addRaw(element).addEOL();
  }
  addTable(rows) {
    const tableBody = rows
      .map((row) => {
        const cells = row
          .map((cell) => {
            if (typeof cell === 'string') return this.wrap('td', cell);
            const { header, data, colspan, rowspan } = cell;
            const tag = header ? 'th' : 'td';
            const attrs = Object.assign(Object.assign({}, colspan && { colspan }), rowspan && { rowspan });
            return this.wrap(tag, data, attrs);
          })
          .join('');
        return this.wrap('tr', cells);
      })
      .join('');
    const element = this.wrap('table', tableBody);
    return this.addRaw(element).addEOL();
  }
  addDetails(label, content) {
    const element = this.wrap('details', this.wrap('summary', label) + content);
    return this.addRaw(element).addEOL();
  }
  addImage(src, alt, options) {
    const { width, height } = options || {};
    const attrs = Object.assign(Object.assign({}, width && { width }), height && { height });
    const element = this.wrap('img', null, Object.assign({ src, alt }, attrs));
    return this.addRaw(element).addEOL();
  }
  addHeading(text, level) {
    const tag = `h${level}`;
    const allowedTag = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].includes(tag) ? tag : 'h1';
    const element = this.wrap(allowedTag, text);
    return this.addRaw(element).addEOL();
  }
  addSeparator() {
    const element = this.wrap('hr', null);
    return this.addRaw(element).addEOL();
  }
  addBreak() {
    const element = this.wrap('br', null);
    return this.addRaw(element).addEOL();
  }
  addQuote(text, cite) {
    const attrs = Object.assign({}, cite && { cite });
    const element = this.wrap('blockquote', text, attrs);
    return this.addRaw(element).addEOL();
  }
  addLink(text, href) {
    const element = this.wrap('a', text, { href });
    return this.addRaw(element).addEOL();
  }
}
const _summary = new Summary();
const summary = _summary;
external_os_namespaceObject.platform();
external_os_namespaceObject.arch();
var ExitCode;
(function (ExitCode) {
  ExitCode[(ExitCode['Success'] = 0)] = 'Success';
  ExitCode[(ExitCode['Failure'] = 1)] = 'Failure';
})(ExitCode || (ExitCode = {}));
function core_setSecret(secret) {
  command_issueCommand('add-mask', {}, secret);
}
function getInput(name, options) {
  const val = process.env[`INPUT_${name.replace(/ /g, '_').toUpperCase()}`] || '';
  if (options && options.required && !val) throw new Error(`Input required and not supplied: ${name}`);
  if (options && options.trimWhitespace === false) return val;
  return val.trim();
}
function setOutput(name, value) {
  const filePath = process.env['GITHUB_OUTPUT'] || '';
  if (filePath) return file_command_issueFileCommand('OUTPUT', file_command_prepareKeyValueMessage(name, value));
  process.stdout.write(external_os_namespaceObject.EOL);
  command_issueCommand('set-output', { name }, utils_toCommandValue(value));
}
function setFailed(message) {
  process.exitCode = ExitCode.Failure;
  error(message);
}
function error(message, properties = {}) {
  command_issueCommand(
    'error',
    toCommandProperties(properties),
    message instanceof Error ? message.toString() : message,
  );
}
function warning(message, properties = {}) {
  command_issueCommand(
    'warning',
    toCommandProperties(properties),
    message instanceof Error ? message.toString() : message,
  );
}
function notice(message, properties = {}) {
  command_issueCommand(
    'notice',
    toCommandProperties(properties),
    message instanceof Error ? message.toString() : message,
  );
}
function info(message) {
  process.stdout.write(message + external_os_namespaceObject.EOL);
}

// CONCATENATED MODULE: external "node:path"
const external_node_path_namespaceObject = process.getBuiltinModule('node:path');

// CONCATENATED MODULE: ./src/description-file.ts
const maxFileBytes = 2 ** 20;
function readDescriptionFile(file, { workspace, runnerTemp }) {
  const path = (0, external_node_path_namespaceObject.resolve)(workspace, file);
  const problem = (text) => ({ problem: `names \`${file}\`, which ${text}` });
  const folders =
    (0, external_node_path_namespaceObject.isAbsolute)(file) && runnerTemp !== void 0
      ? [workspace, runnerTemp]
      : [workspace];
  const roots = folders.flatMap(withRealPath);
  const root = roots.find((candidate) => isInside(candidate, path));
  if (root === void 0)
    return problem(
      `is outside the workspace. ${(0, external_node_path_namespaceObject.isAbsolute)(file) ? relativeAdvice : copyAdvice}`,
    );
  try {
    const { text, realPath } = readPlainFile(path, maxFileBytes);
    const [realRoot = root] = withRealPath(root).toReversed();
    if (!isInside(realRoot, realPath)) return problem(`is a link to a file outside the workspace. ${copyAdvice}`);
    if (
      [
        (0, external_node_path_namespaceObject.relative)(root, path),
        (0, external_node_path_namespaceObject.relative)(realRoot, realPath),
      ].some(isReserved)
    )
      return problem('belongs to git or to the runner, and may contain a token. Copy the text into another file.');
    return { text: text.trim() === '' ? void 0 : text };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return problem(`${error.message}. ${advice[error.problem]}`);
  }
}
const copyAdvice = 'Copy the file into the workspace first.';
const relativeAdvice =
  'Use a path relative to the workspace, which is another folder in a container job; copy other files into it first.';
const advice = {
  missing:
    'Check the path, which starts at the root of the workspace, and check out the repository before this step. In a container job, use a relative path.',
  'not-a-file': 'Use the path of a text file.',
  'too-large': 'Shorten it, or link to the notes in `description`.',
  unreadable: 'Check the permissions of the file.',
  'not-utf-8': 'Save it as UTF-8.',
  binary: 'Save it as UTF-8. Files written by older versions of PowerShell are UTF-16.',
};
function withRealPath(folder) {
  try {
    return [
      (0, external_node_path_namespaceObject.resolve)(folder),
      external_node_fs_namespaceObject.realpathSync.native(folder),
    ];
  } catch {
    return [(0, external_node_path_namespaceObject.resolve)(folder)];
  }
}
function isInside(folder, path) {
  const relativePath = (0, external_node_path_namespaceObject.relative)(folder, path);
  return !(0, external_node_path_namespaceObject.isAbsolute)(relativePath) && relativePath.split(/[\\/]/)[0] !== '..';
}
function isReserved(relativePath) {
  const parts = relativePath.toLowerCase().split(/[\\/]/);
  const [first = ''] = parts;
  return (
    parts.includes('.git') ||
    first.startsWith('_github_') ||
    first.startsWith('_runner_') ||
    first.startsWith('git-credentials-')
  );
}

// CONCATENATED MODULE: ./src/inputs.ts
function reject(payload, message) {
  payload.issues.push({ code: 'custom', input: payload.value, message });
  return NEVER;
}
function inputs_optional(read) {
  return withDefault(void 0, read);
}
function withDefault(unset, read) {
  return transform((value, payload) => (value === void 0 ? unset : read(value, payload)));
}
const strangers = [
  { pattern: /[${}]/, kind: '`$`, `{` or `}`, as in a placeholder that nothing replaced' },
  { pattern: /\*/, kind: 'an asterisk, as in a value copied from a log' },
  { pattern: /^(?:null|undefined)$/, kind: 'the word `null` or `undefined`' },
  { pattern: /[^ -~\u00a0-\uffff]/, kind: 'a line break or another control character' },
  { pattern: /[^ -~]/, kind: 'a character outside ASCII, such as a curly quote or an invisible space' },
  { pattern: /["'`]/, kind: 'a quote' },
  { pattern: / /, kind: 'a space' },
];
const key = (value, payload) => {
  const stranger = strangers.find(({ pattern }) => pattern.test(value));
  if (stranger === void 0) return value;
  return reject(
    payload,
    `contains ${stranger.kind}, which keys do not have. Copy the key into the secret again, and nothing else.`,
  );
};
const apiKey = (value, payload) => {
  const read = key(value, payload);
  if (payload.issues.length > 0 || !value.includes(':')) return read;
  return reject(payload, 'must not contain a colon. Set it to the API key only, without the secret key.');
};
const projectId = (value, payload) =>
  /^\d+$/.test(value)
    ? value
    : reject(payload, 'must be the number of the project, which Amplitude shows in its settings.');
const inputs_version = (value, payload) => {
  const name = tagNameOf(value);
  const problem = validateVersion(name);
  return problem === void 0 ? name : reject(payload, problem);
};
const tagPrefix = (value) => tagNameOf(value) || void 0;
const inputs_text = (value) => value;
const inputs_boolean = (value, payload) => {
  const word = value.toLowerCase();
  return word === 'true' || word === 'false' ? word === 'true' : reject(payload, 'must be `true` or `false`.');
};
const region = (value, payload) => {
  const word = value.toLowerCase();
  if (word === 'us' || word === 'eu') return word;
  return word === 'standard' ? 'us' : reject(payload, 'must be `us` or `eu`.');
};
const timestamp = (value, payload) =>
  parseTimestamp(value) ?? reject(payload, `is not a valid time. Use one of: ${timestampForms}.`);
const apiUrl = (value, payload) => {
  const url = URL.canParse(value) ? new URL(value) : void 0;
  const problem = url === void 0 ? 'is not a URL.' : validateApiUrl(url);
  if (url !== void 0 && problem === void 0) return url;
  return reject(
    payload,
    `${problem ?? ''} Give the base URL of the gateway, such as \`https://gateway.example.com/amplitude\`.`,
  );
};
function validateApiUrl({ protocol, hostname, username, password, search, hash }) {
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback))
    return 'must be an `https` URL; `http` is accepted only for loopback addresses, because it would expose the keys.';
  if (username !== '' || password !== '') return 'must not contain a user name or password.';
  return search === '' && hash === '' ? void 0 : 'must not have a query or fragment.';
}
function wholeNumber(minimum, maximum) {
  return (value, payload) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= minimum && number <= maximum) return number;
    return reject(payload, `must be a whole number from ${String(minimum)} to ${String(maximum)}.`);
  };
}
function choice(...words) {
  return (value, payload) =>
    words.find((word) => word === value) ??
    reject(payload, `must be ${words.map((word) => `\`${word}\``).join(' or ')}.`);
}
const platforms = (value, payload) => {
  const items = [...new Set(splitPlatforms(value))];
  const stray = items.find((item) => /^(?:[[{"']|[-*] )/.test(item));
  if (stray === void 0) return items.length === 0 ? void 0 : items;
  return reject(
    payload,
    'must be names separated by commas or line breaks, such as `iOS, Android`, or a JSON array of strings.',
  );
};
function splitPlatforms(value) {
  const { data } = array(schemas_string()).safeParse(parseJson(value));
  return (data ?? value.split(/[,\r\n]/)).map((item) => item.trim()).filter((item) => item !== '');
}
const schema = schemas_object({
  'api-key': inputs_optional(apiKey),
  'secret-key': inputs_optional(key),
  region: withDefault('us', region),
  'access-token': inputs_optional(key),
  'project-id': inputs_optional(projectId),
  'api-url': inputs_optional(apiUrl),
  tag: inputs_optional(inputs_version),
  version: inputs_optional(inputs_version),
  'tag-prefix': inputs_optional(tagPrefix),
  title: inputs_optional(inputs_text),
  description: inputs_optional(inputs_text),
  'description-file': inputs_optional(inputs_text),
  markdown: withDefault('text', choice('text', 'keep')),
  link: withDefault(true, inputs_boolean),
  changes: withDefault(false, inputs_boolean),
  'release-start': inputs_optional(timestamp),
  'release-end': inputs_optional(timestamp),
  platforms: inputs_optional(platforms),
  'created-by': inputs_optional(inputs_text),
  'chart-visibility': withDefault(true, inputs_boolean),
  'github-token': inputs_optional(inputs_text),
  'on-outage': withDefault('fail', choice('fail', 'warn')),
  'on-missing-credentials': withDefault('fail', choice('fail', 'skip')),
  retries: withDefault(3, wholeNumber(0, 10)),
  timeout: withDefault(30, wholeNumber(1, 600)),
  'dry-run': withDefault(false, inputs_boolean),
});
function readInputs(folders) {
  const raw = readRawInputs();
  const credentials = maskCredentials(raw);
  const parsed = schema.safeParse(raw);
  const file = raw['description'] === void 0 ? readFile(raw['description-file'], folders) : void 0;
  const problems = [
    ...(parsed.error?.issues ?? []).map(({ path, message }) => ({ input: String(path[0]), message })),
    ...missingCredentials(raw),
    ...incompleteProject(raw),
    ...(file !== void 0 && 'problem' in file ? [{ input: 'description-file', message: file.problem }] : []),
  ];
  if (!parsed.success || problems.length > 0) throw new InputError(problems);
  const values = parsed.data;
  return {
    mode: modeOf(values['dry-run'], credentials),
    region: values.region,
    project: projectOf(values['project-id'], values['access-token']),
    apiUrl: values['api-url'],
    tag: values.tag,
    version: values.version,
    tagPrefix: values['tag-prefix'],
    title: values.title,
    description: descriptionFrom(values, file),
    markdown: values.markdown,
    link: values.link,
    changes: values.changes,
    releaseStart: values['release-start'],
    releaseEnd: values['release-end'],
    platforms: values.platforms,
    createdBy: values['created-by'],
    chartVisibility: values['chart-visibility'],
    githubToken: values['github-token'],
    onOutage: values['on-outage'],
    retries: values.retries,
    timeoutMs: values.timeout * 1e3,
    secrets: secretsOf([values['github-token'], values['access-token']], credentials),
  };
}
function readRawInputs() {
  return Object.fromEntries(Object.keys(schema.shape).map((name) => [name, readRawInput(name)]));
}
function readRawInput(name) {
  const value = getInput(name, { trimWhitespace: false });
  const trimmed = value.trim();
  if (trimmed === '') return;
  return name === 'description' ? value : trimmed;
}
function maskCredentials(raw) {
  const { 'api-key': apiKey, 'secret-key': secretKey, 'access-token': accessToken } = raw;
  for (const secret of [apiKey, secretKey, accessToken]) if (secret !== void 0) core_setSecret(secret);
  if (apiKey === void 0 || secretKey === void 0) return;
  const basic = Buffer.from(`${apiKey}:${secretKey}`, 'utf8').toString('base64');
  core_setSecret(basic);
  return { apiKey, secretKey, basic };
}
function missingCredentials(raw) {
  const missing = ['api-key', 'secret-key'].filter((name) => raw[name] === void 0);
  const maySkip = raw['on-missing-credentials'] === 'skip' && missing.length === 2;
  if (maySkip || raw['dry-run']?.toLowerCase() === 'true') return [];
  const causes =
    missing.length === 2
      ? 'Workflows from forks and Dependabot get no secrets: if they run this step, set `on-missing-credentials: skip`. A reusable workflow gets them only with `secrets: inherit`, and secrets of an environment need `environment` in the job.'
      : 'Check that the secret exists under this name.';
  return missing.map((input, index) => ({
    input,
    message:
      `is missing. Store the key as a secret and pass it: \`${input}: \${{ secrets.AMPLITUDE_${input.toUpperCase().replace('-', '_')} }}\`.` +
      (index === missing.length - 1 ? ` ${causes}` : ''),
  }));
}
function incompleteProject(raw) {
  const { 'access-token': accessToken, 'project-id': projectId } = raw;
  if ((accessToken === void 0) === (projectId === void 0)) return [];
  const [missing, given] = accessToken === void 0 ? ['access-token', 'project-id'] : ['project-id', 'access-token'];
  return [{ input: missing, message: `is missing, although \`${given}\` is set. Set both, or neither.` }];
}
function projectOf(projectId, accessToken) {
  return projectId === void 0 || accessToken === void 0 ? void 0 : { projectId, accessToken };
}
function secretsOf(tokens, credentials) {
  const { apiKey, secretKey, basic } = credentials ?? {};
  return [...tokens, apiKey, secretKey, basic].filter((secret) => secret !== void 0);
}
function modeOf(isDryRun, credentials) {
  if (isDryRun) return { kind: 'dry-run', credentials };
  return credentials === void 0 ? { kind: 'skip' } : { kind: 'publish', credentials };
}
function readFile(file, folders) {
  return file === void 0 ? void 0 : readDescriptionFile(file, folders);
}
function descriptionFrom({ description, 'description-file': name = '' }, file) {
  if (description !== void 0) return { text: description, input: 'description', format: 'plain' };
  if (file === void 0 || 'problem' in file || file.text === void 0) return;
  const format = /\.(?:md|markdown)$/i.test(name) ? 'markdown' : 'plain';
  return { text: file.text, input: 'description-file', format };
}

// CONCATENATED MODULE: ./src/plan.ts
function planRelease(inputs, context) {
  assertPublishable(context);
  const skip = reasonToSkip(context);
  if (skip !== void 0) return { skip };
  const scope = scopeOf(inputs, context);
  const version = resolveVersion(inputs, context, scope);
  const title = resolveTitle(inputs, scope);
  const description = resolveDescription(inputs, context, scope);
  const repository = repositoryOf(inputs, context);
  const { tag, event } = scope;
  const isOpen = title === void 0 || description === void 0;
  return {
    plan: {
      version,
      title,
      fallbackTitle: tag === void 0 ? { ...version, source: 'the version' } : { value: tag, source: scope.tagSource },
      description,
      style: {
        markdown: inputs.markdown,
        site: { serverUrl: context.githubServerUrl, repository: context.repository },
        page: inputs.link ? pageOf(context, scope) : void 0,
      },
      start: resolveStart(inputs, scope),
      end: inputs.releaseEnd,
      platforms: inputs.platforms,
      createdBy: inputs.createdBy ?? context.actor,
      chartVisibility: inputs.chartVisibility,
      query:
        isOpen && repository !== void 0 && tag !== void 0
          ? {
              ...repository,
              tag,
              tagObject: tag === context.tag && event.name === 'push' ? event.tagObject : { kind: 'unknown' },
              isDescriptionOpen: description === void 0,
            }
          : void 0,
      changes: inputs.changes && description === void 0 ? planChanges(inputs, context, scope) : void 0,
    },
  };
}
function repositoryOf({ githubToken: token }, context) {
  const { repository, githubApiUrl, githubServerUrl, githubGraphqlUrl, proxies } = context;
  if (token === void 0 || repository === void 0) return;
  return { token, githubApiUrl, githubServerUrl, githubGraphqlUrl, proxies, ...repository };
}
function planChanges(inputs, context, { tag, event }) {
  const { repository, githubServerUrl } = context;
  if (tag !== void 0) {
    const query = repositoryOf(inputs, context);
    return query && { kind: 'tag', query: { ...query, tag } };
  }
  if (event.name !== 'push' || repository === void 0) return;
  const { commits, before, after } = event;
  return { kind: 'push', push: { ...repository, githubServerUrl, commits, before, after } };
}
function pageOf({ githubServerUrl, repository, runId }, { event, tag }) {
  const releasePage = event.name === 'release' ? pageOnServer(event.page, githubServerUrl) : void 0;
  if (releasePage !== void 0 || repository === void 0) return releasePage;
  const base = `${githubServerUrl}/${repository.owner}/${repository.repo}`;
  if (tag !== void 0) {
    const name = encodeURIComponent(tag.toWellFormed()).replace(/%(?:2F|40|2B)/g, decodeURIComponent);
    return `${base}/releases/tag/${name}`;
  }
  return runId === void 0 ? void 0 : `${base}/actions/runs/${runId}`;
}
function scopeOf({ tag }, context) {
  const { event } = context;
  const eventTag = isPlaceholder(context.tag) ? void 0 : context.tag;
  if (tag === void 0) return { tag: eventTag, tagSource: 'the tag', event };
  const isForeign = eventTag !== void 0 && tag !== eventTag;
  return { tag, tagSource: 'input `tag`', event: isForeign ? { name: 'other', trigger: event.name } : event };
}
function isPlaceholder(tag) {
  return tag !== void 0 && /^untagged-[\da-f]{8,}$/.test(tag);
}
const publishedOnly = 'Trigger the workflow with `on: { release: { types: [published] } }`.';
const publishingTypes = ['published', 'released', 'prereleased', 'created', void 0];
function assertPublishable({ event }) {
  if (event.name === 'push' && event.isDeletion)
    throw new EventError(
      'push',
      `This workflow was started by the deletion of a tag or branch. There is nothing to publish. ${publishedOnly}`,
    );
  if (event.name !== 'release') return;
  if (event.isDraft) throw new EventError('release', `Draft releases are not published. ${publishedOnly}`);
  if (!publishingTypes.includes(event.action))
    throw new EventError(
      'release',
      `\`release\` events of type \`${event.action ?? ''}\` are not published. ${publishedOnly}`,
    );
}
function reasonToSkip({ event, eventFileProblem }) {
  const unknown = eventFileProblem === void 0 ? 'unknown' : `unknown: the event file ${eventFileProblem}`;
  switch (event.name) {
    case 'deployment':
      return 'A `deployment` event only requests a deployment, which has not happened yet. Trigger the workflow with `deployment_status`.';
    case 'deployment_status':
      return event.state === 'success'
        ? void 0
        : `The state of the deployment is not \`success\` (${event.state ?? unknown}).`;
    case 'workflow_run':
      return event.conclusion === 'success'
        ? void 0
        : `The conclusion of the workflow run is not \`success\` (${event.conclusion ?? unknown}).`;
    case 'release':
    case 'push':
    case 'other':
      return;
  }
}
function resolveVersion({ version, tagPrefix }, context, { tag, tagSource }) {
  if (version !== void 0) return { value: version, source: 'input `version`' };
  if (tag === void 0) throw new InputError([{ input: 'version', message: `is not set, and ${whyNoTag(context)}` }]);
  if (tagPrefix === void 0) return { value: validated(tag, tag), source: tagSource };
  const rest = tag.startsWith(tagPrefix) ? tag.slice(tagPrefix.length) : '';
  const isOurs = unicodePattern`\p{L}$`.test(tagPrefix) ? /^\d/.test(rest) : rest !== '';
  if (isOurs) return { value: validated(rest, tag), source: `${tagSource} \`${tag}\` without \`tag-prefix\`` };
  throw new InputError([
    {
      input: 'tag-prefix',
      message: `is \`${tagPrefix}\`, and tag \`${tag}\` is not that followed by a version. If your tags have no prefix, remove \`tag-prefix\`. If the tag belongs to another package, run this job for this package's tags only, with \`if: startsWith(${tagExpression(context)}, '${tagPrefix}')\`.`,
    },
  ]);
}
function validated(version, tag) {
  const problem = validateVersion(version);
  if (problem === void 0) return version;
  throw new InputError([{ input: 'version', message: `is not set, and the version from tag \`${tag}\` ${problem}` }]);
}
function tagExpression({ event }) {
  return event.name === 'release' ? 'github.event.release.tag_name' : 'github.ref_name';
}
function whyNoTag({ event, tag, ref, eventFileProblem }) {
  if (isPlaceholder(tag))
    return `the GitHub release is not bound to a tag (\`${tag ?? ''}\`). Publish the release with a tag, or set \`version\`.`;
  if (event.name === 'release')
    return eventFileProblem === void 0
      ? 'the event file contains no release with a tag. Set `version` or `tag`, or give your local runner the payload of a release.'
      : `the event file ${eventFileProblem}. Set \`version\` or \`tag\`, or give your local runner the payload of a release.`;
  const where = ref === void 0 ? 'without a tag' : `for \`${ref}\`, which is not a tag`;
  const how =
    event.name === 'workflow_run'
      ? 'If the workflow that ran before this one runs for tags only, set `tag: ${{ github.event.workflow_run.head_branch }}`.'
      : 'Set `version` or `tag`, or trigger the workflow with a pushed tag or a published release.';
  return `this workflow runs ${where}. ${how}`;
}
function resolveTitle({ title }, { event, tag, tagSource }) {
  if (title !== void 0) return { value: title, source: 'input `title`' };
  if (event.name !== 'release') return;
  if (event.title !== void 0) return { value: event.title, source: 'the name of the GitHub release' };
  return tag === void 0 ? void 0 : { value: tag, source: tagSource };
}
function resolveDescription({ description }, { githubServerUrl }, { event }) {
  if (description !== void 0) return descriptionFromInput(description);
  if (event.name !== 'release' || event.notes === void 0) return;
  return descriptionFromRelease(event.notes, pageOnServer(event.page, githubServerUrl));
}
function resolveStart({ releaseStart }, { event }) {
  if (releaseStart !== void 0) return { value: releaseStart, source: 'input `release-start`' };
  if (event.name === 'release') return releaseEventStart(event);
  if (event.name === 'deployment_status' && event.createdAt !== void 0)
    return { value: event.createdAt, source: 'when the deployment succeeded' };
  return;
}
function releaseEventStart({ action, publishedAt, updatedAt }) {
  if (action === 'released' || action === 'prereleased')
    return updatedAt && { value: updatedAt, source: `when the GitHub release was ${action}` };
  return publishedAt && { value: publishedAt, source: 'when the GitHub release was published' };
}

// CONCATENATED MODULE: ./src/release.ts
function composeRelease(plan, notes, description, now) {
  const { version } = plan;
  const title = plan.title ?? titleFrom(notes) ?? plan.fallbackTitle;
  const start = plan.start ?? { value: now, source: 'time of this run' };
  const release_start = formatTimestamp(start.value);
  const release_end = plan.end === void 0 ? void 0 : formatTimestamp(plan.end);
  if (release_end !== void 0 && release_end < release_start)
    throw new InputError([
      {
        input: 'release-end',
        message: `is ${release_end} UTC, before the start at ${release_start} UTC (${start.source}). Set \`release-start\` too, or a later end.`,
      },
    ]);
  const release = {
    version: version.value,
    release_start,
    release_end,
    title: title.value,
    description: description?.value,
    platforms: plan.platforms,
    created_by: plan.createdBy,
    chart_visibility: plan.chartVisibility,
  };
  return {
    release,
    payload: JSON.stringify(release),
    sources: {
      version: version.source,
      title: title.source,
      description: description?.source ?? 'no release notes found',
      start: start.source,
    },
  };
}
function titleFrom(notes) {
  return notes?.title === void 0 ? void 0 : { value: notes.title, source: 'the name of the GitHub release' };
}

// CONCATENATED MODULE: ./src/report.ts
const maxResultLength = 1e3;
function reportMissingNotes(tag, { message, advice }) {
  report_notice(
    `Could not fetch the release notes of tag \`${sanitizeLine(tag)}\`: ${message}. The release is published without them. ${advice}`,
  );
}
function reportMissingChanges(tag, { message, advice }) {
  report_notice(
    `Could not list what changed before tag \`${sanitizeLine(tag)}\`: ${message}. The release is published without it. ${advice}`,
  );
}
function reportUnreadableMarkdown(problem) {
  report_notice(`The release notes could not be converted to plain text (${problem}). They are sent as Markdown.`);
}
function reportRelease({ release, sources }) {
  const { version, title, description, release_start: start } = release;
  const length = description === void 0 ? 'none' : `${withSeparators(description.length)} characters`;
  log(`Version: ${sanitizeLine(version)} (${sanitizeLine(sources.version)})`);
  log(`Title: ${sanitizeLine(title)} (${sanitizeLine(sources.title)})`);
  log(`Description: ${length} (${sanitizeLine(sources.description)})`);
  log(`Start: ${start} UTC (${sanitizeLine(sources.start)})`);
}
function withSeparators(count) {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
function reportRequest(context, { release: { version }, payload }, target, finding) {
  reportFinding(context, finding, version);
  log(`POST ${addressOf(target)}`);
  writeOutputs(context, { version, payload });
}
function reportFinding(context, finding, version) {
  if (finding?.kind === 'absent') {
    log('The project does not list this release yet');
    if (!finding.isDetected) return;
    report_notice(
      `Amplitude has detected the version \`${sanitizeLine(version)}\` and has made an automatic release for it. This release is published in addition. Admins and managers can switch automatic releases off under ${releasesPage}.`,
    );
    return;
  }
  if (finding !== void 0)
    warn(
      `The project's list of releases could not be read (${finding.reason}), so the release is published without checking whether it already exists. If this happens in every run, check \`project-id\` and \`region\`.`,
    );
  warnAboutDuplicates(context);
}
function reportAlreadyPublished(context, prepared, { id, release }) {
  const { version } = prepared.release;
  writeOutputs(context, {
    outcome: 'already-published',
    'release-id': id,
    release,
    version,
    payload: prepared.payload,
  });
  log(`Already published as release ${sanitizeLine(id)}; nothing was sent`);
  writeSummary(context, 'Release was already published to Amplitude', prepared, { id });
}
function reportRetry(reason, waitMs) {
  log(`${sanitizeLine(reason)}; trying again in ${(waitMs / 1e3).toFixed(1)} s`);
}
function reportPublished(context, prepared, published, projectId) {
  const { id } = published;
  outputPublished(context, published);
  log(
    published.kind === 'created'
      ? `Amplitude answered ${String(published.status)} in ${String(published.durationMs)} ms`
      : "The project's list of releases shows that the release was created",
  );
  log(`Published release ${sanitizeLine(id)}`);
  const keysProjectId = published.kind === 'created' ? published.projectId : void 0;
  if (projectId !== void 0 && keysProjectId !== void 0 && projectId !== keysProjectId)
    warn(
      `\`project-id\` is \`${projectId}\`, but the keys belong to the project \`${keysProjectId}\`, so the releases of another project were checked. Set \`project-id\` to the project of the keys.`,
    );
  writeSummary(context, 'Release published to Amplitude', prepared, { id });
}
function reportDryRun(context, prepared, target, results) {
  for (const { text, isNotice } of results)
    if (isNotice) report_notice(text);
    else log(sanitizeLine(text, maxResultLength));
  log(`Dry run: nothing was sent to ${addressOf(target)}`);
  writeOutputs(context, { outcome: 'dry-run', version: prepared.release.version, payload: prepared.payload });
  writeSummary(context, 'Dry run: this release was not sent to Amplitude', prepared, { results });
}
function reportMissingCredentials(context) {
  reportSkipped(
    context,
    '`api-key` and `secret-key` are both empty, as in workflows from forks and Dependabot, and `on-missing-credentials` is `skip`.',
  );
}
function reportSkipped(context, reason) {
  report_notice(`No release was published. ${reason}`);
  writeOutputs(context, { outcome: 'skipped' });
}
function reportFailure(context, error, { onOutage, published }) {
  if (published === void 0) writeOutputs(context, { outcome: 'failed' });
  else outputPublished(context, published);
  const isOutage = error instanceof ApiError && policies[error.failure.class].isOutage;
  if (isOutage && onOutage === 'warn') warning(sanitizeAnnotation(error.message));
  else if (isOutage) fail(`${error.message} To let the workflow continue next time, set \`on-outage: warn\`.`);
  else if (isExpected(error)) fail(error.message);
  else {
    const state = published === void 0 ? '' : `The release was published as ${published.id}. `;
    fail(
      `${messageOf(error)}\n${state}This is a bug in the action. Report it with the log of this step: ${package_namespaceObject.Jk}/issues`,
    );
    const stack = error instanceof Error ? (error.stack ?? '') : '';
    for (const frame of stack.split('\n').slice(1)) log(`  ${sanitizeLine(frame.trim())}`);
  }
  log(
    `Help: ${package_namespaceObject.Jk}/blob/v${package_namespaceObject.rE.split('.')[0] ?? ''}/docs/troubleshooting.md`,
  );
}
function isExpected(error) {
  return [ApiError, InputError, EventError, CancelError].some((type) => error instanceof type);
}
function warnAboutDuplicates({ attempt, event, tag }) {
  if (attempt > 1)
    report_notice(
      `This is attempt ${String(attempt)} of the workflow run. If an earlier attempt already published this release, Amplitude now shows it twice: delete one under ${releasesPage}.`,
    );
  if (event.name === 'release' && event.action !== void 0 && event.action !== 'published')
    report_notice(
      `GitHub fires up to three \`release\` events for one publication, and this one has the type \`${event.action}\`. If the workflow lists more than one type, keep one, or Amplitude may show the release twice.`,
    );
  if (event.name === 'push' && event.isMove && tag !== void 0)
    report_notice(
      `The tag \`${sanitizeLine(tag)}\` was moved: it existed before this push. If its release was published before, Amplitude now shows it twice. To leave out tags such as \`v1\` and \`latest\`, trigger the workflow with \`tags: ['v*.*.*']\`.`,
    );
}
function warnAboutUnused({ eventFileProblem, event }, { version, tagPrefix }) {
  if (version !== void 0 && tagPrefix !== void 0)
    report_notice('`tag-prefix` has no effect, because `version` is set. Remove one of them.');
  if (event.name === 'release' && eventFileProblem !== void 0)
    report_notice(
      `The event file ${eventFileProblem}. The title, the notes and the time of the GitHub release are not known.`,
    );
}
function addressOf({ url: { host, pathname } }) {
  return host + pathname;
}
function log(line) {
  info(line);
}
function report_notice(text) {
  notice(sanitizeAnnotation(text));
}
function warn(text) {
  warning(sanitizeAnnotation(text));
}
function fail(text) {
  setFailed(sanitizeAnnotation(text));
}
function outputPublished(context, { id, release }) {
  writeOutputs(context, { outcome: 'published', 'release-id': id, release });
}
function writeOutputs({ hasOutputFile }, outputs) {
  try {
    if (!hasOutputFile) throw new Error('GITHUB_OUTPUT is not set');
    for (const [name, value] of Object.entries(outputs)) setOutput(name, value);
  } catch (error) {
    const names = Object.keys(outputs).map((name) => `\`${name}\``);
    warning(
      sanitizeAnnotation(
        `The outputs ${names.join(', ')} could not be set: ${messageOf(error)}. Later steps cannot read them. Check for a full disk, and for a step that changes \`GITHUB_OUTPUT\`.`,
      ),
    );
  }
}
function writeSummary({ summaryFile }, heading, { release }, { id, results = [] }) {
  const rows = [
    ['Title', release.title],
    ['Version', release.version],
    ['Start', `${release.release_start} UTC`],
    ['End', release.release_end === void 0 ? void 0 : `${release.release_end} UTC`],
    ['Platforms', release.platforms?.join(', ')],
    ['Created by', release.created_by],
    ['Id', id],
  ];
  const table = rows.flatMap(([name, value]) =>
    value === void 0 ? [] : [[{ data: name, header: true }, sanitizeCell(value)]],
  );
  try {
    if (summaryFile === void 0) throw new Error('GITHUB_STEP_SUMMARY is not set');
    summary.addHeading(heading, 3).addTable(table);
    if (results.length > 0) summary.addList(results.map(({ text }) => sanitizeCell(text, maxResultLength)));
    if (release.description !== void 0) summary.addDetails('Description', codeBlock(release.description));
    (0, external_node_fs_namespaceObject.appendFileSync)(summaryFile, summary.stringify());
  } catch (error) {
    warning(
      sanitizeAnnotation(
        `The job summary could not be written: ${messageOf(error)}. This does not affect the release.`,
      ),
    );
  }
}

// CONCATENATED MODULE: ./src/secrets.ts
const mark = '***';
const minRunLength = 8;
const maxPasses = 3;
const lettersAndDigits = (text) => text.replace(/[^A-Za-z0-9]+/g, '').toLowerCase();
const lettersDigitsAndQuotes = (text) => text.replace(/[^A-Za-z0-9"]+/g, '').toLowerCase();
const visibleAscii = (text) => text.replace(/[^!-)+-~]+/g, '').toLowerCase();
const everything = (text) => text.toLowerCase();
function createRedactor(secrets) {
  const forms = [...new Set(secrets.flatMap(formsOf))];
  const parts = searchesForParts(forms);
  const wholes = searchesForWholes(forms);
  return { redactParts: (text) => redact(text, parts), redactWhole: (text) => redact(text, wholes) };
}
function formsOf(secret) {
  const value = secret.replace(/^github_pat_|^"+|"+$/g, '');
  if (/^\**$/.test(value)) return [];
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
  });
  const base64Url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  const escaped = [secrets_decode(value), JSON.stringify(value).slice(1, -1), bytes.toString('latin1')];
  const encoded = [...escaped, bytes.toString('hex'), ...base64, ...base64Url];
  return [value, ...encoded.filter((form) => form.length >= minRunLength)];
}
function searchesForParts(forms) {
  const seen = new Set();
  const searches = [lettersAndDigits, visibleAscii, everything].map((read) => {
    const runs = new Set();
    const words = new Set();
    for (const text of forms.map(read)) {
      if (read === everything && text.length < minRunLength) words.add(text);
      if (seen.has(text)) continue;
      seen.add(text);
      for (let end = minRunLength; end <= text.length; end += 1) runs.add(text.slice(end - minRunLength, end));
    }
    return { read, runs, words };
  });
  return searches.filter(({ runs, words }) => runs.size + words.size > 0);
}
function searchesForWholes(forms) {
  const searches = [
    { read: lettersDigitsAndQuotes, minLength: 16, runs: new Set(), words: new Set() },
    { read: visibleAscii, minLength: minRunLength, runs: new Set(), words: new Set() },
    { read: everything, minLength: 1, runs: new Set(), words: new Set() },
  ];
  for (const form of forms) {
    const search = searches.find(({ read, minLength }) => read(form).length >= minLength);
    search?.words.add(search.read(form));
  }
  return searches.filter(({ words }) => words.size > 0);
}
function redact(text, searches) {
  let redacted = text;
  for (let pass = 1; pass <= maxPasses; pass += 1) {
    const before = redacted;
    for (const search of searches) {
      redacted = redactReading(redacted, (part) => search.read(secrets_decode(part)), search);
      redacted = redactReading(redacted, search.read, search);
    }
    if (redacted === before) return redacted;
  }
  return mark;
}
function redactReading(text, read, search) {
  const found = find(read(text), search);
  if (found === void 0) return text;
  const isFound = (start, end) => found.subarray(Math.max(0, start), end).includes(1);
  let chunkEnd = 0;
  return text.replace(chunkPattern, (chunk) => {
    let end = chunkEnd;
    chunkEnd += read(chunk).length;
    if (!isFound(end - 1, chunkEnd)) return chunk;
    return chunk.replace(unitPattern, (unit) => {
      const start = end;
      end += read(unit).length;
      const isAfterFound = isFound(start - 1, start);
      const isSeparator = start === end;
      if (isSeparator ? !isAfterFound || !isFound(end, end + 1) : !isFound(start, end)) return unit;
      return isAfterFound ? '' : mark;
    });
  });
}
function find(reading, { runs, words }) {
  let found;
  const add = (start, end) => (found ??= new Uint8Array(reading.length)).fill(1, start, end);
  for (let end = minRunLength; runs.size > 0 && end <= reading.length; end += 1)
    if (runs.has(reading.slice(end - minRunLength, end))) add(end - minRunLength, end);
  for (const word of words)
    for (let start = reading.indexOf(word); start !== -1; start = reading.indexOf(word, start + word.length)) {
      const end = start + word.length;
      const neighbors = reading.slice(Math.max(0, start - 1), start) + reading.slice(end, end + 1);
      if (word.length >= minRunLength || !/[a-z0-9]/.test(neighbors)) add(start, end);
    }
  return found;
}
const wrap = '[^!-~]*';
const secrets_hex = (digits) => `(${Array(digits).fill('[0-9a-f]').join(wrap)})`;
const escapes = [
  `%(?:${wrap}2${wrap}5){0,2}${wrap}${secrets_hex(2)}`,
  String.raw`\\(?:\\\\)*(["/])`,
  String.raw`\\+(?:${wrap}u${wrap}${secrets_hex(4)}|${wrap}x${wrap}${secrets_hex(2)}|[bfnrt])?`,
].join('|');
const escapePattern = new RegExp(escapes, 'gi');
const unit = `(?:${escapes}|[\ud800-\udbff][\udc00-\udfff]|[^])`;
const unitPattern = new RegExp(unit, 'gi');
const chunkPattern = new RegExp(`${unit}{1,500}`, 'gi');
function secrets_decode(text) {
  if (!/[%\\]/.test(text)) return text;
  return text.replace(escapePattern, (_escape, url, plain, unicode, byte) => {
    const digits = url ?? unicode ?? byte;
    return digits === void 0 ? (plain ?? '') : String.fromCharCode(Number.parseInt(visibleAscii(digits), 16));
  });
}

// CONCATENATED MODULE: ./src/main.ts
async function main(environment) {
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', ignore);
  const cancellation = new AbortController();
  const cancel = (signal) => {
    cancellation.abort(new CancelError(signal));
  };
  process.once('SIGINT', cancel).once('SIGTERM', cancel);
  const context = readContext(environment);
  const progress = { onOutage: 'fail', published: void 0 };
  try {
    await publishRelease(context, cancellation.signal, progress);
  } catch (error) {
    reportFailure(context, error, progress);
    const reason = cancellation.signal.reason;
    if (reason instanceof CancelError)
      process.exitCode = 128 + external_node_os_namespaceObject.constants.signals[reason.signal];
  }
  cancellation.abort();
  process.off('SIGINT', cancel).off('SIGTERM', cancel);
}
function ignore() {}
async function publishRelease(context, signal, progress) {
  const inputs = readInputs(context);
  progress.onOutage = inputs.onOutage;
  const { mode } = inputs;
  if (mode.kind === 'skip') {
    reportMissingCredentials(context);
    return;
  }
  const decision = planRelease(inputs, context);
  if ('skip' in decision) {
    reportSkipped(context, decision.skip);
    return;
  }
  signal.throwIfAborted();
  const { plan } = decision;
  const destination = { target: targetFor(inputs), proxies: context.proxies, signal };
  const lookUp = notesFor(plan.query);
  const publication =
    mode.kind === 'publish'
      ? openPublication({ ...destination, credentials: mode.credentials }, inputs.timeoutMs)
      : void 0;
  await (0, promises_namespaceObject.setImmediate)();
  const redactor = createRedactor([...inputs.secrets, ...proxySecrets(context.proxies)]);
  const network = { ...destination, redactor };
  const notes = await lookUp;
  const found = plan.description ?? descriptionFromNotes(notes) ?? (await changesFor(plan.changes, notes));
  const { description, problem } = await composeDescription(found, plan.style);
  if (problem !== void 0) reportUnreadableMarkdown(problem);
  const prepared = composeRelease(plan, notes, description, new Date());
  warnAboutUnused(context, inputs);
  reportRelease(prepared);
  if (publication === void 0) {
    const results = await checkRelease(inputs, prepared.release, network);
    reportDryRun(context, prepared, network.target, results);
    return;
  }
  const deadlineMs = monotonicMs() + inputs.timeoutMs;
  const query = inputs.project && { ...inputs, ...inputs.project, ...network, release: prepared.release };
  const finding = query && (await findRelease(query, inputs.timeoutMs));
  if (finding?.kind === 'found') {
    reportAlreadyPublished(context, prepared, finding);
    return;
  }
  signal.throwIfAborted();
  reportRequest(context, prepared, network.target, finding);
  progress.published = await publish(prepared.payload, {
    ...inputs,
    ...network,
    ...publication,
    timeoutMs: deadlineMs - monotonicMs(),
    query,
    onRetry: reportRetry,
  });
  reportPublished(context, prepared, progress.published, inputs.project?.projectId);
}
async function notesFor(query) {
  if (query === void 0) return;
  const notes = await lookUpReleaseNotes(query);
  if (notes.problem !== void 0) reportMissingNotes(query.tag, notes.problem);
  return notes;
}
async function changesFor(plan, notes) {
  if (plan === void 0 || notes?.problem !== void 0) return;
  if (plan.kind === 'push') return descriptionFromChanges(changesFromPush(plan.push), 'the commits of the push');
  const { tag } = plan.query;
  const changes = await lookUpChanges(plan.query);
  if (changes.problem !== void 0) reportMissingChanges(tag, changes.problem);
  return descriptionFromChanges(changes, `the changes from \`${changes.previousTag ?? ''}\` to \`${tag}\``);
}
async function checkRelease({ mode, version, tagPrefix, timeoutMs }, release, network) {
  if (mode.kind !== 'dry-run' || mode.credentials === void 0) return [];
  const check = await checkApp(
    { ...network, releaseUrl: network.target.url, credentials: mode.credentials, timeoutMs },
    { ...release, tagPrefix, isVersionFromTag: version === void 0 },
    new Date(),
  );
  if (check.kind === 'rejected') throw new ApiError(failureFrom(check.cause, network), 1);
  return check.findings.map(describeFinding);
}

// CONCATENATED MODULE: ./src/index.ts
main(process.env).then(() => {
  process.stdout.write('', () => {
    abandonLookups();
    process.exit();
  });
});
