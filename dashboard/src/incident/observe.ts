import type { Verdict as Given, Incident, Plan, PlannedAction } from '@/api/types';

type Verdict = Pick<Given, 'observe'>;

/** Whether nothing is sent for this action although it may be authorised: it ends as simulated. */
export function isObserved(verdict: Verdict, { id }: Pick<PlannedAction, 'id'>): boolean {
  return verdict.observe.includes(id);
}

/** How many of a plan's actions are only observed. */
export interface Observed {
  count: number;
  of: number;
}

/** Of a plan that is yet to be answered or applied; nothing if every action would be real. */
export function toBeObserved(verdict: Verdict, actions: Plan['actions']): Observed | undefined {
  const count = actions.filter((action) => isObserved(verdict, action)).length;
  return count === 0 ? undefined : { count, of: actions.length };
}

/** Of what became of an incident; nothing if no action was simulated. */
export function wasObserved({ actions }: Pick<Incident, 'actions'>): Observed | undefined {
  const count = actions.filter(({ state }) => state === 'simulated').length;
  return count === 0 ? undefined : { count, of: actions.length };
}
