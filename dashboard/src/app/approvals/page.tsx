import type { Metadata } from 'next';
import { Inbox } from '@/approval/Inbox';

export const metadata: Metadata = { title: 'Approvals' };

export default function Page() {
  return <Inbox />;
}
