// The console's routes over fixtures, and the export beside them under the content security policy it is meant for.
// MOCK_API and MOCK_WEB choose the ports, MOCK_HOSTILE=1 has all that attackers write, MOCK_OBSERVE=1 only observes the account.
// For looking at the pages; the real server is what tests run against.
import { createServer, type IncomingMessage } from 'node:http';
import { WebSocketServer } from 'ws';
import type { Feed } from '@/api/types';
import { type Answered, answer } from './console';
import { inlineScripts, servePages } from './pages';
import { PERSON } from './people';
import { alert } from './traffic';
import { World } from './world';

const API = Number(process.env.MOCK_API ?? 19002);
const WEB = Number(process.env.MOCK_WEB ?? 13000);
const world = new World(Number(process.env.MOCK_HISTORY ?? 260), process.env.MOCK_HOSTILE === '1');
let signedIn = true;

async function answerAnyone(request: IncomingMessage, url: URL, body: unknown): Promise<Answered> {
  const { method = 'GET' } = request;
  const route = `${method} ${url.pathname}`;
  if (route === 'POST /v1/sign-in') {
    if ((body as { token: string }).token !== 'good')
      return [
        401,
        {
          code: 'unauthenticated',
          message:
            'This link was used already or is older than a day. Ask for a new one: asoc user link NAME',
        },
      ];
    signedIn = true;
    return [200, PERSON];
  }
  if (!signedIn)
    return [401, { code: 'unauthenticated', message: 'Nobody is signed in. Open a sign-in link.' }];
  if (route === 'POST /v1/sign-out') {
    signedIn = false;
    return [200, undefined];
  }
  if (route === 'POST /v1/socket-ticket') return [200, { ticket: 'ticket' }];
  return answer(world, method, url, body);
}

createServer(async (request, response) => {
  const origin = request.headers.origin ?? '';
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-allow-credentials', 'true');
  response.setHeader('access-control-allow-headers', 'content-type');
  if (request.method === 'OPTIONS') return response.writeHead(204).end();
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const [status, body] = await answerAnyone(
    request,
    new URL(request.url ?? '/', 'http://mock'),
    text ? JSON.parse(text) : undefined,
  );
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(body === undefined ? '' : JSON.stringify(body));
})
  .on('upgrade', (request, socket, head) => {
    new WebSocketServer({ noServer: true }).handleUpgrade(request, socket, head, (client) => {
      const send = (messages: Feed['messages']) =>
        client.send(JSON.stringify({ messages, newest: world.newest } satisfies Feed));
      client.on('close', world.listen(send));
    });
  })
  .listen(API);

const policy = `default-src 'none'; script-src 'self' ${await inlineScripts()}; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self' http://localhost:${API} ws://localhost:${API}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
servePages(WEB, () => ({ api: `http://localhost:${API}` }), policy);

const every = Number(process.env.MOCK_EVERY ?? 4000);
if (every > 0) setInterval(() => world.add(...alert(Math.floor(Math.random() * 1000))), every).unref();
console.log(`dashboard http://localhost:${WEB}, console http://localhost:${API}`);
