'use client';
import { useState } from 'react';
import { cut, reveal } from './reveal';

/** Text that an attacker may have written: only ever text, unseen characters marked, long ones cut. */
export function Untrusted({
  text,
  limit = 160,
  mono = false,
}: {
  text: string;
  limit?: number;
  mono?: boolean;
}) {
  const [open, setOpen] = useState(false);
  const part = cut(text, open ? Number.POSITIVE_INFINITY : limit);
  return (
    <bdi className={`break-anywhere ${mono ? 'font-mono text-[0.92em]' : ''}`}>
      <Segments text={part.shown} />
      {!part.whole && (
        <button type="button" onClick={() => setOpen(true)} className="ml-1 rounded-sm prose-link">
          … all {part.length.toLocaleString('en')} characters
        </button>
      )}
    </bdi>
  );
}

/** The same where nothing can be pressed, such as inside a link: cut, with the length told. */
export function UntrustedLine({
  text,
  limit = 120,
  mono = false,
}: {
  text: string;
  limit?: number;
  mono?: boolean;
}) {
  const part = cut(text, limit);
  return (
    <bdi className={`break-anywhere ${mono ? 'font-mono text-[0.92em]' : ''}`}>
      <Segments text={part.shown} />
      {!part.whole && '…'}
    </bdi>
  );
}

/** Hostile text with its marks. */
export function Segments({ text, lines = false }: { text: string; lines?: boolean }) {
  const segments = reveal(text, lines);
  const first = segments[0];
  if (segments.length === 1 && first?.kind === 'text') return <>{first.text}</>;
  return (
    <>
      {segments.map((segment, index) =>
        segment.kind === 'text' ? (
          <span key={index}>{segment.text}</span>
        ) : (
          <span
            key={index}
            title={segment.name}
            className="mx-px rounded-sm border border-current px-0.5 font-mono text-[0.75em] text-orange"
          >
            {segment.code}
          </span>
        ),
      )}
    </>
  );
}
