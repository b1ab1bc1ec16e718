//! What a sum of records does not have.

use std::fmt;

use crate::Record;

/// Something of the records that is not in their sum. Its `Display` is a sentence about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotSummed {
    /// What has the same name, where the names are placeholders.
    Names,
    /// The machine, where the records are of different ones.
    Host,
    /// The version and the command line of whywait, where they differ.
    Command,
    /// What each thread did when.
    Timeline,
    /// The call that a thread was in at the end, where it was in one in several records.
    InFlight,
    /// The arguments of the first process, where they differ.
    Arguments,
    /// How the first process ended, where it did so in different ways.
    Ending,
    /// CPU time in the kernel, where not all records have it.
    KernelCost,
    /// What watching cost each call of other processes, where it differs.
    ForeignCallCost,
    /// What was not watched, where it differs.
    NotWatched,
}

impl fmt::Display for NotSummed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Names => {
                "Names in records are placeholders, different ones in each record: what is summed \
                 as one process, thread, descriptor or machine may be several, or the reverse. Sum \
                 the records first and redact the sum: `whywait record --redact -o F --from A B`."
            }
            Self::Host => "The records are of different machines, so the sum has none.",
            Self::Command => {
                "The records were made by different commands or versions of whywait: the sum has \
                 those of one record."
            }
            Self::Timeline => {
                "The sum has no timeline: the clocks of the records began at different moments."
            }
            Self::InFlight => {
                "Threads were in a call at the end of several records: for each thread, the sum \
                 has the call that began first."
            }
            Self::Arguments => {
                "The program ran with different arguments: the sum has those of one record."
            }
            Self::Ending => {
                "The program ended in different ways: the sum has that it runs if it still ran in \
                 one of the records, or else a signal or the highest exit status."
            }
            Self::KernelCost => {
                "The CPU time that watching took in the kernel is not known of all records, so \
                 the sum does not have it."
            }
            Self::ForeignCallCost => {
                "What watching cost each call of other processes differs: the sum has the highest."
            }
            Self::NotWatched => {
                "The kernels of the records differ in what they let whywait watch: the sum lists \
                 everything that was not watched in one of them, and its counts have it only from \
                 the others."
            }
        })
    }
}

/// Everything of these records that is not in their sum.
pub(super) fn not_summed(records: &[Record]) -> Vec<NotSummed> {
    let in_flight =
        records.iter().any(|record| record.threads().any(|(_, one)| one.in_flight.is_some()));
    let commands = records.iter().filter_map(|record| Some(&record.root()?.command));
    let arguments = differ(commands.map(|command| &command.arguments));
    let kernel_cost = records.iter().map(|record| record.cost.kernel_cpu_ns.is_some());
    let foreign = records.iter().filter_map(|record| record.cost.per_foreign_call_ns);
    let redacted = records.iter().any(|record| record.capture.redacted);
    let host = differ(records.iter().map(|record| &record.capture.host));
    let command = records.iter().map(|record| (&record.capture.whywait, &record.capture.command));
    let all = [
        (NotSummed::Names, redacted),
        (NotSummed::Host, host),
        (NotSummed::Command, differ(command)),
        (NotSummed::Timeline, records.iter().any(|record| record.timeline.is_some())),
        (NotSummed::InFlight, in_flight),
        (NotSummed::Arguments, arguments),
        (NotSummed::Ending, differ(records.iter().map(|record| record.ending))),
        (NotSummed::KernelCost, differ(kernel_cost)),
        (NotSummed::ForeignCallCost, differ(foreign)),
        (NotSummed::NotWatched, differ(records.iter().map(|record| &record.not_watched))),
    ];
    all.into_iter().filter(|(_, is_so)| *is_so).map(|(what, _)| what).collect()
}

fn differ<T: PartialEq>(mut all: impl Iterator<Item = T>) -> bool {
    all.next().is_some_and(|first| all.any(|one| one != first))
}
