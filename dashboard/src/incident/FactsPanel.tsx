import type { Incident } from '@/api/types';
import { Untrusted } from '@/text/Untrusted';
import { Panel } from '@/ui/Panel';
import { resourceName } from './place';
import { principalKind, principalName } from './principal';
import { TechniqueTags } from './TechniqueTags';

/** Who and what the incident is about. */
export function FactsPanel({ incident }: { incident: Incident }) {
  return (
    <Panel id="facts" title="Who and what">
      <dl className="grid grid-cols-1 gap-3 text-sm">
        <Group name="Principals">
          {incident.principals.map((principal) => (
            <li key={`${principal.arn} ${principal.access_key} ${principal.session}`}>
              <span className="font-medium">
                <Untrusted text={principalName(principal.name)} limit={80} />
              </span>{' '}
              <span className="text-faint">{principalKind(principal)}</span>
              {principal.session && (
                <>
                  , session <Untrusted text={principal.session} limit={60} mono />
                </>
              )}
              {principal.access_key && (
                <>
                  , key <Untrusted text={principal.access_key} limit={40} mono />
                </>
              )}
              {principal.arn !== principalName(principal.name) && (
                <>
                  <br />
                  <span className="text-faint">
                    <Untrusted text={principal.arn} limit={100} mono />
                  </span>
                </>
              )}
            </li>
          ))}
        </Group>
        <Group name="Came from">
          {incident.origins.map((origin) => (
            <li key={origin}>
              <Untrusted text={origin} limit={80} mono />
            </li>
          ))}
        </Group>
        <Group name="Touched">
          {incident.resources.map((resource) => (
            <li key={resource.arn}>
              <Untrusted text={resourceName(resource)} limit={80} mono />{' '}
              <span className="text-faint">{resource.kind.replaceAll('_', ' ')}</span>
            </li>
          ))}
        </Group>
        {incident.attack.length > 0 && (
          <div>
            <dt className="mb-1 text-xs text-faint">MITRE ATT&CK</dt>
            <dd>
              <TechniqueTags techniques={incident.attack} />
            </dd>
          </div>
        )}
      </dl>
    </Panel>
  );
}

function Group({ name, children }: { name: string; children: React.ReactNode[] }) {
  return (
    <div>
      <dt className="text-xs text-faint">{name}</dt>
      <dd>
        {children.length === 0 ? (
          <span className="text-faint">nothing known</span>
        ) : (
          <ul className="grid grid-cols-1 gap-1">{children}</ul>
        )}
      </dd>
    </div>
  );
}
