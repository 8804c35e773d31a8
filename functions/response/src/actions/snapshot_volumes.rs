//! SnapshotVolumes: a snapshot of every volume of an instance, as evidence.
//!
//! The snapshots carry the action's id as a tag, by which a later look finds them again.
//!
//! Must not: delete a snapshot that does not carry the tag, or change the instance.

use domain::{
    AccountWrite, Facets,
    account::{Instance, Tags},
};
use serde_json::Value;

use super::{ACTION_TAG, View, value};

fn snapshot_facet(volume: &str) -> String {
    format!("snapshot of {volume}")
}

fn snapshot_of<'a>(volume: &str, view: &View<'a>) -> Option<&'a String> {
    view.account
        .snapshots
        .iter()
        .find(|(_, s)| {
            s.volume == volume && s.tags.get(ACTION_TAG).is_some_and(|tag| tag == view.id.as_str())
        })
        .map(|(id, _)| id)
}

fn volumes(instance: &Instance) -> impl Iterator<Item = &String> {
    instance.volumes.values().map(|attachment| &attachment.volume)
}

/// The devices stand in it so that an undo notices a volume that was taken away, whose snapshot it would not see.
pub(super) fn facets(instance: &str, view: &View<'_>) -> Option<Facets> {
    let instance = view.account.instances.get(instance)?;
    let devices =
        instance.volumes.iter().map(|(device, a)| (format!("device {device}"), a.volume.clone().into()));
    let snapshots = volumes(instance).map(|volume| {
        (snapshot_facet(volume), snapshot_of(volume, view).map_or(Value::Null, |id| id.clone().into()))
    });
    Some(devices.chain(snapshots).collect())
}

pub(super) fn forward(name: &str, view: &View<'_>) -> Option<AccountWrite> {
    let instance = view.account.instances.get(name)?;
    let volume = volumes(instance).find(|volume| snapshot_of(volume, view).is_none())?;
    Some(AccountWrite::CreateSnapshot {
        volume: volume.clone(),
        description: format!("Evidence from {name}, kept by A-SOC"),
        tags: Tags::from([(ACTION_TAG.to_owned(), view.id.to_string())]),
    })
}

pub(super) fn backward(name: &str, view: &View<'_>, before: &Facets) -> Option<AccountWrite> {
    let instance = view.account.instances.get(name)?;
    let snapshot = volumes(instance)
        .filter(|volume| value(before, &snapshot_facet(volume)).is_null())
        .find_map(|volume| snapshot_of(volume, view))?;
    Some(AccountWrite::DeleteSnapshot { snapshot: snapshot.clone() })
}
