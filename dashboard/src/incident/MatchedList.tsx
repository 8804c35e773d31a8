import type { Matched } from '@/api/types';
import { Untrusted } from '@/text/Untrusted';
import { reason } from './matched';

/** The fields that made a rule match; of a correlation, what the counted events have in common. */
export function MatchedList({ matched }: { matched: Matched[] }) {
  const { count, fields } = reason(matched);
  if (matched.length === 0) return null;
  return (
    <div className="text-sm">
      {count === undefined ? (
        <p className="mb-0.5 text-xs text-faint">What matched</p>
      ) : (
        <p className="mb-0.5">
          <b className="numeric font-semibold">
            <Untrusted text={count} limit={20} />
          </b>{' '}
          counted together{fields.length > 0 && <span className="text-faint">, which have in common</span>}
        </p>
      )}
      <dl className="grid grid-cols-1 gap-x-4 gap-y-0.5 sm:grid-cols-[max-content_minmax(0,1fr)]">
        {fields.map(({ field, value }, index) => (
          <div key={index} className="contents">
            <dt className="max-w-96 min-w-0 text-soft">
              <Untrusted text={field} limit={60} mono />
            </dt>
            <dd className="mb-1 min-w-0 sm:mb-0">
              {value === '' ? (
                <span className="text-faint">empty</span>
              ) : (
                <Untrusted text={value} limit={160} mono />
              )}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
