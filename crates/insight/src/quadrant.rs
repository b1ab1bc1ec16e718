//! How the threads of a program that do I/O wait.
//!
//! Left out on purpose: the kernel's view, in which a copy can be asynchronous too.

use whywait_report::{Control, Notice, Quadrant, Shape};

use crate::Analysis;

/// Whether calls give control back before they are done, and who finds out that they are. None of
/// a program that does no I/O, or of which too little was seen.
pub(crate) fn quadrant_of(analysis: &Analysis<'_>) -> Option<Quadrant> {
    let (control, notice) = match analysis.shape {
        Shape::Blocking
        | Shape::ThreadPerConnection
        | Shape::ThreadPerTask
        | Shape::ThreadPool
        | Shape::ProcessPerConnection
        | Shape::PreforkBlocking
        | Shape::ProcessPool => (Control::Blocking, Notice::Synchronous),
        Shape::BusyPolling => (Control::NonBlocking, Notice::Synchronous),
        Shape::HandOffAndWait => (Control::Blocking, Notice::Asynchronous),
        Shape::EventLoop
        | Shape::EventLoopAndPool
        | Shape::EventLoops
        | Shape::PreforkEventLoops
        | Shape::ProcessPoolEventLoops
        | Shape::UringLoop
        | Shape::UringLoops => (Control::NonBlocking, Notice::Asynchronous),
        Shape::CpuBound | Shape::Idle | Shape::Unknown => return None,
    };
    Some(Quadrant { control, notice })
}
