//! Which events are the attacker's, and which credentials they hold by now.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use domain::{
    Credential, Event, EventId, Finding, Incident, Inventory, Principal, PrincipalKind, ResourceKind, Time,
    account::KeyStatus,
};

use crate::reach::Vertex;

/// Who was at an address this long before the incident began is at home there.
const AT_HOME_SECONDS: i64 = 24 * 3600;

/// The attacker, as far as the events tell.
#[derive(Debug)]
pub(crate) struct Attacker<'a> {
    /// What they did, oldest first.
    pub(crate) events: Vec<&'a Event>,
    /// Their role sessions, by the role's ARN.
    pub(crate) sessions: BTreeMap<String, Session>,
    /// Access keys that were made for users of whom they are not known to have anything else, by the user's name: without
    /// these keys, such a user is not theirs any more. Keys that are off or gone are left out.
    pub(crate) keys: BTreeMap<String, BTreeSet<String>>,
    theirs: BTreeSet<&'a EventId>,
}

/// What is known of an attacker's sessions of one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    /// By then the youngest was issued at the latest.
    pub(crate) issued: Time,
    /// When the longest-lived ends, where its record says so.
    pub(crate) expires: Option<Time>,
    /// Session names.
    pub(crate) names: BTreeSet<String>,
}

impl<'a> Attacker<'a> {
    /// Tells the attacker's events from everybody else's. An event is theirs if a finding is about it; if it came from
    /// an address of the incident; or if a principal, session or key of the incident did it after the incident began
    /// from an address where it was not at home. Credentials they got are theirs from then on.
    pub(crate) fn of(
        account: &Inventory,
        incident: &Incident,
        findings: &[Finding],
        history: &'a [Event],
    ) -> Self {
        let mut history: Vec<&Event> = history.iter().collect();
        history.sort_by_key(|e| (e.time, &e.id));
        history.dedup_by_key(|e| &e.id);

        let found: BTreeSet<&EventId> = findings.iter().map(|f| &f.event).collect();
        let origins: BTreeSet<&str> =
            incident.origins.iter().filter(|o| is_address(o)).map(String::as_str).collect();
        let home_until = incident.began.plus_seconds(-AT_HOME_SECONDS);
        let at_home: BTreeSet<(&str, &str)> = history
            .iter()
            .filter(|e| e.time < home_until && !found.contains(&e.id))
            .filter_map(|e| Some((e.actor.as_ref()?.arn.as_str(), e.origin.as_deref()?)))
            .collect();

        let mut holdings = Holdings::of(incident);
        let mut events = Vec::new();
        for event in history {
            let origin = event.origin.as_deref().unwrap_or_default();
            let home = is_inside(account, event)
                || event.actor.as_ref().is_some_and(|a| at_home.contains(&(a.arn.as_str(), origin)));
            let held = event.actor.as_ref().is_some_and(|a| holdings.holds(a));
            let theirs = found.contains(&event.id)
                || (origins.contains(origin) && (held || !home))
                || (held && !home && event.time >= incident.began);
            if theirs {
                holdings.gain(event);
                events.push(event);
            }
        }
        let sessions = sessions(incident, &events);
        let keys = keys(account, incident, &events);
        let theirs = events.iter().map(|e| &e.id).collect();
        Self { events, sessions, keys, theirs }
    }

    /// Whether this event is theirs.
    pub(crate) fn did(&self, event: &Event) -> bool {
        self.theirs.contains(&event.id)
    }
}

/// The credentials by which an event is known as the attacker's.
struct Holdings {
    users: BTreeSet<String>,
    /// Role ARN and session name; without a name, every session.
    sessions: BTreeSet<(String, Option<String>)>,
    keys: BTreeSet<String>,
}

impl Holdings {
    fn of(incident: &Incident) -> Self {
        let mut held = Self { users: BTreeSet::new(), sessions: BTreeSet::new(), keys: BTreeSet::new() };
        for principal in &incident.principals {
            match principal.kind {
                PrincipalKind::Service => continue,
                PrincipalKind::Role if principal.session.is_none() && principal.access_key.is_some() => {}
                PrincipalKind::Role => {
                    held.sessions.insert((principal.arn.clone(), principal.session.clone()));
                }
                _ => {
                    held.users.insert(principal.arn.clone());
                }
            }
            held.keys.extend(principal.access_key.clone());
        }
        held
    }

    fn holds(&self, actor: &Principal) -> bool {
        let session = |name: Option<String>| self.sessions.contains(&(actor.arn.clone(), name));
        actor.access_key.as_ref().is_some_and(|key| self.keys.contains(key))
            || match actor.kind {
                PrincipalKind::Service => false,
                PrincipalKind::Role => {
                    session(None) || (actor.session.is_some() && session(actor.session.clone()))
                }
                _ => self.users.contains(&actor.arn),
            }
    }

    /// What CloudTrail's record says that this call handed out.
    fn gain(&mut self, event: &Event) {
        let Some(credential) = Credential::handed_out_by(event) else { return };
        self.keys.extend(credential.access_key().map(str::to_owned));
        if let Credential::RoleSession { role, session: name @ Some(_), .. } = credential {
            self.sessions.insert((role, name));
        }
    }
}

/// Keys that were made for users of whom nothing else is in the attacker's hands: no credential of the user's own is named
/// by the incident or was seen in use, and no password was set.
fn keys(account: &Inventory, incident: &Incident, events: &[&Event]) -> BTreeMap<String, BTreeSet<String>> {
    let mut made: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut otherwise: BTreeSet<String> = BTreeSet::new();
    for event in events {
        match Credential::handed_out_by(event) {
            Some(Credential::AccessKey { user, access_key: Some(key) }) => {
                _ = made.entry(user).or_default().insert(key)
            }
            Some(Credential::AccessKey { user, access_key: None } | Credential::Password { user }) => {
                _ = otherwise.insert(user)
            }
            Some(Credential::RoleSession { .. }) | None => {}
        }
    }
    let is_made = |user: &String, key: &String| made.get(user).is_some_and(|keys| keys.contains(key));
    let actors = incident.principals.iter().chain(events.iter().filter_map(|e| e.actor.as_ref()));
    for actor in actors.filter(|a| a.kind == PrincipalKind::User) {
        let Some(Vertex::User(name)) = Vertex::of(account, ResourceKind::User, &actor.arn) else { continue };
        if !actor.access_key.as_ref().is_some_and(|key| is_made(&name, key)) {
            otherwise.insert(name);
        }
    }
    for thing in incident.resources.iter().filter(|r| r.kind == ResourceKind::AccessKey) {
        let owners = account.users.iter().filter(|(_, user)| user.access_keys.contains_key(&thing.name));
        otherwise.extend(owners.map(|(name, _)| name.clone()).filter(|name| !is_made(name, &thing.name)));
    }
    made.retain(|user, _| !otherwise.contains(user));
    for (user, keys) in &mut made {
        let known = account.users.get(user).map(|user| &user.access_keys);
        keys.retain(|key| {
            known.and_then(|known| known.get(key)).is_some_and(|key| key.status == KeyStatus::Active)
        });
    }
    made
}

/// Whether a call came from inside: from a private address, or by an instance's session from that instance. It is the
/// attacker's only if the incident names the address.
fn is_inside(account: &Inventory, event: &Event) -> bool {
    let Some(origin) = event.origin_ip() else { return false };
    let private = match origin {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_loopback() || ip.is_unicast_link_local(),
    };
    let session = event.actor.as_ref().and_then(|a| a.session.as_ref());
    let instance = session.and_then(|name| account.instances.get(name));
    let addresses =
        instance.into_iter().flat_map(|i| i.interfaces.values()).filter_map(|i| i.address.as_ref());
    private || addresses.filter_map(|a| a.public_ip.parse().ok()).any(|ip: IpAddr| ip == origin)
}

fn sessions(incident: &Incident, events: &[&Event]) -> BTreeMap<String, Session> {
    let mut sessions: BTreeMap<String, Session> = BTreeMap::new();
    let mut note = |role: &str, name: Option<&str>, issued: Time, expires: Option<Time>| {
        let session = sessions.entry(role.to_owned()).or_insert_with(|| Session {
            issued,
            expires: None,
            names: BTreeSet::new(),
        });
        session.issued = session.issued.max(issued);
        session.expires = session.expires.max(expires);
        session.names.extend(name.map(str::to_owned));
    };
    let time = |event: &Event, pointer: &str| {
        event.raw.pointer(pointer).and_then(|v| v.as_str()).and_then(|t| t.parse::<Time>().ok())
    };
    let mut seen = BTreeSet::new();
    for event in events {
        if let Some(actor) = event.actor.as_ref().filter(|a| a.kind == PrincipalKind::Role) {
            let created = time(event, "/userIdentity/sessionContext/attributes/creationDate");
            // Without a date, the first use tells by when it was issued.
            if created.is_some() || seen.insert((&actor.arn, &actor.session, &actor.access_key)) {
                note(
                    &actor.arn,
                    actor.session.as_deref(),
                    created.unwrap_or(event.time).min(event.time),
                    None,
                );
            }
        }
        if let Some(Credential::RoleSession { role, session: name, .. }) = Credential::handed_out_by(event) {
            let expires = time(event, "/responseElements/credentials/expiration");
            note(&role, name.as_deref(), event.time, expires);
        }
    }
    for principal in incident.principals.iter().filter(|p| p.kind == PrincipalKind::Role) {
        if !sessions.contains_key(&principal.arn) {
            let names = principal.session.iter().cloned().collect();
            let session = Session { issued: incident.opened, expires: None, names };
            sessions.insert(principal.arn.clone(), session);
        }
    }
    sessions
}

/// Whether an origin is an address; else it is the host name of an AWS service.
pub(crate) fn is_address(origin: &str) -> bool {
    origin.parse::<IpAddr>().is_ok()
}
