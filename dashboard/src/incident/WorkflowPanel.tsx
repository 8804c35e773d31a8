import type { Execution } from '@/api/types';
import { Json } from '@/text/Json';
import { Untrusted } from '@/text/Untrusted';
import { Moment } from '@/time/Moment';
import { Nothing } from '@/ui/Answer';
import { Details } from '@/ui/Details';
import { Panel } from '@/ui/Panel';
import { Tag, type Tone } from '@/ui/Tag';

const TONE: Record<string, Tone> = { SUCCEEDED: 'green', FAILED: 'red', TIMED_OUT: 'red', RUNNING: 'accent' };

/** The executions of the incident's workflow, event by event as Step Functions names them. */
export function WorkflowPanel({ executions }: { executions: Execution[] }) {
  return (
    <Panel id="workflow" title="Workflow" flush>
      {executions.length === 0 ? (
        <Nothing title="No execution is on record." />
      ) : (
        executions.map((execution) => (
          <article key={execution.name} className="border-b border-line px-4 py-3 last:border-b-0">
            <h3 className="flex flex-wrap items-center gap-2 text-sm">
              <span className="font-medium">{execution.machine}</span>
              <Untrusted text={execution.name} limit={48} mono />
              <Tag tone={TONE[execution.status] ?? 'faint'}>
                {execution.status.toLowerCase().replaceAll('_', ' ')}
              </Tag>
            </h3>
            <Details summary={`${execution.history.length} history events`}>
              <ol className="grid grid-cols-1 gap-0.5 text-sm">
                {execution.history.map((event, index) => (
                  <li key={index} className="grid grid-cols-[4.5rem_1fr] gap-x-3">
                    <span className="pt-1">
                      <Moment at={event.time} className="font-mono text-xs text-faint" />
                    </span>
                    <Details
                      summary={
                        <span className={/Fail|TimedOut|Abort/.test(event.type) ? 'text-red' : 'text-ink'}>
                          {event.state && <b className="font-semibold">{event.state} </b>}
                          {event.type}
                        </span>
                      }
                    >
                      <Json value={event.detail} label={`${event.type} detail`} />
                    </Details>
                  </li>
                ))}
              </ol>
            </Details>
          </article>
        ))
      )}
    </Panel>
  );
}
