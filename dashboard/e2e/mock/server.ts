// The console's routes over fixtures, and the export beside them under the content security policy it is meant for.
// MOCK_API and MOCK_WEB choose the ports, MOCK_HOSTILE=1 has all that attackers write. For looking at the pages; the real server is what tests run against.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import { WebSocketServer } from 'ws';
import type { Ballot, Events, Feed } from '@/api/types';
import { EVENTS } from './findings';
import { HOSTILE, HOSTILE_EVENTS, hostileOf } from './hostile';
import { HEALTH, inventory, PEOPLE, PERSON } from './people';
import { SOURCE_EVENTS, SOURCES, sources } from './sources';
import { alert } from './traffic';
import { World } from './world';

const API = Number(process.env.MOCK_API ?? 19002);
const WEB = Number(process.env.MOCK_WEB ?? 13000);
const world = new World(Number(process.env.MOCK_HISTORY ?? 260), process.env.MOCK_HOSTILE === '1');
let signedIn = true;

const newest = () => world.log.at(-1)?.seq ?? 0;

async function answer(request: IncomingMessage, url: URL, body: unknown): Promise<[number, unknown]> {
  const route = `${request.method} ${url.pathname}`;
  const limit = Number(url.searchParams.get('limit') ?? 100);
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
  if (route === 'GET /v1/me') return [200, PERSON];
  if (route === 'POST /v1/socket-ticket') return [200, { ticket: 'ticket' }];
  if (route === 'GET /v1/feed') {
    const before = Number(url.searchParams.get('before') ?? Number.POSITIVE_INFINITY);
    return [
      200,
      {
        messages: world.log.filter(({ seq }) => seq < before).slice(-limit),
        newest: newest(),
      } satisfies Feed,
    ];
  }
  if (route === 'GET /v1/incidents') return [200, world.rows()];
  if (route === 'GET /v1/approvals') return [200, world.approvals()];
  if (route === 'GET /v1/health') return [200, HEALTH];
  if (route === 'GET /v1/account') return [200, inventory()];
  if (route === 'GET /v1/people') return [200, PEOPLE];
  if (route === 'POST /v1/people')
    return [200, { person: body, link: `http://localhost:${WEB}/sign-in/#token=good` }];
  if (route === 'GET /v1/drills')
    return [
      200,
      [
        { name: 'leaked-key', title: 'A leaked key of a build machine', events: 42 },
        { name: 'public-bucket', title: 'A bucket is made public', events: 9 },
      ],
    ];
  if (url.pathname.startsWith('/v1/drills/')) {
    for (let n = 0; n < 3000; n += 1) world.add(...alert(n));
    return [200, undefined];
  }
  if (route === 'GET /v1/quarantine')
    return [
      200,
      {
        records: [
          {
            delivery: 'd0',
            name: 'webhook',
            position: 3,
            reason: 'The record has no eventTime; add one in RFC 3339',
            raw: '{"eventName":"X\u202e"}',
            time: new Date().toISOString(),
          },
        ],
      },
    ];
  if (route === 'GET /v1/ledger') {
    await world.seal();
    const after = Number(url.searchParams.get('after') ?? 0);
    return [200, { entries: world.ledger.slice(after, after + limit), newest: world.ledger.length }];
  }
  if (route === 'GET /v1/ledger/verify')
    return [200, { ok: true, entries: world.ledger.length, checkpoints: 12, unsealed: 0, faults: [] }];
  if (url.pathname.endsWith('/approval')) {
    const counted = world.vote(PERSON, body as Ballot);
    return typeof counted === 'string' ? [409, { code: 'refused', message: counted }] : [200, counted];
  }
  if (url.pathname.endsWith('/undo')) {
    world.undo();
    return [200, undefined];
  }
  if (url.pathname.endsWith('/events'))
    return [200, { events: [...EVENTS, ...SOURCE_EVENTS, ...HOSTILE_EVENTS] } satisfies Events];
  const [, , , id = ''] = url.pathname.split('/');
  if (id.startsWith(HOSTILE)) return [200, hostileOf(id)];
  if (id === SOURCES) return [200, sources()];
  if (url.pathname.startsWith('/v1/incidents/inc-9f2c')) return [200, world.detail()];
  if (url.pathname.startsWith('/v1/incidents/inc-3f01')) return [200, world.failed()];
  return [
    404,
    { code: 'not_found', message: 'There is no such incident. The list of incidents has them all.' },
  ];
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
  const [status, body] = await answer(
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
      const after = Number(new URL(request.url ?? '/', 'http://mock').searchParams.get('after'));
      const send = (messages: Feed['messages']) =>
        client.send(JSON.stringify({ messages, newest: newest() } satisfies Feed));
      const missed = world.log.filter(({ seq }) => seq > after);
      if (missed.length > 0) send(missed);
      client.on('close', world.listen(send));
    });
  })
  .listen(API);

const OUT = path.resolve(import.meta.dirname, '../../out');
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
};

createServer(async (request, response: ServerResponse) => {
  const { pathname } = new URL(request.url ?? '/', 'http://mock');
  if (pathname === '/config.json') return response.end(JSON.stringify({ api: `http://localhost:${API}` }));
  const file = path.join(OUT, path.normalize(pathname), pathname.endsWith('/') ? 'index.html' : '');
  const { scripts } = JSON.parse(await readFile(path.join(OUT, 'csp.json'), 'utf8')) as { scripts: string[] };
  const policy = `default-src 'none'; script-src 'self' ${scripts.join(' ')}; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self' http://localhost:${API} ws://localhost:${API}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  const body = await readFile(file).catch(() => undefined);
  response.setHeader('content-security-policy', policy);
  response.writeHead(body ? 200 : 404, {
    'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
  });
  response.end(body ?? (await readFile(path.join(OUT, '404.html'))));
}).listen(WEB);

const every = Number(process.env.MOCK_EVERY ?? 4000);
if (every > 0) setInterval(() => world.add(...alert(Math.floor(Math.random() * 1000))), every).unref();
console.log(`dashboard http://localhost:${WEB}, console http://localhost:${API}`);
