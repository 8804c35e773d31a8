//! What agents remember from one decision to the next. A state that has expired counts as absent at once; DynamoDB deletes
//! it some time later (`ttl`).

use std::collections::{BTreeSet, HashMap};

use agent::{State, StoreError};
use aws_sdk_dynamodb::types::{Put, builders::PutBuilder};
use domain::Time;

use super::{
    DynamoStore,
    item::{item, key, number, text},
};

impl DynamoStore {
    /// Writes a state over the version before it, which must not have expired `now`.
    pub(super) async fn state_put(&self, state: &State, now: Time) -> Result<PutBuilder, StoreError> {
        let expires = state.expires.millis();
        let state_item = item([
            ("key", text(key(&state.key))),
            ("version", number(state.version)),
            ("expires", number(expires)),
            ("ttl", number(expires.div_euclid(1000) + 1)),
            ("body", self.body(&state.value).await?),
        ]);
        let put = Put::builder()
            .table_name(self.table("states"))
            .set_item(Some(state_item))
            .expression_attribute_names("#expires", "expires")
            .expression_attribute_values(":now", number(now.millis()));
        if state.version == 1 {
            let put = put.expression_attribute_names("#key", "key");
            return Ok(put.condition_expression("attribute_not_exists(#key) OR #expires <= :now"));
        }
        Ok(put
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":before", number(state.version.saturating_sub(1)))
            .condition_expression("#version = :before AND #expires > :now"))
    }

    pub(super) async fn states_alive(
        &self,
        keys: &[String],
        now: Time,
    ) -> Result<Vec<Option<State>>, StoreError> {
        let mut alive: HashMap<String, State> = HashMap::new();
        let names: BTreeSet<String> = keys.iter().map(|name| key(name)).collect();
        for row in self.named("states", "key", &names, &[]).await? {
            let expires = Time::from_millis(row.number("expires")?);
            if expires > now {
                let name = row.text("key")?.to_owned();
                let state = State {
                    key: String::new(),
                    version: row.number("version")?,
                    value: self.read(&row).await?,
                    expires,
                };
                alive.insert(name, state);
            }
        }
        let asked = |name: &String| Some(State { key: name.clone(), ..alive.get(&key(name))?.clone() });
        Ok(keys.iter().map(asked).collect())
    }
}
