//! With whom sockets speak that are used before they are connected, as libpq does.

use syscalls::Sysno;
use whywait_record::{DescriptorKind, Detail, Record, Syscall};

use crate::program::{turn, watched};

/// The sockets on which the first process waited in poll(2).
fn polled(record: &Record, kind: DescriptorKind) -> Vec<&whywait_record::Descriptor> {
    record
        .threads()
        .filter(|(process, _)| process.pid == record.root_pid)
        .flat_map(|(_, thread)| &thread.waits)
        .filter(|wait| wait.syscall == Some(Syscall::of(Sysno::poll)))
        .filter_map(|wait| record.descriptor(wait.descriptor?))
        .filter(|descriptor| descriptor.kind == kind)
        .collect()
}

#[test]
fn a_socket_that_is_used_before_it_is_connected_has_its_peer() {
    let Some(_turn) = turn() else { return };
    for detail in [Detail::Full, Detail::Light] {
        let path = std::env::temp_dir().join(format!("whywait-peer-{}", std::process::id()));
        let path = path.to_str().expect("the path of temporary files is text");
        let record = watched(detail, "late_connection", path);
        let sockets = polled(&record, DescriptorKind::Unix);
        let [unix] = sockets[..] else { panic!("{detail:?}: {sockets:?}") };
        assert_eq!(unix.peer.as_deref(), Some(&*format!("unix:{path}")), "{detail:?}");
        let sockets = polled(&record, DescriptorKind::Tcp);
        let [tcp] = sockets[..] else { panic!("{detail:?}: {sockets:?}") };
        for end in [&tcp.peer, &tcp.local] {
            let is_near = end.as_deref().is_some_and(|end| end.starts_with("127.0.0.1:"));
            assert!(is_near, "{detail:?}: {tcp:?}");
        }
        std::fs::remove_file(path).expect("the program made a socket there");
    }
}
