//! The progress of a comparison, on standard error.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use whywait_lab::{Progress, Stage};

use crate::download_bars::DownloadBars;

/// A bar that shows which run is on, and how far its downloads are; nothing where standard error
/// is no terminal.
pub(crate) struct ComparisonBar {
    runs: ProgressBar,
    downloads: DownloadBars,
}

impl ComparisonBar {
    pub(crate) fn new() -> Self {
        let screen = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        let bar = screen.add(bar);
        let style = ProgressStyle::with_template("{spinner} [{bar:30}] {pos}/{len} runs  {msg}");
        bar.set_style(style.expect("the template is a constant").progress_chars("=> "));
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { runs: bar, downloads: DownloadBars::new(screen) }
    }

    pub(crate) fn show(&mut self, progress: &Progress) {
        self.runs.set_length(progress.total as u64);
        self.runs.set_position(progress.done as u64);
        if let Stage::Download(news) = &progress.stage {
            return self.downloads.show(news);
        }
        self.downloads.clear();
        self.runs.set_message(match &progress.stage {
            Stage::WarmUp => "touching the page cache".into(),
            Stage::Setup => "making the files that the plan reads".into(),
            Stage::Measure { model, round } => format!("round {round}: {model}"),
            Stage::Verify { model } => format!("checking the result of {model}"),
            Stage::Kept { .. } | Stage::NotKept { .. } => "saving what was downloaded".into(),
            Stage::Remove => "removing the working files".into(),
            Stage::Download(_) => return,
        });
    }
}

impl Drop for ComparisonBar {
    fn drop(&mut self) {
        self.downloads.clear();
        self.runs.finish_and_clear();
    }
}
