import type { IconName } from '@/ui/icons';

interface Page {
  href: string;
  name: string;
  icon: IconName;
  /** Second key after `g`. */
  key: string;
  /** Other paths that belong to it. */
  also?: string[];
}

export const PAGES: readonly Page[] = [
  { href: '/', name: 'Overview', icon: 'overview', key: 'o' },
  { href: '/incidents/', name: 'Incidents', icon: 'incident', key: 'i', also: ['/incident/'] },
  { href: '/approvals/', name: 'Approvals', icon: 'approval', key: 'a' },
  { href: '/ledger/', name: 'Ledger', icon: 'ledger', key: 'l' },
  { href: '/system/', name: 'System', icon: 'system', key: 's' },
];
