/** An installation of two servers: a primary and a backup with hours, each with a license of its machine, known to one another. */

import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, type Start } from './harness.ts';
import { Program } from './program.ts';
import { CUSTOMER, LicensingNode } from './world.ts';

/** Virtual hardware that the licenses of the machines permit. */
export const HARDWARE = 'Charon-SSP/4U';
/** Hours of the backup. */
export const HOURS = 100;
/** A server counts as silent, and clients have moved, within this time, milliseconds; the machine may be busy. */
export const SILENT_WITHIN_MS = 45_000;

/** What a license of a machine grants: until a date, or for so many hours. */
export type Grant = { expires: string } | { hours: number };

export class Installation {
  readonly node: LicensingNode;
  primary!: Server;
  backup!: Server;
  private readonly clients: Program[] = [];
  /** With which clients log in, by the data folder of the server. */
  private readonly passphrases = new Map<string, string>();

  private constructor(node: LicensingNode) {
    this.node = node;
  }

  /** Both in step with their node; joined unless a test is to do that. */
  static async start(options: { joined?: boolean; hours?: number } = {}): Promise<Installation> {
    const world = new Installation(await LicensingNode.start());
    world.primary = await world.add('production', { expires: '2099-12-31' });
    world.backup = await world.add('backup', { hours: options.hours ?? HOURS });
    if (options.joined ?? true) world.join();
    return world;
  }

  /** A claimed and registered server with a license of its machine. */
  private async add(context: string, grant: Grant): Promise<Server> {
    const { guid, file } = this.node.addServer({ context });
    this.node.addLicense(guid, 'TTS3', 10, ['--expires', '2099-12-31', '--context', context]);
    const server = await Server.claimed({ registered: false, ...this.ports() });
    server.cli(['register', '--file', file]);
    const license = issue(this.node, server, grant);
    server.cli(['license', 'install', license]);
    this.passphrases.set(server.data, /P_PASSPHRASE=(\S+)/.exec(readFileSync(license, 'utf8'))![1]);
    return server;
  }

  private ports(): Start {
    return { clients: '127.0.0.1:0', ve: '127.0.0.1:0' };
  }

  /** A code that the primary made, good once. */
  invite(): string {
    return this.primary.cli(['peer', 'invite']).trim().split('\n').pop()!;
  }

  /** Lets the backup join, under this name. */
  join(name = 'lic-02'): void {
    this.backup.cli(['peer', 'join', '--url', this.primary.url, '--code', this.invite(), '--name', name]);
  }

  /** A virtual environment that is logged in, and goes on until the end; its servers in order. */
  async logIn(servers: Server[], name: string): Promise<Program> {
    const addresses = servers.map((server) => `VE://${server.ve}/${this.passphrases.get(server.data)}`).join(',');
    const client = await Program.start(['client', 've', '--servers', addresses, '--product', HARDWARE, '--name', name], {}, /Found available license/);
    this.clients.push(client);
    return client;
  }

  /** An application that has so many licenses in use until the end; its servers in order. */
  async use(servers: Server[], name: string, product: string, count: number): Promise<void> {
    const addresses = servers.map((server) => server.clients).join(',');
    const words = ['client', 'run', '--servers', addresses, '--name', name, '--product', product, '--count', String(count), '--hold', '3600000'];
    this.clients.push(await Program.start(words, {}, null));
  }

  /** What the clients said, for a test that failed. */
  get clientLog(): string {
    return this.clients.map(({ printed }) => printed.join('\n')).join('\n\n');
  }

  async stop(): Promise<void> {
    try {
      for (const client of this.clients) await client.kill();
      await Promise.all([this.primary?.stop(), this.backup?.stop()]);
    } finally {
      await this.node.end();
    }
  }
}

/** Has a vendor make a license of a server's machine; its file. */
export function issue(node: LicensingNode, server: Server, grant: Grant, more: string[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-license-'));
  const [request, license] = [join(folder, 'request.json'), join(folder, 'license.txt')];
  server.cli(['license', 'request', '--out', request]);
  const good = 'hours' in grant ? ['--type', 'countdown', '--hours', String(grant.hours)] : ['--type', 'normal', '--expires', grant.expires];
  node.cli(['ve', 'issue', '--request', request, ...good, '--customer', CUSTOMER, '--grace', '120', '--interval', '60', '--product', `${HARDWARE},cpus=4,memory=4096,instances=3,version=5.3`, '--out', license, ...more]);
  return license;
}
