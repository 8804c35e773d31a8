'use client';
import { useNow } from '@/time/clock';
import { duration } from '@/time/countdown';
import { Icon } from '@/ui/icons';
import { useFeed } from './FeedProvider';

/** Whether what is shown is live. Told in words, by shape and by colour; a change is announced. */
export function LiveIndicator() {
  const { link } = useFeed();
  if (link.state === 'live') {
    return (
      <p
        role="status"
        className="flex items-center gap-1.5 px-1 text-sm whitespace-nowrap text-green"
        title="New messages appear by themselves"
      >
        <span aria-hidden="true" className="size-2 rounded-full bg-green" />
        Live
      </p>
    );
  }
  return (
    <p role="status" className="flex items-center gap-1.5 px-1 text-sm whitespace-nowrap text-orange">
      <Icon name="dashed" className="size-3.5 motion-safe:animate-spin" />
      <span>
        {link.state === 'connecting' ? 'Connecting' : 'Not live'}
        {link.state === 'waiting' && <RetryIn at={link.retryAt} />}
      </span>
    </p>
  );
}

function RetryIn({ at }: { at: number }) {
  useNow();
  return (
    <span aria-hidden="true" className="numeric hidden sm:inline">
      , again in {duration(Math.max(1000, at - Date.now()))}
    </span>
  );
}
