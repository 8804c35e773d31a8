//! Policy documents. IAM's API hands them out URL-encoded as RFC 3986 has it; S3's does not.

use agent::AccountError;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::failure::unreadable;

/// A document as JSON. One that is not encoded stays as it is, percent signs included.
pub(super) fn parse(text: &str, whose: &str) -> Result<Value, AccountError> {
    let text = match text.trim_start().starts_with('{') {
        true => text.into(),
        false => percent_decode_str(text).decode_utf8().map_err(|error| unreadable(whose, error))?,
    };
    serde_json::from_str(&text).map_err(|error| unreadable(whose, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_both_forms_and_says_whose_is_broken() {
        let document = json!({ "Statement": [{ "Resource": "arn:aws:s3:::a%20b/*", "Sid": "ä" }] });
        assert_eq!(parse(&document.to_string(), "it").unwrap(), document);
        let encoded = "%7B%22Statement%22%3A%5B%7B%22Resource%22%3A%22arn%3Aaws%3As3%3A%3A%3Aa%2520b%2F%2A%22\
                       %2C%22Sid%22%3A%22%C3%A4%22%7D%5D%7D";
        assert_eq!(parse(encoded, "it").unwrap(), document);
        for broken in ["", "%7B", "%FF%FE", "{"] {
            let refusal = parse(broken, "role web's trust").unwrap_err().to_string();
            assert!(refusal.starts_with("UnreadableAnswer: role web's trust"), "{refusal}");
        }
    }
}
