import type { Opinion } from '@/api/types';
import { Untrusted } from '@/text/Untrusted';
import { Tag } from '@/ui/Tag';
import { effect } from './opinion';

/** What a language model said of a finding, marked as that: nobody should take it for evidence or for an order. */
export function OpinionNote({ opinion }: { opinion: Opinion }) {
  return (
    <div
      className="grid grid-cols-1 gap-1.5 rounded-md border border-dashed border-edge px-3 py-2 text-sm"
      data-testid="opinion"
    >
      <p className="text-soft">
        <Tag tone="violet" dashed>
          A model’s opinion
        </Tag>{' '}
        It {effect(opinion)}; it cannot lower it, choose an action or approve. The model read what an attacker
        may have written.
      </p>
      <p className="max-w-prose">
        <Untrusted text={opinion.explanation} limit={400} />
      </p>
      {opinion.quotes.length > 0 && (
        <div>
          <p className="text-xs text-faint">It rests on</p>
          <ul className="grid grid-cols-1 gap-1">
            {opinion.quotes.map((quote, index) => (
              <li key={index} className="min-w-0 border-l-2 border-line pl-2">
                <q className="text-ink">
                  <Untrusted text={quote.text} limit={160} mono />
                </q>{' '}
                <span className="text-soft">
                  in <Untrusted text={quote.field} limit={80} mono />
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
