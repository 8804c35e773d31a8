'use client';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { Button } from './Button';
import { Icon } from './icons';

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

/** A question that must be answered or put away. The browser keeps the focus inside and gives it back after. */
export function Dialog({ title, onClose, children }: Props) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = box.current;
    if (dialog && !dialog.open) {
      dialog.showModal();
      // What is to be written first, else the question itself: never a button that a stray Enter would press.
      (dialog.querySelector('textarea') ?? dialog.querySelector('h2'))?.focus();
    }
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={box}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      className="m-auto max-h-[calc(100dvh-2rem)] w-[min(40rem,calc(100vw-2rem))] overflow-auto rounded-md border border-edge bg-surface p-0 text-ink shadow-xl"
    >
      <header className="sticky top-0 z-10 flex items-start justify-between gap-4 border-b border-line bg-surface px-5 py-3">
        <h2 id={id} tabIndex={-1} className="pt-1 outline-none text-lg font-semibold">
          {title}
        </h2>
        <Button look="quiet" small onClick={onClose} aria-label="Close">
          <Icon name="cross" />
        </Button>
      </header>
      <div className="px-5 py-4">{children}</div>
    </dialog>
  );
}
