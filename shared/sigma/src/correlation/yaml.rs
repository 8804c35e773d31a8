//! The values of a correlation's mapping.

use yaml_serde::{Mapping, Value as Yaml};

use crate::error::Problem;

/// A number and a letter, in milliseconds. Months and years are the Gregorian calendar's mean ones.
pub(super) fn span(map: &Mapping, key: &str) -> Result<Option<i64>, Problem> {
    let Some(value) = map.get(key) else { return Ok(None) };
    let wrong =
        || Problem::at(key, format!("`{key}` must be a number and one of s, m, h, d, w, M, y, as in 15m"));
    let text = value.as_str().ok_or_else(wrong)?;
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        'M' => 2_629_746,
        'y' => 31_556_952,
        _ => return Err(wrong()),
    };
    let number = text.strip_suffix(unit).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let number: i64 = number.and_then(|digits| digits.parse().ok()).ok_or_else(wrong)?;
    let span = number.checked_mul(seconds * 1000).ok_or_else(wrong)?;
    if span == 0 && key == "timespan" { Err(wrong()) } else { Ok(Some(span)) }
}

pub(super) fn texts(map: &Mapping, key: &str) -> Result<Option<Vec<String>>, Problem> {
    let wrong = || Problem::at(key, format!("`{key}` must be a list of texts"));
    let text = |value: &Yaml| value.as_str().map(str::to_owned).ok_or_else(wrong);
    match map.get(key) {
        None | Some(Yaml::Null) => Ok(None),
        Some(Yaml::Sequence(values)) => values.iter().map(text).collect::<Result<_, _>>().map(Some),
        Some(value) => Ok(Some(vec![text(value)?])),
    }
}

pub(super) fn flag(map: &Mapping, key: &str) -> Result<bool, Problem> {
    match map.get(key) {
        None => Ok(false),
        Some(value) => {
            value.as_bool().ok_or_else(|| Problem::at(key, format!("`{key}` must be true or false")))
        }
    }
}

pub(super) fn only(map: &Mapping, place: &str, keys: &[&str]) -> Result<(), Problem> {
    let unknown = map.keys().map(|key| key.as_str().unwrap_or("?")).find(|key| !keys.contains(key));
    unknown.map_or(Ok(()), |key| Err(Problem::at(key, format!("`{place}` with `{key}` is not supported"))))
}
