'use client';
import { useEffect, useState } from 'react';
import { Icon } from './icons';

/** Milliseconds for which it is said that something was copied. */
const SAID = 2000;

/** A short text of ours to take elsewhere: one press copies it, and it can be selected where pages may not copy. */
export function Copyable({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState<boolean>();
  useEffect(() => {
    if (copied === undefined) return;
    const timer = setTimeout(() => setCopied(undefined), SAID);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () =>
    Promise.resolve(navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard'))).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <span>
      <code className="font-mono break-anywhere text-soft select-all">{text}</code>
      <button
        type="button"
        aria-label={`Copy ${what}`}
        title={`Copy ${what}`}
        onClick={() => void copy()}
        className="ml-1 inline-flex size-6 items-center justify-center rounded-sm align-middle text-faint hover:bg-sunken hover:text-ink"
      >
        <Icon name={copied ? 'check' : 'copy'} className="size-3.5" />
      </button>
      <span role="status" className={copied === false ? '' : 'sr-only'}>
        {copied === true && 'copied'}
        {copied === false && 'select it to copy'}
      </span>
    </span>
  );
}
