//! A harmless name for a file, from whatever a URL says.

use super::Url;

/// Bytes of the longest name; filesystems take 255, and a number is added to it where need be.
const NAME_BYTES_MAX: usize = 200;

/// Bytes of the longest extension that survives when a name is cut.
const EXTENSION_BYTES_MAX: usize = 16;

/// What Windows takes for a device, whatever extension follows.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "com", "lpt"];

/// What a URL without a name gets.
const NAMELESS: &str = "index";

/// The last part of the URL's path as the name of a file: never empty, no path, nothing hidden,
/// nothing that a terminal, a shell's option or another system takes for something else.
pub(crate) fn file_name_of(url: &str) -> String {
    let segment = Url::parse(url).map(|url| url.last_segment()).unwrap_or_default();
    harmless(&String::from_utf8_lossy(&segment))
}

fn harmless(text: &str) -> String {
    let mut name: String = text.chars().map(|c| if may_stand(c) { c } else { '_' }).collect();
    // Windows drops them at the end, where another file's name may come out.
    name.truncate(name.trim_end_matches(['.', ' ']).len());
    cut(&mut name);
    if name.starts_with(['.', '-', ' ', '~']) {
        name.replace_range(..1, "_");
    }
    if is_device(&name) {
        name.insert(0, '_');
    }
    if name.is_empty() { NAMELESS.to_owned() } else { name }
}

/// What looks like itself everywhere. Everything else becomes `_`: separators, controls, quotes,
/// what turns the direction of writing.
fn may_stand(character: char) -> bool {
    character.is_alphanumeric() || "._-+=@(),~ ".contains(character)
}

/// Cuts a name that is too long, and keeps its extension if that is one.
fn cut(name: &mut String) {
    if name.len() <= NAME_BYTES_MAX {
        return;
    }
    let extension = name.rfind('.').map(|dot| name[dot..].to_owned());
    let extension = extension.filter(|text| text.len() <= EXTENSION_BYTES_MAX).unwrap_or_default();
    let fits = |&end: &usize| name.is_char_boundary(end);
    let end = (0..=NAME_BYTES_MAX - extension.len()).rev().find(fits).unwrap_or_default();
    name.truncate(end);
    name.push_str(&extension);
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let word = stem.trim_end_matches(|c: char| c.is_numeric());
    let numbered = stem.chars().count() - word.chars().count();
    DEVICES.contains(&word) && numbered <= 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_ordinary_name_stays() {
        for (url, name) in [
            ("https://example.com/a/report-2.1.pdf", "report-2.1.pdf"),
            ("https://example.com/a/report.pdf?version=2", "report.pdf"),
            ("https://example.com/gr%C3%BC%C3%9Fe%20an%20alle.txt", "grüße an alle.txt"),
        ] {
            assert_eq!(file_name_of(url), name, "{url}");
        }
    }

    #[test]
    fn what_is_no_name_becomes_one() {
        let long = format!("http://h/{}.tar.gz", "a".repeat(5000));
        for (url, name) in [
            ("http://h", "index"),
            ("http://h/", "index"),
            ("http://h/..", "index"),
            ("http://h/%2e%2e", "index"),
            ("http://h/%2e%2e%2fetc%2fpasswd", "_._etc_passwd"),
            ("http://h/%2Fetc%2Fpasswd", "_etc_passwd"),
            ("http://h/..%5c..%5cboot.ini", "_._.._boot.ini"),
            ("http://h/a%00b", "a_b"),
            ("http://h/.bashrc", "_bashrc"),
            ("http://h/-rf", "_rf"),
            ("http://h/C:evil", "C_evil"),
            ("http://h/NUL.txt", "_NUL.txt"),
            ("http://h/com1", "_com1"),
            ("http://h/company", "company"),
            ("http://h/report.pdf.%20.", "report.pdf"),
            ("http://h/a%E2%80%AEfdp.exe", "a_fdp.exe"),
            ("http://h/%FF%FE", "__"),
            ("no url", "index"),
        ] {
            assert_eq!(file_name_of(url), name, "{url}");
        }
        assert!(file_name_of(&long).ends_with("a.gz") && file_name_of(&long).len() <= 200);
    }

    proptest! {
        #[test]
        fn every_segment_gives_a_harmless_name(text in any::<String>(), bytes in any::<Vec<u8>>()) {
            let encoded: String = bytes.iter().map(|byte| format!("%{byte:02x}")).collect();
            for name in [harmless(&text), file_name_of(&format!("http://h/{encoded}"))] {
                let mut parts = std::path::Path::new(&name).components();
                let first = parts.next();
                prop_assert!(matches!(first, Some(std::path::Component::Normal(_))), "{name:?}");
                prop_assert!(parts.next().is_none(), "{name:?}");
                prop_assert!((1..=NAME_BYTES_MAX + 1).contains(&name.len()), "{name:?}");
                prop_assert!(!name.contains(['/', '\\', ':', '\0']), "{name:?}");
                prop_assert!(!name.starts_with(['.', '-']) && !name.ends_with(['.', ' ']));
                prop_assert!(!is_device(&name) && !name.chars().any(char::is_control), "{name:?}");
            }
        }
    }
}
