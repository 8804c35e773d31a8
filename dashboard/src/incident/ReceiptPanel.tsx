import type { Receipt } from '@/api/types';
import { Untrusted } from '@/text/Untrusted';
import { duration } from '@/time/countdown';
import { Countdown, Moment } from '@/time/Moment';
import { Nothing } from '@/ui/Answer';
import { Icon } from '@/ui/icons';
import { Panel } from '@/ui/Panel';
import { stages, toContainment } from './receipt';

/** What the incident cost in time, and what of the attacker's credential is still alive, unless something was undone. */
export function ReceiptPanel({ receipt, undone }: { receipt: Receipt; undone: boolean }) {
  const list = stages(receipt.reached);
  const total = toContainment(receipt.reached);
  const alive = Object.entries(receipt.credential_alive_until ?? {});
  const lasting = receipt.credentials_without_end ?? [];
  const looked = receipt.reached?.investigated !== undefined;
  const aside = total === undefined ? undefined : <>{duration(total, true)} from event to containment</>;
  return (
    <Panel id="receipt" title="Receipt" aside={aside} flush={list.length === 0}>
      {list.length === 0 ? (
        <Nothing title="No stage was reached yet." />
      ) : (
        <ol className="grid grid-cols-1 gap-1 text-sm">
          {list.map((stage) => (
            <li key={stage.name} className="grid grid-cols-[1fr_auto_5.5rem] items-baseline gap-x-3">
              <span>
                <Untrusted text={stage.label} limit={40} />
              </span>
              <Moment at={stage.at} className="font-mono text-xs text-faint" />
              <span className="numeric text-right font-mono text-xs">
                {stage.took === undefined ? '' : `+${duration(Math.max(0, stage.took), true)}`}
              </span>
            </li>
          ))}
        </ol>
      )}
      {alive.map(([arn, until]) => (
        <p key={arn} className="ground-red mt-3 flex items-start gap-2 rounded-md p-2 text-sm">
          <Icon name="key" className="mt-0.5 size-4 text-red" />
          <span className="min-w-0">
            A credential of <Untrusted text={arn} limit={80} mono /> may still work for{' '}
            <Countdown until={until} over="no longer: it has ended" /> (until <Moment at={until} />)
          </span>
        </p>
      ))}
      {lasting.map(({ user, access_key: key }) => (
        <p key={`${user} ${key}`} className="ground-red mt-3 flex items-start gap-2 rounded-md p-2 text-sm">
          <Icon name="key" className="mt-0.5 size-4 text-red" />
          <span className="min-w-0">
            {key ? (
              <>
                Access key <Untrusted text={key} limit={40} mono /> of{' '}
                <Untrusted text={user} limit={80} mono />
              </>
            ) : (
              <>
                A credential of <Untrusted text={user} limit={80} mono />
              </>
            )}{' '}
            still works, and does not end by itself.
          </span>
        </p>
      ))}
      {looked && !undone && alive.length === 0 && lasting.length === 0 && (
        <p className="mt-3 flex items-start gap-2 text-sm text-soft">
          <Icon name="check" className="mt-0.5 size-4" />
          No credential of the attacker is known to be still alive.
        </p>
      )}
      {(receipt.notes ?? []).map((note) => (
        <p key={note} className="mt-2 text-sm">
          <Untrusted text={note} limit={300} />
        </p>
      ))}
    </Panel>
  );
}
