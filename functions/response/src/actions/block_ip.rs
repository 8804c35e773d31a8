//! BlockIp: a network ACL denies one address, both ways.
//!
//! Security groups cannot deny, and the lowest number that matches decides ("Network ACL rules", Amazon VPC User
//! Guide): the two entries take one number from a range of their own, before every entry that allows the address. The
//! number is chosen once, with the snapshot, and stands on record.
//!
//! Must not: deny more than the one address, or replace an entry that is there.

use std::ops::RangeInclusive;

use domain::{
    AccountWrite, Facets,
    account::{NetworkAcl, NetworkAclEntry},
};
use ipnet::IpNet;
use serde_json::{Value, json};

use super::{Unfit, View, value};

/// Rule numbers kept for A-SOC; accounts begin their own at 100 by custom.
const NUMBERS: RangeInclusive<u16> = 1..=20;
/// Entries in each direction, by default (`Rules per network ACL`, Amazon VPC quotas).
const QUOTA: usize = 20;

const NUMBER: &str = "rule number";
/// Inbound first: it is what keeps the address out.
const DIRECTIONS: [bool; 2] = [false, true];

fn entry_facet(egress: bool) -> &'static str {
    if egress { "outbound entry" } else { "inbound entry" }
}

fn recorded_number(facets: &Facets) -> Option<u16> {
    value(facets, NUMBER).as_u64().and_then(|number| u16::try_from(number).ok())
}

fn entry_at(acl: &NetworkAcl, number: u16, egress: bool) -> Option<&NetworkAclEntry> {
    acl.entries.iter().find(|e| e.rule_number == number && e.egress == egress)
}

fn deny(cidr: IpNet, rule_number: u16, egress: bool) -> NetworkAclEntry {
    NetworkAclEntry { rule_number, egress, allow: false, protocol: "-1".to_owned(), cidr: cidr.trunc() }
}

fn choose_number(cidr: IpNet, name: &str, acl: &NetworkAcl) -> Result<u16, Unfit> {
    if cidr.prefix_len() != cidr.max_prefix_len() {
        return Err(Unfit::Wide(cidr));
    }
    if DIRECTIONS.iter().any(|way| acl.entries.iter().filter(|e| e.egress == *way).count() >= QUOTA) {
        return Err(Unfit::Full { network_acl: name.to_owned(), limit: QUOTA });
    }
    let first_allow =
        acl.entries.iter().filter(|e| e.allow && e.cidr.contains(&cidr)).map(|e| e.rule_number).min();
    NUMBERS
        .take_while(|number| first_allow.is_none_or(|allow| *number < allow))
        .find(|number| DIRECTIONS.iter().all(|way| entry_at(acl, *number, *way).is_none()))
        .ok_or_else(|| Unfit::NoNumber { network_acl: name.to_owned(), cidr })
}

pub(super) fn facets(cidr: IpNet, name: &str, view: &View<'_>) -> Result<Facets, Unfit> {
    let acl = view.account.network_acls.get(name).ok_or(Unfit::Gone)?;
    let number = match view.snapshot.and_then(recorded_number) {
        Some(number) => number,
        None => choose_number(cidr, name, acl)?,
    };
    let entries = DIRECTIONS.map(|egress| {
        (entry_facet(egress).to_owned(), entry_at(acl, number, egress).map_or(Value::Null, |e| json!(e)))
    });
    Ok(Facets::from([(NUMBER.to_owned(), number.into())]).into_iter().chain(entries).collect())
}

pub(super) fn forward(cidr: IpNet, name: &str, view: &View<'_>) -> Option<AccountWrite> {
    let acl = view.account.network_acls.get(name)?;
    let number = view.snapshot.and_then(recorded_number)?;
    DIRECTIONS.into_iter().map(|egress| deny(cidr, number, egress)).find_map(|wanted| {
        (entry_at(acl, number, wanted.egress) != Some(&wanted))
            .then(|| AccountWrite::CreateNetworkAclEntry { network_acl: name.to_owned(), entry: wanted })
    })
}

/// Deletes only entries that are exactly those of the record.
pub(super) fn backward(cidr: IpNet, name: &str, view: &View<'_>) -> Option<AccountWrite> {
    let acl = view.account.network_acls.get(name)?;
    let number = view.snapshot.and_then(recorded_number)?;
    DIRECTIONS.into_iter().rev().find_map(|egress| {
        (entry_at(acl, number, egress) == Some(&deny(cidr, number, egress))).then(|| {
            AccountWrite::DeleteNetworkAclEntry { network_acl: name.to_owned(), rule_number: number, egress }
        })
    })
}
