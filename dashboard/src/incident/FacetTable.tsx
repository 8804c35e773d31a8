import { Untrusted } from '@/text/Untrusted';
import { Sideways } from '@/ui/Sideways';
import type { Change } from './facets';

/** Before and after, field by field. */
export function FacetTable({
  label,
  changes,
  readBack,
}: {
  label: string;
  changes: Change[];
  readBack: boolean;
}) {
  return (
    <div className="rounded-md border border-line">
      <Sideways label={label}>
        <table className="w-full min-w-[32rem] table-fixed text-left text-sm">
          <thead className="bg-sunken text-xs text-soft">
            <tr>
              <th className="px-3 py-1 font-medium">Field</th>
              <th className="px-3 py-1 font-medium">Before</th>
              <th className="px-3 py-1 font-medium">
                {readBack ? 'As the action left it' : 'Not read back yet'}
              </th>
            </tr>
          </thead>
          <tbody className="align-top">
            {changes.map((change) => (
              <tr key={change.facet} className="border-t border-line">
                <th scope="row" className="px-3 py-1 font-normal">
                  <Untrusted text={change.facet} limit={80} mono />
                </th>
                <td className="px-3 py-1 text-soft">
                  <Untrusted text={change.before} limit={120} mono />
                </td>
                <td className={`px-3 py-1 ${change.changed ? 'font-semibold text-ink' : 'text-faint'}`}>
                  {change.changed ? (
                    <>
                      <span aria-hidden="true">→ </span>
                      <Untrusted text={change.after} limit={120} mono />
                    </>
                  ) : readBack ? (
                    'unchanged'
                  ) : (
                    '…'
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Sideways>
    </div>
  );
}
