import type { Metadata } from 'next';
import { Suspense } from 'react';
import { IncidentPage } from '@/incident/IncidentPage';

export const metadata: Metadata = { title: 'Incident' };

export default function Page() {
  return (
    <Suspense fallback={<p className="text-faint">Loading the incident…</p>}>
      <IncidentPage />
    </Suspense>
  );
}
