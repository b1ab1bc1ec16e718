//! A kernel of Debian's archive: found by apt, downloaded and unpacked, never installed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Failed, run_to_end};

use super::KernelsError;

/// The flavour of a version that is given without one: small, and boots fastest.
const FLAVOUR: &str = "cloud-amd64";

/// A kernel series and its flavour, such as `6.1-cloud-amd64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    series: String,
    flavour: String,
}

impl Version {
    /// `SERIES` or `SERIES-FLAVOUR`; none if it is neither.
    pub(super) fn parse(word: &str) -> Option<Self> {
        let (series, flavour) = word.split_once('-').unwrap_or((word, FLAVOUR));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let is_series = series.contains('.') && series.split('.').all(is_number);
        let is_flavour = flavour.ends_with("amd64");
        (is_series && is_flavour)
            .then(|| Self { series: series.to_owned(), flavour: flavour.to_owned() })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.series, self.flavour)
    }
}

/// A package of Debian's with a kernel in it.
#[derive(Debug)]
pub(super) struct Package {
    /// Such as `linux-image-6.1.0-57-cloud-amd64`.
    name: String,
}

/// A kernel that is unpacked on this machine.
#[derive(Debug)]
pub(super) struct Kernel {
    /// Such as `6.1.0-57-cloud-amd64`.
    pub(super) release: String,
    /// What the boot loader loads.
    pub(super) image: PathBuf,
    /// The directory of its modules.
    pub(super) modules: PathBuf,
}

impl Package {
    /// The newest package of a version that apt knows.
    ///
    /// # Errors
    /// [`KernelsError::NoPackage`] if apt knows none.
    pub(super) fn newest(version: &Version) -> Result<Self, Failed> {
        let mut search = Command::new("apt-cache");
        search.args(["search", "--names-only", "^linux-image-.*amd64$"]);
        let output = crate::output_of(&mut search)?;
        let names = output.lines().filter_map(|line| line.split(' ').next());
        match newest(names, version) {
            Some(name) => Ok(Self { name: name.to_owned() }),
            None => {
                let (series, flavour) = (&version.series, &version.flavour);
                Err(KernelsError::NoPackage(format!("linux-image-{series}.*-{flavour}")).into())
            }
        }
    }

    /// Downloads and unpacks it below `directory`, where it stays for the next run.
    pub(super) fn fetch(&self, directory: &Path) -> Result<Kernel, Failed> {
        let unpacked = directory.join(&self.name);
        if !unpacked.exists() {
            self.unpack(directory, &unpacked)?;
        }
        let release = self.name.trim_start_matches("linux-image-").to_owned();
        let image = unpacked.join("boot").join(format!("vmlinuz-{release}"));
        if !image.exists() {
            return Err(KernelsError::NoKernel(unpacked).into());
        }
        let modules = unpacked.join("lib/modules").join(&release);
        Ok(Kernel { release, image, modules })
    }

    /// The directory gets its name once everything is in it, so that an interrupted run leaves
    /// none that is taken for whole.
    fn unpack(&self, directory: &Path, unpacked: &Path) -> Result<(), Failed> {
        let partial = directory.join(format!("{}.partial", self.name));
        if partial.exists() {
            std::fs::remove_dir_all(&partial).map_err(Failed::write(&partial))?;
        }
        std::fs::create_dir_all(&partial).map_err(Failed::write(&partial))?;
        let mut download = Command::new("apt-get");
        download.args(["-q", "-o", "APT::Sandbox::User=root", "download", &self.name]);
        run_to_end(download.current_dir(&partial))?;
        let debs = crate::entries(&partial)?;
        let deb = debs.iter().find(|path| path.extension().is_some_and(|kind| kind == "deb"));
        let deb = deb.ok_or_else(|| KernelsError::NoKernel(partial.clone()))?;
        run_to_end(Command::new("dpkg-deb").arg("-x").arg(deb).arg(&partial))?;
        std::fs::remove_file(deb).map_err(Failed::write(deb))?;
        std::fs::rename(&partial, unpacked).map_err(Failed::write(unpacked))
    }
}

/// The name with the greatest numbers among those of a version. Names of other flavours and of
/// unsigned or debug packages are passed over.
fn newest<'a>(names: impl Iterator<Item = &'a str>, version: &Version) -> Option<&'a str> {
    let Version { series, flavour } = version;
    let numbers = |name: &'a str| -> Option<Vec<u64>> {
        let build = name
            .strip_prefix("linux-image-")?
            .strip_prefix(series.as_str())?
            .strip_prefix('.')?
            .strip_suffix(flavour.as_str())?
            .strip_suffix('-')?;
        // A word between dashes that is no number is part of another flavour.
        let is_build = build.split('-').all(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        let digits = build.split(|character: char| !character.is_ascii_digit());
        is_build.then(|| digits.filter_map(|number| number.parse().ok()).collect())
    };
    let numbered = names.filter_map(|name| Some((numbers(name)?, name)));
    numbered.max().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::{Version, newest};

    const NAMES: [&str; 11] = [
        "linux-image-6.1.0-9-cloud-amd64",
        "linux-image-6.1.0-57-cloud-amd64",
        "linux-image-6.1.0-57-amd64",
        "linux-image-6.1.0-58-cloud-amd64-dbg",
        "linux-image-6.1.0-58-cloud-amd64-unsigned",
        "linux-image-6.12-amd64",
        "linux-image-6.12.9+deb12-amd64",
        "linux-image-6.12.117+deb12-amd64",
        "linux-image-6.12.118+deb12-cloud-amd64",
        "linux-image-6.12.118+deb12-rt-amd64",
        "linux-image-6.12.9+bpo-amd64",
    ];

    fn newest_of(version: &str) -> Option<&'static str> {
        newest(NAMES.into_iter(), &Version::parse(version).expect("a version"))
    }

    #[test]
    fn the_newest_is_found_by_number_and_not_by_letter() {
        assert_eq!(newest_of("6.1"), Some("linux-image-6.1.0-57-cloud-amd64"));
        assert_eq!(newest_of("6.12-amd64"), Some("linux-image-6.12.117+deb12-amd64"));
    }

    #[test]
    fn other_series_and_flavours_are_passed_over() {
        assert_eq!(newest_of("6.1-amd64"), Some("linux-image-6.1.0-57-amd64"));
        assert_eq!(newest_of("6.12"), Some("linux-image-6.12.118+deb12-cloud-amd64"));
        assert_eq!(newest_of("6.12-rt-amd64"), Some("linux-image-6.12.118+deb12-rt-amd64"));
        assert_eq!(newest_of("6.5"), None);
    }
}
