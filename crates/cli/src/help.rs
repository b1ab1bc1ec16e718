//! Lists in help texts.

/// A line for each name, and what it is for.
pub(crate) fn lines<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    rows.into_iter().map(|(name, summary)| format!("  {name:<8} {summary}\n")).collect()
}
