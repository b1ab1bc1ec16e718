//! Shapes of one thread that does the work.
//!
//! Left out on purpose: who started it.

use whywait_report::{Shape, ThreadModel};

use super::program::{Program, work_ns};

pub(super) fn classify(program: &Program<'_, '_>) -> Option<Shape> {
    let busiest = program
        .threads()
        .filter(|one| !matches!(one.model, ThreadModel::Unknown | ThreadModel::Idle))
        .max_by_key(|one| work_ns(one));
    let Some(one) = busiest else {
        return program.threads().next().map(|_| Shape::Idle);
    };
    match one.model {
        ThreadModel::Cpu => Some(Shape::CpuBound),
        ThreadModel::Spinner => Some(Shape::BusyPolling),
        ThreadModel::EventLoop => Some(Shape::EventLoop),
        ThreadModel::UringLoop => Some(Shape::UringLoop),
        ThreadModel::WaitsOnHelper => Some(Shape::HandOffAndWait),
        ThreadModel::Blocking
        | ThreadModel::Connection
        | ThreadModel::PoolWorker
        | ThreadModel::Acceptor
        | ThreadModel::WaitsForChildren => Some(Shape::Blocking),
        ThreadModel::Idle | ThreadModel::Unknown => None,
    }
}
