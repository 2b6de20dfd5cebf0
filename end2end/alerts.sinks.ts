/** A mail server and a web server on this machine that keep what they get. */

import { createServer as createHttp, type Server as HttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server as TcpServer } from 'node:net';

/** Takes mail, or refuses each with the answer it is told to give. */
export class MailSink {
  readonly mails: string[] = [];
  readonly port: number;
  private readonly server: TcpServer;

  private constructor(server: TcpServer, mails: string[]) {
    this.server = server;
    this.mails = mails;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(answer = '250 2.0.0 taken'): Promise<MailSink> {
    const mails: string[] = [];
    const server = createServer((socket) => {
      let [rest, mail, inside] = ['', '', false];
      const say = (line: string) => socket.write(`${line}\r\n`);
      const heard = (line: string) => {
        if (inside) {
          if (line !== '.') return void (mail += `${line}\n`);
          [inside] = [false];
          mails.push(mail);
          mail = '';
          return void say(answer);
        }
        const word = line.slice(0, 4).toUpperCase();
        if (word === 'EHLO') return void say('250-sink\r\n250 8BITMIME');
        if (word === 'QUIT') return void socket.end('221 bye\r\n');
        inside = word === 'DATA';
        say(inside ? '354 go on' : '250 2.1.0 ok');
      };
      socket.on('error', () => undefined);
      socket.on('data', (part) => {
        const lines = (rest + part.toString('utf8')).split('\r\n');
        rest = lines.pop()!;
        lines.forEach(heard);
      });
      say('220 sink ESMTP');
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    return new MailSink(server, mails);
  }

  stop(): void {
    this.server.close();
  }
}

export interface Post {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Takes posts and answers each with the same status. */
export class HookSink {
  readonly posts: Post[];
  readonly url: string;
  private readonly server: HttpServer;

  private constructor(server: HttpServer, posts: Post[]) {
    this.server = server;
    this.posts = posts;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(status = 200): Promise<HookSink> {
    const posts: Post[] = [];
    const server = createHttp((request, answer) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString('utf8')));
      request.on('end', () => {
        posts.push({ path: request.url ?? '', headers: request.headers, body });
        answer.writeHead(status).end();
      });
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    return new HookSink(server, posts);
  }

  stop(): void {
    this.server.close();
  }
}
