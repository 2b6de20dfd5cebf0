/** The program under test: started, spoken with, and ended by its process id. */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** It promises to end within this time after SIGTERM. */
const END_WITHIN_MS = 5_000;
const START_WITHIN_MS = 20_000;

/** Moves the clock of a process; Debian's package `faketime`. */
export const CLOCK = ['x86_64', 'aarch64'].map((arch) => `/usr/lib/${arch}-linux-gnu/faketime/libfaketimeMT.so.1`).find(existsSync);

/** Settings of a process whose wall clock stands beside that of the machine: `+61d`. Time that passes is not touched. */
export function clockAt(offset: string): Record<string, string> {
  return { LD_PRELOAD: CLOCK!, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}

/** A program: `leasehold`, or another that was built beside it. */
function binary(name = 'leasehold'): string {
  const target = process.env.CARGO_TARGET_DIR ?? join(dirname(fileURLToPath(import.meta.url)), '..', 'target');
  const candidates = process.env.LEASEHOLD_BIN
    ? [process.env.LEASEHOLD_BIN]
    : [join(target, 'debug/leasehold'), join(homedir(), '.cache/leasehold/target/debug/leasehold')];
  const found = candidates.find((path) => existsSync(path));
  if (!found) throw new Error(`No server to test. Build it (make build), or set LEASEHOLD_BIN. Looked for: ${candidates.join(', ')}`);
  return name === 'leasehold' ? resolve(found) : join(dirname(resolve(found)), name);
}

/** The environment without settings of the person who runs the tests. */
function environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('LEASEHOLD_'));
  return { ...Object.fromEntries(kept), ...more };
}

/** Runs a command and gives what it printed; one that fails is an error. */
export function run(words: string[], input = '', program = 'leasehold'): string {
  const done = spawnSync(binary(program), words, { input, encoding: 'utf8', env: environment() });
  if (done.status !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${done.status}: ${done.stderr}`);
  return done.stdout;
}

/** A command that serves. */
export class Program {
  /** What it said when it started, by its first word. */
  readonly said: ReadonlyMap<string, string>;
  /** Every line it printed. */
  readonly printed: readonly string[];
  private readonly child: ChildProcess;
  private readonly log: string[];
  private killed = false;

  private constructor(child: ChildProcess, said: Map<string, string>, log: string[], printed: string[]) {
    this.child = child;
    this.said = said;
    this.log = log;
    this.printed = printed;
  }

  /** Starts it and waits until a line says that it is ready; without one, until it runs. */
  static async start(words: string[], env: Record<string, string> = {}, ready: RegExp | null = /^ready$/, program = 'leasehold'): Promise<Program> {
    const child = spawn(binary(program), words, { env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
    // Whatever happens to the tests, no server outlives them.
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    const log: string[] = [];
    createInterface({ input: child.stderr! }).on('line', (line) => log.push(line));
    const said = new Map<string, string>();
    const printed: string[] = [];
    await new Promise<void>((isReady, failed) => {
      const timer = setTimeout(() => failed(new Error(`not ready in time\n${log.join('\n')}`)), START_WITHIN_MS);
      const lines = createInterface({ input: child.stdout! });
      lines.on('line', (line) => {
        const [word, value] = line.split(/: (.*)/s);
        said.set(word, value ?? '');
        printed.push(line);
        if (ready?.test(line)) {
          clearTimeout(timer);
          isReady();
        }
      });
      child.once('error', failed);
      if (!ready) {
        clearTimeout(timer);
        child.once('spawn', isReady);
      }
      child.once('exit', (code) => failed(new Error(`${words.slice(0, 2).join(' ')} ended with ${code}\n${log.join('\n')}`)));
    });
    return new Program(child, said, log, printed);
  }

  /** Everything it has logged so far. */
  logged(): string {
    return this.log.join('\n');
  }

  /** Lets it stand still, as a machine that hangs, or go on. */
  freeze(frozen: boolean): void {
    this.child.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Ends it at once, without a word to it. */
  async kill(): Promise<void> {
    this.killed = true;
    const ended = new Promise((resolved) => this.child.once('exit', resolved));
    if (this.child.kill('SIGKILL')) await ended;
  }

  /** Ends it. What does not end in time, or not cleanly, is an error. */
  async stop(): Promise<void> {
    if (this.killed) return;
    const ended = new Promise<number | null>((resolved) => {
      if (this.child.exitCode !== null || this.child.signalCode !== null) resolved(this.child.exitCode);
      else this.child.once('exit', (code) => resolved(code));
    });
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), END_WITHIN_MS);
    const code = await ended;
    clearTimeout(timer);
    if (code !== 0) throw new Error(`the program ended with ${code ?? 'SIGKILL'} after SIGTERM\n${this.log.slice(-20).join('\n')}`);
  }
}
