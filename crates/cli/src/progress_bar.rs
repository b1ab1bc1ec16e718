//! The progress of a comparison, on standard error.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use whywait_lab::{Progress, Stage};

/// A bar that shows which run is on; nothing where standard error is no terminal.
pub(crate) struct ComparisonBar(ProgressBar);

impl ComparisonBar {
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{spinner} [{bar:30}] {pos}/{len} runs  {msg}");
        bar.set_style(style.expect("the template is a constant").progress_chars("=> "));
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    pub(crate) fn show(&self, progress: &Progress) {
        self.0.set_length(progress.total as u64);
        self.0.set_position(progress.done as u64);
        self.0.set_message(match &progress.stage {
            Stage::WarmUp => "touching the page cache".into(),
            Stage::Setup => "making the files that the plan reads".into(),
            Stage::Measure { model, round } => format!("round {round}: {model}"),
            Stage::Verify { model } => format!("checking the result of {model}"),
            Stage::Remove => "removing the working files".into(),
        });
    }
}

impl Drop for ComparisonBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
