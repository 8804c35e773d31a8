'use client';
import { useAccount } from '@/api/queries';
import type { Inventory } from '@/api/types';
import { Answer } from '@/ui/Answer';
import { Panel } from '@/ui/Panel';
import { AccountSection } from './AccountSection';
import { sections } from './account';

/** The account as it is now. In the sandbox it really changes when an action is applied. */
export function AccountPanel() {
  const account = useAccount();
  return (
    <Panel
      id="account"
      title="Account"
      aside={account.data && `${account.data.account_id}, ${account.data.region}`}
      note="As it is now; it changes here when an action is applied or undone."
      flush
    >
      <Answer query={account} what="account">
        {(inventory) => <Sections inventory={inventory} />}
      </Answer>
    </Panel>
  );
}

function Sections({ inventory }: { inventory: Inventory }) {
  return sections(inventory).map((section) => <AccountSection key={section.title} section={section} />);
}
