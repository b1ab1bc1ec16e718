//! Options whose values have a unit.

use std::time::Duration;

use whywait_plan::{QuantityError, parse_duration};

use crate::failure::Failure;

/// The value of an option.
pub(crate) fn read<T>(
    text: &str,
    option: &str,
    parse: fn(&str) -> Result<T, QuantityError>,
    expected: &str,
) -> Result<T, Failure> {
    parse(text).map_err(|error| {
        Failure::usage(format!("--{option} {text:?}: {error}"), format!("expected {expected}"))
    })
}

/// The value of an option that is so long a time that a bare number can only count seconds; 0
/// leaves no time to do what `work` says.
pub(crate) fn read_time(text: &str, option: &str, work: &str) -> Result<Duration, Failure> {
    let advice = "a number of seconds, or a time such as \"2 min\"";
    let time = match text.parse().map(Duration::from_secs) {
        Ok(time) => Ok(time),
        Err(_) => parse_duration(text),
    };
    let time =
        time.map_err(|error| Failure::usage(format!("--{option} {text:?}: {error}"), advice))?;
    if time.is_zero() {
        return Err(Failure::usage(format!("--{option} 0 leaves no time to {work}"), advice));
    }
    Ok(time)
}
