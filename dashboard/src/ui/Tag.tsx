import type { ReactNode } from 'react';
import { Icon, type IconName } from './icons';

const TONE = {
  ink: 'text-ink',
  red: 'text-red',
  orange: 'text-orange',
  yellow: 'text-yellow',
  green: 'text-green',
  violet: 'text-violet',
  accent: 'text-accent',
  faint: 'text-faint',
} as const;

export type Tone = keyof typeof TONE;

interface Props {
  tone?: Tone;
  icon?: IconName;
  /** A broken edge: something that did not really happen. */
  dashed?: boolean;
  children: ReactNode;
  title?: string;
  testId?: string;
}

/** A short word with an edge: a status, a kind. */
export function Tag({ tone = 'faint', icon, dashed = false, children, title, testId }: Props) {
  return (
    <span
      title={title}
      data-testid={testId}
      className={`tone inline-flex items-center gap-1 rounded-sm border px-1.5 py-px text-xs font-medium whitespace-nowrap ${TONE[tone]} ${dashed ? 'border-dashed' : ''}`}
    >
      {icon && <Icon name={icon} className="size-3.5" />}
      {children}
    </span>
  );
}

/** Marks what was played, so that nobody takes it for an attack. */
export function DrillTag() {
  return (
    <Tag tone="violet" icon="running" dashed title="Played by an operator; not a real attack">
      Drill
    </Tag>
  );
}
