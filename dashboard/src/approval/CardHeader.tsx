import type { ApprovalCard } from '@/api/types';
import { Untrusted, UntrustedLine } from '@/text/Untrusted';
import type { Remaining } from '@/time/countdown';
import { Moment } from '@/time/Moment';
import { Icon } from '@/ui/icons';
import { RiskMeter } from '@/ui/RiskMeter';
import { DrillTag } from '@/ui/Tag';
import { missing } from './ballot';

const COLOUR = { calm: 'text-ink', soon: 'text-orange', now: 'text-red', over: 'text-faint' } as const;

/** What it is about, how long is left, and who else is needed. */
export function CardHeader({ card, rest }: { card: ApprovalCard; rest: Remaining }) {
  const { request, votes } = card.approval;
  return (
    <header className="grid grid-cols-[1fr_auto] items-start gap-x-4 gap-y-2 border-b border-line px-4 py-3 sm:px-5">
      <div className="min-w-0">
        <h2 id={`${card.incident}-title`} className="text-lg font-semibold">
          <Untrusted text={card.title} />
        </h2>
        <p className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-soft">
          <RiskMeter risk={card.risk} />
          {card.drill && <DrillTag />}
          <span>
            asked at <Moment at={request.requested} />
          </span>
          {request.revision > 1 && <span>plan {request.revision}; earlier ones no longer count</span>}
        </p>
      </div>
      <p role="timer" className="text-right leading-tight">
        <span className={`numeric block text-xl font-semibold whitespace-nowrap ${COLOUR[rest.urgency]}`}>
          {rest.over ? 'Expired' : rest.text}
        </span>
        <span className="text-xs text-faint">{rest.over ? 'no answer counts' : 'left to answer'}</span>
      </p>
      <p className="col-span-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
        <Seats approvers={request.approvers} agreed={request.approvers - missing(card.approval)} />
        {!card.may.vote && <span className="font-medium text-orange">not by you</span>}
        {votes.map((vote) => (
          <span key={vote.by} className="text-soft">
            <UntrustedLine text={vote.by} limit={40} />{' '}
            {vote.answer.decision === 'approve'
              ? `approved ${vote.answer.actions.length} of ${card.plan.actions.length} at `
              : 'rejected at '}
            <Moment at={vote.at} />
          </span>
        ))}
      </p>
    </header>
  );
}

/** One figure for each approver that is needed, a ticked one for each that has agreed. */
function Seats({ approvers, agreed }: { approvers: number; agreed: number }) {
  const left = approvers - agreed;
  return (
    <span className="inline-flex items-center gap-1.5 font-medium">
      {Array.from({ length: approvers }, (_, seat) => (
        <Icon
          key={seat}
          name={seat < agreed ? 'done' : 'person'}
          className={`size-4 ${seat < agreed ? 'text-green' : 'text-faint'}`}
        />
      ))}
      {left === 1 ? 'one more approver is needed' : `${left} different approvers are needed`}
    </span>
  );
}
