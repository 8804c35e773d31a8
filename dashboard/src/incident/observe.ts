import type { Incident, Plan, PlannedAction } from '@/api/types';

/** What a verdict says of observing: of everything, of nothing, or by kind of action. */
interface Verdict {
  observe: boolean | readonly string[];
}

/** Whether nothing is sent for this action although it may be authorised: it ends as simulated. */
export function isObserved(verdict: Verdict, { action }: Pick<PlannedAction, 'action'>): boolean {
  return typeof verdict.observe === 'boolean' ? verdict.observe : verdict.observe.includes(action.kind);
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
