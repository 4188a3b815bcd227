import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/**
 * @typedef {object} Certificate a certificate that vouches for itself
 * @property {string} key
 * @property {string} cert
 * @property {string} file the certificate, for NODE_EXTRA_CA_CERTS
 */

/**
 * Makes a throw-away certificate.
 *
 * @param {...string} hosts host names and IPv4 addresses that it is for
 * @returns {Promise<Certificate>}
 */
export async function makeCertificate(...hosts) {
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
