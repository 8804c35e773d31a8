// The endpoints of a Cognito user pool's domain, as "User pool endpoints and managed login reference" describes them.
import type { UserPool } from '@/api/config';

/** What a sign-in gives. Kept in memory and nowhere else. */
export interface Tokens {
  /** The ID token: says who it is, and goes to the console. */
  id: string;
  /** Gets new ID tokens. */
  refresh: string;
  /** When the ID token ends, in milliseconds of this browser's clock. */
  until: number;
}

/** The user pool answered, and the answer is no: a code or a refresh token that does not count (any more). */
export class Denied extends Error {
  constructor(readonly code: string) {
    super(`The sign-in service refused: ${code}.`);
    this.name = 'Denied';
  }
}

/** What is asked for, and what the answer must fit to. */
export interface Request {
  redirect: string;
  state: string;
  nonce: string;
  challenge: string;
}

/** Where people sign in. Only `openid` is asked for: beside another scope the ID token would lose `custom:principals`. */
export function authorizeAddress({ domain, client }: UserPool, request: Request): URL {
  return at(domain, '/oauth2/authorize', {
    response_type: 'code',
    client_id: client,
    redirect_uri: request.redirect,
    scope: 'openid',
    state: request.state,
    nonce: request.nonce,
    code_challenge: request.challenge,
    code_challenge_method: 'S256',
  });
}

/** Where the hosted session ends; it leads back to `page`, which must be one of the client's sign-out addresses. */
export function logoutAddress({ domain, client }: UserPool, page: string): URL {
  return at(domain, '/logout', { client_id: client, logout_uri: page });
}

/** Exchanges a code for tokens, and checks that the ID token is the one that was asked for. */
export async function redeem(
  pool: UserPool,
  { code, verifier, redirect, nonce }: { code: string; verifier: string; redirect: string; nonce: string },
): Promise<Tokens> {
  const tokens = await ask(pool, {
    grant_type: 'authorization_code',
    client_id: pool.client,
    code,
    redirect_uri: redirect,
    code_verifier: verifier,
  });
  const claims = claimsOf(tokens.id);
  if (claims.nonce !== nonce || claims.iss !== pool.authority || claims.aud !== pool.client) {
    throw new Denied(
      'its ID token is not for this sign-in; “signIn” of config.json may name another user pool',
    );
  }
  return tokens;
}

/** New tokens. Where the pool rotates refresh tokens, the answer has the next one. */
export function refresh(pool: UserPool, token: string): Promise<Tokens> {
  const form = { grant_type: 'refresh_token', client_id: pool.client, refresh_token: token };
  return ask(pool, form, token);
}

/** Ends a refresh token. Nobody waits for the answer, nor reads it: the page is about to go. */
export function revoke({ domain, client }: UserPool, token: string): void {
  const init: RequestInit = {
    method: 'POST',
    body: new URLSearchParams({ token, client_id: client }),
    mode: 'no-cors',
    credentials: 'omit',
    keepalive: true,
  };
  void fetch(new URL('/oauth2/revoke', domain), init).catch(() => undefined);
}

async function ask(pool: UserPool, form: Record<string, string>, held?: string): Promise<Tokens> {
  const asked = Date.now();
  const response = await fetch(new URL('/oauth2/token', pool.domain), {
    method: 'POST',
    // As such a body, its content type is application/x-www-form-urlencoded, the only one that is taken.
    body: new URLSearchParams(form),
    credentials: 'omit',
  });
  const said: unknown = await response.json().catch(() => undefined);
  const answer = (said ?? {}) as Partial<Record<string, unknown>>;
  if (response.status >= 500 || response.status === 429)
    throw new Error(`The sign-in service answered ${response.status}.`);
  if (!response.ok)
    throw new Denied(typeof answer.error === 'string' ? answer.error : `status ${response.status}`);
  const { id_token: id, refresh_token: next = held, expires_in: seconds } = answer;
  if (typeof id !== 'string' || typeof next !== 'string' || typeof seconds !== 'number') {
    throw new Denied('its answer has no ID token, refresh token or lifetime');
  }
  return { id, refresh: next, until: asked + seconds * 1000 };
}

// No signature is checked: the token came from the token endpoint itself (OpenID Connect Core, 3.1.3.7), and the console
// checks it each time.
function claimsOf(token: string): Record<string, unknown> {
  try {
    const [, payload = ''] = token.split('.');
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    );
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    throw new Denied('its ID token cannot be read');
  }
}

function at(domain: URL, path: string, parameters: Record<string, string>): URL {
  const url = new URL(path, domain);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}
