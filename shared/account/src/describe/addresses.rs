//! Elastic addresses.

use std::collections::BTreeMap;

use agent::AccountError;
use aws_sdk_ec2::{
    Client,
    types::{self, Filter},
};
use domain::account::{Address, Instance};

use crate::failure::failure;

/// All that this filter passes. EC2 gives them on one page.
pub(crate) async fn of(ec2: &Client, only: Option<Filter>) -> Result<Vec<types::Address>, AccountError> {
    let answer = ec2.describe_addresses().set_filters(only.map(|f| vec![f])).send().await.map_err(failure)?;
    Ok(answer.addresses.unwrap_or_default())
}

/// Notes on each interface the address that stands for its primary private one. One that stands for a secondary private
/// address is left alone: only the primary one's can be given back by interface alone.
pub(super) fn note(addresses: &[types::Address], instances: &mut BTreeMap<String, Instance>) {
    let interfaces = instances.values_mut().flat_map(|instance| &mut instance.interfaces);
    for (id, interface) in interfaces {
        let is_its = |a: &&types::Address| {
            a.network_interface_id() == Some(id) && a.private_ip_address() == Some(&interface.private_ip)
        };
        interface.address = addresses.iter().find(is_its).and_then(|found| {
            Some(Address { allocation: found.allocation_id.clone()?, public_ip: found.public_ip.clone()? })
        });
    }
}
