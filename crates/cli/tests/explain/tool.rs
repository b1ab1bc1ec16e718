//! The `whywait` that is tested, or what stands for it.
//!
//! `cargo xtask corpus --capture` puts a program in its place that also saves what was watched.

use std::sync::OnceLock;

/// The environment variable with what is run instead of `whywait`.
const TOOL: &str = "WHYWAIT_TEST_TOOL";

/// The environment variable that tells it what it watches, as `PROGRAM.WAY`.
pub(crate) const NAME_OF_WATCHED: &str = "WHYWAIT_TEST_WATCHED";

/// The path of `whywait`, or of what stands for it.
pub(crate) fn tool() -> &'static str {
    static PATH: OnceLock<Option<String>> = OnceLock::new();
    let path = PATH.get_or_init(|| std::env::var(TOOL).ok());
    path.as_deref().unwrap_or(env!("CARGO_BIN_EXE_whywait"))
}
