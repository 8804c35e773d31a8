//! Values that a rule leaves open: `field|expand: %name%`.

use std::collections::BTreeMap;

use crate::error::Problem;

/// What stands for each placeholder, by its name without the percent signs. Wildcards count.
pub type Placeholders = BTreeMap<String, Vec<String>>;

/// Most values that one value may become.
const MAX_VALUES: usize = 4096;

/// The value with each of its placeholders replaced, in every combination. `\%` is a percent sign.
pub(crate) fn expand(key: &str, value: &str, known: &Placeholders) -> Result<Vec<String>, Problem> {
    let mut made = vec![String::new()];
    let mut rest = value;
    while let Some(place) = rest.find('%') {
        let (before, after) =
            (rest.get(..place).unwrap_or_default(), rest.get(place + 1..).unwrap_or_default());
        if let Some(before) = before.strip_suffix('\\') {
            made.iter_mut().for_each(|value| value.extend([before, "%"]));
            rest = after;
            continue;
        }
        let Some((name, after)) = after.split_once('%') else { break };
        let missing = || Problem::at(key, format!("nothing is known for the placeholder `%{name}%`"));
        let values = known.get(name).filter(|values| !values.is_empty()).ok_or_else(missing)?;
        if made.len().saturating_mul(values.len()) > MAX_VALUES {
            return Err(Problem::at(key, format!("`{key}` expands to more than {MAX_VALUES} values")));
        }
        let each = |made: &String| {
            values.iter().map(move |value| [made, before, value].concat()).collect::<Vec<_>>()
        };
        made = made.iter().flat_map(each).collect();
        rest = after;
    }
    made.iter_mut().for_each(|value| value.push_str(rest));
    Ok(made)
}
