import Link from 'next/link';
import type { IncidentRow } from '@/api/types';
import { UntrustedLine } from '@/text/Untrusted';
import { Ago, Countdown } from '@/time/Moment';
import { RiskMeter } from '@/ui/RiskMeter';
import { DrillTag } from '@/ui/Tag';
import { incidentHref } from './links';
import { principalName } from './principal';
import { StatusTag } from './StatusTag';

/** Incidents, one a line; on a narrow screen each line folds into two. */
export function IncidentTable({ rows, caption }: { rows: IncidentRow[]; caption: string }) {
  return (
    <ul aria-label={caption}>
      {rows.map((row) => (
        <li key={row.id} className="border-b border-line last:border-b-0" data-testid="incident-row">
          <Link
            href={incidentHref(row.id)}
            className="grid grid-cols-[1fr_auto] items-baseline gap-x-4 gap-y-1 px-4 py-2.5 hover:bg-sunken focus-visible:-outline-offset-2"
          >
            <span className="min-w-0 font-medium">
              <UntrustedLine text={row.title} /> {row.drill && <DrillTag />}
            </span>
            <RiskMeter risk={row.risk} />
            <span className="flex min-w-0 flex-wrap items-baseline gap-x-3 gap-y-1 text-sm text-soft">
              <StatusTag status={row.status} />
              {row.expires && row.status === 'awaiting_approval' && <Countdown until={row.expires} />}
              <span className="min-w-0">
                <UntrustedLine
                  text={row.principals.map(principalName).join(', ') || 'no principal'}
                  limit={60}
                  mono
                />
              </span>
              <span>
                {row.findings} {row.findings === 1 ? 'finding' : 'findings'}
              </span>
            </span>
            <span className="justify-self-end text-sm text-faint">
              <Ago at={row.opened} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
