import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** A certificate that vouches for itself, its key, and the file that makes a process trust it. */
export type Authority = { readonly key: string; readonly cert: string; readonly file: string };

/** Makes a throw-away certificate for host names and loopback addresses, for NODE_EXTRA_CA_CERTS. */
export async function makeAuthority(...hosts: readonly string[]): Promise<Authority> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'Throw-away authority' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: hosts.map((host) => (/^[\d.]+$/.test(host) ? { type: 7, ip: host } : { type: 2, value: host })),
      },
    ],
  });
  const file = join(mkdtempSync(join(tmpdir(), 'authority-')), 'authority.pem');
  writeFileSync(file, cert);
  return { key, cert, file };
}
