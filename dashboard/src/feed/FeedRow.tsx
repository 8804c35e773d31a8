import Link from 'next/link';
import { memo } from 'react';
import type { LoggedMessage } from '@/api/types';
import { incidentHref } from '@/incident/links';
import { UntrustedLine } from '@/text/Untrusted';
import { Moment } from '@/time/Moment';
import { RiskMeter } from '@/ui/RiskMeter';
import { sentence, type Weight } from './sentence';

const MARK: Record<Weight, string> = {
  quiet: 'text-faint border-transparent',
  plain: 'text-soft border-line',
  good: 'text-green border-green',
  warning: 'text-orange border-orange',
  alarm: 'text-red border-red',
};

/** One message of the feed. Messages never change, so a row is drawn once. */
export const FeedRow = memo(function FeedRow({
  entry,
  linked = true,
}: {
  entry: LoggedMessage;
  linked?: boolean;
}) {
  const { message } = entry;
  const { kind, parts, weight, incident } = sentence(message);
  const quiet = weight === 'quiet';
  return (
    <li
      data-testid="feed-row"
      data-seq={entry.seq}
      data-type={message.type}
      className="offscreen-cheap grid grid-cols-[auto_1fr_auto] items-baseline gap-x-3 border-b border-line px-4 py-1.5 last:border-b-0 sm:grid-cols-[4.75rem_6.5rem_1fr_auto]"
    >
      <Moment at={message.time} className="font-mono text-xs text-faint" />
      <span className={`border-l-2 pl-2 text-xs font-medium whitespace-nowrap ${MARK[weight]}`}>{kind}</span>
      <p className={`col-span-3 min-w-0 text-sm sm:col-span-1 ${quiet ? 'text-faint' : 'text-ink'}`}>
        {parts.map((part, index) =>
          typeof part === 'string' ? part : <UntrustedLine key={index} text={part.quoted} limit={180} />,
        )}
        {linked && incident && (
          <Link href={incidentHref(incident)} className="ml-2 prose-link whitespace-nowrap">
            {incidentShort(incident)}
          </Link>
        )}
      </p>
      <span className="col-start-3 row-start-1 text-xs sm:col-start-4">
        {typeof message.risk_score === 'number' && (
          <RiskMeter risk={Math.round(message.risk_score * 100)} word={false} />
        )}
      </span>
    </li>
  );
});

function incidentShort(id: string): string {
  return id.length > 12 ? `${id.slice(0, 12)}…` : id;
}
