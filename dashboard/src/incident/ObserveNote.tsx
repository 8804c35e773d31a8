import { Icon } from '@/ui/icons';
import { Tag } from '@/ui/Tag';
import type { Observed } from './observe';

/** Says before everything else that nothing is changed, or for how many actions that holds. */
export function ObserveNote({ observed, over }: { observed: Observed; over: boolean }) {
  const { count, of } = observed;
  return (
    <p
      role="note"
      data-testid="observe-note"
      className="tone flex items-start gap-2 rounded-md border-2 border-dashed px-3 py-2 text-violet"
    >
      <Icon name="diamond" className="mt-0.5 size-4" />
      <span className="text-ink">
        <b className="font-semibold">
          {count === of ? 'Observe mode' : `Observe mode for ${count} of ${of} actions`}: nothing{' '}
          {over ? 'was' : 'is'} changed in the account
          {count === of ? '.' : ' by those.'}
        </b>{' '}
        {over
          ? 'What is marked as simulated was decided and recorded, and not sent.'
          : 'What is marked so is decided and recorded, ends as simulated, and is not sent.'}
      </span>
    </p>
  );
}

/** Marks one action that changes nothing. */
export function ObserveTag() {
  return (
    <Tag tone="violet" icon="diamond" dashed title="Observe mode: nothing is sent; it ends as simulated">
      Observe only
    </Tag>
  );
}
