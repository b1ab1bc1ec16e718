//! The built-in plans are ordinary plans, at the size of the notes' benchmark.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use whywait_plan::{Action, BUILTINS, BuiltIn, ContentKind, GetTarget, Plan, Protocol, limits};

#[test]
fn each_can_be_written_to_a_file_and_read_back() {
    for built_in in BUILTINS {
        let plan = made(built_in, &[]);
        reads_back(&plan);
        insta::assert_snapshot!(built_in.name, plan.to_toml());
    }
}

#[test]
fn files_is_the_notes_benchmark() {
    let plan = made(named("files"), &[]);
    assert_eq!((plan.flow_count(), plan.max_in_flight), (5000, Some(256)));
    let [step] = plan.steps_of(4999) else { panic!("one step") };
    let Action::WriteFile { path, content } = step.action(4999) else { panic!("a write_file") };
    assert_eq!((path.as_path(), content.len()), (Path::new("file_4999.txt"), 10_100));
    assert_eq!(content.kind(), ContentKind::Random { seed: 1 });
    assert_eq!(plan.disk_bytes(), 5000 * 12_288);
    assert!(plan.directories().is_empty());
    let traits = plan.traits();
    assert_eq!(traits.file_written_bytes, 50_500_000);
    assert!(traits.cpu_share() > 0.2, "making characters counts: {}", traits.cpu_share());
}

#[test]
fn read_reads_what_its_setup_writes() {
    let plan = made(named("read"), &[]);
    assert_eq!((plan.setup_count(), plan.flow_count()), (5000, 5000));
    let Action::ReadFile { path: read } = plan.steps_of(17)[0].action(17) else {
        panic!("a read_file")
    };
    let Action::WriteFile { path: written, content } = plan.setup_steps_of(17)[0].action(17) else {
        panic!("a write_file")
    };
    assert_eq!(read, written);
    assert_eq!(content.kind(), ContentKind::Fixed);
    let traits = plan.traits();
    assert_eq!((traits.file_read_bytes, traits.file_written_bytes), (50_500_000, 0));
    assert!(traits.cpu.is_zero());
}

#[test]
fn download_asks_for_something_else_in_each_flow() {
    let plan = made(named("download"), &[]);
    assert_eq!((plan.flow_count(), plan.max_in_flight), (10, None));
    let Action::Get { target: GetTarget::Peer { peer, path }, save: None, .. } =
        plan.steps_of(7)[0].action(7)
    else {
        panic!("a get from a peer")
    };
    assert_eq!((peer, path.as_str()), ("origin", "/7"));
    assert_eq!(plan.peers["origin"].protocol, Protocol::Http);
    let declared = plan.declared();
    assert_eq!(declared.wait_total, Duration::from_secs(3));
    assert_eq!(declared.longest_flow, Duration::from_millis(300));
    assert_eq!((plan.traits().network_operations, plan.traits().received_bytes), (10, 102_400));
    let slow = [("requests", "3"), ("delay", "1 s"), ("size", "1 MiB"), ("bandwidth", "512 KiB")];
    let slow = made(named("download"), &slow);
    assert_eq!(slow.declared().wait_total, Duration::from_secs(9));
}

#[test]
fn timers_wait_and_do_nothing_else() {
    let plan = made(named("timers"), &[]);
    assert_eq!((plan.flow_count(), plan.needs_concurrency), (100_000, 1));
    let declared = plan.declared();
    assert_eq!(declared.wait_total, Duration::from_secs(100_000));
    assert_eq!(declared.longest_flow, Duration::from_secs(1));
    let traits = plan.traits();
    assert_eq!((traits.file_operations, traits.network_operations), (0, 0));
}

#[test]
fn what_is_given_is_what_the_plan_does() {
    let given = [("files", "3"), ("lines", "2"), ("line-length", "9"), ("content", "fixed")];
    let plan = made(named("files"), &given);
    assert_eq!((plan.flow_count(), plan.traits().file_written_bytes), (3, 60));
    assert_eq!(made(named("files"), &[("files", "3"), ("files", "4")]).flow_count(), 4);
    let random = made(named("read"), &[("content", "random"), ("seed", "7")]);
    let Action::WriteFile { content, .. } = random.setup_steps_of(0)[0].action(0) else {
        panic!("a write_file")
    };
    assert_eq!(content.kind(), ContentKind::Random { seed: 7 });
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let tried = |plan: &str, given: &[(&str, &str)]| {
        let error = named(plan).plan(given).expect_err("it makes no sense");
        format!("{error}\n  {}", error.advice())
    };
    let above = (limits::FLOWS_MAX + 1).to_string();
    let messages = [
        tried("files", &[("files", "0")]),
        tried("files", &[("files", &above)]),
        tried("files", &[("files", "99999999999999999999")]),
        tried("files", &[("files", "many")]),
        tried("files", &[("lines", "4294967295")]),
        tried("files", &[("content", "rnadom")]),
        tried("files", &[("content", "fixed"), ("seed", "3")]),
        tried("read", &[("seed", "3")]),
        tried("files", &[("seed", "18446744073709551615")]),
        tried("files", &[("delay", "1 s")]),
        tried("files", &[("line_length", "1")]),
        tried("download", &[("delay", "5")]),
        tried("download", &[("delay", "25 h")]),
        tried("download", &[("size", "2 GiB")]),
        tried("download", &[("bandwidth", "0")]),
        tried("timers", &[("sleep", "soon")]),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn the_smallest_and_the_largest_are_plans() {
    let (most, longest) = (limits::FLOWS_MAX.to_string(), limits::CONTENT_BYTES_MAX - 1);
    let (longest, seed) = (longest.to_string(), limits::SEED_MAX.to_string());
    let many = [("files", &*most), ("lines", "1"), ("line-length", &*longest)];
    for (name, given) in [
        ("files", &[("files", "1"), ("lines", "0"), ("line-length", "0")][..]),
        ("files", &[&many[..], &[("content", "random"), ("seed", &*seed)]].concat()),
        ("read", &many),
        ("download", &[("requests", "1"), ("delay", "0 s"), ("size", "0"), ("bandwidth", "1")]),
        ("download", &[("requests", &*most), ("delay", "24 h"), ("size", "1 GiB")]),
        ("timers", &[("timers", "1"), ("sleep", "0 s")]),
        ("timers", &[("timers", &*most), ("sleep", "24 h")]),
    ] {
        reads_back(&made(named(name), given));
    }
}

/// A run's process reads the plan again, which is larger than the list of URLs.
#[test]
fn more_urls_than_a_plan_holds_are_refused() {
    let asked = |count: usize, length: usize| {
        let url = format!("http://h/{}", "x".repeat(length));
        named("download").plan(&vec![("url", url.as_str()); count])
    };
    let most = limits::STEPS_MAX;
    reads_back(&asked(most, 1).expect("as many as a plan has steps"));
    for (count, length, what) in [(most + 1, 1, "10001"), (most, 100, "written as a plan file")] {
        let refused = asked(count, length).expect_err("too many").to_string();
        assert!(refused.contains(what), "{refused}");
    }
}

/// The command line has one flag for all of them.
#[test]
fn options_of_the_same_name_say_the_same() {
    let mut seen = HashMap::new();
    for option in BUILTINS.iter().flat_map(|built_in| built_in.options) {
        let words = (option.value_name, option.help);
        assert_eq!(*seen.entry(option.name).or_insert(words), words, "--{}", option.name);
    }
}

fn named(name: &str) -> &'static BuiltIn {
    BUILTINS.iter().find(|built_in| built_in.name == name).expect("the plan exists")
}

fn made(built_in: &BuiltIn, given: &[(&str, &str)]) -> Plan {
    built_in.plan(given).expect("options in their range")
}

fn reads_back(plan: &Plan) {
    let again = Plan::parse("canonical", &plan.to_toml()).expect("it is an ordinary plan");
    assert_eq!(format!("{plan:?}"), format!("{again:?}"));
}
