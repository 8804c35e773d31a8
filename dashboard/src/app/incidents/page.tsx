import type { Metadata } from 'next';
import { Incidents } from '@/incident/Incidents';

export const metadata: Metadata = { title: 'Incidents' };

export default function Page() {
  return <Incidents />;
}
