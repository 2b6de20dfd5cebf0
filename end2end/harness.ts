/** One real server for each test file: its own folder, its own port, ended by its process id. */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest, type ClientRequest, type IncomingHttpHeaders } from 'node:http';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** As a person pastes it: one brace too few. */
export const GUID_PASTED = 'df9960a1-7bd5-633b-f0f4-b1470bbd0b8e}';
export const GUID = '{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}';
/** What an installation script leaves behind. */
export const PLACEHOLDER = 'GET-CLUSTER-GUID-FROM-LUMENVOX';

export interface Person {
  name: string;
  password: string;
}
export const ADMIN: Person = { name: 'ada', password: 'seven quiet lamps on a hill' };
export const VIEWER: Person = { name: 'vera', password: 'nine slow rivers under glass' };

/** The server promises to end within this time after SIGTERM. */
const END_WITHIN_MS = 5_000;
const START_WITHIN_MS = 20_000;

function binary(): string {
  const target = process.env.CARGO_TARGET_DIR ?? join(dirname(fileURLToPath(import.meta.url)), '..', 'target');
  const candidates = process.env.LEASEHOLD_BIN
    ? [process.env.LEASEHOLD_BIN]
    : [join(target, 'debug/leasehold'), join(homedir(), '.cache/leasehold/target/debug/leasehold')];
  const found = candidates.find((path) => existsSync(path));
  if (!found) throw new Error(`No server to test. Build it (make build), or set LEASEHOLD_BIN. Looked for: ${candidates.join(', ')}`);
  return resolve(found);
}

/** The environment without settings of the person who runs the tests. */
function environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('LEASEHOLD_'));
  return { ...Object.fromEntries(kept), ...more };
}

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

export class Server {
  readonly data: string;
  readonly url: string;
  /** The one-time link; empty when the server has been claimed. */
  readonly setup: string;
  readonly conf: string;
  private readonly child: ChildProcess;
  private readonly log: string[];

  private constructor(data: string, url: string, setup: string, child: ChildProcess, log: string[]) {
    this.data = data;
    this.url = url;
    this.setup = setup;
    this.conf = join(data, 'license_server.conf');
    this.child = child;
    this.log = log;
  }

  /** Starts a server that nobody has claimed yet. */
  static async start(options: { data?: string; port?: string; env?: Record<string, string> } = {}): Promise<Server> {
    const data = options.data ?? mkdtempSync(join(tmpdir(), 'leasehold-e2e-'));
    const child = spawn(binary(), ['serve', '--data', data, '--console', `127.0.0.1:${options.port ?? '0'}`, '--reporting', 'off', '--proxy', 'off'], {
      env: environment(options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Whatever happens to the tests, no server outlives them.
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    const log: string[] = [];
    createInterface({ input: child.stderr! }).on('line', (line) => log.push(line));
    const said = new Map<string, string>();
    await new Promise<void>((ready, failed) => {
      const timer = setTimeout(() => failed(new Error(`not ready in time\n${log.join('\n')}`)), START_WITHIN_MS);
      const lines = createInterface({ input: child.stdout! });
      lines.on('line', (line) => {
        const [word, value] = line.split(/: (.*)/s);
        said.set(word, value ?? '');
        if (line === 'ready') {
          clearTimeout(timer);
          ready();
        }
      });
      child.once('error', failed);
      child.once('exit', (code) => failed(new Error(`the server ended with ${code}\n${log.join('\n')}`)));
    });
    return new Server(data, said.get('console')!, said.get('setup') ?? '', child, log);
  }

  /** Starts a server with an administrator and a viewer; registered or not. */
  static async claimed(options: { registered?: boolean; env?: Record<string, string> } = {}): Promise<Server> {
    const server = await Server.start({ env: options.env });
    server.cli(['user', 'add', ADMIN.name, '--role', 'administrator', '--password-stdin'], ADMIN.password);
    server.cli(['user', 'add', VIEWER.name, '--role', 'viewer', '--password-stdin'], VIEWER.password);
    if (options.registered ?? true) server.cli(['register', '--guid', GUID, '--no-sync']);
    return server;
  }

  /** Runs a command of the same program on this server's folder and gives what it printed. */
  cli(words: string[], input = ''): string {
    const done = spawnSync(binary(), [...words, '--data', this.data], { input, encoding: 'utf8', env: environment() });
    if (done.status !== 0) throw new Error(`leasehold ${words.join(' ')} ended with ${done.status}: ${done.stderr}`);
    return done.stdout;
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
    return this.log.join('\n');
  }

  /** Ends the server and removes its folder. A server that does not end in time, or not cleanly, is an error. */
  async stop(options: { keepData?: boolean } = {}): Promise<void> {
    const ended = new Promise<number | null>((resolved) => {
      if (this.child.exitCode !== null || this.child.signalCode !== null) resolved(this.child.exitCode);
      else this.child.once('exit', (code) => resolved(code));
    });
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), END_WITHIN_MS);
    const code = await ended;
    clearTimeout(timer);
    if (!options.keepData) rmSync(this.data, { recursive: true, force: true });
    if (code !== 0) throw new Error(`the server ended with ${code ?? 'SIGKILL'} after SIGTERM\n${this.log.slice(-20).join('\n')}`);
  }
}

/** Whether the pages of this server come with their WebAssembly part. */
export async function hasScript(server: Server): Promise<boolean> {
  return (await server.ask('/login')).text.includes('_bg.wasm');
}
