'use client';
import { useState } from 'react';
import { cut } from './reveal';
import { Segments } from './Untrusted';

const FIRST = 6000;

/** A JSON value as text, its unseen characters marked. `JSON.stringify` already escapes control characters. */
export function Json({ value, label }: { value: unknown; label: string }) {
  const [open, setOpen] = useState(false);
  const text = typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? 'undefined');
  const part = cut(text, open ? Number.POSITIVE_INFINITY : FIRST);
  return (
    <>
      <section
        aria-label={label}
        tabIndex={0}
        className="max-h-96 overflow-auto rounded-md border border-line bg-sunken p-3"
      >
        <pre className="font-mono text-xs whitespace-pre-wrap break-anywhere">
          <Segments text={part.shown} lines />
        </pre>
      </section>
      {!part.whole && (
        <button type="button" onClick={() => setOpen(true)} className="mt-1 text-sm prose-link">
          Show all {part.length.toLocaleString('en')} characters
        </button>
      )}
    </>
  );
}
