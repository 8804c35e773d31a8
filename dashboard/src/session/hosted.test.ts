import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HostedSession, SignedOut } from './hosted';

const POOL = {
  authority: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Pool',
  domain: new URL('https://soc-1.auth.eu-west-1.amazoncognito.com'),
  client: 'client1',
};
const assign = vi.fn<(url: URL) => void>();
/** What the token endpoint answers, and the forms it was sent. */
let answer: () => Response;
let forms: Record<string, string>[];

const idToken = (claims: object) =>
  `h.${btoa(JSON.stringify({ iss: POOL.authority, aud: POOL.client, ...claims })).replace(/=+$/, '')}.s`;
const tokens = (id: string, seconds: number, refresh?: string) => () =>
  new Response(JSON.stringify({ id_token: id, refresh_token: refresh, expires_in: seconds }));
const refused = (error: string) => () => new Response(JSON.stringify({ error }), { status: 400 });

beforeEach(() => {
  forms = [];
  sessionStorage.clear();
  vi.useFakeTimers();
  vi.stubGlobal('location', { origin: 'https://soc.example.com', assign, replace: vi.fn() });
  vi.stubGlobal('fetch', async (_: URL, { body }: { body: URLSearchParams }) => {
    forms.push(Object.fromEntries(body));
    return answer();
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  assign.mockReset();
});

/** Where the page was last sent. */
const left = () => new URL(assign.mock.lastCall?.[0] ?? 'about:blank');

/** Goes to the sign-in page; answers what it was asked. */
async function begun(session: HostedSession, to = '/incident/?id=inc-1'): Promise<URLSearchParams> {
  await session.begin(to);
  return left().searchParams;
}

async function signedIn(seconds: number): Promise<HostedSession> {
  const session = new HostedSession(POOL);
  const asked = await begun(session);
  answer = tokens(idToken({ nonce: asked.get('nonce') }), seconds, 'refresh-1');
  await session.finish(new URLSearchParams({ code: 'code-1', state: asked.get('state') ?? '' }));
  return session;
}

describe('HostedSession', () => {
  it('comes back to where it was, and keeps nothing in the storage', async () => {
    const session = new HostedSession(POOL);
    const asked = await begun(session);
    answer = tokens(idToken({ nonce: asked.get('nonce') }), 3600, 'refresh-1');
    const sent = new URLSearchParams({ code: 'code-1', state: asked.get('state') ?? '' });
    expect(await session.finish(sent)).toBe('/incident/?id=inc-1');
    expect(sessionStorage.length).toBe(0);
    expect(forms[0]).toMatchObject({
      grant_type: 'authorization_code',
      client_id: 'client1',
      code: 'code-1',
    });
  });

  it.each(['//elsewhere.example/', '/\\elsewhere.example/', '\\\\elsewhere.example/'])(
    'does not come back to %s',
    async (to) => {
      const session = new HostedSession(POOL);
      const asked = await begun(session, to);
      answer = tokens(idToken({ nonce: asked.get('nonce') }), 3600, 'refresh-1');
      const own = await session.finish(new URLSearchParams({ code: 'c', state: asked.get('state') ?? '' }));
      expect(new URL(own, 'https://soc.example.com').origin).toBe('https://soc.example.com');
    },
  );

  it.each<[string, object, RegExp]>([
    ['of another nonce', { nonce: 'other' }, /not for this sign-in/],
    ['of another pool', { iss: 'https://cognito-idp.eu-west-1.amazonaws.com/other' }, /not for this sign-in/],
    ['of another client', { aud: 'client2' }, /not for this sign-in/],
  ])('takes no ID token %s', async (_, claims, said) => {
    const session = new HostedSession(POOL);
    const asked = await begun(session);
    answer = tokens(idToken({ nonce: asked.get('nonce'), ...claims }), 3600, 'refresh-1');
    const sent = new URLSearchParams({ code: 'c', state: asked.get('state') ?? '' });
    await expect(session.finish(sent)).rejects.toThrow(said);
    await expect(session.idToken()).rejects.toThrow(SignedOut);
  });

  it('takes no code of another state, and none twice', async () => {
    const session = new HostedSession(POOL);
    const asked = await begun(session);
    await expect(session.finish(new URLSearchParams({ code: 'c', state: 'other' }))).rejects.toThrow(
      /not begun/,
    );
    const right = new URLSearchParams({ code: 'c', state: asked.get('state') ?? '' });
    await expect(session.finish(right)).rejects.toThrow(/not begun/);
    expect(forms).toEqual([]);
  });

  it('renews a token that is about to end, once for all who ask', async () => {
    const session = await signedIn(3600);
    answer = tokens('second', 3600);
    vi.advanceTimersByTime(3_500_000);
    expect(await session.idToken()).not.toBe('second');
    vi.advanceTimersByTime(60_000);
    expect(await Promise.all([session.idToken(), session.idToken()])).toEqual(['second', 'second']);
    expect(forms.slice(1)).toEqual([
      { grant_type: 'refresh_token', client_id: 'client1', refresh_token: 'refresh-1' },
    ]);
  });

  it('takes the next refresh token of a pool that rotates them', async () => {
    const session = await signedIn(3600);
    answer = tokens('second', 0, 'refresh-2');
    await session.renew();
    await session.idToken();
    expect(forms.at(-1)?.refresh_token).toBe('refresh-2');
  });

  it('does not renew for a token that is replaced already', async () => {
    const session = await signedIn(3600);
    answer = tokens('second', 3600);
    const first = await session.idToken();
    expect(await session.renew(first)).toBe('second');
    expect(await session.renew(first)).toBe('second');
    expect(forms).toHaveLength(2);
  });

  it('is signed out when the pool takes the refresh token no more', async () => {
    const session = await signedIn(30);
    answer = refused('invalid_grant');
    await expect(session.idToken()).rejects.toThrow(SignedOut);
    await expect(session.idToken()).rejects.toThrow(SignedOut);
    expect(forms).toHaveLength(2);
  });

  it.each([500, 503, 429])('stays signed in while the pool answers %i', async (status) => {
    const session = await signedIn(30);
    answer = () => new Response('busy', { status });
    await expect(session.idToken()).rejects.toThrow(String(status));
    answer = tokens('second', 3600);
    expect(await session.idToken()).toBe('second');
  });

  it('forgets when it leaves', async () => {
    const session = await signedIn(3600);
    answer = () => new Response();
    session.leave();
    await expect(session.idToken()).rejects.toThrow(SignedOut);
    expect(forms.at(-1)).toEqual({ token: 'refresh-1', client_id: 'client1' });
    expect(left().pathname).toBe('/logout');
    expect(Object.fromEntries(left().searchParams)).toEqual({
      client_id: 'client1',
      logout_uri: 'https://soc.example.com/sign-in/',
    });
  });
});
