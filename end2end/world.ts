/** A licensing node, and servers that its vendor knows. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, type Start } from './harness.ts';
import { Program, run } from './program.ts';

export const CUSTOMER = 'Example Telephony';

/** What the vendor hands to a customer for one server. */
export interface Registration {
  guid: string;
  auth: string;
  deployment: string;
  operator: string;
  /** Path of the registration file. */
  file: string;
}

/** The vendor's licensing node: a process of its own. */
export class LicensingNode {
  readonly data: string;
  /** `host:port`; the same again after a stop. */
  address = '';
  /** `SHA256:` and 64 digits. */
  fingerprint = '';
  private program?: Program;

  private constructor(data: string) {
    this.data = data;
  }

  /** Starts a node with keys of its own and one customer. */
  static async start(address = '127.0.0.1:0', customer = CUSTOMER): Promise<LicensingNode> {
    const node = new LicensingNode(mkdtempSync(join(tmpdir(), 'leasehold-node-')));
    node.address = address;
    await node.serve();
    node.cli(['customer', 'add', customer]);
    return node;
  }

  /** Serves at its address, with the machine's clock or another. */
  async serve(env: Record<string, string> = {}): Promise<void> {
    const words = ['serve', '--log', 'error', '--data', this.data, '--http', this.address];
    this.program = await Program.start(words, env, undefined, 'leasehold-node');
    this.address = new URL(this.program.said.get('node')!).host;
    this.fingerprint = this.program.said.get('fingerprint')!;
  }

  /** Ends it: nothing listens at its address then. */
  async stop(): Promise<void> {
    await this.program?.stop();
    this.program = undefined;
  }

  /** Ends it and removes its folder. */
  async end(): Promise<void> {
    await this.stop();
    rmSync(this.data, { recursive: true, force: true });
  }

  /** A command of the vendor. */
  cli(words: string[]): string {
    return run([...words, '--data', this.data], '', 'leasehold-node');
  }

  /** A new server of the customer. */
  addServer(options: { context?: string; customer?: string } = {}): Registration {
    const { context = 'production', customer = CUSTOMER } = options;
    const said = JSON.parse(this.cli(['server', 'add', '--customer', customer, '--context', context, '--json'])) as Record<string, string>;
    return {
      guid: said.guid,
      auth: said.auth_string,
      deployment: said.deployment_id,
      operator: said.operator_id,
      file: said.registration_file,
    };
  }

  /** Gives a server a license; its id. */
  addLicense(guid: string, product: string, count: number, more: string[] = []): string {
    return this.cli(['license', 'add', '--server', guid, '--product', product, '--count', String(count), ...more]).trim();
  }
}

/** The licenses of a world: one that ends soon, one of another context, one metered beside the usual ones. */
export function usualLicenses(node: LicensingNode, guid: string): void {
  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  node.addLicense(guid, 'TTS3', 100, ['--expires', day(365), '--maintenance', day(730), '--version', '16.0']);
  node.addLicense(guid, 'ASR_ENUS', 50, ['--expires', day(20), '--maintenance', day(365), '--version', '16.0']);
  node.addLicense(guid, 'TRAN_ENUS', 200, ['--kind', 'metered']);
  node.addLicense(guid, 'ETRAN_ENUS', 5);
  node.addLicense(guid, 'VAD', 10, ['--context', 'backup']);
}

/** A node and a claimed server with its usual licenses. */
export class World {
  readonly node: LicensingNode;
  readonly registration: Registration;
  server: Server;

  private constructor(node: LicensingNode, registration: Registration, server: Server) {
    this.node = node;
    this.registration = registration;
    this.server = server;
  }

  /** In step with its node; or registered while the node was away, so that nothing was exchanged yet. */
  static async start(options: Start & { synced?: boolean; node?: string } = {}): Promise<World> {
    const [node, server] = await Promise.all([LicensingNode.start(options.node), Server.claimed({ ...options, registered: false })]);
    const world = new World(node, node.addServer(), server);
    usualLicenses(node, world.registration.guid);
    const synced = options.synced ?? true;
    if (!synced) await node.stop();
    server.cli(['register', '--file', world.registration.file, ...(synced ? [] : ['--no-sync'])]);
    return world;
  }

  /** Gives the server a license. */
  addLicense(product: string, count: number, more: string[] = []): string {
    return this.node.addLicense(this.registration.guid, product, count, more);
  }

  async stop(): Promise<void> {
    try {
      await this.server.stop();
    } finally {
      await this.node.end();
    }
  }
}

let addresses = 0;

/** A place for a node at one of the vendor's ports: an address of this machine that no other test uses. */
export function vendorAddress(): string {
  addresses += 1;
  return `127.${1 + ((process.pid >> 8) % 254)}.${process.pid % 256}.${1 + addresses}:13449`;
}
