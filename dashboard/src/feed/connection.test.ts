import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { follow, type Link, pause } from './connection';

class FakeSocket {
  static opened: FakeSocket[] = [];
  onopen?: () => void;
  onmessage?: (frame: { data: string }) => void;
  onclose?: () => void;
  readonly sent: string[] = [];
  constructor(readonly url: URL) {
    FakeSocket.opened.push(this);
  }
  send(text: string) {
    this.sent.push(text);
  }
  close() {
    this.onclose?.();
  }
}

/** What the console answers to a read of the log. */
let log: () => Response;

const answers = (asked: URL | string) => {
  const { pathname } = new URL(asked, 'http://page.test');
  if (pathname === '/config.json') return Promise.resolve(new Response('{"api":"http://console.test"}'));
  if (pathname === '/v1/feed') return Promise.resolve(log());
  return Promise.resolve(new Response('{"ticket":"t-1"}'));
};

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.opened = [];
  log = () => new Response('{"messages":[],"newest":0}');
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.stubGlobal('fetch', vi.fn(answers));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('follow', () => {
  it('reads from the cursor as it then is at each connection, with a new ticket', async () => {
    let cursor = 12;
    const links: Link['state'][] = [];
    const close = follow({
      cursor: () => cursor,
      received: () => undefined,
      changed: ({ state }) => links.push(state),
    });
    await vi.advanceTimersByTimeAsync(0);
    const [first] = FakeSocket.opened;
    expect(first?.url.href).toBe('ws://console.test/v1/socket?ticket=t-1');
    first?.onopen?.();
    await vi.advanceTimersByTimeAsync(0);
    cursor = 40;
    first?.onclose?.();
    await vi.advanceTimersByTimeAsync(1000);
    FakeSocket.opened[1]?.onopen?.();
    await vi.advanceTimersByTimeAsync(0);
    const reads = vi
      .mocked(fetch)
      .mock.calls.map(([url]) => String(url))
      .filter((url) => url.includes('/v1/feed'));
    expect(reads.map((url) => new URL(url).search)).toEqual(['?after=12&limit=500', '?after=40&limit=500']);
    expect(links).toEqual(['connecting', 'live', 'waiting', 'connecting', 'live']);
    close();
  });

  it('is not live before it has caught up', async () => {
    log = () => new Response('{"code":"unavailable","message":"no"}', { status: 503 });
    const links: Link['state'][] = [];
    const close = follow({
      cursor: () => 1,
      received: () => undefined,
      changed: ({ state }) => links.push(state),
    });
    await vi.advanceTimersByTimeAsync(0);
    FakeSocket.opened[0]?.onopen?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(links).toEqual(['connecting', 'waiting']);
    close();
  });

  it('says something every five minutes, until it is closed', async () => {
    const close = follow({ cursor: () => 1, received: () => undefined, changed: () => undefined });
    await vi.advanceTimersByTimeAsync(0);
    const [only] = FakeSocket.opened;
    only?.onopen?.();
    await vi.advanceTimersByTimeAsync(900_000);
    expect(only?.sent).toHaveLength(3);
    close();
    await vi.advanceTimersByTimeAsync(900_000);
    expect(only?.sent).toHaveLength(3);
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
