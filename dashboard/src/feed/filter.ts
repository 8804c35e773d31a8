import type { Message } from '@/api/types';

/** Groups of message types, so that one can look for one thing. */
export const FILTERS = [
  { name: 'everything', label: 'Everything' },
  { name: 'findings', label: 'Findings' },
  { name: 'decisions', label: 'Decisions' },
  { name: 'actions', label: 'Actions' },
] as const;

export type FilterName = (typeof FILTERS)[number]['name'];

const GROUP: Record<Message['type'], FilterName | 'always' | 'events'> = {
  ALERT: 'events',
  REPORT: 'findings',
  INCIDENT: 'decisions',
  VERDICT: 'decisions',
  APPROVAL_REQUIRED: 'decisions',
  APPROVE_ACTION: 'decisions',
  APPROVAL_SETTLED: 'decisions',
  BLAST_RADIUS_UPDATE: 'findings',
  COMMAND: 'actions',
  ACTION_UPDATE: 'actions',
  RECORD: 'decisions',
  NOTICE: 'always',
};

/** Whether a message is shown. Notices always are: they say that something needs a person. */
export function passes(filter: FilterName, message: Message): boolean {
  const group = GROUP[message.type];
  return filter === 'everything' || group === 'always' || group === filter;
}
