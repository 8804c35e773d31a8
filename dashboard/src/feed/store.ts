import { read } from '@/api/client';
import type { Feed, LoggedMessage } from '@/api/types';
import { follow, type Link, pause } from './connection';
import { append, EMPTY, KEPT, KEPT_BACK, type Log, prepend, trim } from './log';

/** What the page knows of the live feed. */
export interface FeedState {
  log: Log;
  link: Link;
  /** Whether the first page of history is there. */
  loaded: boolean;
  /** Why history could not be fetched. */
  failure?: string;
}

const PAGE = 100;
/** Messages come in bursts; the page is told of them a few times a second at most. */
const SETTLE = 120;

/** One feed for the whole page, outside React so that a burst of messages is one render. */
export class FeedStore {
  private state: FeedState = { log: EMPTY, link: { state: 'connecting' }, loaded: false };
  private readonly listeners = new Set<() => void>();
  private pending: LoggedMessage[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wasLive = false;
  private keep = KEPT;

  constructor(private readonly heard: (messages: readonly LoggedMessage[], caughtUp: boolean) => void) {}

  readonly snapshot = (): FeedState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Fetches the newest page, then follows. Answers how to stop. */
  start(): () => void {
    const stopping = new AbortController();
    let stop: (() => void) | undefined;
    void this.begin(stopping.signal).then(() => {
      if (stopping.signal.aborted) return;
      stop = follow({
        cursor: () => this.pending.at(-1)?.seq ?? this.state.log.cursor,
        received: (messages) => this.receive(messages),
        changed: (link) => this.linked(link),
      });
    });
    return () => {
      stopping.abort();
      stop?.();
      clearTimeout(this.timer);
      this.timer = undefined;
    };
  }

  // Following without a first page would ask for the whole log, so the page is asked for until it comes.
  private async begin(stopping: AbortSignal): Promise<void> {
    for (let attempt = 1; !stopping.aborted; attempt += 1) {
      await this.older();
      if (this.state.failure === undefined) return;
      const wait = pause(attempt, Math.random());
      this.update({ link: { state: 'waiting', retryAt: Date.now() + wait, attempt } });
      await new Promise((resume) => setTimeout(resume, wait));
    }
  }

  private linked(link: Link): void {
    const resumed = link.state === 'live' && this.wasLive;
    this.wasLive ||= link.state === 'live';
    this.update({ link });
    if (resumed) this.heard([], true);
  }

  /** Fetches the page before the oldest message held. */
  async older(): Promise<void> {
    const oldest = this.state.log.messages[0]?.seq;
    const before = oldest === undefined ? '' : `&before=${oldest}`;
    try {
      const page = await read<Feed>(`/v1/feed?limit=${PAGE}${before}`);
      const log = prepend(this.state.log, page.messages);
      this.update({
        log: { ...log, complete: page.messages.length < PAGE },
        loaded: true,
        failure: undefined,
      });
    } catch (error) {
      this.update({ loaded: true, failure: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Keeps what is held although it grows: somebody reads further back. */
  readonly hold = (): void => {
    this.keep = KEPT_BACK;
  };

  /** Follows the newest again. */
  readonly release = (): void => {
    this.keep = KEPT;
    const log = trim(this.state.log, KEPT);
    if (log !== this.state.log) this.update({ log });
  };

  private receive(messages: LoggedMessage[]): void {
    this.pending.push(...messages);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const arrived = this.pending;
      this.pending = [];
      this.update({ log: append(this.state.log, arrived, this.keep) });
      this.heard(arrived, false);
    }, SETTLE);
  }

  private update(change: Partial<FeedState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }
}
