import type { Finding, IncidentDetail } from '@/api/types';
import { Untrusted } from '@/text/Untrusted';
import { Moment } from '@/time/Moment';
import { Nothing } from '@/ui/Answer';
import { Details } from '@/ui/Details';
import { Panel } from '@/ui/Panel';
import { RiskMeter } from '@/ui/RiskMeter';
import { RawEvent } from './RawEvent';
import { RiskSumTable } from './RiskSumTable';
import { TechniqueTags } from './TechniqueTags';

/** What detection claims, with the evidence for each claim. */
export function FindingsPanel({ detail }: { detail: IncidentDetail }) {
  const { findings, incident } = detail;
  return (
    <Panel id="findings" title="Findings" aside={`${findings.length}, oldest first`} flush>
      {findings.length === 0 ? (
        <Nothing title="No finding is on record." />
      ) : (
        <ol>
          {findings.map((finding) => (
            <FindingRow key={finding.id} finding={finding} incident={incident.id} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

function FindingRow({ finding, incident }: { finding: Finding; incident: string }) {
  const falsePositives = finding.false_positives ?? [];
  return (
    <li
      className="grid grid-cols-1 gap-2 border-b border-line px-4 py-3 last:border-b-0"
      data-testid="finding"
    >
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <h3 className="min-w-0 flex-1 basis-64 font-medium">
          <Untrusted text={finding.title} />
        </h3>
        <RiskMeter risk={finding.risk} />
      </div>
      <p className="text-sm text-soft">
        <Moment at={finding.time} />: <Untrusted text={finding.operation} limit={80} mono />
        {finding.actor && (
          <>
            {' '}
            by <Untrusted text={finding.actor.name} limit={80} mono />
          </>
        )}
        {finding.origin && (
          <>
            {' '}
            from <Untrusted text={finding.origin} limit={80} mono />
          </>
        )}
      </p>
      <p className="max-w-prose text-sm">
        <Untrusted text={finding.description} limit={500} />
      </p>
      <TechniqueTags techniques={finding.attack} />
      {finding.matched.length > 0 && (
        <div className="text-sm">
          <p className="mb-0.5 text-xs text-faint">What matched</p>
          <dl className="grid grid-cols-1 gap-x-4 gap-y-0.5 sm:grid-cols-[max-content_minmax(0,1fr)]">
            {finding.matched.map((match) => (
              <div key={match.field} className="contents">
                <dt className="text-soft">
                  <Untrusted text={match.field} limit={60} mono />
                </dt>
                <dd className="mb-1 min-w-0 sm:mb-0">
                  <Untrusted text={match.value} limit={160} mono />
                </dd>
              </div>
            ))}
          </dl>
        </div>
      )}
      {falsePositives.length > 0 && (
        <div className="text-sm text-soft">
          <p className="text-xs text-faint">It may be harmless when</p>
          <ul className="list-disc pl-5">
            {falsePositives.map((harmless) => (
              <li key={harmless}>
                <Untrusted text={harmless} limit={300} />
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className="flex flex-wrap items-start gap-x-5">
        <Details summary={`Why ${finding.risk}`}>
          <RiskSumTable parts={finding.contributions} risk={finding.risk} />
        </Details>
        <RawEvent incident={incident} event={finding.event} />
      </div>
      <p className="text-xs text-faint">
        Rule <Untrusted text={finding.rule} limit={80} mono />, level {finding.level}
        {finding.playbook && (
          <>
            , playbook <Untrusted text={finding.playbook} limit={60} mono />
          </>
        )}
      </p>
    </li>
  );
}
