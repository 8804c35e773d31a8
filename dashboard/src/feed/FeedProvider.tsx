'use client';
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { LIVE, stale } from '@/api/staleness';
import { type FeedState, FeedStore } from './store';

const Store = createContext<FeedStore | undefined>(undefined);

/** Follows the message log for as long as somebody is signed in, and marks fetched data as out of date by it. */
export function FeedProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [store] = useState(
    () => new FeedStore((messages, resumed) => refresh(client, resumed ? LIVE : stale(messages))),
  );
  useEffect(() => store.start(), [store]);
  return <Store value={store}>{children}</Store>;
}

const waiting = new Map<string, readonly string[]>();
let timer: ReturnType<typeof setTimeout> | undefined;

// A drill says hundreds of things a second; each list is fetched again at most about three times a second.
function refresh(client: QueryClient, stale: readonly (readonly string[])[]): void {
  for (const key of stale) waiting.set(key.join('/'), key);
  if (timer !== undefined) return;
  timer = setTimeout(() => {
    timer = undefined;
    const due = [...waiting.values()];
    waiting.clear();
    for (const queryKey of due) void client.invalidateQueries({ queryKey });
  }, 300);
}

/** The feed's store, for asking for older messages. */
export function useFeedStore(): FeedStore {
  const store = useContext(Store);
  if (!store) throw new Error('The feed is only there inside FeedProvider.');
  return store;
}

/** The feed as it stands. */
export function useFeed(): FeedState {
  const store = useFeedStore();
  return useSyncExternalStore(store.subscribe, store.snapshot, store.snapshot);
}
