import type { IncidentDetail } from '@/api/types';
import { Untrusted } from '@/text/Untrusted';
import { Nothing } from '@/ui/Answer';
import { Panel } from '@/ui/Panel';
import { RiskMeter } from '@/ui/RiskMeter';
import { RiskSumTable } from './RiskSumTable';
import { raise, signed } from './riskSum';

/** Why the incident has the risk it has. */
export function RiskPanel({ detail }: { detail: IncidentDetail }) {
  const { incident, findings } = detail;
  const raised = raise(findings, incident.risk);
  return (
    <Panel id="risk" title="Risk" aside={<RiskMeter risk={incident.risk} />} flush={!raised}>
      {raised ? (
        <>
          <p className="mb-2 text-sm text-soft">
            The gravest finding, “<Untrusted text={raised.gravest.title} limit={100} />
            ”:
          </p>
          <RiskSumTable parts={raised.gravest.contributions} risk={raised.gravest.risk} />
          {raised.points !== 0 && (
            <p className="mt-2 border-t border-line pt-2 text-sm">
              <span className="numeric font-mono">{signed(raised.points)}</span>{' '}
              {raised.points > 0
                ? `because ${findings.length} findings support each other, which makes ${incident.risk}.`
                : `to the incident’s ${incident.risk}: a finding is newer than the incident’s sum.`}
            </p>
          )}
        </>
      ) : (
        <Nothing title="No finding is on record." />
      )}
    </Panel>
  );
}
