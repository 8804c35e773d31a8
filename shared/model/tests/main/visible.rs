//! Nothing hidden stays hidden.

use model::visible;
use proptest::prelude::*;
use regex::Regex;

#[test]
fn everything_that_unicode_calls_hidden_is_escaped_and_nothing_else() {
    let hidden = Regex::new(
        r"[\p{Cc}\p{Cf}\p{Co}\p{Z}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\x{2800}--[ ]]",
    )
    .unwrap();
    for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
        let text = c.to_string();
        // Whole blocks are set aside for such characters, not all of which exist yet.
        let is_set_aside = matches!(u32::from(c), 0xFFF0..=0xFFF8 | 0x13440..=0x1345F | 0xE0000..);
        if !is_set_aside {
            assert_eq!(visible(&text) != text, hidden.is_match(&text), "U+{:04X}", u32::from(c));
        }
        assert!(!hidden.is_match(&visible(&text)), "U+{:04X}", u32::from(c));
    }
}

proptest! {
    #[test]
    fn what_is_visible_stays_so(text in ".*") {
        let once = visible(&text);
        prop_assert_eq!(visible(&once), once);
    }
}
