import { config, type UserPool } from '@/api/config';
import { authorizeAddress, Denied, logoutAddress, redeem, refresh, revoke, type Tokens } from './cognito';
import { challengeOf, random } from './pkce';

/** Nobody is signed in (any more): people have to be asked. */
export class SignedOut extends Error {
  constructor() {
    super('You are not signed in.');
    this.name = 'SignedOut';
  }
}

/** What must outlive the way to the sign-in page and back. No token is among it. */
interface Pending {
  state: string;
  nonce: string;
  verifier: string;
  /** Where to go on afterwards: a path of this page's own. */
  to: string;
}

const PENDING = 'asoc-sign-in';
/** Milliseconds before its end at which an ID token is renewed. */
const EARLY = 60_000;

/** A session with a Cognito user pool. Its tokens live in this object and die with the page. */
export class HostedSession {
  private tokens: Tokens | undefined;
  private renewing: Promise<string> | undefined;
  private going: Promise<void> | undefined;
  private readonly tabs = new BroadcastChannel('asoc-session');

  constructor(private readonly pool: UserPool) {
    // Whoever signs out means every tab; and a page that Back brings out of the cache would show what it held.
    this.tabs.onmessage = () => {
      this.tokens = undefined;
      window.location.replace('/sign-in/');
    };
    window.addEventListener('pageshow', (shown) => {
      if (shown.persisted) window.location.reload();
    });
  }

  /** An ID token that still holds for a while. Throws {@link SignedOut}. */
  async idToken(): Promise<string> {
    if (!this.tokens) throw new SignedOut();
    return this.tokens.until - Date.now() > EARLY ? this.tokens.id : this.renew();
  }

  /** A new ID token in place of `refused`, unless there is a newer one already. Throws {@link SignedOut}. */
  async renew(refused?: string): Promise<string> {
    if (!this.tokens) throw new SignedOut();
    if (refused !== undefined && refused !== this.tokens.id) return this.tokens.id;
    this.renewing ??= this.askAnew(this.tokens.refresh).finally(() => {
      this.renewing = undefined;
    });
    return this.renewing;
  }

  private async askAnew(token: string): Promise<string> {
    try {
      const tokens = await refresh(this.pool, token);
      // Somebody may have signed out meanwhile.
      if (!this.tokens) throw new SignedOut();
      this.tokens = tokens;
      return tokens.id;
    } catch (error) {
      if (!(error instanceof Denied)) throw error;
      this.tokens = undefined;
      throw new SignedOut();
    }
  }

  /** Leaves for the sign-in page, which leads back to {@link finish} and then to `to`. */
  begin(to: string): Promise<void> {
    this.going ??= this.go(to).finally(() => {
      this.going = undefined;
    });
    return this.going;
  }

  private async go(to: string): Promise<void> {
    // An address such as `//elsewhere.example/` would lead off this page.
    const own = to.replace(/^[/\\]+/, '/');
    const pending: Pending = { state: random(), nonce: random(), verifier: random(), to: own };
    const challenge = await challengeOf(pending.verifier);
    sessionStorage.setItem(PENDING, JSON.stringify(pending));
    window.location.assign(authorizeAddress(this.pool, { ...pending, challenge, redirect: returnAddress() }));
  }

  /** Takes what the sign-in page sent along, once, and answers where to go on. */
  async finish(sent: URLSearchParams): Promise<string> {
    const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? 'null') as Pending | null;
    sessionStorage.removeItem(PENDING);
    const code = sent.get('code');
    if (pending === null || sent.get('state') !== pending.state) {
      throw new Error('This sign-in was not begun in this tab, or it was used already.');
    }
    if (code === null)
      throw new Denied(sent.get('error_description') ?? sent.get('error') ?? 'no reason given');
    this.tokens = await redeem(this.pool, { ...pending, code, redirect: returnAddress() });
    return pending.to;
  }

  /** Ends the session here, in every other tab, and with the user pool. */
  leave(): void {
    if (this.tokens) revoke(this.pool, this.tokens.refresh);
    this.tokens = undefined;
    this.tabs.postMessage('left');
    window.location.assign(logoutAddress(this.pool, returnAddress()));
  }
}

let session: HostedSession | undefined;

/** The session with the user pool, or nothing where a one-time link signs people in. */
export async function hostedSession(): Promise<HostedSession | undefined> {
  const { signIn } = await config();
  if (signIn) session ??= new HostedSession(signIn);
  return session;
}

/** Must stand among the app client's callback and sign-out addresses, to the letter. */
function returnAddress(): string {
  return `${window.location.origin}/sign-in/`;
}
