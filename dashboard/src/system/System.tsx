'use client';
import { includes, usePerson } from '@/session/Gate';
import { useConfig } from '@/shell/Configured';
import { AccountPanel } from './AccountPanel';
import { AgentsPanel } from './AgentsPanel';
import { DrillsPanel } from './DrillsPanel';
import { PeoplePanel } from './PeoplePanel';
import { QuarantinePanel } from './QuarantinePanel';

/** Whether A-SOC itself is well, and what can be tried out with it. */
export function System() {
  const person = usePerson();
  const { features } = useConfig();
  return (
    <>
      <h1 className="mb-4 text-xl font-semibold">System</h1>
      <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
        <div className="grid grid-cols-1 min-w-0 gap-4">
          <AgentsPanel />
          {features.has('drills') && <DrillsPanel allowed={includes(person.role, 'analyst')} />}
          <QuarantinePanel />
          {features.has('people') && includes(person.role, 'admin') && <PeoplePanel />}
        </div>
        <AccountPanel />
      </div>
    </>
  );
}
