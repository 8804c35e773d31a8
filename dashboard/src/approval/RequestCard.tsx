'use client';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import type { ApprovalCard, VoteCounted } from '@/api/types';
import { WholePlan } from '@/blast/Effect';
import { incidentHref } from '@/incident/links';
import { ObserveNote } from '@/incident/ObserveNote';
import { isObserved, toBeObserved } from '@/incident/observe';
import { usePageKeys } from '@/shell/Shortcuts';
import { Untrusted } from '@/text/Untrusted';
import { useNow } from '@/time/clock';
import { remaining } from '@/time/countdown';
import { Button } from '@/ui/Button';
import { ActionChoice } from './ActionChoice';
import { missing, onExpiry, stillPossible } from './ballot';
import { CardHeader } from './CardHeader';
import { CardOpinions } from './CardOpinions';
import { ConfirmDialog } from './ConfirmDialog';
import { Happened } from './Happened';

interface Props {
  card: ApprovalCard;
  /** Whether it is marked as the one that keys act on. */
  current: boolean;
  /** Whether keys act on it. */
  keys: boolean;
  onCast: (decision: 'approve' | 'reject', counted: VoteCounted) => void;
  onStep: (by: number) => void;
}

/** One request, made to be decided on at night: what happened, what will be done, what it breaks, how to go back. */
export function RequestCard({ card, current, keys, onCast, onStep }: Props) {
  const router = useRouter();
  const possible = stillPossible(card);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState<{ decision: 'approve' | 'reject'; plan: ApprovalCard['plan'] }>();
  const chosen = new Set(
    card.plan.actions.map(({ id }) => id).filter((id) => possible.has(id) && !left.has(id)),
  );
  const rest = remaining(card.approval.request.expires, useNow());
  const observed = toBeObserved(card.verdict, card.plan.actions);
  const able = card.may.vote && !rest.over;
  const ask = (decision: 'approve' | 'reject') => {
    if (able && (decision === 'reject' || chosen.size > 0)) setAsking({ decision, plan: card.plan });
  };
  const toggle = (id: string) => {
    if (!possible.has(id)) return;
    setLeft((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  };

  const numbered = Object.fromEntries(
    card.plan.actions
      .slice(0, 9)
      .map(({ id }, index): [string, () => void] => [String(index + 1), () => toggle(id)]),
  );
  const all = {
    j: () => onStep(1),
    k: () => onStep(-1),
    a: () => ask('approve'),
    r: () => ask('reject'),
    ...numbered,
  };
  usePageKeys(keys ? { ...all, o: () => router.push(incidentHref(card.incident)) } : {});

  return (
    <article
      id={card.incident}
      tabIndex={-1}
      data-testid="approval-card"
      data-incident={card.incident}
      aria-labelledby={`${card.incident}-title`}
      className={`scroll-mt-18 rounded-md border bg-surface ${current ? 'border-edge shadow-[inset_3px_0_0_var(--accent)]' : 'border-line'}`}
    >
      <CardHeader card={card} rest={rest} />
      <div className="grid grid-cols-1 gap-5 p-4 sm:px-5">
        {observed && <ObserveNote observed={observed} over={false} />}
        <section aria-label="What happened">
          <h3 className="mb-1.5 font-semibold">What happened</h3>
          <Happened lines={card.happened} />
          <div className="mt-2 empty:hidden">
            <CardOpinions incident={card.incident} />
          </div>
        </section>
        <fieldset className="min-w-0">
          <legend className="mb-1.5 font-semibold">
            What {observed && observed.count === observed.of ? 'would' : 'will'} be done, in this order
          </legend>
          {card.blast_radius && <WholePlan radius={card.blast_radius} />}
          <ol className="divide-y divide-line rounded-md border border-line">
            {card.plan.actions.map((action, index) => (
              <ActionChoice
                key={action.id}
                number={index + 1}
                action={action}
                counterfactual={card.blast_radius?.counterfactuals.find((each) => each.action === action.id)}
                looked={card.blast_radius !== null && card.blast_radius !== undefined}
                checked={chosen.has(action.id)}
                possible={possible.has(action.id)}
                disabled={!able}
                observed={isObserved(card.verdict, action)}
                onToggle={() => toggle(action.id)}
              />
            ))}
          </ol>
        </fieldset>
        <IfNobodyAnswers card={card} />
      </div>
      <footer className="flex flex-wrap items-center gap-2 border-t border-line px-4 py-3 sm:px-5">
        <Button
          look="primary"
          className="min-h-11 px-5"
          data-testid="approve"
          disabled={!able || chosen.size === 0}
          onClick={() => ask('approve')}
        >
          {chosen.size === card.plan.actions.length
            ? 'Approve all'
            : `Approve ${chosen.size} of ${card.plan.actions.length}`}
          …
        </Button>
        <Button
          look="danger"
          className="min-h-11 px-5"
          data-testid="reject"
          disabled={!able}
          onClick={() => ask('reject')}
        >
          Reject…
        </Button>
        {!rest.over && <span className="numeric text-sm text-soft">{rest.text} left</span>}
        <Link href={incidentHref(card.incident)} className="ml-auto px-2 py-2 prose-link">
          Whole incident
        </Link>
        {!card.may.vote && (
          <p className="w-full text-soft">
            You cannot answer this one:{' '}
            <Untrusted text={card.may.why_not ?? 'the server does not say why'} limit={300} />
          </p>
        )}
        {rest.over && (
          <p className="w-full text-soft">
            The time is over. No answer counts any more; the declared default was taken.
          </p>
        )}
      </footer>
      {asking && (
        <ConfirmDialog
          card={card}
          decision={asking.decision}
          shown={asking.plan}
          chosen={chosen}
          missing={missing(card.approval)}
          over={rest.over}
          onClose={() => setAsking(undefined)}
          onCast={(counted) => {
            setAsking(undefined);
            onCast(asking.decision, counted);
          }}
        />
      )}
    </article>
  );
}

function IfNobodyAnswers({ card }: { card: ApprovalCard }) {
  const fallback = onExpiry(card);
  const actions = card.plan.actions.filter(({ id }) => fallback.includes(id));
  return (
    <section
      aria-label="Why you are asked"
      className="grid grid-cols-1 gap-x-8 gap-y-4 text-sm sm:grid-cols-2"
    >
      <div>
        <h3 className="mb-1 text-base font-semibold">Why you are asked</h3>
        <ul className="grid grid-cols-1 gap-1 text-soft">
          {card.verdict.reasons.map((reason) => (
            <li key={reason}>
              <Untrusted text={reason} limit={300} />
            </li>
          ))}
        </ul>
      </div>
      <div>
        <h3 className="mb-1 text-base font-semibold">If nobody answers</h3>
        {actions.length === 0 ? (
          <p className="text-soft">Nothing is applied. The incident closes as expired.</p>
        ) : (
          <>
            <p className="text-soft">When the time is over, this alone is done without anybody’s approval:</p>
            <ul className="mt-1 grid grid-cols-1 list-disc gap-1 pl-5 text-soft marker:text-faint">
              {actions.map((action) => (
                <li key={action.id}>
                  <Untrusted text={action.does} limit={300} />
                  {isObserved(card.verdict, action) && ' (simulated)'}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </section>
  );
}
