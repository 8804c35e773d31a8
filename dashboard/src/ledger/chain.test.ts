import { beforeAll, describe, expect, it } from 'vitest';
import type { LedgerEntry } from '@/api/types';
import { examine, hashOf } from './chain';

const chain: LedgerEntry[] = [];

beforeAll(async () => {
  for (let seq = 1; seq <= 4; seq += 1) {
    const entry: LedgerEntry = {
      seq,
      time: '2026-01-01T00:00:00.000Z',
      message: `msg-${seq}`,
      kind: 'REPORT',
      correlation: 'inc-1',
      sender: 'detection',
      content: 'c'.repeat(64),
      decision: 'd'.repeat(64),
      policies: 'e'.repeat(64),
      previous: chain.at(-1)?.hash ?? '0'.repeat(64),
      hash: '',
    };
    chain.push({ ...entry, hash: await hashOf(entry) });
  }
});

describe('examine', () => {
  it('accepts a whole chain and a stretch of it', async () => {
    expect(await examine(chain)).toEqual({ ok: true, count: 4 });
    expect(await examine(chain.slice(1, 3))).toEqual({ ok: true, count: 2 });
  });

  it.each<[string, (entries: LedgerEntry[]) => LedgerEntry[], number]>([
    [
      'a changed field',
      (all) => all.map((entry) => (entry.seq === 2 ? { ...entry, sender: 'nobody' } : entry)),
      2,
    ],
    ['an entry taken out', (all) => all.filter(({ seq }) => seq !== 2), 3],
    [
      'entries in another order',
      ([a, b, ...rest]) => [b, a, ...rest].filter((entry) => entry !== undefined),
      1,
    ],
    [
      'a rewritten link',
      (all) => all.map((entry) => (entry.seq === 3 ? { ...entry, previous: 'f'.repeat(64) } : entry)),
      3,
    ],
    [
      'a first entry that hides others',
      ([first]) => (first ? [{ ...first, previous: 'f'.repeat(64) }] : []),
      1,
    ],
  ])('finds %s', async (_, forge, seq) => {
    expect(await examine(forge(chain))).toMatchObject({ ok: false, seq });
  });
});
