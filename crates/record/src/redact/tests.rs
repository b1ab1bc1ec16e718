//! That nothing secret is left in a redacted record, and that its form is.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;
use syscalls::Sysno;

use super::placeholders::Kind;
use super::words::{Section, Words, name_stem};
use super::{Redactor, redact};
use crate::{
    Backend, Capture, Command, Control, Cost, Descriptor, DescriptorKind, Detail, Frame, Host,
    Losses, Place, Process, Record, SlowCall, Syscall, Thread,
};

const KINDS: &[DescriptorKind] = &[
    DescriptorKind::File,
    DescriptorKind::Directory,
    DescriptorKind::Pipe,
    DescriptorKind::Tcp,
    DescriptorKind::Udp,
    DescriptorKind::Unix,
    DescriptorKind::Other,
];

/// A record in which every field that can hold text has one that `text` made, some of them several.
fn record_of(text: &mut dyn FnMut() -> String) -> Record {
    let mut processes = Vec::new();
    for pid in [10, 20] {
        let executable = Some(text());
        let arguments = (0..4).map(|_| text()).collect();
        let threads = (0..3).map(|nth| Thread::begun(pid + nth, text(), 0)).collect();
        let command = Command { arguments, executable };
        processes.push(Process { threads, ..Process::begun(pid, command, 0) });
    }
    let descriptors = KINDS.iter().map(|&kind| Descriptor {
        pid: 10,
        fd: Some(3),
        kind,
        path: Some(text()),
        peer: Some(text()),
        local: Some(text()),
    });
    let descriptors = descriptors.collect();
    let stack = (0..3).map(|_| Frame {
        address: 4096,
        object: Some(text()),
        function: Some(text()),
        place: Some(Place { file: text(), line: 7 }),
    });
    let stack = stack.collect();
    let capture = Capture {
        whywait: text(),
        command: vec![text(), text()],
        began_unix_s: 1,
        host: Some(Host {
            kernel: text(),
            cpus: 2,
            cpu_model: Some(text()),
            memory_bytes: 1 << 30,
        }),
        redacted: false,
        further_records: 0,
    };
    Record {
        capture,
        detail: Detail::Full,
        backend: Backend::Bpf,
        wall_ns: 1_000_000,
        root_pid: 10,
        ending: None,
        processes,
        descriptors,
        wakes: Vec::new(),
        slow_calls: vec![slow_call(stack)],
        slow_call_ns: 1_000_000,
        timeline: None,
        cost: Cost::default(),
        losses: Losses::default(),
        not_watched: Vec::new(),
    }
}

fn slow_call(stack: Vec<Frame>) -> SlowCall {
    SlowCall {
        pid: 10,
        tid: 10,
        syscall: Some(Syscall::of(Sysno::read)),
        descriptor: None,
        control: Control::Blocking,
        began_at_ns: 0,
        total_ns: 1,
        waiting_ns: 1,
        runnable_ns: 0,
        returned: 0,
        waker: None,
        events_pending_after: None,
        stack,
    }
}

/// A record that has these texts, in turn.
fn record_with(texts: &[String]) -> Record {
    let mut next = texts.iter().cycle();
    record_of(&mut || next.next().cloned().unwrap_or_default())
}

fn redacted(record: &Record) -> Record {
    let mut redacted = record.clone();
    redact(&mut redacted);
    redacted
}

/// All texts of a record, in the order in which it has them.
fn texts(record: &Record) -> Vec<String> {
    fn collect(value: &serde_json::Value, texts: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => texts.push(text.clone()),
            serde_json::Value::Array(values) => values.iter().for_each(|one| collect(one, texts)),
            serde_json::Value::Object(fields) => {
                fields.values().for_each(|one| collect(one, texts));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(&serde_json::to_value(record).expect("a record is serialised"), &mut found);
    found
}

#[test]
fn an_address_after_a_public_word_is_no_version() {
    let secrets = [
        "worker-10.66.77.88",
        "node10.66.77.90",
        "--log-level=web-10.66.77.91",
        "/srv/app-10.20.30.40/x",
        "unix:@server-10.1.2.3",
        "client-203.0.113.7: worker",
        "redis_10.1.2.5",
        "access.log.203.0.113.9",
    ];
    for secret in secrets {
        let address: Vec<&str> = secret.split(|c: char| !c.is_ascii_digit() && c != '.').collect();
        let address = address.iter().map(|part| part.trim_matches('.'));
        let address = address.max_by_key(|part| part.len()).expect("there is one");
        for text in texts(&redacted(&record_with(&[secret.to_owned()]))) {
            assert!(!text.contains(address), "{secret}: {text}");
        }
    }
}

fn redactor() -> Redactor {
    Redactor::new()
}

/// The forms in which a secret can be planted in a field.
const FORMS: &[&str] = &[
    "{}",
    "/srv/{}",
    "/srv/{}/data",
    "./{}",
    "…{}/x",
    "/{}.py",
    "/{} (deleted)",
    "/memfd:{} (deleted)",
    "/usr/lib/{}.so.1.2",
    "{}/lib.rs",
    "--{}",
    "--{}=1",
    "--config={}",
    "--config=/{}",
    "-{}",
    "import os; open('/tmp/{}')",
    "nginx: {} process",
    "{}: worker",
    "http://{}/index.html",
    "http://localhost:80/{}",
    "postgres://{}:{}@127.0.0.1/{}",
    "{}://x",
    "{}@10.1.2.3",
    "{}:5432",
    "{}:53",
    "unix:/run/{}",
    "unix:@{}",
    "@{}/nscd/socket",
    "{}-3",
    "{}#77",
    "tokio-runtime-{}",
    "python3-{}",
    "std::{}::run",
    "<{} as core::ops::Fn>::call",
    "std::vector<{}, std::allocator<{}>>::push_back({} const&)",
    "main.(*{}).serve",
    "com.{}.Main.main",
    "{}.<anonymous>",
    "{}=1",
    "\u{1b}[2J{}",
    "{}\n",
    "a {} b",
    "/a b/{} c",
    "{}.py",
    "{}.log.1",
];

#[test]
fn no_planted_secret_is_left_in_the_bytes() {
    for form in FORMS {
        let mut count = 0;
        let record = record_of(&mut || {
            count += 1;
            form.replace("{}", &format!("Zq{count}Sekret{count}qZ"))
        });
        assert!(count > 40, "every field has one");
        let before = serde_json::to_string(&record).expect("a record is serialised");
        assert_eq!(before.matches("Sekret").count() % count, 0, "every field is serialised");
        let after = serde_json::to_string(&redacted(&record)).expect("a record is serialised");
        for part in ["Sekret", "Zq", "qZ"] {
            assert!(!after.contains(part), "{form}: {after}");
        }
    }
}

#[test]
fn addresses_that_say_who_it_is_are_replaced() {
    for (address, expected) in [
        ("127.0.0.1:6379", "127.0.0.1:6379"),
        ("0.0.0.0:80", "0.0.0.0:80"),
        ("[::]:8080", "[::]:8080"),
        ("[::1]:53", "[::1]:53"),
        ("10.20.30.40:5432", "10.0.0.1:5432"),
        ("192.168.7.7:53", "10.0.0.1:53"),
        ("52.1.2.3:443", "198.51.100.1:443"),
        ("52.1.2.3:7412", "198.51.100.1:20001"),
        ("52.1.2.3:54321", "198.51.100.1:50001"),
        ("[2a01:4f8::17]:443", "[2001:db8::1]:443"),
        ("[fe80::17%2]:443", "[fd00::1%2]:443"),
        ("[::ffff:10.20.30.40]:443", "[::ffff:10.0.0.1]:443"),
        ("[::ffff:127.0.0.1]:443", "[::ffff:127.0.0.1]:443"),
        ("db.acme.example:5432", "host1:5432"),
        (
            "unix:/run/systemd/resolve/io.systemd.Resolve",
            "unix:/run/systemd/resolve/io.systemd.Resolve",
        ),
        ("unix:/var/run/nscd/socket", "unix:/var/run/nscd/socket"),
        ("unix:/run/acme/main.sock", "unix:/run/dir1/main.sock"),
        ("unix:@acme", "unix:@file1"),
        ("", ""),
    ] {
        assert_eq!(redactor().endpoint(address), expected, "{address}");
    }
}

#[test]
fn paths_keep_depth_and_what_is_public() {
    for (path, expected) in [
        ("/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/x86_64-linux-gnu/libc.so.6"),
        ("/usr/bin/python3.11", "/usr/bin/python3.11"),
        ("/etc/resolv.conf", "/etc/resolv.conf"),
        ("/dev/null", "/dev/null"),
        ("[vdso]", "[vdso]"),
        ("/srv/acme/shop/orders.py", "/srv/dir1/dir2/file1.py"),
        ("/srv/acme/data.acme (deleted)", "/srv/dir1/file1 (deleted)"),
        ("/opt/acme/libacme.so.1.2", "/opt/dir1/file1.so.1.2"),
        ("…me/orders.tar.gz", "…dir1/file1.tar.gz"),
        ("…/orders", "…/file1"),
        ("(unreachable)/orders", "(unreachable)/file1"),
        ("/memfd:orders (deleted)", "/memfd:file1 (deleted)"),
        ("/srv/acme/", "/srv/dir1/"),
        ("orders.py", "file1.py"),
    ] {
        assert_eq!(redactor().file_path(path), expected);
    }
}

#[test]
fn command_lines_keep_their_form() {
    let line = |text: &str| {
        let mut arguments: Vec<String> = text.split('|').map(String::from).collect();
        redactor().arguments(&mut arguments);
        arguments.join("|")
    };
    for (before, after) in [
        ("python3|-m|uvicorn|shop:app|--workers|4", "python3|-m|uvicorn|arg1|--workers|4"),
        ("python3|-c|import acme; acme.run()", "python3|-c|arg1"),
        ("/usr/bin/java|-Xmx512m|-jar|acme.jar", "/usr/bin/java|-Xmx512m|-jar|file1.jar"),
        ("./acme|--token=hunter2|--acme|hunter2", "./file1|--flag1=arg1|--flag2|arg1"),
        ("nginx: worker process", "nginx: worker process"),
        ("whywait|explain|--duration|10s|--|./acme", "whywait|explain|--duration|10s|--|./file1"),
        ("postgres: alice shop idle", "postgres: arg1 arg2 idle"),
        ("gunicorn|--bind|10.9.8.7:8000|app.wsgi", "gunicorn|--bind|10.0.0.1:8000|arg1"),
        ("curl|http://10.9.8.7:80/acme|-o|/tmp/acme", "curl|http://10.0.0.1:80/arg1|-o|/tmp/file1"),
        ("psql|postgres://al:pw@db/shop", "psql|postgres://arg1"),
        ("acme", "file1"),
    ] {
        assert_eq!(line(before), after);
    }
}

#[test]
fn thread_names_keep_their_numbers() {
    let mut redactor = redactor();
    for (before, after) in [
        ("tokio-runtime-w", "tokio-runtime-w"),
        ("libuv-worker", "libuv-worker"),
        ("iou-wrk-77", "iou-wrk-77"),
        ("pool-1-thread-3", "pool-1-thread-3"),
        ("ThreadPoolExecu", "ThreadPoolExecu"),
        ("ThreadPoolExecutor-0_12", "ThreadPoolExecutor-0_12"),
        ("G1 Conc#2", "G1 Conc#2"),
        ("python3.11", "python3.11"),
        ("acme-worker-3", "thread-a-3"),
        ("acme-worker-12", "thread-a-12"),
        ("acme-worker", "thread-b"),
        ("acme7", "thread-c7"),
        ("acme4711", "thread-c1000"),
    ] {
        assert_eq!(redactor.thread_name(before), after);
    }
}

#[test]
fn functions_keep_their_depth_and_what_blocks() {
    for (before, after) in [
        ("getaddrinfo", "getaddrinfo"),
        ("__libc_recv", "__libc_recv"),
        ("fsync", "fsync"),
        ("__x64_sys_read", "__x64_sys_read"),
        ("__pthread_cond_wait", "__pthread_cond_wait"),
        ("acme::shop::orders", "mod1::mod2::function1"),
        ("acme::shop::load::{{closure}}", "mod1::mod2::mod3::{{closure}}"),
        ("<acme::Order as std::io::Read>::read", "<mod1::type1 as std::io::Read>::read"),
        ("tokio::runtime::task::acme::poll", "tokio::runtime::task::mod1::poll"),
        ("main.(*Order).ship", "main.(*type1).function1"),
        ("acme(Order const&, Order*)", "function1(type1 const&, type1*)"),
        ("", ""),
    ] {
        assert_eq!(redactor().function_name(before), after);
    }
}

#[test]
fn machines_keep_versions_and_vendors() {
    for (before, after) in [
        ("0.1.0", "0.1.0"),
        ("Linux 6.1.0-18-amd64", "Linux 6.1.0-18-amd64"),
        ("Linux 6.18.44-acme-v782", "Linux 6.18.44-machine1-v782"),
        (
            "Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz",
            "Intel(R) Xeon(R) CPU E5-machine1 v4 @ 2.40GHz",
        ),
        ("AMD EPYC 7763 64-Core Processor", "AMD EPYC machine1 64-Core Processor"),
    ] {
        assert_eq!(redactor().machine(before), after);
    }
}

#[test]
fn no_placeholder_is_public_where_it_stands() {
    let words = Words::get();
    let paths = [Section::Paths, Section::Programs, Section::Libraries];
    let arguments = [Section::Arguments, Section::Programs, Section::Libraries];
    for number in [1, 12, 123, 1234] {
        for word in ["dir", "file"] {
            let word = format!("{word}{number}");
            assert!(!words.has_version_of(&paths, &word), "{word}");
        }
        for word in ["arg", "dir", "file", "-flag", "--flag"] {
            let word = format!("{word}{number}");
            assert!(!words.has_version_of(&arguments, &word), "{word}");
        }
        for word in ["mod", "type", "function"] {
            let word = format!("{word}{number}");
            assert!(!words.has(&[Section::Functions, Section::Libraries], &word), "{word}");
        }
        assert!(!words.has_host(&format!("host{number}")));
        assert!(!words.has(&[Section::Machines], &format!("machine{number}")));
    }
    let mut redactor = redactor();
    for number in 1..800 {
        let stem = redactor.thread_name(&format!("acme{}x", "y".repeat(number)));
        assert!(!words.has(&[Section::Threads], &stem), "{stem}");
    }
}

#[test]
fn every_port_has_a_placeholder_of_its_own_and_of_its_kind() {
    let mut redactor = redactor();
    let mut seen = HashSet::new();
    for port in 1..=u16::MAX {
        let redacted = redactor.address(&format!("127.0.0.1:{port}")).expect("an address");
        let placeholder: u16 = redacted[10..].parse().expect("a port");
        assert_eq!(placeholder >= 32768, port >= 32768);
        assert_eq!(placeholder < 1024, port < 1024);
        assert!(seen.insert(placeholder), "{port} is {placeholder}, as another is");
    }
}

#[test]
fn more_hosts_than_there_are_documentation_addresses_have_one_each() {
    let mut redactor = redactor();
    let mut seen = HashSet::new();
    for number in 0..3000_u32 {
        let ip = std::net::Ipv4Addr::from(0x3400_0000 + number);
        assert!(seen.insert(redactor.endpoint(&ip.to_string())));
    }
    assert_eq!(redactor.placeholders.number(Kind::PublicV4, "1.1.1.1"), 3001);
}

/// A text that may have the form of anything.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-zA-Z0-9_]{0,9}",
        any::<String>(),
        proptest::sample::select(
            &["python3", "usr", "lib", "main", "worker", "tokio", "file1", "dir1", "thread-a"][..]
        )
        .prop_map(String::from),
    ];
    let join = proptest::sample::select(
        &["/", "::", ".", "-", "=", " ", ":", ", ", "@", "<", "(", "--", "://", " (deleted)", "…"]
            [..],
    );
    let address = (any::<std::net::SocketAddr>()).prop_map(|address| address.to_string());
    let parts = vec((part, join), 0..5)
        .prop_map(|parts| parts.into_iter().flat_map(|(part, join)| [part, join.into()]).collect());
    prop_oneof![9 => parts, 1 => address]
}

/// The parts of a text that are words of four letters and digits or more.
fn long_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.chars().count() >= 4)
}

/// Whether a word is a part of one in the list, or of a placeholder.
fn may_stay(word: &str) -> bool {
    let list = include_str!("public-words.txt");
    let bare = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let is_syscall = (0..1024).filter_map(syscalls::Sysno::new).any(|call| call.name() == word);
    is_syscall
        || list.contains(bare)
        || ["function", "thread", "type", "file", "flag", "host", "machine"].contains(&bare)
        || bare.is_empty()
}

proptest! {
    #[test]
    fn only_public_words_are_left(texts_before in vec("[A-Za-z0-9/:.=_@<>( -]{0,30}", 1..40)) {
        let record = record_with(&texts_before);
        for text in texts(&redacted(&record)) {
            for word in long_words(&text).filter(|word| !may_stay(word)) {
                let was = texts_before.iter().any(|before| before.contains(word));
                prop_assert!(!was, "{} is left in {}", word, text);
            }
        }
    }

    #[test]
    fn redaction_is_idempotent(texts in vec(text(), 1..60)) {
        let once = redacted(&record_with(&texts));
        let twice = redacted(&once);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn only_texts_change(texts in vec(text(), 1..60)) {
        let record = record_with(&texts);
        let mut blank = redacted(&record);
        let mut expected = record_of(&mut String::new);
        expected.capture.redacted = true;
        // The same numbers and the same fields, whatever the texts are.
        for record in [&mut blank, &mut expected] {
            let bare = serde_json::to_string(&without_texts(record)).expect("serialised");
            prop_assert!(bare.contains("\"root_pid\":10"));
        }
        prop_assert_eq!(without_texts(&blank), without_texts(&expected));
    }

    #[test]
    fn equal_texts_stay_equal_and_different_ones_different(texts in vec(text(), 1..40)) {
        let record = record_with(&texts);
        let after = redacted(&record);
        let names = |record: &Record| -> Vec<String> {
            record.threads().map(|(_, thread)| thread.name.clone()).collect()
        };
        let objects = |record: &Record| -> Vec<Option<String>> {
            let executables = record.processes.iter().map(|one| one.command.executable.clone());
            executables.chain(record.descriptors.iter().map(|one| one.peer.clone())).collect()
        };
        for (before, after) in [(names(&record), names(&after))] {
            for (one, one_after) in before.iter().zip(&after) {
                for (other, other_after) in before.iter().zip(&after) {
                    prop_assert_eq!(one == other, one_after == other_after);
                    let (one, other) = (name_stem(one), name_stem(other));
                    let stems_after = (name_stem(one_after), name_stem(other_after));
                    prop_assert_eq!(one == other, stems_after.0 == stems_after.1);
                }
            }
        }
        let executables = record.processes.len();
        for range in [0..executables, executables..objects(&record).len()] {
            let (before, after) = (&objects(&record)[range.clone()], &objects(&after)[range]);
            for (one, one_after) in before.iter().zip(after) {
                for (other, other_after) in before.iter().zip(after) {
                    prop_assert_eq!(one == other, one_after == other_after, "{:?}", one);
                }
            }
        }
    }

    #[test]
    fn paths_keep_their_depth(path in "/?[a-zA-Z.…]{0,9}(/[ -~]{0,9}){0,6}") {
        let redacted = redactor().file_path(&path);
        prop_assert_eq!(path.matches('/').count(), redacted.matches('/').count());
        prop_assert_eq!(path.starts_with('…'), redacted.starts_with('…'));
    }

    #[test]
    fn functions_keep_their_depth(name in "([a-z<>( ]{1,5}::){0,5}[a-z]{1,9}") {
        let redacted = redactor().function_name(&name);
        prop_assert_eq!(name.matches("::").count(), redacted.matches("::").count());
    }
}

/// The record as JSON in which every text is empty.
fn without_texts(record: &Record) -> serde_json::Value {
    fn clear(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => text.clear(),
            serde_json::Value::Array(values) => values.iter_mut().for_each(clear),
            serde_json::Value::Object(fields) => fields.values_mut().for_each(clear),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(record).expect("a record is serialised");
    clear(&mut value);
    value
}
