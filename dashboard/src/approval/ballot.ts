import type { ApprovalCard, Ballot, Plan } from '@/api/types';

/** A ballot, or the sentence that says why there is none. */
export type Drafted = { ballot: Ballot } | { problem: string };

/**
 * A ballot that approves these actions (by id), in the plan's order. It names the plan that was looked at: if the
 * server has another by now, it refuses, which is what the reader wants.
 */
export function approve(shown: Plan, chosen: ReadonlySet<string>): Drafted {
  const actions = shown.actions.filter((action) => chosen.has(action.id)).map((action) => action.hash);
  if (actions.length === 0) return { problem: 'Choose at least one action, or reject the plan.' };
  if (actions.length < chosen.size)
    return { problem: 'An action you chose is not in this plan. Look at it again.' };
  return { ballot: { plan: shown.hash, answer: { decision: 'approve', actions } } };
}

/** A ballot that rejects the plan that was looked at. */
export function reject(shown: Plan, reason: string): Drafted {
  const said = reason.trim();
  if (said === '') return { problem: 'A rejection needs a reason. One sentence is enough.' };
  return { ballot: { plan: shown.hash, answer: { decision: 'reject', reason: said } } };
}

/** How many more people must agree. */
export function missing(approval: ApprovalCard['approval']): number {
  const agreed = approval.votes.filter((vote) => vote.answer.decision === 'approve').length;
  return Math.max(0, approval.request.approvers - agreed);
}

/** Ids of the actions that everybody who has approved so far left in: only those can still be applied. */
export function stillPossible(card: Pick<ApprovalCard, 'plan' | 'approval'>): Set<string> {
  const votes = card.approval.votes.flatMap(({ answer }) =>
    answer.decision === 'approve' ? [new Set(answer.actions)] : [],
  );
  return new Set(
    card.plan.actions.filter(({ hash }) => votes.every((vote) => vote.has(hash))).map(({ id }) => id),
  );
}

/** What is applied if nobody answers, as ids. */
export function onExpiry(card: Pick<ApprovalCard, 'plan' | 'approval'>): string[] {
  return card.plan.actions.map(({ id }) => id).filter((id) => card.approval.request.on_expiry.includes(id));
}
