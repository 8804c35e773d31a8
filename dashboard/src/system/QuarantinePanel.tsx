'use client';
import { useQuarantine } from '@/api/queries';
import { Json } from '@/text/Json';
import { Untrusted } from '@/text/Untrusted';
import { Ago } from '@/time/Moment';
import { Answer, Nothing } from '@/ui/Answer';
import { Details } from '@/ui/Details';
import { Panel } from '@/ui/Panel';

/** Records that could not be read, with the reason: nothing that arrives is lost without a word. */
export function QuarantinePanel() {
  const quarantine = useQuarantine();
  return (
    <Panel id="quarantine" title="Quarantine" aside={quarantine.data?.records.length} flush>
      <Answer query={quarantine} what="quarantine">
        {({ records }) =>
          records.length === 0 ? (
            <Nothing title="Every record could be read." />
          ) : (
            <ul className="max-h-96 overflow-y-auto">
              {records.map((record) => (
                <li
                  key={`${record.delivery} ${record.position}`}
                  className="border-b border-line px-4 py-2 text-sm last:border-b-0"
                >
                  <p>
                    <Untrusted text={record.reason} limit={240} />
                  </p>
                  <p className="text-faint">
                    record {record.position} of <Untrusted text={record.name} limit={60} mono />,{' '}
                    <Ago at={record.time} />
                  </p>
                  <Details summary="Its text">
                    <Json value={record.raw} label="Record as delivered" />
                  </Details>
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Panel>
  );
}
