// API Gateway as the hosted dashboard meets it: an HTTP API with a JWT authorizer, and a WebSocket API whose $connect takes a
// ticket, that sends no backlog, and no frame of more than 32 KB.
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Feed, Health, LoggedMessage, SocketTicket } from '@/api/types';
import { answer } from './console';
import type { World } from './world';

const FRAME = 32 * 1024;

/** The fake, with what a test turns and looks at. */
export class Gateway {
  /** What the dashboard should not have done. */
  readonly breaches: string[] = [];
  /** What was asked for, as `GET /v1/me`. */
  readonly asked: string[] = [];
  /** What clients said over the socket. */
  readonly said: string[] = [];
  /** How many requests had no token that holds. */
  refused = 0;
  /** Frames to lose. */
  losing = 0;
  /** Answers as if no token held. */
  refusing = false;
  private readonly tickets = new Set<string>();
  private readonly clients = new Set<WebSocket>();

  constructor(
    private readonly world: World,
    private readonly origin: string,
    private readonly accepts: (token: string) => boolean,
  ) {
    world.listen((messages) => this.broadcast(messages));
  }

  listen(port: number): Server {
    const server = createServer(async (request, response) => {
      const url = new URL(request.url ?? '/', 'http://api');
      const { authorization = '', cookie, origin } = request.headers;
      // CORS as the API is configured: one origin, no credentials.
      if (origin === this.origin) response.setHeader('access-control-allow-origin', origin);
      response.setHeader('access-control-allow-headers', 'authorization,content-type');
      response.setHeader('access-control-allow-methods', 'GET,POST');
      if (request.method === 'OPTIONS') return response.writeHead(204).end();
      if (cookie) this.breaches.push(`a cookie came along to ${url.pathname}`);
      this.asked.push(`${request.method} ${url.pathname}`);
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const token = /^Bearer (\S+)$/.exec(authorization)?.[1];
      if (this.refusing || token === undefined || !this.accepts(token)) {
        response.writeHead(401, { 'content-type': 'application/json', 'www-authenticate': 'Bearer' });
        this.refused += 1;
        return response.end('{"message":"Unauthorized"}');
      }
      const own = this.own(url.pathname);
      const [status, body] = own
        ? [200, own]
        : await answer(this.world, request.method ?? 'GET', url, text ? JSON.parse(text) : undefined);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? '' : JSON.stringify(body));
    });
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      const url = new URL(request.url ?? '/', 'http://api');
      const known = this.tickets.delete(url.searchParams.get('ticket') ?? '');
      if ([...url.searchParams.keys()].join() !== 'ticket')
        this.breaches.push(`the socket was asked ${url.search}`);
      if (url.pathname !== '/prod' || !known) {
        socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
        return;
      }
      sockets.handleUpgrade(request, socket, head, (client) => {
        this.clients.add(client);
        client.on('message', (said) => this.said.push(String(said)));
        client.on('close', () => this.clients.delete(client));
      });
    });
    return server.listen(port);
  }

  /** Closes every connection, as happens after two hours. */
  hangUp(): void {
    for (const client of this.clients) client.close(1001, 'Going away');
  }

  get connected(): number {
    return this.clients.size;
  }

  /** What is answered otherwise than in local mode. */
  private own(path: string): SocketTicket | Health | undefined {
    if (path === '/v1/health')
      return { agents: [], parts: { store: 'dynamodb', account: 'aws' }, degraded: {}, version: '0.1.0' };
    if (path !== '/v1/socket-ticket') return undefined;
    const ticket = randomBytes(24).toString('base64url');
    this.tickets.add(ticket);
    return { ticket };
  }

  private broadcast(messages: LoggedMessage[]): void {
    if (this.losing > 0) {
      this.losing -= 1;
      return;
    }
    const whole = JSON.stringify({ messages, newest: this.world.newest } satisfies Feed);
    const frame = whole.length <= FRAME ? whole : JSON.stringify({ messages: [], newest: this.world.newest });
    for (const client of this.clients) client.send(frame);
  }
}
