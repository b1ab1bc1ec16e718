//! The words after `cargo xtask kernels`.

use crate::Failed;

use super::KernelsError;
use super::package::Version;
use super::step::{STEPS, Step};

const USAGE: &str = "cargo xtask kernels [--fetch] [--only STEP,…] [VERSION[-FLAVOUR]…]";

/// The kernels that are tried when no version is given: the one of Debian 12, and the newest one
/// that it packages.
const VERSIONS: &[&str] = &["6.1-cloud-amd64", "6.12-amd64"];

/// What to run on which kernels.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) versions: Vec<Version>,
    /// Whether the kernels are only downloaded.
    pub(super) fetch: bool,
    /// The beginnings of the names of the steps to run; all steps if it is empty.
    only: Vec<String>,
}

impl Options {
    /// # Errors
    /// [`Failed::Usage`] on an unknown option or a version that is none.
    pub(super) fn parse(arguments: &[String]) -> Result<Self, Failed> {
        let mut options = Self { versions: Vec::new(), fetch: false, only: Vec::new() };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--fetch" => options.fetch = true,
                "--only" => {
                    let names = words.next().ok_or(Failed::Usage(USAGE))?;
                    options.only.extend(names.split(',').map(str::to_owned));
                }
                word => options.versions.push(version(word)?),
            }
        }
        if options.versions.is_empty() {
            options.versions =
                VERSIONS.iter().map(|word| version(word)).collect::<Result<_, _>>()?;
        }
        Ok(options)
    }

    /// The steps to run, in the order of [`STEPS`].
    ///
    /// # Errors
    /// [`KernelsError::NoStep`] if a name given to `--only` selects none.
    pub(super) fn steps(&self) -> Result<Vec<&'static Step>, KernelsError> {
        for given in &self.only {
            if !STEPS.iter().any(|step| step.name.starts_with(given.as_str())) {
                let known: Vec<_> = STEPS.iter().map(|step| step.name).collect();
                return Err(KernelsError::NoStep { given: given.clone(), known: known.join(", ") });
            }
        }
        let selected = |step: &&Step| {
            self.only.is_empty() || self.only.iter().any(|only| step.name.starts_with(only))
        };
        Ok(STEPS.iter().filter(selected).collect())
    }
}

/// A version as the user writes it. Of the [`VERSIONS`] the flavour is known.
fn version(word: &str) -> Result<Version, Failed> {
    let known = VERSIONS.iter().find(|known| known.split('-').next() == Some(word));
    Version::parse(known.unwrap_or(&word)).ok_or(Failed::Usage(USAGE))
}

#[cfg(test)]
mod tests {
    use super::Options;
    use crate::Failed;
    use crate::kernels::KernelsError;

    fn parse(words: &[&str]) -> Result<Options, Failed> {
        Options::parse(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_version_gets_the_flavour_that_is_tried_by_default() -> Result<(), Failed> {
        let shown = |words: &[&str]| -> Result<Vec<String>, Failed> {
            Ok(parse(words)?.versions.iter().map(ToString::to_string).collect())
        };
        assert_eq!(shown(&[])?, ["6.1-cloud-amd64", "6.12-amd64"]);
        assert_eq!(shown(&["6.12"])?, ["6.12-amd64"]);
        assert_eq!(shown(&["6.12-rt-amd64", "6.19"])?, ["6.12-rt-amd64", "6.19-cloud-amd64"]);
        Ok(())
    }

    #[test]
    fn what_is_no_option_and_no_version_is_refused() {
        for words in [&["--fetsh"][..], &["--only"], &["six"], &["6"], &["6.1-"]] {
            assert!(matches!(parse(words), Err(Failed::Usage(_))), "{words:?}");
        }
    }

    #[test]
    fn steps_are_selected_by_the_beginning_of_their_names() -> Result<(), Box<dyn std::error::Error>>
    {
        let names = |only| -> Result<Vec<_>, Box<dyn std::error::Error>> {
            Ok(parse(&["--only", only])?.steps()?.iter().map(|step| step.name).collect())
        };
        assert_eq!(names("compare,verifier")?, ["verifier", "compare-files"]);
        assert!(names("fixture:")?.len() >= 10);
        let refused = parse(&["--only", "verifier,nothing"])?.steps();
        assert!(matches!(refused, Err(KernelsError::NoStep { given, .. }) if given == "nothing"));
        Ok(())
    }
}
