//! What is known of a process that ran already: its session, its age and what it has open.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use whywait_record::{DescriptorKind, Detail, OpenDescriptor, Process, Record};
use whywait_trace::{Options, Target, watch};

use crate::program::{compiled, session_of, turn};

/// `idle_server`, which is ended when this is dropped.
struct Server {
    process: Child,
    path: String,
    /// Its epoll, two listeners, and both ends of a connection.
    numbers: Vec<i32>,
}

impl Server {
    fn start() -> Self {
        let path = std::env::temp_dir().join(format!("whywait-idle-{}", std::process::id()));
        let path = path.into_os_string().into_string().expect("the path is text");
        let mut process = Command::new(compiled("idle_server"))
            .arg(&path)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says what it has");
        let numbers = line.split_whitespace().map(|word| word.parse().expect("a number"));
        let numbers = numbers.collect();
        Self { process, path, numbers }
    }

    fn watched(&self, detail: Detail) -> Record {
        let target = Target::Process(self.process.id());
        let duration = Some(Duration::from_millis(200));
        let options = Options { detail, duration, ..Options::for_target(&target) };
        watch(&target, &options, &AtomicBool::new(false)).expect("it can be watched").record
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_file(&self.path);
    }
}

#[track_caller]
fn open(process: &Process, fd: i32) -> &OpenDescriptor {
    process.descriptors.iter().find(|open| open.fd == fd).expect("it is open")
}

#[test]
fn a_process_that_ran_before_has_its_sockets_its_epoll_and_its_session() {
    let Some(_turn) = turn() else { return };
    let server = Server::start();
    let [epoll, tcp, unix, client, accepted] = server.numbers[..] else { panic!("five numbers") };
    for detail in [Detail::Full, Detail::Light] {
        let record = server.watched(detail);
        let [process] = &record.processes[..] else { panic!("{:?}", record.processes) };
        let ends = |fd| {
            let descriptor = record.descriptor(open(process, fd).descriptor).expect("it is there");
            (descriptor.kind, descriptor.peer.clone(), descriptor.local.clone())
        };
        let (kind, peer, port) = ends(tcp);
        assert_eq!((kind, peer), (DescriptorKind::Tcp, None));
        assert_eq!(ends(unix), (DescriptorKind::Unix, None, Some(format!("unix:{}", server.path))));
        let (_, peer, own) = ends(client);
        assert_eq!(peer, port);
        assert_eq!(ends(accepted), (DescriptorKind::Tcp, own, port));
        let listening: Vec<_> =
            process.descriptors.iter().filter(|open| open.listening).map(|open| open.fd).collect();
        assert_eq!(listening, [tcp, unix]);
        let mut watches = open(process, epoll).watches.clone();
        watches.sort_unstable();
        assert_eq!(watches, [tcp, unix, client, accepted]);
        assert_eq!(process.descriptors_left_out, 0);
        assert_eq!(process.session_pid, session_of(process.pid));
        assert!(process.age_ns > 0, "{process:?}");
        // What it waits on is the same descriptor as the one that it had open.
        let waits = record.threads().flat_map(|(_, thread)| &thread.waits);
        let waited: Vec<_> = waits.filter_map(|wait| wait.descriptor).collect();
        assert!(waited.iter().all(|id| *id == open(process, epoll).descriptor), "{waited:?}");
    }
}
