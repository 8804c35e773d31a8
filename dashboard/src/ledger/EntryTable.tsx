import Link from 'next/link';
import type { LedgerEntry } from '@/api/types';
import { incidentHref } from '@/incident/links';
import { UntrustedLine } from '@/text/Untrusted';
import { Moment } from '@/time/Moment';
import { Sideways } from '@/ui/Sideways';

/** Entries of the chain, one a line. The whole digests are in each cell's title. */
export function EntryTable({ entries }: { entries: LedgerEntry[] }) {
  return (
    <Sideways label="Ledger entries">
      <table className="w-full text-left text-sm whitespace-nowrap">
        <thead className="bg-sunken text-xs text-soft">
          <tr>
            {['No.', 'Sealed', 'Message', 'From', 'About', 'Content', 'Hash before', 'Hash'].map((name) => (
              <th key={name} scope="col" className="px-3 py-1.5 font-medium first:pl-4">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={entry.seq} className="border-t border-line" data-testid="ledger-row">
              <th scope="row" className="numeric px-3 py-1 pl-4 text-right font-mono text-xs font-normal">
                {entry.seq}
              </th>
              <td className="px-3 py-1 text-faint">
                <Moment at={entry.time} className="font-mono text-xs" />
              </td>
              <td className="px-3 py-1 text-xs font-medium">
                {entry.kind.toLowerCase().replaceAll('_', ' ')}
              </td>
              <td className="px-3 py-1">{entry.sender}</td>
              <td className="px-3 py-1 font-mono text-xs">
                {entry.correlation.startsWith('inc-') ? (
                  <Link href={incidentHref(entry.correlation)} className="prose-link">
                    <UntrustedLine text={entry.correlation} limit={20} />
                  </Link>
                ) : (
                  <span className="text-faint">
                    <UntrustedLine text={entry.correlation} limit={12} />
                  </span>
                )}
              </td>
              <Digest value={entry.content} />
              <Digest value={entry.previous} />
              <Digest value={entry.hash} strong />
            </tr>
          ))}
        </tbody>
      </table>
    </Sideways>
  );
}

function Digest({ value, strong = false }: { value: string; strong?: boolean }) {
  return (
    <td title={value} className={`px-3 py-1 font-mono text-xs ${strong ? 'font-semibold' : 'text-faint'}`}>
      {value.slice(0, 12)}
    </td>
  );
}
