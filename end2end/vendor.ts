/** A vendor made of nothing but its published formats: it says whatever a test wants, and its signatures are good. */

import { createHash, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** JSON in the one form that is signed (RFC 8785): members in order, no space. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

function digest(...parts: (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** The 32 bytes of a public key. */
function raw(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url');
}

export interface Words {
  customer?: string;
  message?: string;
  error?: boolean;
  notices?: string[];
  /** Id and version of the one license. */
  id?: string;
  version?: string;
}

export class Vendor {
  readonly guid: string;
  readonly auth = 'AUTHSTRINGOFATEST7890';
  private readonly deployment = randomUUID();
  private readonly signing = generateKeyPairSync('ed25519');
  private readonly sealing = generateKeyPairSync('x25519');
  private readonly key: { signing: string; sealing: string; fingerprint: string };
  private serial = 0;

  constructor() {
    this.guid = `{${this.deployment.toUpperCase()}}`;
    const [signing, sealing] = [raw(this.signing.publicKey), raw(this.sealing.publicKey)];
    const fingerprint = `SHA256:${digest('leasehold vendor key 1\0', signing, sealing)}`;
    this.key = { signing: signing.toString('base64'), sealing: sealing.toString('base64'), fingerprint };
  }

  /** A registration file for its one server. */
  registration(nodes: string[], customer: string): string {
    return JSON.stringify({
      format: 'leasehold registration 1',
      guid: this.guid,
      auth_string: this.auth,
      context: 'production',
      deployment_id: this.deployment,
      operator_id: randomUUID(),
      customer,
      nodes,
      nodes_https: [],
      vendor_keys: [this.key],
    });
  }

  /** The answer to a report, with these words in it. */
  answer(report: string, words: Words): string {
    const { customer = 'Example', message = 'Success', error = false, notices = [], id = 'L-1', version = '1.0' } = words;
    const asked = JSON.parse(report) as { [name: string]: Json };
    const now = new Date().toISOString();
    this.serial += 1;
    const license = { id, product: 'TTS3', kind: 'concurrent', count: 5, context: 'production', hours: null, expires: null, 'maintenance-expires': null, version };
    const bundle: Json = {
      format: 'leasehold bundle 1',
      guid: this.guid,
      context: 'production',
      serial: this.serial,
      issued: now,
      customer,
      'contact-limit-days': 60,
      deployments: [this.deployment],
      licenses: [license],
    };
    const keyId = this.key.fingerprint.slice('SHA256:'.length, 'SHA256:'.length + 16);
    const response: { [name: string]: Json } = {
      error,
      'response-message': message,
      'valid-license-guids': [this.deployment],
      'license-status-id': asked.status_id,
      'node-time': now,
      'report-sha256': digest(canonical(asked)),
      'vendor-key-id': keyId,
      'license-bundle': error ? null : { bundle, 'key-id': keyId, signature: this.sign('leasehold bundle 1', bundle) },
      notices: notices.map((text) => ({ code: 'second-instance', message: text })),
    };
    return JSON.stringify({ ...response, 'report-signature': this.sign('leasehold response 1', response) });
  }

  private sign(domain: string, value: Json): string {
    return sign(null, Buffer.from(`${domain}\0${canonical(value)}`), this.signing.privateKey).toString('base64');
  }
}
