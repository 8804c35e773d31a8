import type { Receipt } from '@/api/types';

/** One stage that was reached. */
export interface Stage {
  name: string;
  label: string;
  at: string;
  /** Milliseconds since the stage before; absent for the first. */
  took?: number;
}

const LABELS: Record<string, string> = {
  event: 'It happened',
  detected: 'Detected',
  opened: 'Incident opened',
  evaluated: 'Plan judged by the policy',
  asked: 'People asked',
  answered: 'People answered',
  investigated: 'Blast radius drawn',
  contained: 'Contained and verified',
  recorded: 'Recorded',
};

/** The stages in order of time, with how long each took. Names this page does not know are shown as they are. */
export function stages(reached: Receipt['reached']): Stage[] {
  const known = Object.keys(LABELS);
  const inOrder = Object.entries(reached).sort(
    ([a, at], [b, bt]) => Date.parse(at) - Date.parse(bt) || known.indexOf(a) - known.indexOf(b),
  );
  return inOrder.map(([name, at], index) => {
    const before = inOrder[index - 1];
    return { name, label: LABELS[name] ?? name, at, took: before && Date.parse(at) - Date.parse(before[1]) };
  });
}

/** How many credentials of the attacker are known that may work at `now`, milliseconds. */
export function credentialsAlive(receipt: Receipt, now: number): number {
  const ends = Object.values(receipt.credential_alive_until ?? {});
  const lasting = receipt.credentials_without_end ?? [];
  return ends.filter((until) => Date.parse(until) > now).length + lasting.length;
}

/** Milliseconds from the first event until the account was verified as contained, once it was. */
export function toContainment(reached: Receipt['reached']): number | undefined {
  const { event, contained } = reached;
  return event && contained ? Date.parse(contained) - Date.parse(event) : undefined;
}
