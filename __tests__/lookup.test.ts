import { expect, jest, test } from '@jest/globals';
import dns from 'node:dns';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { send } from '../src/request.js';
import { plainEvent } from './harness/events.js';
import { keys, runBundle } from './harness/step.js';

const canReplaceItself = process.platform !== 'win32' && typeof Reflect.get(process, 'execve') === 'function';

/**
 * A lookup that hangs, without a name server: the only thread for lookups has something else to do for 20 seconds, and
 * holds the process in the same way.
 */
(canReplaceItself ? test : test.skip).each(['fail', 'warn'])(
  'ends in time although a DNS lookup hangs, with `on-outage: %s`',
  async (onOutage) => {
    const folder = mkdtempSync(join(tmpdir(), 'lookup-'));
    const busy = join(folder, 'busy.cjs');
    writeFileSync(
      busy,
      `const until = Date.now() + 20_000;
     const hold = () => require('node:crypto').pbkdf2('', '', 20_000_000, 64, 'sha512', () => Date.now() < until && hold());
     hold();`,
    );
    const result = await runBundle({
      ...plainEvent('workflow_dispatch', 'refs/heads/main'),
      inputs: { ...keys, 'api-url': 'https://host.invalid', version: '1', timeout: '1', 'on-outage': onOutage },
      environment: { UV_THREADPOOL_SIZE: '1', NODE_OPTIONS: `--require "${busy}"` },
    }).finally(() => {
      rmSync(folder, { recursive: true });
    });
    expect([result.exitCode, result.outputs['outcome']]).toEqual([onOutage === 'fail' ? 1 : 0, 'failed']);
    expect([...result.errors, ...result.warnings]).toEqual([
      expect.stringMatching(/no response within 1 s.*was not created/),
    ]);
    expect(result.durationMs).toBeLessThan(3_000);
  },
);

/**
 * A server whose queue of connections is full until it looks at it, 700 ms later: so long the handshake of TCP takes.
 */
const slowServer = `
  const server = require('node:net').createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.end('HTTP/1.1 200 OK\\r\\ncontent-length: 4\\r\\n\\r\\nslow'));
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:fs').writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700);
  });`;

(process.platform === 'linux' ? test : test.skip)('waits for a slow address when the other one is dead', async () => {
  const server = spawn(process.execPath, ['--eval', slowServer], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lookup = jest.spyOn(dns, 'lookup');
  const waiting: Socket[] = [];
  try {
    const port = Number(String(await once(server.stdout, 'data')));
    // A queue for one holds two.
    for (let count = 0; count < 2; count += 1) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      waiting.push(socket);
      await once(socket, 'connect');
    }
    // Nobody listens at the second address.
    const addresses = [1, 2].map((last) => ({ address: `127.0.0.${String(last)}`, family: 4 }));
    lookup.mockImplementation((...parameters: unknown[]) => {
      const callback = parameters.at(-1);
      if (typeof callback === 'function') Reflect.apply(callback, undefined, [null, addresses]);
      return {};
    });
    const response = await send({
      method: 'GET',
      url: new URL(`http://slow.test:${port}`),
      headers: {},
      proxies: { https: undefined, http: undefined, noProxy: '' },
      timeoutMs: 20_000,
      maxBodyBytes: 100,
    });
    expect(response).toMatchObject({ status: 200, body: 'slow' });
    expect(lookup.mock.calls.length).toBeGreaterThan(1);
  } finally {
    lookup.mockRestore();
    for (const socket of waiting) socket.destroy();
    server.kill();
  }
});
