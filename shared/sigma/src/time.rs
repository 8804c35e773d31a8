//! Parts of dates.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use json::{Node, Shape};

/// A part of a date, in UTC where the date says how far it is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Minute,
    Hour,
    Day,
    /// Of ISO 8601.
    Week,
    Month,
    Year,
}

/// Numbers from here on are milliseconds since 1970, those below seconds.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

impl Part {
    /// This part of a date that stands in an event: RFC 3339, the same without an offset, or a number since 1970.
    pub(crate) fn of(self, value: &Node<'_>) -> Option<i64> {
        let date = match value.shape() {
            Shape::Text(text) => match text.parse::<Timestamp>() {
                Ok(time) => time.to_zoned(TimeZone::UTC).datetime(),
                Err(_) => text.parse::<DateTime>().ok()?,
            },
            Shape::Number(text) => {
                #[allow(clippy::cast_possible_truncation)]
                // A date has no use for fractions; too large ones are no dates.
                let number = text.parse::<f64>().ok()? as i64;
                let time = if number.abs() >= MILLISECONDS_FROM {
                    Timestamp::from_millisecond(number)
                } else {
                    Timestamp::from_second(number)
                };
                time.ok()?.to_zoned(TimeZone::UTC).datetime()
            }
            _ => return None,
        };
        Some(match self {
            Part::Minute => date.minute().into(),
            Part::Hour => date.hour().into(),
            Part::Day => date.day().into(),
            Part::Week => date.date().iso_week_date().week().into(),
            Part::Month => date.month().into(),
            Part::Year => date.year().into(),
        })
    }
}
