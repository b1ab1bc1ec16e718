//! A thread that waits for the name service, in a loop or for a large part of its life.
//!
//! Workers of a pool do not count: lookups are given to them so that no other work waits (libuv).

use whywait_record::{Control, Descriptor, DescriptorKind, Purpose, Wait};
use whywait_report::{ThreadModel, escaped};

use super::blocking_in_loop::{BLOCKING_IN_LOOP, is_loop};
use super::finding::{place_of, seconds};
use super::language::ByLanguage;
use super::named_call::NamedCall;
use super::stall::asks_an_epoll_or_ring;
use super::total::Total;
use super::{Docs, Finding, FindingRow};
use crate::thresholds::{Scale, level};
use crate::words::{count, percent, time};
use crate::{Analysis, ThreadAnalysis};

/// The registration of this finding.
pub(super) const ROW: FindingRow = FindingRow {
    code: "WW10",
    name: "blocking-dns",
    weakened_by: |record| [record.losses.events, record.losses.waits].into_iter().total(),
    find,
    scales: &[BLOCKING_DNS],
    bounds: &[],
    docs: Docs {
        means: "\
A thread waited for the name service (port 53, nscd, systemd-resolved), in a loop or for
a large part of its life. Lookups in a worker of a pool, such as libuv's, delay no other work and
do not count. In a loop this is found beside `blocking-in-loop`, and has that finding's levels.",
        example: "\
```python
async def handle(host):
    address = socket.gethostbyname(host)    # instead of: await loop.getaddrinfo(…)
```",
        printed: r#""The loop waited for the name service in poll(fd 6, 10.0.0.2:53): 8 times, 887 ms in
all, 120 ms the longest (21 % of the thread's life).""#,
        what_to_do: "\
In a loop use its own lookup, which takes a thread, or a non-blocking resolver.
Elsewhere keep connections open, keep what was looked up, or run a cache on the machine.",
    },
};

/// Of `blocking-dns` outside loops.
const BLOCKING_DNS: Scale = Scale {
    part: None,
    seconds_of: "waiting for the name service",
    share_of: "the thread's life",
    info: level(0.1, 0.05),
    warn: Some(level(0.2, 0.2)),
    high: Some(level(0.5, 2.0)),
};

/// Looks for it in every thread but those of pools.
fn find(analysis: &Analysis<'_>) -> Vec<Finding> {
    let threads = analysis.threads.iter().filter(|one| one.model != ThreadModel::PoolWorker);
    threads.filter_map(|one| find_in(analysis, one)).collect()
}

/// Whether the name service is at the other end: port 53, or the socket of nscd or
/// systemd-resolved.
pub(super) fn is_name_service(descriptor: &Descriptor) -> bool {
    let Some(peer) = descriptor.peer.as_deref().or(descriptor.path.as_deref()) else {
        return false;
    };
    match descriptor.kind {
        DescriptorKind::Udp | DescriptorKind::Tcp | DescriptorKind::Socket => {
            peer.rsplit_once(':').is_some_and(|(_, port)| port == "53")
        }
        DescriptorKind::Unix => {
            peer.ends_with("/nscd/socket") || peer.contains("/systemd/resolve/")
        }
        _ => false,
    }
}

fn find_in(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> Option<Finding> {
    let record = analysis.record;
    let waits: Vec<_> =
        one.thread.waits.iter().filter(|wait| is_lookup(analysis, one, wait)).collect();
    let waited_ns: u64 = waits.iter().map(|wait| wait.waiting_ns).total();
    let share = one.share_of_life(waited_ns);
    let in_loop = is_loop(one);
    let scale = if in_loop { BLOCKING_IN_LOOP } else { BLOCKING_DNS };
    let severity = scale.severity(seconds(waited_ns), share)?;
    let longest = waits.iter().max_by_key(|wait| wait.longest_ns)?;
    let times: u64 = waits.iter().map(|wait| wait.count).total();
    let at = record
        .slow_calls
        .iter()
        .filter(|call| call.tid == one.thread.tid)
        .filter(|call| {
            call.descriptor.and_then(|id| record.descriptor(id)).is_some_and(is_name_service)
        })
        .find_map(|call| place_of(&call.stack));
    let who = if in_loop { "The loop" } else { "It" };
    let descriptor = longest.descriptor;
    Some(Finding {
        key: format!("{} {in_loop}", escaped(&one.thread.name)),
        evidence: format!(
            "{who} waited for the name service in {}: {}, {} in all, {} the longest ({} of the \
             thread's life).",
            NamedCall::of(record, longest.syscall, descriptor),
            count(times, "time"),
            time(waited_ns),
            time(longest.longest_ns),
            percent(share)
        ),
        advice: if in_loop { IN_LOOP } else { ELSEWHERE }.for_process(one.process).to_owned(),
        count: times,
        seconds: seconds(waited_ns),
        share,
        at,
        ..Finding::about(one.process, one.thread, severity)
    })
}

/// Whether the wait kept the thread until the name service answered.
fn is_lookup(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>, wait: &Wait) -> bool {
    let descriptor = wait.descriptor.and_then(|id| analysis.record.descriptor(id));
    let asks = Purpose::of(wait.syscall).asks();
    let part_of_the_loop = is_loop(one) && asks && !asks_an_epoll_or_ring(one);
    (wait.control == Control::Blocking || asks)
        && !part_of_the_loop
        && descriptor.is_some_and(is_name_service)
}

const IN_LOOP: ByLanguage = ByLanguage {
    python: "getaddrinfo(3) blocks the loop: use `loop.getaddrinfo`, which takes a thread, or \
             aiodns, which does not block.",
    ruby: "getaddrinfo(3) blocks the loop: look the name up in a thread, or by `Resolv`.",
    node: "getaddrinfo(3) blocks the loop: use `dns.promises.lookup`, which takes a thread, or \
           `dns.promises.resolve`.",
    java: "InetAddress blocks the loop: look the name up in an executor, or by the resolver of \
           Netty.",
    rust: "getaddrinfo(3) blocks the loop: use `tokio::net::lookup_host`, which takes a thread, or \
           hickory, which does not block.",
    other: "getaddrinfo(3) blocks the loop: look the name up in a thread, or by a resolver that \
            does not block (c-ares).",
};

const ELSEWHERE: ByLanguage = ByLanguage::all(
    "Keep connections open instead of looking the name up for each, keep what was looked \
            up, or run a cache on this machine (systemd-resolved, nscd). `resolvectl statistics` or \
            `dig` shows whether the server is slow.",
);

#[cfg(test)]
mod tests {
    use syscalls::Sysno;
    use whywait_record::{Breadth, DescriptorKind};
    use whywait_report::{Severity, ThreadModel};

    use super::{find, is_name_service};
    use crate::findings::scene::{MS, Scene, call};

    fn looking_up(model: ThreadModel, times: u64, each_ms: u64) -> Scene {
        let mut scene = Scene::event_loop();
        scene.model = Some(model);
        let server = scene.descriptor(DescriptorKind::Udp, "10.0.0.2:53");
        let wait = scene.wait(call(Sysno::poll), Some(server), times, each_ms * MS);
        wait.breadth = Breadth::One;
        scene
    }

    #[test]
    fn lookups_are_found_from_their_thresholds_on() {
        use ThreadModel::{Blocking, EventLoop, PoolWorker};
        for (model, times, each_ms, expected) in [
            (EventLoop, 1, 19, None),
            (EventLoop, 1, 20, Some(Severity::Info)),
            (EventLoop, 1, 100, Some(Severity::Warn)),
            (EventLoop, 10, 100, Some(Severity::High)),
            (Blocking, 9, 100, None),
            (Blocking, 10, 100, Some(Severity::Info)),
            (Blocking, 20, 100, Some(Severity::Warn)),
            (Blocking, 50, 100, Some(Severity::High)),
            (PoolWorker, 50, 100, None),
        ] {
            let scene = looking_up(model, times, each_ms);
            let severity = find(&scene.analysis()).first().map(|finding| finding.severity);
            assert_eq!(severity, expected, "{model:?}: {times} × {each_ms} ms");
        }
    }

    #[test]
    fn the_evidence_names_the_server() {
        let finding = find(&looking_up(ThreadModel::EventLoop, 10, 100).analysis()).remove(0);
        for part in ["poll(fd 11, 10.0.0.2:53)", "10 times", "1.0 s in all"] {
            assert!(finding.evidence.contains(part), "{part:?} in {}", finding.evidence);
        }
    }

    #[test]
    fn the_name_service_is_known_by_its_address() {
        let mut scene = Scene::new();
        for (kind, peer, expected) in [
            (DescriptorKind::Udp, "127.0.0.53:53", true),
            (DescriptorKind::Tcp, "[2001:db8::1]:53", true),
            (DescriptorKind::Udp, "10.0.0.1:5353", false),
            (DescriptorKind::Unix, "unix:/run/nscd/socket", true),
            (DescriptorKind::Unix, "/run/systemd/resolve/io.systemd.Resolve", true),
            (DescriptorKind::Unix, "unix:/run/x.sock", false),
            (DescriptorKind::File, "/a:53", false),
        ] {
            let id = scene.descriptor(kind, peer);
            let descriptor = scene.record.descriptor(id).expect("just made");
            assert_eq!(is_name_service(descriptor), expected, "{peer}");
        }
    }
}
