'use client';
import { useHealth } from '@/api/queries';
import type { AgentHealth } from '@/api/types';
import { Untrusted } from '@/text/Untrusted';
import { duration } from '@/time/countdown';
import { Answer, Nothing } from '@/ui/Answer';
import { Icon } from '@/ui/icons';
import { Panel } from '@/ui/Panel';
import { Sideways } from '@/ui/Sideways';

/** How each agent does: what waits for it, what failed, how long a decision takes. */
export function AgentsPanel() {
  const health = useHealth();
  return (
    <Panel
      id="agents"
      title="Agents"
      aside={health.data && `version ${health.data.version}`}
      note={
        health.data &&
        Object.entries(health.data.parts)
          .map(([part, by]) => `${part}: ${by}`)
          .join(' · ')
      }
      flush
    >
      <Answer query={health} what="agents’ health">
        {({ agents }) =>
          agents.length === 0 ? (
            <Nothing title="Their health is told in CloudWatch.">
              Each agent is a function of its own. What waits, what failed and how long it took is on the
              stack’s dashboard in CloudWatch.
            </Nothing>
          ) : (
            <Sideways label="Health by agent">
              <table className="w-full text-sm">
                <thead className="bg-sunken text-xs text-soft">
                  <tr>
                    <th scope="col" className="px-4 py-1.5 text-left font-medium">
                      Agent
                    </th>
                    {['Waiting', 'Set aside', 'Failures', 'Decisions', 'Median', '99 %'].map((name) => (
                      <th
                        key={name}
                        scope="col"
                        className="px-2 py-1.5 text-right font-medium whitespace-nowrap last:pr-4"
                      >
                        {name}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {agents.map((agent) => (
                    <AgentLine key={agent.agent} agent={agent} />
                  ))}
                </tbody>
              </table>
            </Sideways>
          )
        }
      </Answer>
    </Panel>
  );
}

function AgentLine({ agent }: { agent: AgentHealth }) {
  const ill = agent.dead > 0;
  const numbers = [agent.waiting, agent.dead, agent.failures, agent.decisions].map((count) =>
    count.toLocaleString('en'),
  );
  return (
    <>
      <tr className="border-t border-line">
        <th scope="row" className="px-4 py-1.5 text-left font-medium whitespace-nowrap">
          <Icon
            name={ill ? 'failed' : 'done'}
            className={`mr-2 size-4 align-[-3px] ${ill ? 'text-red' : 'text-green'}`}
          />
          {agent.agent}
          <span className="sr-only">{ill ? ', needs a look' : ', well'}</span>
        </th>
        {[...numbers, duration(agent.p50_ms, true), duration(agent.p99_ms, true)].map((value, index) => (
          <td key={index} className="numeric px-2 py-1.5 text-right whitespace-nowrap last:pr-4">
            {value}
          </td>
        ))}
      </tr>
      {agent.last_failure && (
        <tr>
          <td colSpan={7} className="px-4 pb-2 pl-10 text-soft">
            {/* On a phone the table is wider than the screen; this stays where it can be read. */}
            <p className="sticky left-10 w-fit max-w-[min(70vw,40rem)]">
              Last failure: <Untrusted text={agent.last_failure} limit={200} />
            </p>
          </td>
        </tr>
      )}
    </>
  );
}
