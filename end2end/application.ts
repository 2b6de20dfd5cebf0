/** An application at the license port, in states that a well-made client never shows: silent, over its limit, with a hostile name. */

import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from './harness.ts';
import { run } from './program.ts';

/** How often an application refreshes, milliseconds. */
const REFRESH_MS = 2_000;

/** What it has of one product. */
interface Share {
  held: number;
  want: number;
  taken: number;
  limit: number;
  version: number;
  /** The version it has agreed to: the limit fits what it holds. */
  echoed: number;
}

/** What the server answers about one product. */
export interface Limit {
  limit: number;
  version: number;
  licensed: number;
  why?: string;
  sentence?: string;
}

export interface CheckOut {
  product: string;
  user?: string;
  host?: string;
  from: number;
  to?: number;
  outcome: 'returned' | 'flushed' | 'denied' | 'open';
}

export interface Answered<T> {
  status: number;
  body: T;
}

export class Application {
  readonly client = randomUUID();
  /** Whoever knows it speaks for the application. */
  readonly run = randomUUID();
  private readonly server: Server;
  private readonly shares = new Map<string, Share>();
  private epoch = 0;
  private sequence = 0;
  private told = 0;
  private beat?: NodeJS.Timeout;
  private last: Promise<unknown> = Promise.resolve();

  private constructor(server: Server) {
    this.server = server;
  }

  /** Introduces itself. */
  static async connect(server: Server, name: string, more: { host?: string; software?: string } = {}): Promise<Application> {
    const application = new Application(server);
    const { status, body } = await application.post<{ epoch: number; detail?: string }>('hello', { name, ...more });
    if (status !== 200) throw new Error(`hello answered ${status}: ${body.detail}`);
    application.epoch = body.epoch;
    return application;
  }

  /** One call of the protocol, as it is. */
  async post<T>(call: string, body: object): Promise<Answered<T>> {
    const answer = await fetch(`http://${this.server.clients}/v1/${call}`, {
      method: 'POST',
      body: JSON.stringify({ protocol: 1, client: this.client, run: this.run, ...body }),
    });
    return { status: answer.status, body: (await answer.json()) as T };
  }

  /** From now on it holds so many and would like to have so many; true or not. */
  async use(product: string, held: number, want = held): Promise<Limit> {
    const share = this.shares.get(product) ?? { held: 0, want: 0, taken: 0, limit: 0, version: 0, echoed: 0 };
    this.shares.set(product, { ...share, held, want, taken: share.taken + Math.max(0, held - share.held) });
    return (await this.refresh())[product];
  }

  /** Asks for licenses, waits until it may use them, and takes some. */
  async take(product: string, held: number, want = held): Promise<void> {
    const { limit } = await this.use(product, 0, want);
    if (limit < held) throw new Error(`${limit} of ${product} may be used, not ${held}`);
    await this.use(product, held, want);
  }

  /** Tells what it has, and hears what it may use. One at a time. */
  async refresh(): Promise<Record<string, Limit>> {
    const turn = this.last.then(async () => {
      this.sequence += 1;
      const { status, body } = await this.post<{ products: Record<string, Limit>; detail?: string }>('refresh', {
        epoch: this.epoch,
        sequence: this.sequence,
        products: this.products(),
      });
      if (status !== 200) throw new Error(`refresh answered ${status}: ${body.detail}`);
      for (const [product, { limit, version }] of Object.entries(body.products)) {
        const share = this.shares.get(product)!;
        if (version > share.version) Object.assign(share, { limit, version });
        if (share.held <= share.limit) share.echoed = share.version;
      }
      return body.products;
    });
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private products(): Record<string, object> {
    const said = ({ held, want, taken, echoed }: Share) => ({ held, want, version: echoed, usage_count: taken, usage_ms: 0, denied: 0 });
    return Object.fromEntries([...this.shares].map(([product, share]) => [product, said(share)]));
  }

  /** Hands in check-outs. */
  async record(records: CheckOut[]): Promise<number> {
    const { status } = await this.post('records', { epoch: this.epoch, first: this.told + 1, now: Date.now(), records });
    if (status === 200) this.told += records.length;
    return status;
  }

  /** Goes on refreshing by itself, so that it does not count as silent. */
  keep(): this {
    this.beat ??= setInterval(() => void this.refresh().catch(() => undefined), REFRESH_MS);
    return this;
  }

  /** Says nothing more. */
  hush(): void {
    clearInterval(this.beat);
    this.beat = undefined;
  }

  /** Ends: what it had is free at once. */
  async goodbye(): Promise<void> {
    this.hush();
    await this.last;
    for (const share of this.shares.values()) Object.assign(share, { held: 0, want: 0 });
    this.sequence += 1;
    await this.post('goodbye', { epoch: this.epoch, sequence: this.sequence, products: this.products() });
  }
}

/** A data folder with a made-up history of use. */
export function used(days: number, perDay: number): string {
  const data = mkdtempSync(join(tmpdir(), 'leasehold-used-'));
  run(['demo-data', '--data', data, '--days', String(days), '--checkouts-per-day', String(perDay)]);
  return data;
}
