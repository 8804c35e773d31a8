'use client';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '@/api/client';
import type { ApprovalCard, Ballot, Plan, VoteCounted } from '@/api/types';
import { isObserved } from '@/incident/observe';
import { Untrusted } from '@/text/Untrusted';
import { Refusal } from '@/ui/Answer';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Icon, type IconName } from '@/ui/icons';
import { ReasonField } from '@/ui/ReasonField';
import { approve, reject } from './ballot';

interface Props {
  card: ApprovalCard;
  decision: 'approve' | 'reject';
  /** The plan that was on the screen when the question was opened: the ballot is about this one. */
  shown: Plan;
  chosen: ReadonlySet<string>;
  missing: number;
  over: boolean;
  onClose: () => void;
  onCast: (counted: VoteCounted) => void;
}

/** Repeats what will happen, and sends the ballot only then. */
export function ConfirmDialog({ card, decision, shown, chosen, missing, over, onClose, onCast }: Props) {
  const [reason, setReason] = useState('');
  const drafted = decision === 'approve' ? approve(shown, chosen) : reject(shown, reason);
  const vote = useMutation({
    mutationFn: (ballot: Ballot) =>
      post<VoteCounted>(`/v1/incidents/${encodeURIComponent(card.incident)}/approval`, ballot),
    onSuccess: onCast,
  });
  const changed = card.plan.hash !== shown.hash;
  const blocked = changed || over || vote.isPending || 'problem' in drafted;
  return (
    <Dialog title={decision === 'approve' ? 'Approve this?' : 'Reject this plan?'} onClose={onClose}>
      <form
        className="grid grid-cols-1 gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!blocked && 'ballot' in drafted) vote.mutate(drafted.ballot);
        }}
      >
        <p className="text-soft">
          <Untrusted text={card.title} />
        </p>
        {decision === 'approve' ? (
          <Approved card={card} shown={shown} chosen={chosen} missing={missing} />
        ) : (
          <Reason value={reason} onChange={setReason} />
        )}
        {changed && (
          <p role="alert" className="font-medium text-red">
            The plan has changed while you were reading. Close this, look at the new one and answer that.
          </p>
        )}
        {over && (
          <p role="alert" className="font-medium text-red">
            The time is over; an answer no longer counts.
          </p>
        )}
        <Refusal error={vote.error} />
        <div className="flex flex-wrap gap-2">
          <Button
            type="submit"
            look={decision === 'approve' ? 'primary' : 'danger'}
            className="min-h-11 px-5"
            data-testid="confirm"
            disabled={blocked}
          >
            {vote.isPending ? 'Sending…' : decision === 'approve' ? 'Yes, approve' : 'Yes, reject'}
          </Button>
          <Button className="min-h-11 px-5" onClick={onClose}>
            {vote.isError || changed || over ? 'Close' : 'Not yet'}
          </Button>
        </div>
        {'problem' in drafted && decision === 'approve' && <p className="text-red">{drafted.problem}</p>}
      </form>
    </Dialog>
  );
}

function Approved({ card, shown, chosen, missing }: Pick<Props, 'card' | 'shown' | 'chosen' | 'missing'>) {
  const agreed = shown.actions.filter(({ id }) => chosen.has(id));
  const simulated = agreed.filter((action) => isObserved(card.verdict, action));
  const real = agreed.filter((action) => !simulated.includes(action));
  const left = shown.actions.filter(({ id }) => !chosen.has(id));
  return (
    <>
      {missing > 1 && (
        <p className="font-medium">
          Nothing happens yet: {missing - 1} more {missing === 2 ? 'person' : 'people'} must agree, and only
          what all of you chose counts.
        </p>
      )}
      {real.length > 0 && (
        <>
          <p className="font-medium">
            {missing > 1 ? 'This is then applied in the account:' : 'This is applied in the account at once:'}
          </p>
          <Lines icon="check" tone="text-green" actions={real} />
        </>
      )}
      {simulated.length > 0 && (
        <>
          <p className="font-medium">Observe mode: this is recorded as simulated, and nothing is changed:</p>
          <Lines icon="diamond" tone="text-violet" actions={simulated} />
        </>
      )}
      {left.length > 0 && (
        <>
          <p className="font-medium">This is left out:</p>
          <Lines icon="skip" tone="text-faint" actions={left} />
        </>
      )}
      <p className="text-sm text-faint">
        Your answer covers plan {shown.revision}, <span className="font-mono">{shown.hash.slice(0, 16)}</span>
        , and nothing else.{real.length > 0 && ' Each action can be undone afterwards.'}
      </p>
    </>
  );
}

function Lines({ icon, tone, actions }: { icon: IconName; tone: string; actions: Plan['actions'] }) {
  return (
    <ul className="grid grid-cols-1 gap-1.5">
      {actions.map((action) => (
        <li key={action.id} className="flex items-start gap-2">
          <Icon name={icon} className={`mt-1 size-4 ${tone}`} />
          <span className="min-w-0">
            <Untrusted text={action.does} limit={300} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Reason({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <div>
      <p className="mb-3">
        Nothing is applied, and the incident closes as rejected. One rejection is enough.
      </p>
      <ReasonField
        value={value}
        rows={3}
        example="This is the planned key rotation, ticket OPS-412."
        onChange={onChange}
      />
    </div>
  );
}
