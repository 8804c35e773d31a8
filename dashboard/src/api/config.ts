/** Parts of the console that not every installation has. */
export const FEATURES = ['people', 'drills', 'upload'] as const;
export type Feature = (typeof FEATURES)[number];

/** Where a Cognito user pool signs people in. */
export interface UserPool {
  /** Issuer of its tokens: `https://cognito-idp.REGION.amazonaws.com/POOL`. */
  authority: string;
  /** Base of its hosted pages and of its token endpoint. */
  domain: URL;
  /** Id of the app client, which is public: it has no secret. */
  client: string;
}

/** What this installation is. Read at start, not at build, so that one export serves every installation. */
export interface Config {
  /** Base of the console's routes, with a slash at its end. */
  api: URL;
  /** Address of the live feed, without a ticket. */
  socket: URL;
  /** Absent where a one-time link signs people in. */
  signIn?: UserPool;
  features: ReadonlySet<Feature>;
}

/** What is wrong with config.json, one sentence each. */
export class Misconfigured extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`config.json cannot be used: ${problems.join(' ')}`);
    this.name = 'Misconfigured';
  }
}

let loading: Promise<Config> | undefined;

/** The configuration. A failed attempt is not kept, so that a retry can succeed. */
export function config(): Promise<Config> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<Config> {
  const response = await fetch('/config.json', { cache: 'no-store' });
  if (!response.ok) throw new Misconfigured([`It is not there: the server answered ${response.status}.`]);
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Misconfigured(['It is not JSON. A server that answers every path with a page does that.']);
  }
  return parseConfig(json, window.location.href);
}

/** Checks what config.json says; `page` is what a relative `api` is relative to. Throws {@link Misconfigured}. */
export function parseConfig(json: unknown, page: string): Config {
  const problems: string[] = [];
  const root = fields(json, 'config.json', ['api', 'socket', 'signIn', 'features'], problems);
  const hosted = root.signIn !== undefined;
  const api = address(root.api, 'api', { page, schemes: ['https:', 'http:'], secure: hosted }, problems);
  const socket =
    root.socket === undefined && !hosted
      ? api && besides(api)
      : address(root.socket, 'socket', { schemes: ['wss:', 'ws:'], secure: hosted }, problems);
  const signIn = hosted ? userPool(root.signIn, problems) : undefined;
  const features = offered(root.features, problems);
  if (problems.length > 0 || !api || !socket) throw new Misconfigured(problems);
  api.pathname = api.pathname.replace(/\/*$/, '/');
  return { api, socket, signIn, features };
}

function userPool(json: unknown, problems: string[]): UserPool | undefined {
  const { authority, domain, client } = fields(json, 'signIn', ['authority', 'domain', 'client'], problems);
  const rule: Rule = { schemes: ['https:', 'http:'], secure: true };
  const issuer = address(authority, 'signIn.authority', rule, problems);
  const base = address(domain, 'signIn.domain', rule, problems);
  if (typeof client !== 'string' || !/^\w+$/.test(client)) {
    problems.push('“signIn.client” must be the id of the app client, letters and digits.');
    return undefined;
  }
  return issuer && base && { authority: String(authority), domain: base, client };
}

function offered(json: unknown, problems: string[]): ReadonlySet<Feature> {
  if (json === undefined) return new Set(FEATURES);
  const known = (name: unknown): name is Feature => FEATURES.some((feature) => feature === name);
  if (Array.isArray(json) && json.every(known)) return new Set(json);
  problems.push(`“features” must be a list of some of ${FEATURES.join(', ')}.`);
  return new Set();
}

// A misspelt name must not pass for one that was left out: without `signIn` the page would ask for a link.
function fields(json: unknown, what: string, names: readonly string[], problems: string[]) {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    problems.push(`“${what}” must be an object with ${names.join(', ')}.`);
    return {};
  }
  for (const name of Object.keys(json)) {
    if (!names.includes(name)) problems.push(`“${name}” is not known; “${what}” has ${names.join(', ')}.`);
  }
  return json as Record<string, unknown>;
}

interface Rule {
  /** The encrypted one first. */
  schemes: readonly [string, string];
  /** Whether tokens travel there, which must be encrypted unless it is this machine. */
  secure: boolean;
  page?: string;
}

function address(json: unknown, name: string, rule: Rule, problems: string[]): URL | undefined {
  const [encrypted] = rule.schemes;
  const wrong = (why: string) => {
    problems.push(`“${name}” must be an address that begins with ${encrypted}//; ${why}.`);
    return undefined;
  };
  if (json === undefined) return wrong('it is missing');
  if (typeof json !== 'string' || json === '' || !URL.canParse(json, rule.page))
    return wrong(`it is ${JSON.stringify(json)}`);
  const url = new URL(json, rule.page);
  if (!rule.schemes.includes(url.protocol)) return wrong(`it is ${JSON.stringify(json)}`);
  const here = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (rule.secure && url.protocol !== encrypted && !here) return wrong(`“${json}” is not encrypted`);
  return url;
}

function besides(api: URL): URL {
  const socket = new URL('/v1/socket', api);
  socket.protocol = api.protocol === 'https:' ? 'wss:' : 'ws:';
  return socket;
}
