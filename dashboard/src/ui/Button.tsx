import type { ButtonHTMLAttributes } from 'react';

const LOOK = {
  primary: 'border-accent bg-accent text-on-accent hover:brightness-110',
  danger: 'border-red bg-surface text-red hover:bg-sunken',
  plain: 'border-edge bg-surface text-ink hover:bg-sunken',
  quiet: 'border-transparent text-soft hover:bg-sunken hover:text-ink',
} as const;

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: keyof typeof LOOK;
  small?: boolean;
}

/** A button; tall enough for a thumb unless it is a small one in a dense table. */
export function Button({ look = 'plain', small = false, className = '', type = 'button', ...rest }: Props) {
  return (
    <button
      type={type}
      className={`inline-flex items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:border-line disabled:bg-sunken disabled:text-faint disabled:brightness-100 ${
        small ? 'min-h-7 px-2 text-sm' : 'min-h-9 px-3.5'
      } ${LOOK[look]} ${className}`}
      {...rest}
    />
  );
}
