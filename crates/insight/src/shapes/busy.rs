//! The shape of a program that asks again and again.
//!
//! Left out on purpose: a thread that does so beside others that do the work; it is a finding.

use whywait_report::{Shape, ThreadModel};

use super::program::{Program, work_ns};

pub(super) fn classify(program: &Program<'_, '_>) -> Option<Shape> {
    let spinning_ns =
        program.threads_of(ThreadModel::Spinner).map(work_ns).fold(0, u64::saturating_add);
    let all_ns = program.threads().map(work_ns).fold(0, u64::saturating_add);
    let mostly = spinning_ns > 0 && crate::share(spinning_ns, all_ns) >= 0.5;
    mostly.then_some(Shape::BusyPolling)
}
