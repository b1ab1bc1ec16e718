//! What somebody may have meant.

/// Names further than this from what was typed are no help.
const NEAR: f64 = 0.7;

/// The name of `names` that is nearest to `typed`, if one is near.
pub(crate) fn nearest<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = names.map(|name| (strsim::jaro_winkler(typed, name), name));
    let best = near.filter(|(score, _)| *score >= NEAR).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, name)| name)
}

/// "Did you mean `x`? " or nothing, and all that exists.
pub(crate) fn advice<'a>(
    typed: &str,
    what: &str,
    names: impl Iterator<Item = &'a str> + Clone,
) -> String {
    let meant = nearest(typed, names.clone()).map(|name| format!("did you mean `{name}`? "));
    let all: Vec<_> = names.collect();
    format!("{}{what}: {}", meant.unwrap_or_default(), all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const NAMES: [&str; 4] = ["blocking", "nonblocking", "epoll", "poll"];

    #[test]
    fn a_slip_finds_its_name_and_nonsense_none() {
        let found = |typed| nearest(typed, NAMES.into_iter());
        assert_eq!(found("epol"), Some("epoll"));
        assert_eq!(found("bloking"), Some("blocking"));
        assert_eq!(found("xyzzy"), None);
    }
}
