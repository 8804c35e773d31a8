import type { IncidentDetail } from '@/api/types';
import { Nothing } from '@/ui/Answer';
import { Panel } from '@/ui/Panel';
import { FindingRow } from './FindingRow';

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
