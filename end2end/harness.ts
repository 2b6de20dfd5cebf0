/** One real server for each test file: its own folder, its own port, ended by its process id. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest, type ClientRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program, run } from './program.ts';

/** As a person pastes it: one brace too few. */
export const GUID_PASTED = 'df9960a1-7bd5-633b-f0f4-b1470bbd0b8e}';
export const GUID = '{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}';
/** What an installation script leaves behind. */
export const PLACEHOLDER = 'GET-CLUSTER-GUID-FROM-LUMENVOX';

/** A node that is not there: nothing listens at this port, and nobody outside is asked. */
export const NOWHERE = '127.0.0.1:1';

export interface Person {
  name: string;
  password: string;
}
export const ADMIN: Person = { name: 'ada', password: 'seven quiet lamps on a hill' };
export const VIEWER: Person = { name: 'vera', password: 'nine slow rivers under glass' };

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** `Set-Cookie` lines. */
  cookies: string[];
  text: string;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  /** Sent as a form. */
  form?: Record<string, string>;
  /** Sent as it is. */
  body?: string | Buffer;
  cookie?: string;
}

/** Pieces of a large body, bytes. */
const PIECE = 64 * 1024;

/** Sends a body piece by piece, and no further once the server has answered: it need not read what it refuses. */
async function send(call: ClientRequest, body: string | Buffer = ''): Promise<void> {
  let answered = false;
  call.once('response', () => (answered = true));
  for (let at = 0; at < body.length && !answered && !call.destroyed; at += PIECE) {
    await new Promise((written) => call.write(body.slice(at, at + PIECE), written));
  }
  if (!call.destroyed) call.end();
}

export interface Start {
  data?: string;
  port?: string;
  /** Address of the reporting API; without it, there is none. */
  reporting?: string;
  /** Address of the license port, or `off`. */
  clients?: string;
  /** Address of the VE port; without it, there is none. */
  ve?: string;
  env?: Record<string, string>;
}

/** Where the hours of a server are anchored. */
const anchors = (data: string): string => `${data}-anchors`;

export class Server {
  readonly data: string;
  readonly url: string;
  /** The one-time link; empty when the server has been claimed. */
  readonly setup: string;
  /** `host:port` of the reporting API; empty while it is off. */
  readonly reporting: string;
  /** `host:port` where applications connect. */
  readonly clients: string;
  /** `host:port` of VE addresses; empty while it is off. */
  readonly ve: string;
  readonly conf: string;
  private readonly program: Program;

  private constructor(data: string, program: Program) {
    this.data = data;
    this.program = program;
    this.url = program.said.get('console')!;
    this.setup = program.said.get('setup') ?? '';
    this.reporting = program.said.get('reporting') ?? '';
    this.clients = program.said.get('clients') ?? '';
    this.ve = program.said.get('ve') ?? '';
    this.conf = join(data, 'license_server.conf');
  }

  /** Starts a server that nobody has claimed yet. */
  static async start(options: Start = {}): Promise<Server> {
    const data = options.data ?? mkdtempSync(join(tmpdir(), 'leasehold-e2e-'));
    const address = `127.0.0.1:${options.port ?? '0'}`;
    const words = ['serve', '--data', data, '--console', address, '--clients', options.clients ?? '127.0.0.1:0', '--reporting', options.reporting ?? 'off', '--ve', options.ve ?? 'off', '--proxy', 'off'];
    // Hours are anchored beside the data, not in the folder of the person who tests.
    return new Server(data, await Program.start(words, { LEASEHOLD_ANCHORS: anchors(data), ...options.env }));
  }

  /** Starts a server with an administrator and a viewer; registered or not. */
  static async claimed(options: Start & { registered?: boolean } = {}): Promise<Server> {
    const server = await Server.start(options);
    server.cli(['user', 'add', ADMIN.name, '--role', 'administrator', '--password-stdin'], ADMIN.password);
    server.cli(['user', 'add', VIEWER.name, '--role', 'viewer', '--password-stdin'], VIEWER.password);
    if (options.registered ?? true) server.cli(['register', '--guid', GUID, '--no-sync']);
    return server;
  }

  /** Runs a command of the same program on this server's folder and gives what it printed. */
  cli(words: string[], input = ''): string {
    return run([...words, '--data', this.data], input);
  }

  /** The conf file as it lies on the disk. */
  file(): string {
    return readFileSync(this.conf, 'utf8');
  }

  /** One request without a browser; redirects are not followed. */
  async ask(path: string, ask: Ask = {}): Promise<Answer> {
    // A server that refuses a large body answers before it has read all of it; the connection may break while we still write.
    for (let left = 4; ; left -= 1) {
      try {
        return await this.askOnce(path, ask);
      } catch (error) {
        if (left === 0 || !['EPIPE', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    }
  }

  private askOnce(path: string, ask: Ask): Promise<Answer> {
    const headers: Record<string, string> = { ...ask.headers };
    let body = ask.body;
    if (ask.form) {
      body = new URLSearchParams(ask.form).toString();
      headers['content-type'] ??= 'application/x-www-form-urlencoded';
    }
    if (ask.cookie) headers.cookie = ask.cookie;
    if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
    const { hostname, port } = new URL(this.url);
    return new Promise((resolved, failed) => {
      const call = httpRequest({ hostname, port, path, method: ask.method ?? (body === undefined ? 'GET' : 'POST'), headers, agent: false }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () =>
          resolved({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            cookies: answer.headers['set-cookie'] ?? [],
            text: Buffer.concat(parts).toString('utf8'),
          }),
        );
        answer.on('error', failed);
      });
      call.on('error', failed);
      void send(call, body);
    });
  }

  /** Signs in without a browser and gives the session cookie, `name=value`. */
  async signIn(person: Person, headers: Record<string, string> = {}): Promise<string> {
    const answer = await this.ask('/login', { form: { name: person.name, password: person.password }, headers });
    if (answer.status !== 303) throw new Error(`sign-in answered ${answer.status}`);
    return answer.cookies[0].split(';')[0];
  }

  /** Changes settings through the console's own form and gives the status of the answer. */
  async save(cookie: string, changes: Record<string, string>, comment = ''): Promise<number> {
    const page = await this.ask('/configuration', { cookie });
    const base = /name="base" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    const answer = await this.ask('/configuration/save', { cookie, form: { mode: 'form', base, comment, ...changes } });
    return answer.status;
  }

  /** Everything the server has logged so far. */
  logged(): string {
    return this.program.logged();
  }

  /** Ends the server and removes its folder. */
  async stop(options: { keepData?: boolean } = {}): Promise<void> {
    try {
      await this.program.stop();
    } finally {
      if (!options.keepData) for (const folder of [this.data, anchors(this.data)]) rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Lets it stand still, as a machine that hangs, or go on. */
  freeze(frozen: boolean): void {
    this.program.freeze(frozen);
  }

  /** Ends it as a power failure would; what it had written stays. */
  async crash(): Promise<void> {
    await this.program.kill();
  }

  /** Ends it and starts it again on the same data, at the same address. */
  async again(options: Omit<Start, 'data'> = {}): Promise<Server> {
    await this.stop({ keepData: true });
    return Server.start({ port: new URL(this.url).port, ...options, data: this.data });
  }
}

/** Whether the pages of this server come with their WebAssembly part. */
export async function hasScript(server: Server): Promise<boolean> {
  return (await server.ask('/login')).text.includes('_bg.wasm');
}
