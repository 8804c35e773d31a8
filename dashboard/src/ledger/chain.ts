import type { LedgerEntry } from '@/api/types';

/** What this browser found when it recomputed a stretch of the chain. */
export type Examined = { ok: true; count: number } | { ok: false; seq: number; fault: string };

/** Recomputes each entry's hash and follows the links between neighbours; trusts nothing the server says about them. */
export async function examine(entries: readonly LedgerEntry[]): Promise<Examined> {
  let before: LedgerEntry | undefined;
  for (const entry of entries) {
    if (before && entry.seq !== before.seq + 1)
      return { ok: false, seq: entry.seq, fault: `entry ${before.seq + 1} is missing before it` };
    if (before && entry.previous !== before.hash)
      return { ok: false, seq: entry.seq, fault: 'it does not link to the entry before it' };
    if (!before && entry.seq === 1 && !/^0{64}$/.test(entry.previous))
      return { ok: false, seq: 1, fault: 'the first entry must link to zeros' };
    if ((await hashOf(entry)) !== entry.hash)
      return { ok: false, seq: entry.seq, fault: 'its hash does not cover its content' };
    before = entry;
  }
  return { ok: true, count: entries.length };
}

/** SHA-256 over everything but the hash itself, as the ledger defines it. */
export async function hashOf(entry: LedgerEntry): Promise<string> {
  const { seq, time, message, kind, correlation, sender, content, decision, policies, previous } = entry;
  // Arrays of strings and one integer have one JSON form, which is the canonical one.
  const text = JSON.stringify([
    [seq, time, message, kind, correlation, sender],
    [content, decision, policies, previous],
  ]);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
