'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { post } from '@/api/client';
import { usePeople } from '@/api/queries';
import { keys } from '@/api/staleness';
import type { NewPerson, PersonAdded, Role } from '@/api/types';
import { Untrusted } from '@/text/Untrusted';
import { Answer, Refusal } from '@/ui/Answer';
import { Button } from '@/ui/Button';
import { INPUT } from '@/ui/Field';
import { Panel } from '@/ui/Panel';

const ROLES: { role: Role; may: string }[] = [
  { role: 'viewer', may: 'look' },
  { role: 'analyst', may: 'and play drills' },
  { role: 'approver', may: 'and approve, reject, undo' },
  { role: 'admin', may: 'and add people' },
];

/** Who may do what, and a way to add somebody. */
export function PeoplePanel() {
  const people = usePeople(true);
  return (
    <Panel id="people" title="People" flush>
      <Answer query={people} what="people">
        {(list) => (
          <ul>
            {list.map((person) => (
              <li
                key={person.name}
                className="flex flex-wrap justify-between gap-x-4 border-b border-line px-4 py-1.5 text-sm"
              >
                <span className="min-w-0">
                  <b className="font-medium">
                    <Untrusted text={person.name} limit={60} />
                  </b>{' '}
                  <span className="text-faint">
                    <Untrusted text={(person.principals ?? []).join(', ')} limit={100} mono />
                  </span>
                </span>
                <span className="text-soft">{person.role}</span>
              </li>
            ))}
          </ul>
        )}
      </Answer>
      <AddPerson />
    </Panel>
  );
}

function AddPerson() {
  const client = useQueryClient();
  const [role, setRole] = useState<Role>('analyst');
  const add = useMutation({
    mutationFn: (person: NewPerson) => post<PersonAdded>('/v1/people', person),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.people }),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const principals = String(form.get('principals') ?? '')
      .split(/[\s,]+/)
      .filter(Boolean);
    add.mutate({ name: String(form.get('name') ?? '').trim(), role, principals });
  };
  return (
    <form onSubmit={submit} className="grid grid-cols-1 gap-3 p-4 sm:grid-cols-2">
      <h3 className="font-semibold sm:col-span-2">Add a person</h3>
      <label className="grid grid-cols-1 gap-1 text-sm">
        Name
        <input name="name" required maxLength={64} autoComplete="off" className={INPUT} />
      </label>
      <label className="grid grid-cols-1 gap-1 text-sm">
        May
        <select value={role} onChange={(event) => setRole(event.target.value as Role)} className={INPUT}>
          {ROLES.map((each) => (
            <option key={each.role} value={each.role}>
              {each.role}: {each.may}
            </option>
          ))}
        </select>
      </label>
      <label className="grid grid-cols-1 gap-1 text-sm sm:col-span-2">
        Their own AWS principals, as ARNs
        <input
          name="principals"
          autoComplete="off"
          spellCheck={false}
          aria-describedby="principals-why"
          className={`${INPUT} font-mono`}
        />
        <span id="principals-why" className="text-xs text-faint">
          Who an incident is about never approves it; this is how that is known.
        </span>
      </label>
      <div className="grid grid-cols-1 gap-3 sm:col-span-2">
        <Button type="submit" className="justify-self-start" disabled={add.isPending}>
          Add and make a link
        </Button>
        <Refusal error={add.error} />
        {add.data && (
          <p role="status" className="ground-accent rounded-md p-3 text-sm">
            Give this link to <Untrusted text={add.data.person.name} />. It works once, within a day, and is
            not shown again:
            <span className="mt-1 block font-mono break-all select-all">{add.data.link}</span>
          </p>
        )}
      </div>
    </form>
  );
}
