import { hostedSession, SignedOut } from '@/session/hosted';
import { learnServerTime } from '@/time/clock';
import { config } from './config';
import type { Problem } from './types';

/** The server answered, and the answer is no. `message` is the server's own sentence for people. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, problem: Problem) {
    super(problem.message);
    this.name = 'Refused';
    this.status = status;
    this.code = problem.code;
  }
}

/** Nobody answered. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super(
      'The server cannot be reached. Check that you are online and, where it runs on this machine, that it is running (`asoc up`).',
      { cause },
    );
    this.name = 'Unreachable';
  }
}

/** Reads a route. */
export function read<T>(path: string, signal?: AbortSignal): Promise<T> {
  return send<T>(path, { method: 'GET', signal });
}

/** Posts to a route; a body of `undefined` sends none. */
export function post<T>(path: string, body?: unknown): Promise<T> {
  return send<T>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

async function send<T>(path: string, init: RequestInit): Promise<T> {
  const asked = Date.now();
  let response: Response;
  try {
    response = await ask(path, init);
  } catch (cause) {
    if (init.signal?.aborted || cause instanceof SignedOut) throw cause;
    throw new Unreachable(cause);
  }
  const text = await response.text();
  if (!response.ok) throw new Refused(response.status, problemIn(text, response.status));
  const body = (text === '' ? undefined : JSON.parse(text)) as T;
  learnServerTime(body, asked, Date.now());
  return body;
}

// With a user pool the ID token says who asks; else a cookie does, of which no script knows.
async function ask(path: string, init: RequestInit): Promise<Response> {
  const { api } = await config();
  const session = await hostedSession();
  const url = new URL(path.replace(/^\//, ''), api);
  if (!session) return fetch(url, { ...init, credentials: 'include' });
  const bearing = (token: string): RequestInit => ({
    ...init,
    headers: { ...init.headers, authorization: `Bearer ${token}` },
    credentials: 'omit',
  });
  const token = await session.idToken();
  const response = await fetch(url, bearing(token));
  // A token can end before its time, when the pool revokes it. What was refused was not begun, so it may be sent again.
  return response.status === 401 ? fetch(url, bearing(await session.renew(token))) : response;
}

function problemIn(text: string, status: number): Problem {
  try {
    const body = JSON.parse(text) as Partial<Problem>;
    if (typeof body.message === 'string') return { code: body.code ?? 'unknown', message: body.message };
  } catch {
    // Not JSON: something between here and the server answered.
  }
  return { code: 'unknown', message: `The server answered ${status} without saying why. Its log does.` };
}
