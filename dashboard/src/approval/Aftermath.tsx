'use client';
import Link from 'next/link';
import { useMemo } from 'react';
import { useFeed } from '@/feed/FeedProvider';
import { FeedRow } from '@/feed/FeedRow';
import { incidentHref } from '@/incident/links';
import { Untrusted } from '@/text/Untrusted';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/icons';
import type { Cast } from './Inbox';

/** What happened after a vote, as it happens. */
export function Aftermath({ cast, onDismiss }: { cast: Cast; onDismiss: () => void }) {
  const { log } = useFeed();
  const messages = useMemo(() => {
    const all = log.messages.filter(({ message }) => message.correlation_id === cast.incident);
    const vote = all.findLastIndex(({ message }) => message.type === 'APPROVE_ACTION');
    return vote === -1 ? [] : all.slice(vote).slice(-12);
  }, [log.messages, cast.incident]);
  const { observed } = cast;
  const simulated = cast.decision === 'approve' && observed && observed.count === observed.of;
  return (
    <section
      aria-label={`What happens next: ${cast.title.slice(0, 80)}`}
      data-testid="aftermath"
      className="rounded-md border border-line bg-surface"
    >
      <header className="flex items-start gap-3 border-b border-line px-4 py-3 sm:px-5">
        <Icon
          name={simulated ? 'diamond' : 'done'}
          className={`mt-0.5 size-5 ${simulated ? 'text-violet' : 'text-green'}`}
        />
        <div className="min-w-0 flex-1" role="status">
          <p className="font-semibold">{said(cast)}</p>
          <p className="text-soft">
            <Untrusted text={cast.title} />{' '}
            <Link href={incidentHref(cast.incident)} className="prose-link">
              Follow it
            </Link>
          </p>
        </div>
        <Button look="quiet" small onClick={onDismiss} aria-label="Put away">
          <Icon name="cross" />
        </Button>
      </header>
      {messages.length > 0 && (
        <ol className="py-1">
          {messages.map((entry) => (
            <FeedRow key={entry.seq} entry={entry} linked={false} />
          ))}
        </ol>
      )}
    </section>
  );
}

function said({ decision, counted, observed }: Cast): string {
  if (decision === 'reject') return 'You rejected it. Nothing is applied.';
  if (counted.missing > 0) {
    return `Your approval counts. ${counted.missing === 1 ? 'One more person' : `${counted.missing} more people`} must agree.`;
  }
  if (counted.outcome?.outcome !== 'approved') return 'Your answer counts. What happens next:';
  if (!observed) return 'Approved. It is being applied now:';
  return observed.count === observed.of
    ? 'Approved, and only simulated. Observe mode: nothing is changed in the account.'
    : 'Approved. It is being applied now, but for what is in observe mode: that is only simulated.';
}
