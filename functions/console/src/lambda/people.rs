//! Who is asking, by the claims of an ID token that API Gateway has verified.

use std::collections::HashMap;

use domain::{Person, Role};

/// The person behind these claims; none where the token is no ID token, or names no group of ours.
pub(crate) fn person(claims: &HashMap<String, String>) -> Option<Person> {
    let claim = |name: &str| claims.get(name).map(String::as_str);
    let name = claim("cognito:username").filter(|name| !name.is_empty())?;
    if claim("token_use") != Some("id") {
        return None;
    }
    let roles =
        words(claim("cognito:groups").unwrap_or_default()).filter_map(|group| group.parse::<Role>().ok());
    let principals = words(claim("custom:principals").unwrap_or_default()).map(str::to_owned).collect();
    Some(Person { name: name.to_owned(), role: roles.max()?, principals })
}

/// API Gateway gives a list as `[a b]`; people write `a, b`.
fn words(list: &str) -> impl Iterator<Item = &str> {
    let list = list.trim().trim_start_matches('[').trim_end_matches(']');
    list.split([' ', ',']).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed(claims: &[(&str, &str)]) -> Option<Person> {
        person(&claims.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn the_highest_group_counts_and_principals_are_listed() {
        let alice = claimed(&[
            ("token_use", "id"),
            ("cognito:username", "alice"),
            ("cognito:groups", "[viewer approver others]"),
            (
                "custom:principals",
                "arn:aws:iam::111122223333:user/alice, arn:aws:iam::111122223333:role/admin",
            ),
        ]);
        let alice = alice.unwrap();
        assert_eq!((alice.name.as_str(), alice.role, alice.principals.len()), ("alice", Role::Approver, 2));
    }

    #[test]
    fn nobody_is_let_in_by_another_token_or_without_a_group() {
        let id = [("token_use", "id"), ("cognito:username", "bob")];
        assert_eq!(claimed(&id), None);
        assert_eq!(claimed(&[id[0], id[1], ("cognito:groups", "[owners]")]), None);
        let access = [("token_use", "access"), ("cognito:username", "bob"), ("cognito:groups", "admin")];
        assert_eq!(claimed(&access), None);
        assert_eq!(claimed(&[("token_use", "id"), ("cognito:groups", "admin")]), None);
    }
}
