import type { Incident } from '@/api/types';
import { Untrusted } from '@/text/Untrusted';

const EFFECT = {
  allow: 'The policy allows it without asking',
  deny: 'The policy denies it',
  approval: 'The policy wants people to approve it',
} as const;

/** What the policy said, what people answered. */
export function VerdictNote({ incident }: { incident: Incident }) {
  const { verdict, approval } = incident;
  if (!verdict) return null;
  return (
    <span className="text-soft">
      {EFFECT[verdict.effect]}
      {verdict.reasons.map((reason, index) => (
        <span key={reason}>
          {index === 0 ? ': ' : '; '}
          <Untrusted text={reason.replace(/\.$/, '')} limit={300} />
        </span>
      ))}
      . {approval && <Answered approval={approval} />}
    </span>
  );
}

function Answered({ approval }: { approval: NonNullable<Incident['approval']> }) {
  const { outcome, request, votes } = approval;
  switch (outcome?.outcome) {
    case 'approved':
      return (
        <b className="font-semibold text-ink">
          Approved by <Untrusted text={outcome.by.join(' and ')} />, {outcome.actions.length} of{' '}
          {request.actions.length} actions.
        </b>
      );
    case 'rejected':
      return <b className="font-semibold text-ink">Rejected.</b>;
    case 'expired':
      return (
        <b className="font-semibold text-ink">Nobody answered in time; the declared default was taken.</b>
      );
    case 'superseded':
      return <b className="font-semibold text-ink">Superseded by a new plan.</b>;
    default:
      return (
        <b className="font-semibold text-ink">
          {votes.length} of {request.approvers} have answered.
        </b>
      );
  }
}
