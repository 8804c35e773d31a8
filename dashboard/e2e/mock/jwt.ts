import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';

const coded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const seconds = () => Math.floor(Date.now() / 1000);

/** What signs tokens (RS256, as a user pool does), and what a JWT authorizer checks of them. */
export class Issuer {
  /** Every token that was given out. */
  readonly given: string[] = [];
  private readonly keys = generateKeyPairSync('rsa', { modulusLength: 2048 });

  constructor(
    readonly issuer: string,
    private readonly client: string,
  ) {}

  idToken(lifetime: number, claims: object): string {
    const now = seconds();
    return this.signed({
      iss: this.issuer,
      aud: this.client,
      sub: 'f3b1c9d2',
      token_use: 'id',
      iat: now,
      exp: now + lifetime,
      'cognito:username': 'ines.brandt',
      'cognito:groups': ['admin'],
      ...claims,
    });
  }

  accessToken(): string {
    return this.signed({ iss: this.issuer, client_id: this.client, token_use: 'access' });
  }

  /** Whether a JWT authorizer would let this one through: signature, issuer, audience, time. */
  accepts(token: string): boolean {
    const [head = '', body = '', signature = ''] = token.split('.');
    const bytes = Buffer.from(signature, 'base64url');
    if (!verify('RSA-SHA256', Buffer.from(`${head}.${body}`), this.keys.publicKey, bytes)) return false;
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
    const ours = claims.iss === this.issuer && claims.aud === this.client && claims.token_use === 'id';
    return ours && Number(claims.exp) > seconds();
  }

  private signed(claims: object): string {
    const text = `${coded({ alg: 'RS256', kid: 'fake' })}.${coded({ ...claims, jti: randomBytes(12).toString('hex') })}`;
    const token = `${text}.${sign('RSA-SHA256', Buffer.from(text), this.keys.privateKey).toString('base64url')}`;
    this.given.push(token);
    return token;
  }
}
