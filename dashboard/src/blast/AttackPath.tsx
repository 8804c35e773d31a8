import type { BlastRadius } from '@/api/types';
import { TechniqueTags } from '@/incident/TechniqueTags';
import { Untrusted } from '@/text/Untrusted';
import { Moment } from '@/time/Moment';
import { Nothing } from '@/ui/Answer';
import { Icon } from '@/ui/icons';
import { Panel } from '@/ui/Panel';

/** What the attacker did, step by step. */
export function AttackPath({ radius }: { radius?: BlastRadius }) {
  const path = radius?.path ?? [];
  return (
    <Panel
      id="path"
      title="Attack path"
      aside={path.length > 0 ? `${path.length} steps, in order of time` : undefined}
      flush
    >
      {path.length === 0 ? (
        <Nothing title="It is not drawn yet.">
          Forensics follows the history; the path appears here by itself.
        </Nothing>
      ) : (
        <ol>
          {path.map((step, index) => (
            <li
              key={step.event}
              className="grid grid-cols-[1.75rem_1fr] gap-x-2 border-b border-line px-4 py-2 text-sm last:border-b-0"
            >
              <span className="numeric pt-px font-mono text-xs text-faint">{index + 1}</span>
              <div className="min-w-0">
                <p className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5">
                  <b className="font-semibold">
                    <Untrusted text={step.operation} limit={80} mono />
                  </b>
                  {step.succeeded ? (
                    <span className="inline-flex items-center gap-1 self-center text-xs text-soft">
                      <Icon name="check" className="size-3.5" /> succeeded
                    </span>
                  ) : (
                    <span className="inline-flex items-center gap-1 self-center text-xs text-orange">
                      <Icon name="skip" className="size-3.5" /> was refused
                    </span>
                  )}
                  <Moment at={step.time} className="ml-auto font-mono text-xs text-faint" />
                </p>
                <p className="text-soft">
                  by <Untrusted text={step.actor} limit={100} mono />
                  {step.targets.length > 0 && (
                    <>
                      {' '}
                      on <Untrusted text={step.targets.join(', ')} limit={160} mono />
                    </>
                  )}
                </p>
                {step.finding && (
                  <p>
                    <Untrusted text={step.finding} limit={160} />
                  </p>
                )}
                {step.technique && (
                  <div className="mt-1">
                    <TechniqueTags techniques={[step.technique]} />
                  </div>
                )}
              </div>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
