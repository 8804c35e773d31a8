import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { follow, type Link, pause } from './connection';

class FakeSocket {
  static opened: FakeSocket[] = [];
  onopen?: () => void;
  onmessage?: (frame: { data: string }) => void;
  onclose?: () => void;
  constructor(readonly url: URL) {
    FakeSocket.opened.push(this);
  }
  close() {
    this.onclose?.();
  }
}

const answers = (url: URL | string) =>
  Promise.resolve(
    new Response(
      JSON.stringify(
        String(url).endsWith('config.json') ? { api: 'http://console.test' } : { ticket: 't-1' },
      ),
    ),
  );

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.opened = [];
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.stubGlobal('fetch', vi.fn(answers));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('follow', () => {
  it('reconnects from the cursor as it then is, with a new ticket', async () => {
    let cursor = 12;
    const links: Link['state'][] = [];
    const close = follow({
      cursor: () => cursor,
      received: () => undefined,
      changed: ({ state }) => links.push(state),
    });
    await vi.advanceTimersByTimeAsync(0);
    const [first] = FakeSocket.opened;
    expect(first?.url.href).toBe('ws://console.test/v1/socket?ticket=t-1&after=12');
    first?.onopen?.();
    cursor = 40;
    first?.onclose?.();
    await vi.advanceTimersByTimeAsync(1000);
    expect(FakeSocket.opened[1]?.url.searchParams.get('after')).toBe('40');
    expect(links).toEqual(['connecting', 'live', 'waiting', 'connecting']);
    close();
  });

  it('takes an unreadable frame as a gap and asks again', async () => {
    const received = vi.fn();
    const close = follow({ cursor: () => 1, received, changed: () => undefined });
    await vi.advanceTimersByTimeAsync(0);
    FakeSocket.opened[0]?.onmessage?.({ data: '{"messages":' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(received).not.toHaveBeenCalled();
    expect(FakeSocket.opened).toHaveLength(2);
    close();
  });

  it('stays closed once it is closed', async () => {
    const close = follow({ cursor: () => 1, received: () => undefined, changed: () => undefined });
    await vi.advanceTimersByTimeAsync(0);
    close();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(FakeSocket.opened).toHaveLength(1);
  });
});

describe('pause', () => {
  it.each([
    [1, 0, 500],
    [1, 1, 1000],
    [4, 1, 8000],
    [50, 1, 30_000],
    [50, 0, 15_000],
  ])('attempt %i with chance %d waits %i ms', (attempt, chance, wait) => {
    expect(pause(attempt, chance)).toBe(wait);
  });
});
