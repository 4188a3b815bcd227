import { jest } from '@jest/globals';
import tls from 'node:tls';

// What a process trusts is read when it starts.
let authority: string | undefined;
const { createSecureContext } = tls;
jest
  .spyOn(tls, 'createSecureContext')
  .mockImplementation((options) => createSecureContext({ ...options, ...(authority && { ca: authority }) }));

/** Makes this process trust a certificate and no other; with `undefined`, what it trusted when it started. */
export function trust(certificate: string | undefined): void {
  authority = certificate;
}
