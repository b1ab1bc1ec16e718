//! `--urls`: a file of URLs.

use std::fs;
use std::path::Path;

use crate::failure::Failure;

/// The URLs in a file, one to a line. Lines that are empty or begin with `#` say nothing.
pub(super) fn read(path: &Path) -> Result<Vec<String>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::usage(
            format!("--urls {}: it cannot be read: {error}", path.display()),
            "name a text file with a URL in each line",
        )
    })?;
    let lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let urls: Vec<_> = lines.map(str::to_owned).collect();
    if urls.is_empty() {
        return Err(Failure::usage(
            format!("--urls {}: there is no URL in it", path.display()),
            "write a URL in each line",
        ));
    }
    Ok(urls)
}
