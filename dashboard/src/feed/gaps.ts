import { read } from '@/api/client';
import type { Feed, LoggedMessage } from '@/api/types';

interface Ends {
  /** Everything up to here has been received. */
  cursor: () => number;
  /** Takes messages that follow the cursor without a gap. */
  received: (messages: LoggedMessage[]) => void;
}

/** Messages that a read asks for. */
const PAGE = 500;
/** Milliseconds for a frame that was overtaken by a later one, before the log is read instead. */
const GRACE = 250;

/** Those of a frame that follow the cursor place by place. The log may skip places; then reading it tells. */
export function following(messages: readonly LoggedMessage[], cursor: number): LoggedMessage[] {
  const next: LoggedMessage[] = [];
  for (const message of [...messages].sort((a, b) => a.seq - b.seq)) {
    const place = cursor + next.length + 1;
    if (message.seq > place) break;
    if (message.seq === place) next.push(message);
  }
  return next;
}

/**
 * Makes one stream without a gap of the frames of a socket, which may be lost, too large to be sent, or out of order, and
 * of reads of the log, which are none of that.
 */
export class Gaps {
  private newest = 0;
  private reading: Promise<void> | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `failed` is told when the log was to be read for a gap and could not be. */
  constructor(
    private readonly ends: Ends,
    private readonly failed: () => void,
  ) {}

  /** Takes a frame; what it leaves out is read a moment later. */
  hear(frame: Feed): void {
    this.newest = Math.max(this.newest, frame.newest);
    const next = following(frame.messages, this.ends.cursor());
    if (next.length > 0) this.ends.received(next);
    if (this.behind()) this.timer ??= setTimeout(() => this.look(), GRACE);
  }

  /** Reads the log from the cursor until nothing newer is known. */
  fill(): Promise<void> {
    this.reading ??= this.readOn().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private behind(): boolean {
    return this.ends.cursor() < this.newest;
  }

  private look(): void {
    this.timer = undefined;
    if (this.behind()) this.fill().catch(this.failed);
  }

  private async readOn(): Promise<void> {
    for (;;) {
      const page = await read<Feed>(`/v1/feed?after=${this.ends.cursor()}&limit=${PAGE}`);
      // Frames may have moved the cursor meanwhile.
      const cursor = this.ends.cursor();
      const fresh = page.messages.filter(({ seq }) => seq > cursor);
      if (fresh.length > 0) this.ends.received(fresh);
      this.newest = Math.max(this.newest, page.newest);
      if (fresh.length === 0 || !this.behind()) return;
    }
  }
}
