//! The one compiler whose output is committed.
//!
//! Left out on purpose: other versions. Each may arrange the same program in another way, and then
//! nobody could tell a changed source from a changed compiler.

use std::process::Command;

/// The version that the committed objects come from: Debian 12's.
const VERSION: &str = "14.0.6";

/// A compiler and a strip of [`VERSION`].
#[derive(Debug)]
pub(crate) struct Toolchain {
    pub(crate) clang: String,
    pub(crate) strip: String,
}

/// A program of the toolchain that is not here in the right version.
#[derive(Debug, thiserror::Error)]
#[error(
    "{program} {VERSION} is needed; {found}. Debian 12 has it: apt-get install clang-14 llvm-14"
)]
pub(crate) struct Lacks {
    program: &'static str,
    found: String,
}

impl Toolchain {
    /// Looks for both programs, under the name with the version first.
    ///
    /// # Errors
    /// Which one is not here, and what is instead.
    pub(crate) fn find() -> Result<Self, Lacks> {
        Ok(Self { clang: find("clang")?, strip: find("llvm-strip")? })
    }
}

fn find(program: &'static str) -> Result<String, Lacks> {
    let mut found = Vec::new();
    for name in [format!("{program}-14"), program.to_owned()] {
        match version_of(&name) {
            Ok(version) if version == VERSION => return Ok(name),
            Ok(version) => found.push(format!("`{name}` is version {version}")),
            Err(why) => found.push(format!("`{name}`: {why}")),
        }
    }
    Err(Lacks { program, found: found.join(", ") })
}

fn version_of(name: &str) -> Result<String, String> {
    let output = Command::new(name).arg("--version").output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    version_in(&text).map(str::to_owned).ok_or_else(|| "it does not say its version".to_owned())
}

/// The word after the first `version`, as in `Debian clang version 14.0.6`.
fn version_in(text: &str) -> Option<&str> {
    let rest = text.split_once("version ")?.1;
    let end = rest.find(|character: char| !character.is_ascii_digit() && character != '.');
    Some(&rest[..end.unwrap_or(rest.len())]).filter(|version| !version.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{find, version_in};

    #[test]
    fn versions_are_read_from_what_the_programs_say() {
        assert_eq!(version_in("Debian clang version 14.0.6\nTarget: x\n"), Some("14.0.6"));
        assert_eq!(version_in("Ubuntu clang version 18.1.3 (1ubuntu1)\n"), Some("18.1.3"));
        let strip =
            "llvm-strip, compatible with GNU strip\nDebian LLVM version 14.0.6\n  Optimized";
        assert_eq!(version_in(strip), Some("14.0.6"));
        assert_eq!(version_in("clang"), None);
    }

    #[test]
    fn what_is_not_there_is_named_with_what_to_install() {
        let said = find("no-such-compiler").expect_err("there is none").to_string();
        assert!(said.contains("`no-such-compiler-14`: "), "{said}");
        assert!(said.contains("apt-get install clang-14"), "{said}");
    }
}
