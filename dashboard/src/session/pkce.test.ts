import { expect, it } from 'vitest';
import { challengeOf, random } from './pkce';

it('makes the challenge of RFC 7636, appendix B', async () => {
  const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
  expect(await challengeOf(verifier)).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
});

it('makes verifiers that the RFC allows, and never the same', () => {
  const some = Array.from({ length: 200 }, random);
  for (const verifier of some) expect(verifier).toMatch(/^[\w-]{43}$/);
  expect(new Set(some).size).toBe(200);
});
