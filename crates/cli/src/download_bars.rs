//! The progress of downloads, a bar for each, below the comparison's own.

use std::collections::BTreeMap;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use whywait_lab::DownloadNews;

/// Most bars that are shown at once: more would not fit on a screen.
const BARS_MAX: usize = 20;

/// A bar for each download of the run in progress.
pub(crate) struct DownloadBars {
    screen: MultiProgress,
    bars: BTreeMap<u32, ProgressBar>,
}

impl DownloadBars {
    pub(crate) fn new(screen: MultiProgress) -> Self {
        Self { screen, bars: BTreeMap::new() }
    }

    /// Shows how far a download is.
    pub(crate) fn show(&mut self, news: &DownloadNews) {
        if !self.bars.contains_key(&news.flow) && self.bars.len() >= BARS_MAX {
            return;
        }
        let screen = &self.screen;
        let bar = self.bars.entry(news.flow).or_insert_with(|| screen.add(new_bar(news)));
        bar.set_position(news.came_bytes);
        if news.is_done {
            bar.abandon();
        }
    }

    /// Removes them: another run begins.
    pub(crate) fn clear(&mut self) {
        for bar in std::mem::take(&mut self.bars).into_values() {
            bar.finish_and_clear();
            self.screen.remove(&bar);
        }
    }
}

fn new_bar(news: &DownloadNews) -> ProgressBar {
    // Hidden until the screen has it, which draws nothing where there is no terminal.
    let bar = ProgressBar::with_draw_target(news.length_bytes, ProgressDrawTarget::hidden());
    let template = match news.length_bytes {
        Some(_) => "  {prefix} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec}",
        None => "  {prefix} {spinner} {bytes} {bytes_per_sec}",
    };
    let style = ProgressStyle::with_template(template).expect("the template is a constant");
    bar.set_style(style.progress_chars("=> "));
    bar.set_prefix(format!("flow {:<4}", news.flow));
    bar
}
