//! Under which name a body is kept.

use std::path::PathBuf;

/// Under which name a body is kept, in a directory that whoever runs the plan is told of; where
/// nobody told, it is not kept.
///
/// That directory is not the one in which the plan is run. Whoever keeps the body overwrites no
/// file, and does not leave the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveAs {
    /// The last part of the URL's path, made harmless.
    UrlName,
    /// This path, relative and without `..`.
    Path(PathBuf),
}
