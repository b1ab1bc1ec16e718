//! Shapes of several processes: one for each connection, some that share a listening socket, or
//! some that take work from another.
//!
//! Left out on purpose: programs whose processes run one after another; the one that works most
//! stands for them.

use whywait_report::{Shape, ThreadModel};

use super::program::Program;
use super::team::Team;
use crate::profile;

pub(super) fn classify(program: &Program<'_, '_>) -> Option<Shape> {
    if serves_by_processes(program) {
        return Some(Shape::ProcessPerConnection);
    }
    let team = program.team.as_ref()?;
    if team.size() < 2 {
        return None;
    }
    if serves_connections(team) {
        return Some(Shape::ProcessPerConnection);
    }
    let has_loops = |model: ThreadModel| {
        team.threads.iter().any(|one| one.model == model && program.is_about(one))
    };
    if has_loops(ThreadModel::UringLoop) {
        return Some(Shape::UringLoops);
    }
    let shares_socket = accepts(program, team);
    if has_loops(ThreadModel::EventLoop) {
        let prefork = shares_socket || (program.only_waits(team.parent) && !is_fed(team));
        return Some(if prefork { Shape::PreforkEventLoops } else { Shape::ProcessPoolEventLoops });
    }
    Some(if shares_socket { Shape::PreforkBlocking } else { Shape::ProcessPool })
}

/// Whether a thread accepts connections and makes processes for them.
fn serves_by_processes(program: &Program<'_, '_>) -> bool {
    program.analysis.threads_of(ThreadModel::Acceptor).any(|one| {
        let thread = one.thread;
        thread.processes_created > thread.threads_created
    })
}

/// Whether most members serve one connection each, whatever the process that made them does most.
fn serves_connections(team: &Team<'_, '_>) -> bool {
    let mains = || team.threads.iter().filter(|one| one.is_main());
    let serving = mains().filter(|one| one.model == ThreadModel::Connection).count();
    serving * 2 > mains().count()
}

/// Whether members accept connections themselves.
fn accepts(program: &Program<'_, '_>, team: &Team<'_, '_>) -> bool {
    let record = program.analysis.record;
    team.threads.iter().any(|one| profile::accepts(record, one.thread))
}

/// Whether members read work from a pipe or a local socket that others of the program write to.
fn is_fed(team: &Team<'_, '_>) -> bool {
    team.threads.iter().any(|one| one.is_main() && one.profile.ipc_read_wait_ns > 0)
}
