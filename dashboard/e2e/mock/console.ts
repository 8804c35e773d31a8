// The console's routes over fixtures, for whoever is signed in.
import type { Ballot, Events, Feed } from '@/api/types';
import { EVENTS } from './findings';
import { HOSTILE, HOSTILE_EVENTS, hostileOf } from './hostile';
import { HEALTH, inventory, PEOPLE, PERSON } from './people';
import { SOURCE_EVENTS, SOURCES, sources } from './sources';
import { alert } from './traffic';
import type { World } from './world';

/** Status and body of a request's answer; a body of `undefined` is none. */
export type Answered = [status: number, body: unknown];

/** Answers a request of somebody who is signed in. */
export async function answer(world: World, method: string, url: URL, body: unknown): Promise<Answered> {
  const route = `${method} ${url.pathname}`;
  const limit = Number(url.searchParams.get('limit') ?? 100);
  if (route === 'GET /v1/me') return [200, PERSON];
  if (route === 'POST /v1/socket-ticket') return [200, { ticket: 'ticket' }];
  if (route === 'GET /v1/feed') {
    const before = Number(url.searchParams.get('before') ?? Number.POSITIVE_INFINITY);
    const after = url.searchParams.get('after');
    const messages =
      after === null
        ? world.log.filter(({ seq }) => seq < before).slice(-limit)
        : world.log.filter(({ seq }) => seq > Number(after)).slice(0, limit);
    return [200, { messages, newest: world.newest } satisfies Feed];
  }
  if (route === 'GET /v1/incidents') return [200, world.rows()];
  if (route === 'GET /v1/approvals') return [200, world.approvals()];
  if (route === 'GET /v1/health') return [200, HEALTH];
  if (route === 'GET /v1/account') return [200, inventory()];
  if (route === 'GET /v1/people') return [200, PEOPLE];
  if (route === 'POST /v1/people')
    return [200, { person: body, link: 'http://localhost/sign-in/#token=good' }];
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
  if (url.pathname.startsWith('/v1/incidents/inc-5510')) return [200, world.simulated()];
  if (url.pathname.startsWith('/v1/incidents/inc-3f01')) return [200, world.failed()];
  return [
    404,
    { code: 'not_found', message: 'There is no such incident. The list of incidents has them all.' },
  ];
}
