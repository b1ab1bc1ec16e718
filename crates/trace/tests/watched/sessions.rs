//! Which session a process belongs to whose beginning was seen.

use whywait_record::{Detail, Ending};

use crate::program::{session_of, turn, watched};

#[test]
fn a_process_is_in_the_session_that_it_made_or_else_in_its_parents() {
    let Some(_turn) = turn() else { return };
    let own = session_of(std::process::id());
    for detail in [Detail::Full, Detail::Light] {
        let record = watched(detail, "own_session", "");
        let session = |ending| {
            let has_ended = |process: &&_| -> bool {
                let process: &whywait_record::Process = process;
                process.pid != record.root_pid && process.ending == Some(Ending::Exited(ending))
            };
            let process = record.processes.iter().find(has_ended).expect("there is such a child");
            (process.session_pid, Some(process.pid))
        };
        let (made, leader) = session(1);
        assert_eq!(made, leader);
        let (kept, _) = session(0);
        let root = record.root().expect("there is one");
        assert_eq!(kept, root.session_pid);
        assert_eq!(kept, own);
    }
}
