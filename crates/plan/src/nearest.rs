//! What a misspelt word was perhaps meant to be.

/// The candidate most like `word`, if any is like it enough to be worth suggesting.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // Damerau-Levenshtein is quadratic, and no known word is near a text of this length.
    if word.len() > 64 {
        return None;
    }
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (distance(&word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).max(1))
        // A word that shares no letter with the candidate is not a misspelling of it.
        .filter(|(distance, candidate)| *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters were mistyped, capitals apart.
fn distance(lower_word: &str, candidate: &str) -> usize {
    strsim::damerau_levenshtein(lower_word, &candidate.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_only_what_is_near() {
        let steps = ["write", "write_at", "read", "unlink"];
        assert_eq!(nearest("wirte", steps), Some("write"));
        assert_eq!(nearest("WRITE", steps), Some("write"));
        assert_eq!(nearest("writeat", steps), Some("write_at"));
        assert_eq!(nearest("kib", ["B", "KB", "KiB"]), Some("KiB"));
        assert_eq!(nearest("x", ["B", "KB"]), None);
        assert_eq!(nearest("delete", steps), None);
        assert_eq!(nearest(&"write".repeat(1000), steps), None);
    }
}
