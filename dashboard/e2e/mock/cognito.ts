// A user pool as Cognito's developer guide describes it ("User pool endpoints and managed login reference"): authorize, login,
// token, revoke and logout. It is stricter than it must be: what departs from the contract is refused and kept.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Issuer } from './jwt';

interface Client {
  id: string;
  callbacks: string[];
  signOuts: string[];
}

interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

const ASKED = [
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
];
const secret = () => randomBytes(24).toString('base64url');
const redirect = (location: string): Reply => ({ status: 302, headers: { location } });
const json = (status: number, body: object): Reply => ({
  status,
  headers: { 'content-type': 'application/json', 'access-control-allow-origin': '*' },
  body: JSON.stringify(body),
});

/** The fake, with what a test turns and looks at. */
export class UserPool {
  /** What departed from the contract. */
  readonly breaches: string[] = [];
  /** Grants as they were asked for: `authorization_code`, `refresh_token`. */
  readonly granted: string[] = [];
  readonly issuer: Issuer;
  /** Seconds that an ID token holds. */
  lifetime = 3600;
  private readonly sessions = new Set<string>();
  private readonly codes = new Map<string, { redirect: string; challenge: string; nonce: string }>();
  private readonly refreshing = new Set<string>();

  constructor(private readonly client: Client) {
    this.issuer = new Issuer('https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Fake', client.id);
  }

  listen(port: number): Server {
    return createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { status, headers, body } = this.reply(
        request,
        new URLSearchParams(Buffer.concat(chunks).toString()),
      );
      response.writeHead(status, { 'cache-control': 'no-store', ...headers }).end(body);
    }).listen(port, '127.0.0.1');
  }

  /** Ends every session and takes every refresh token away, as an administrator's sign-out of a user does. */
  endAll(): void {
    this.refreshing.clear();
    this.sessions.clear();
  }

  get liveRefreshTokens(): number {
    return this.refreshing.size;
  }

  /** Refresh tokens and all others that were given out. */
  get tokens(): string[] {
    return [...this.refreshing, ...this.issuer.given];
  }

  private reply(request: IncomingMessage, form: URLSearchParams): Reply {
    const { pathname, searchParams, search } = new URL(request.url ?? '/', 'http://pool');
    const session = /(?:^|; )cognito=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
    switch (`${request.method} ${pathname}`) {
      case 'GET /oauth2/authorize':
        return this.authorize(session, searchParams);
      case 'GET /login':
        return loginPage(search);
      case 'POST /login':
        return this.login(searchParams, form);
      case 'POST /oauth2/token':
        return this.token(request, form);
      case 'POST /oauth2/revoke':
        return this.revoke(form);
      case 'GET /logout':
        return this.logout(session, searchParams);
      case 'GET /favicon.ico':
        return { status: 204 };
      default:
        return this.refuse(`there is no ${request.method} ${pathname}`);
    }
  }

  private authorize(session: string, asked: URLSearchParams): Reply {
    const said = (name: string) => asked.get(name) ?? '';
    const rules: [boolean, string][] = [
      [sameNames(asked, ASKED), `the parameters are ${[...asked.keys()]}`],
      [said('response_type') === 'code', 'response_type must be code'],
      [said('client_id') === this.client.id, 'there is no such client'],
      [this.client.callbacks.includes(said('redirect_uri')), 'redirect_uri is not registered'],
      [said('scope') === 'openid', 'the client allows the scope openid alone'],
      [said('code_challenge_method') === 'S256', 'code_challenge_method must be S256'],
      [/^[\w-]{43}$/.test(said('code_challenge')), 'code_challenge must be a SHA-256 in base64url'],
      [said('state').length >= 22 && said('nonce').length >= 22, 'state and nonce must not be guessed'],
    ];
    const broken = rules.find(([holds]) => !holds);
    if (broken) return this.refuse(`authorize: ${broken[1]}`);
    return this.sessions.has(session) ? this.back(asked) : redirect(`/login?${asked}`);
  }

  private login(asked: URLSearchParams, form: URLSearchParams): Reply {
    if (form.get('password') !== 'right') return loginPage(`?${asked}`);
    const session = secret();
    this.sessions.add(session);
    const { status, headers } = this.back(asked);
    const cookie = `cognito=${session}; HttpOnly; SameSite=Lax; Path=/`;
    return { status, headers: { ...headers, 'set-cookie': cookie } };
  }

  private back(asked: URLSearchParams): Reply {
    const code = secret();
    const said = (name: string) => asked.get(name) ?? '';
    this.codes.set(code, {
      redirect: said('redirect_uri'),
      challenge: said('code_challenge'),
      nonce: said('nonce'),
    });
    return redirect(`${said('redirect_uri')}?${new URLSearchParams({ code, state: said('state') })}`);
  }

  private token(request: IncomingMessage, form: URLSearchParams): Reply {
    const { 'content-type': type = '', authorization, cookie } = request.headers;
    if (!/^application\/x-www-form-urlencoded\b/.test(type))
      return this.refuse(`token: content type ${type}`);
    if (authorization ?? cookie) return this.refuse('token: a public client sends neither secret nor cookie');
    if (form.get('client_id') !== this.client.id) return this.refuse('token: there is no such client');
    const grant = form.get('grant_type') ?? '';
    this.granted.push(grant);
    if (grant === 'authorization_code') return this.byCode(form);
    if (grant === 'refresh_token') return this.byRefresh(form);
    return this.refuse(`token: grant type ${grant}`);
  }

  private byCode(form: URLSearchParams): Reply {
    if (!sameNames(form, ['grant_type', 'client_id', 'code', 'redirect_uri', 'code_verifier']))
      return this.refuse(`token: sent ${[...form.keys()]}`);
    const code = this.codes.get(form.get('code') ?? '');
    this.codes.delete(form.get('code') ?? '');
    if (!code) return json(400, { error: 'invalid_grant' });
    const verifier = form.get('code_verifier') ?? '';
    if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier)) return this.refuse('token: code_verifier is malformed');
    if (createHash('sha256').update(verifier).digest('base64url') !== code.challenge)
      return this.refuse('token: the verifier does not fit the challenge');
    if (form.get('redirect_uri') !== code.redirect) return this.refuse('token: another redirect_uri');
    const refresh = secret();
    this.refreshing.add(refresh);
    return this.give({ nonce: code.nonce }, { refresh_token: refresh });
  }

  private byRefresh(form: URLSearchParams): Reply {
    if (!sameNames(form, ['grant_type', 'client_id', 'refresh_token']))
      return this.refuse(`token: sent ${[...form.keys()]}`);
    const known = this.refreshing.has(form.get('refresh_token') ?? '');
    return known ? this.give({}, {}) : json(400, { error: 'invalid_grant' });
  }

  private give(claims: object, more: object): Reply {
    return json(200, {
      id_token: this.issuer.idToken(this.lifetime, claims),
      access_token: this.issuer.accessToken(),
      token_type: 'Bearer',
      expires_in: this.lifetime,
      ...more,
    });
  }

  private revoke(form: URLSearchParams): Reply {
    if (!sameNames(form, ['token', 'client_id'])) return this.refuse(`revoke: sent ${[...form.keys()]}`);
    this.refreshing.delete(form.get('token') ?? '');
    return { status: 200 };
  }

  private logout(session: string, asked: URLSearchParams): Reply {
    const page = asked.get('logout_uri') ?? '';
    if (!sameNames(asked, ['client_id', 'logout_uri'])) return this.refuse(`logout: ${[...asked.keys()]}`);
    if (asked.get('client_id') !== this.client.id) return this.refuse('logout: there is no such client');
    if (!this.client.signOuts.includes(page)) return this.refuse(`logout: ${page} is not registered`);
    this.sessions.delete(session);
    return redirect(page);
  }

  private refuse(why: string): Reply {
    this.breaches.push(why);
    return json(400, { error: 'invalid_request', error_description: why });
  }
}

/** Whether each of these is there, once, and nothing else is. */
function sameNames(sent: URLSearchParams, names: string[]): boolean {
  return [...sent.keys()].sort().join() === [...names].sort().join();
}

function loginPage(query: string): Reply {
  return {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<!doctype html><html lang="en"><title>User pool</title><h1>User pool</h1>
      <form method="post" action="/login${query.replaceAll('&', '&amp;')}">
      <label>Password <input name="password" type="password"></label> <button>Sign in</button></form>`,
  };
}
