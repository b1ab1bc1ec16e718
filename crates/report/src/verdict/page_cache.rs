//! That the work on files never met the disk.
//!
//! Left out on purpose: how long a cold disk would take, which no number of the document shows.

use crate::page_cache::FileTraffic;
use crate::quantity::{Bytes, models};
use crate::{Comparison, Run};

pub(super) fn say(comparison: &Comparison) -> Vec<String> {
    let runs = comparison.runs.iter();
    let traffic: Vec<_> =
        runs.filter_map(|run| Some((run, FileTraffic::of(comparison, run)?))).collect();
    let (cached, met): (Vec<_>, Vec<_>) =
        traffic.into_iter().partition(|(_, traffic)| traffic.missed_the_disk());
    let sentence = match (cached.as_slice(), met.as_slice()) {
        ([], _) => None,
        ([(_, traffic), ..], []) => all_cached(comparison, traffic),
        (_, met) => Some(mixed(met)),
    };
    sentence.into_iter().collect()
}

fn all_cached(comparison: &Comparison, traffic: &FileTraffic) -> Option<String> {
    let waits = comparison.plan.fsync_steps > 0;
    let what = match (traffic.read_bytes > 0.0, traffic.written_bytes > 0.0, waits) {
        (true, _, true) => {
            return Some(
                "The files were read from the page cache; only `fsync` met the disk.".into(),
            );
        }
        (true, false, false) => "read from the page cache",
        (true, true, false) => {
            "read from the page cache and written to it, and no step waits for the disk (`fsync` does)"
        }
        (false, true, false) => {
            "written to the page cache, and no step waits for the disk (`fsync` does)"
        }
        (false, _, _) => return None,
    };
    Some(format!(
        "The files were {what}: these are the times of system calls and copies, not of the disk."
    ))
}

/// Some runs met the disk and others did not, so they did not do the same.
fn mixed(met: &[(&Run, FileTraffic)]) -> String {
    let named = met.iter().map(|(run, traffic)| {
        format!("{} ({})", run.contestant.label(), Bytes(traffic.disk_bytes))
    });
    format!(
        "Some models read from the disk and the others from the page cache, so their times do not \
         compare: {}.",
        models(named)
    )
}

#[cfg(test)]
mod tests {
    use super::say;
    use crate::{Comparison, Spread, example};

    /// The example as a plan that reads and writes so much, and reads so much from storage.
    fn with_traffic(read: f64, written: f64, disk: [f64; 2]) -> Comparison {
        let mut comparison = example::files();
        for (place, run) in comparison.runs.iter_mut().enumerate() {
            run.metrics.insert("read_bytes".into(), read);
            run.metrics.insert("written_bytes".into(), written);
            run.measures.disk_read_bytes = Spread::of(&[disk[place.min(1)]]);
        }
        comparison
    }

    #[test]
    fn files_that_are_only_written_stay_in_the_page_cache() {
        let mut comparison = with_traffic(0.0, 5e7, [0.0; 2]);
        let expected = "The files were written to the page cache, and no step waits for the disk \
                        (`fsync` does): these are the times of system calls and copies, not of the \
                        disk.";
        assert_eq!(say(&comparison), [expected]);
        comparison.plan.fsync_steps = 5000;
        assert_eq!(say(&comparison), [""; 0]);
    }

    #[test]
    fn cached_reads_are_told_and_reads_from_the_disk_are_not() {
        let expected = "The files were read from the page cache: these are the times of system calls \
                        and copies, not of the disk.";
        let mut comparison = with_traffic(5e7, 0.0, [4096.0; 2]);
        assert_eq!(say(&comparison), [expected]);
        comparison.plan.fsync_steps = 1;
        assert!(say(&comparison).concat().ends_with("only `fsync` met the disk."));
        assert_eq!(say(&with_traffic(5e7, 0.0, [5e7; 2])), [""; 0]);
    }

    #[test]
    fn a_comparison_of_cached_and_cold_reads_is_called_one() {
        let said = say(&with_traffic(5e7, 0.0, [5e7, 0.0])).concat();
        assert!(said.ends_with("so their times do not compare: `blocking` (47.7 MiB)."), "{said}");
    }

    #[test]
    fn a_plan_without_files_has_nothing_to_do_with_the_disk() {
        assert_eq!(say(&example::downloads()), [""; 0]);
    }
}
