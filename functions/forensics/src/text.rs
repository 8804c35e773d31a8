//! Text that an attacker may have chosen, made fit to be shown.

/// The first `most` characters, without control characters; `…` where something was cut.
pub(crate) fn clip(text: &str, most: usize) -> String {
    let mut shown: String = text.chars().filter(|c| !c.is_control()).take(most).collect();
    if text.chars().filter(|c| !c.is_control()).nth(most).is_some() {
        shown.push('…');
    }
    shown
}
