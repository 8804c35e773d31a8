import type { Matched } from '@/api/types';

/** What detection calls the number of events that made a correlation fire, among the fields that matched. */
const COUNT = 'counted together';

/** Why a finding was made: the fields, and of a correlation how many events have these fields in common. */
export function reason(matched: readonly Matched[]): { count?: string; fields: Matched[] } {
  const count = matched.findLast(({ field }) => field === COUNT);
  return { count: count?.value, fields: matched.filter((each) => each !== count) };
}
