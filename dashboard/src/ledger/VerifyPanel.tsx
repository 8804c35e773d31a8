'use client';
import { useMutation } from '@tanstack/react-query';
import { read } from '@/api/client';
import type { LedgerReport } from '@/api/types';
import { Untrusted } from '@/text/Untrusted';
import { Refusal } from '@/ui/Answer';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/icons';
import { Panel } from '@/ui/Panel';

/** Has the server examine the whole chain, and says what it found. */
export function VerifyPanel() {
  const verify = useMutation({ mutationFn: () => read<LedgerReport>('/v1/ledger/verify') });
  const report = verify.data;
  return (
    <Panel id="verify" title="Whole chain">
      <p className="mb-3 text-sm text-soft">
        The server recomputes every entry, checks each signed checkpoint and compares every message with its
        digest. To hold it to its word later, keep what <code className="font-mono">asoc checkpoint</code>{' '}
        prints somewhere else, and give it to <code className="font-mono">asoc verify --checkpoint FILE</code>
        .
      </p>
      <Button onClick={() => verify.mutate()} disabled={verify.isPending} data-testid="verify">
        {verify.isPending ? 'Examining…' : 'Examine it now'}
      </Button>
      <div aria-live="polite" className="mt-3 grid grid-cols-1 gap-3">
        <Refusal error={verify.error} />
        {report && (
          <>
            <p
              data-testid="verify-result"
              data-ok={report.ok}
              className={`flex items-center gap-2 font-semibold ${report.ok ? 'text-green' : 'text-red'}`}
            >
              <Icon name={report.ok ? 'done' : 'failed'} className="size-5" />
              {report.ok
                ? 'Everything holds'
                : `${report.faults.length} ${report.faults.length === 1 ? 'fault' : 'faults'} found`}
            </p>
            <dl className="grid grid-cols-[1fr_auto] gap-y-1 text-sm">
              <dt className="text-soft">Entries examined</dt>
              <dd className="numeric text-right">{report.entries.toLocaleString('en')}</dd>
              <dt className="text-soft">Signed checkpoints examined</dt>
              <dd className="numeric text-right">{report.checkpoints.toLocaleString('en')}</dd>
              <dt className="text-soft">Messages not sealed yet</dt>
              <dd className="numeric text-right">{report.unsealed.toLocaleString('en')}</dd>
            </dl>
            {report.faults.length > 0 && (
              <ul className="ground-red grid grid-cols-1 list-disc gap-1 rounded-md p-3 pl-7 text-sm">
                {report.faults.map((fault) => (
                  <li key={fault}>
                    <Untrusted text={fault} limit={300} />
                  </li>
                ))}
              </ul>
            )}
          </>
        )}
      </div>
    </Panel>
  );
}
