//! Secrets Manager's list. No value is ever asked for.

use std::collections::BTreeMap;

use agent::AccountError;
use aws_sdk_secretsmanager::Client;
use domain::account::Secret;

use crate::failure::failure;

/// The most that Secrets Manager puts on a page.
const PAGE: i32 = 100;

pub(super) async fn all(secrets: &Client) -> Result<BTreeMap<String, Secret>, AccountError> {
    let pages = secrets.list_secrets().max_results(PAGE).into_paginator().send();
    let told = pages.collect::<Result<Vec<_>, _>>().await.map_err(failure)?;
    let told = told.into_iter().flat_map(|page| page.secret_list.unwrap_or_default());
    let secrets = told.filter_map(|told| {
        let tags = told.tags().iter().filter_map(|t| Some((t.key.clone()?, t.value.clone()?))).collect();
        Some((told.arn?, Secret { name: told.name.unwrap_or_default(), tags }))
    });
    Ok(secrets.collect())
}
