import type { ReactElement } from 'react';

// Drawn on a grid of 16. Each differs in outline from the others, so that none is told by colour alone.
const PATHS = {
  overview: 'M2.5 13.5v-4m3.7 4v-8m3.6 8V8m3.7 5.5v-11',
  incident: 'M8 2.2 14.2 13H1.8L8 2.2Zm0 4.3v3m0 1.8v.2',
  approval: 'M3 2.5h10v11H3zM5.5 8l1.8 1.8 3.4-3.6',
  ledger:
    'M6.2 9.8 9.8 6.2M7 4.8l1.6-1.6a2.6 2.6 0 0 1 3.7 3.7L10.7 8.5M9 11.2l-1.6 1.6a2.6 2.6 0 0 1-3.7-3.7l1.6-1.6',
  system: 'M2 3h12v4H2zm0 6h12v4H2zm2.5-4h.1m-.1 6h.1M8 5h3.5M8 11h3.5',
  check: 'm3 8.5 3.2 3.2L13 4.8',
  cross: 'm4 4 8 8m0-8-8 8',
  circle: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11Z',
  dashed:
    'M8 2.5a5.5 5.5 0 0 1 3.2 1m1.7 2a5.5 5.5 0 0 1 .4 3.6m-1.3 2.5a5.5 5.5 0 0 1-3 1.8m-3-.2A5.5 5.5 0 0 1 3.4 11m-.9-2.8a5.5 5.5 0 0 1 1.3-3.8',
  half: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11Zm0 0v11m2-9.8v8.6m1.8-7v5.4',
  done: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM5.4 8.2l1.8 1.8 3.4-3.8',
  failed: 'M5.7 2.5h4.6l3.2 3.2v4.6l-3.2 3.2H5.7l-3.2-3.2V5.7l3.2-3.2ZM6 6l4 4m0-4-4 4',
  diamond: 'M8 1.8 14.2 8 8 14.2 1.8 8 8 1.8Z',
  undo: 'M5.5 3 2.5 6l3 3M2.8 6H10a3.5 3.5 0 0 1 0 7H6.5',
  undone: 'M3.2 5.2A5.5 5.5 0 1 1 2.5 8M3 2.4v3h3M6.2 8.2l1.4 1.4 2.4-2.8',
  skip: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM4.2 4.2l7.6 7.6',
  running: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM8 5v3l2.2 1.6',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  chevron: 'm6 3.5 4.5 4.5L6 12.5',
  sun: 'M8 5.3a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4ZM8 1.5v1.2m0 10.6v1.2M1.5 8h1.2m10.6 0h1.2M3.4 3.4l.9.9m7.4 7.4.9.9m0-9.2-.9.9m-7.4 7.4-.9.9',
  moon: 'M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1Z',
  auto: 'M2 3h12v8H2zm4 10.5h4M8 11v2.5',
  crown: 'M2 5.2 4.9 8 8 3.2 11.1 8 14 5.2l-1.3 7H3.3L2 5.2Z',
  person: 'M8 2.5a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2ZM3 13.5a5 5 0 0 1 10 0',
  role: 'M3 2.8c2 0 3.6 0 5-.6 1.4.6 3 .6 5 .6v4.4c0 3-2 5.2-5 6.3-3-1.1-5-3.3-5-6.3V2.8Z',
  box: 'M2.5 4.5 8 2l5.5 2.5v7L8 14l-5.5-2.5v-7Zm0 0L8 7l5.5-2.5M8 7v7',
  bucket: 'M2.5 4h11l-1.5 9.5H4L2.5 4Zm0 0c0-1.2 2.5-1.8 5.5-1.8s5.5.6 5.5 1.8',
  key: 'M10.5 2.5a3 3 0 1 1-2.7 4.3L2.5 12v1.5H5v-1.5h1.5v-1.5l1.8-1.8M11 5h.1',
  net: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM2.5 8h11M8 2.5c2 1.5 2.5 3.5 2.5 5.5s-.5 4-2.5 5.5c-2-1.5-2.5-3.5-2.5-5.5s.5-4 2.5-5.5Z',
  log: 'M3.5 2.5h6l3 3v8h-9v-11Zm2 4.5h5m-5 3h5',
  keyboard: 'M1.5 4h13v8h-13zM4 6.5h.1M6.7 6.5h.1M9.3 6.5h.1M12 6.5h.1M5 9.5h6',
  out: 'M9.5 3H3v10h6.5M6.5 8h7.5m-2.5-2.5L14 8l-2.5 2.5',
} as const;

export type IconName = keyof typeof PATHS;

/** A small drawing beside words; the words carry the meaning, so it is hidden from screen readers. */
export function Icon({ name, className = 'size-4' }: { name: IconName; className?: string }): ReactElement {
  return (
    <svg
      viewBox="0 0 16 16"
      aria-hidden="true"
      className={`inline-block shrink-0 fill-none stroke-current stroke-[1.4] ${className}`}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
