//! Plans from files: what is read is what was written, and nothing makes the reader panic.

use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use whywait_plan::{Action, Content, GetTarget, Plan, STEPS, SaveAs};

const THREE_SMALL_FILES: &str = r#"
name = "three small files"
[[flow]]
count = 3
steps = [ { create = "out/{flow}.txt" }, { write = "10 KiB" }, { fsync = true }, { close = true }, { sleep = "5 ms" }, { cpu = "2 ms" } ]
"#;

#[test]
fn the_first_plan_of_all() {
    let plan = parsed(THREE_SMALL_FILES);
    assert_eq!((plan.name.as_str(), plan.flow_count()), ("three small files", 3));
    assert_eq!((plan.needs_concurrency, plan.max_in_flight), (1, None));
    let actions: Vec<_> = plan.steps_of(2).iter().map(|step| step.action(2)).collect();
    let [
        Action::Create { path },
        Action::Write(content),
        Action::Fsync,
        Action::Close,
        Action::Sleep(sleep),
        Action::Cpu(cpu),
    ] = actions.as_slice()
    else {
        panic!("{actions:?}");
    };
    assert_eq!(path, Path::new("out/2.txt"));
    assert_eq!(content.shared().map(|bytes| bytes.len()), Some(10_240));
    assert_eq!((*sleep, *cpu), (Duration::from_millis(5), Duration::from_millis(2)));
    assert_eq!(plan.directories().into_iter().collect::<Vec<_>>(), [Path::new("out")]);
    assert_eq!(plan.disk_bytes(), 3 * 12_288);
    let declared = plan.declared();
    assert_eq!(declared.wait_total, Duration::from_millis(15));
    assert_eq!(declared.cpu_total, Duration::from_millis(6));
    assert_eq!(declared.longest_flow, Duration::from_millis(7));
    insta::assert_snapshot!(plan.to_toml());
}

#[test]
fn flows_are_numbered_through_all_groups() {
    let plan = parsed(
        r#"
        name = "x"
        [[setup]]
        count = 2
        steps = [ { stat = "{flow}" } ]
        [[flow]]
        count = 2
        steps = [ { sleep = "1 s" } ]
        [[flow]]
        count = 3
        steps = [ { cpu = "1 s" }, { create = "d{flow}/{flow}" } ]
        "#,
    );
    assert_eq!((plan.setup_count(), plan.flow_count()), (2, 5));
    let first_steps: Vec<_> =
        (0..6).map(|flow| plan.steps_of(flow).first().map(|step| step.name())).collect();
    let (sleep, cpu) = (Some("sleep"), Some("cpu"));
    assert_eq!(first_steps, [sleep, sleep, cpu, cpu, cpu, None]);
    assert_eq!(plan.setup_steps_of(1).len(), 1);
    assert!(plan.setup_steps_of(2).is_empty());
    let directories: Vec<_> = plan.directories().into_iter().collect();
    assert_eq!(directories, ["d2", "d3", "d4"].map(Path::new));
}

#[test]
fn directories_that_a_step_makes_are_not_asked_for() {
    let plan = parsed(
        r#"
        name = "x"
        [[setup]]
        steps = [ { mkdir = "made" }, { mkdir = "given/by/made" } ]
        [[setup]]
        steps = [ { write_file = { path = "made/a", size = 1 } } ]
        [[flow]]
        count = 2
        steps = [ { read_file = "made/a" }, { mkdir = "made/{flow}" }, { create = "made/{flow}/b" } ]
        [[flow]]
        count = 2
        steps = [ { mkdir = "own_{flow}" }, { create = "own_{flow}/a" }, { stat = "other/x" } ]
        "#,
    );
    let directories: Vec<_> = plan.directories().into_iter().collect();
    assert_eq!(directories, ["given/by", "other"].map(Path::new));
}

#[test]
fn the_traits_add_up() {
    let traits = parsed(
        r#"
        name = "x"
        needs_concurrency = 2
        [[setup]]
        steps = [ { write_file = { path = "a", size = 1000 } }, { cpu = "1 h" } ]
        [[flow]]
        count = 10
        steps = [
          { read_file = "a" },
          { write_file = { path = "{flow}", size = "2 KB", content = "random" } },
          { sleep = "1 s" },
          { cpu = "99 us" },
        ]
        "#,
    )
    .traits();
    assert_eq!((traits.flows, traits.needs_concurrency, traits.max_in_flight), (10, 2, 10));
    assert_eq!((traits.steps, traits.file_operations, traits.file_calls), (40, 20, 60));
    assert_eq!((traits.file_read_bytes, traits.file_written_bytes), (10_000, 20_000));
    assert_eq!(traits.wait, Duration::from_secs(10));
    // 2000 random characters take 1.4 µs.
    assert_eq!(traits.cpu, Duration::from_micros(990 + 14));
    assert!((traits.file_operation_share() - 0.5).abs() < 1e-9);
    let share = 1004e-6 / (1004e-6 + 60.0 * 5e-6 + 30_000.0 * 0.25e-9);
    assert!((traits.cpu_share() - share).abs() < 1e-9, "{}", traits.cpu_share());
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let plan = parsed(
        r#"
        name = "x"
        [[flow]]
        count = 10_000_000
        steps = [ { create = "{flow}" }, { write_at = { offset = "1 TiB", size = "1 GiB", content = "random" } },
                  { read = true }, { sleep = "24 h" }, { cpu = "24 h" } ]
        "#,
    );
    assert_eq!(plan.disk_bytes(), 10_000_000 << 30);
    assert_eq!(plan.traits().wait, Duration::from_secs(10_000_000 * 86_400));
    assert!(plan.traits().cpu_share() > 0.9);
}

#[test]
fn waiting_for_peers_is_declared() {
    let wait_of = |peer: &str, steps: &str| {
        let text = format!("name = \"x\"\n[peer.p]\n{peer}\n[[flow]]\nsteps = [ {steps} ]\n");
        parsed(&text).declared().longest_flow
    };
    let ms = Duration::from_millis;
    let asks = r#"{ connect = "p" }, { send = 10 }, { recv = 100 }, { send = 10 }, { recv = 100 }"#;
    let peer = "request = 10\nreply = 100\ndelay = \"5 ms\"";
    assert_eq!(wait_of(peer, asks), ms(10));
    let slow = format!("{peer}\nbandwidth = 1000");
    assert_eq!(wait_of(&slow, asks), ms(210));
    let both = r#"{ connect = "p" }, { send = 20 }, { recv = 50 }, { recv = 150 }"#;
    assert_eq!(wait_of(peer, both), ms(10), "each reply has its delay, however it is received");
    let all = r#"{ connect = "p" }, { send = 20 }, { shutdown = true }, { recv = "all" }"#;
    assert_eq!(wait_of(&slow, all), ms(210));
    let late =
        r#"{ connect = "p" }, { send = 10 }, { sleep = "3 ms" }, { cpu = "3 ms" }, { recv = 100 }"#;
    assert_eq!(wait_of(peer, late), ms(6), "the peer works while the flow does");
    let early = r#"{ connect = "p" }, { sleep = "3 ms" }, { send = 10 }, { recv = 100 }"#;
    assert_eq!(wait_of(peer, early), ms(8));
    let endless = "request = 10\nreply = 100\ndelay = \"1 h\"";
    let hurried = r#"{ connect = "p" }, { send = 10 }, { recv = { bytes = 100, timeout = "2 s" } }, { sleep = "1 s" }"#;
    assert_eq!(wait_of(endless, hurried), ms(2000), "its timeout ends the flow");
    let echo = r#"{ connect = "p" }, { send = 10 }, { recv = 4 }, { recv = 6 }"#;
    assert_eq!(wait_of("delay = \"5 ms\"", echo), ms(5));
    let until = r#"{ accept = "p" }, { recv_until = "\n" }, { recv = "all" }"#;
    assert_eq!(wait_of("request = { text = \"a\\nb\" }\ndelay = \"5 ms\"", until), ms(5));
    let get = r#"{ get = { peer = "p", path = "/" } }, { get = { peer = "p", path = "/" } }"#;
    assert_eq!(wait_of("protocol = \"http\"\nreply = 0\ndelay = \"5 ms\"", get), ms(10));
}

#[test]
fn a_fault_ends_the_flow_and_its_waiting() {
    let declared_of = |fault: &str, then: &str| {
        let text = format!(
            "name = \"x\"\n[peer.p]\ndelay = \"5 ms\"\nreply = \"100 B\"\n{fault}\n[[flow]]\ncount = 2\n\
             steps = [ {{ connect = \"p\" }}, {{ send = 1 }}, {then}, {{ sleep = \"1 s\" }} ]\n"
        );
        let plan = parsed(&text);
        (plan.declared().longest_flow, plan.traits().received_bytes)
    };
    let ms = Duration::from_millis;
    let (whole, all) = ("{ recv = { bytes = 100, timeout = \"3 s\" } }", "{ recv = \"all\" }");
    assert_eq!(declared_of("", whole), (ms(1005), 200));
    assert_eq!(declared_of("stall_after = 99", whole), (ms(3000), 198));
    assert_eq!(declared_of("stall_after = 100", whole), (ms(1005), 200));
    assert_eq!(declared_of("stall_after = 100", all), (ms(30_000), 200), "the end stays out");
    assert_eq!(declared_of("reset_after = 60", whole), (ms(5), 120));
    assert_eq!(declared_of("close_after = 60", whole), (ms(5), 120));
    assert_eq!(declared_of("close_after = 60", all), (ms(1005), 120), "a close is an end");
}

#[test]
fn the_traits_count_what_goes_over_the_network() {
    let traits = parsed(
        r#"
        name = "x"
        [peer.client]
        request = "300 B"
        [peer.origin]
        protocol = "http"
        reply = "1 KB"
        [[flow]]
        count = 10
        steps = [ { accept = "client" }, { recv = 100 }, { send = 50 }, { recv = "all" },
                  { get = { peer = "origin", path = "/" } }, { get = { url = "http://x/" } }, { cpu = "1 s" } ]
        "#,
    )
    .traits();
    assert_eq!((traits.steps, traits.file_operations, traits.network_operations), (70, 0, 60));
    assert_eq!((traits.sent_bytes, traits.received_bytes), (500, 13_000));
}

#[test]
fn an_address_may_be_shared_by_flows() {
    let text = "name = \"x\"\n[[flow]]\ncount = 2\nsteps = [ { get = { url = \"http://x/\", save = true } } ]\n";
    assert_eq!(parsed(text).flow_count(), 2);
}

#[test]
fn what_is_saved_is_kept_apart_from_the_run() {
    let plan = parsed(&one_flow(r#"{ get = { url = "http://x/{flow}", save = "out/a" } }"#));
    assert!(plan.directories().is_empty());
    let step = &plan.steps_of(0)[0];
    let Action::Get { target: GetTarget::Url(url), save: Some(SaveAs::Path(path)), timeout } =
        step.action(0)
    else {
        panic!("a get that saves")
    };
    assert_eq!((url.as_str(), path.as_path()), ("http://x/0", Path::new("out/a")));
    assert_eq!(timeout, Duration::from_secs(30));
}

#[test]
fn a_number_is_a_size_in_bytes() {
    let size_of = |text: String| match parsed(&one_flow(&text)).steps_of(0)[1].action(0) {
        Action::Write(content) => Content::len(content),
        other => panic!("{other:?}"),
    };
    for size in ["4096", "0x1000", "\"4096\"", "\"4 KiB\"", "4_096", "{ size = 4096 }"] {
        assert_eq!(size_of(format!(r#"{{ create = "a" }}, {{ write = {size} }}"#)), 4096, "{size}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(text in plan_text()) {
        let plan = Plan::parse("made", &text);
        prop_assert!(plan.is_ok(), "{}\n{text}", plan.unwrap_err());
        let plan = plan.expect("just checked");
        let canonical = plan.to_toml();
        let again = Plan::parse("canonical", &canonical);
        prop_assert!(again.is_ok(), "{}\n{canonical}", again.unwrap_err());
        let again = again.expect("just checked");
        prop_assert_eq!(format!("{plan:?}"), format!("{again:?}"));
        prop_assert_eq!(canonical, again.to_toml());
        prop_assert_eq!(plan.disk_bytes(), again.disk_bytes());
        prop_assert_eq!(plan.traits(), again.traits());
        prop_assert_eq!(plan.directories(), again.directories());
        prop_assert_eq!(plan.declared(), again.declared());
    }

    #[test]
    fn what_never_comes_is_not_waited_for(
        sends in prop::collection::vec(1_u64..100, 1..4),
        request in 1_u64..100,
        reply in 1_u64..100,
        wanted in 1_u64..400,
    ) {
        let sent: u64 = sends.iter().sum();
        let sends: String = sends.iter().map(|bytes| format!("{{ send = {bytes} }}, ")).collect();
        let accepted = |peer: &str| {
            let steps = format!("{{ connect = \"p\" }}, {sends}{{ recv = {wanted} }}");
            Plan::parse("made", &format!("{}[peer.p]\n{peer}\n", one_flow(&steps))).is_ok()
        };
        prop_assert_eq!(accepted("reply = \"echo\""), wanted <= sent);
        prop_assert_eq!(accepted(&format!("reply = {reply}")), wanted <= reply);
        let each = format!("request = {request}\nreply = {reply}");
        prop_assert_eq!(accepted(&each), wanted <= sent / request * reply);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text: String) {
        let _ = Plan::parse("text", &text);
    }

    #[test]
    fn nothing_like_a_plan_makes_the_reader_panic(text in nearly_a_plan()) {
        match Plan::parse("text", &text) {
            Ok(plan) => {
                drop((plan.to_toml(), plan.disk_bytes(), plan.traits(), plan.steps_of(0).len()));
            }
            Err(error) => {
                prop_assert!(!error.problems().is_empty());
                prop_assert!(error.problems().iter().all(|problem| text.get(problem.span.clone()).is_some()));
            }
        }
    }
}

/// A good plan of every kind of step.
fn plan_text() -> impl Strategy<Value = String> {
    let group = || (1_u32..1000, prop::collection::vec(phrase(), 1..6));
    let groups = || prop::collection::vec(group(), 1..4);
    let name = "[a-z\"'\\\\ é{}#]{0,20}";
    let most = prop::option::of(1_u32..500);
    (name, most, groups(), groups(), any::<bool>(), peers()).prop_map(
        |(name, most, setup, flows, has_setup, peers)| {
            let mut text = format!("name = {}\n", toml_text(&format!("p{name}")));
            if let Some(most) = most {
                text += &format!("max_in_flight = {most}\n");
            }
            let setup = setup.into_iter().filter(|_| has_setup).map(|group| ("setup", group));
            for (kind, (count, phrases)) in
                setup.chain(flows.into_iter().map(|group| ("flow", group)))
            {
                text +=
                    &format!("[[{kind}]]\ncount = {count}\nsteps = [ {} ]\n", phrases.join(", "));
            }
            for (name, form) in peers {
                if text.contains(&format!("\"{name}\"")) {
                    text += &format!("[peer.{name}]\n{form}\n");
                }
            }
            text
        },
    )
}

/// A peer of every kind that [`phrase`] speaks with.
fn peers() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let manner = || {
        let delay = prop_oneof!["", "delay = \"[0-9]{1,3} ?(us|ms|s)\""];
        let bandwidth = prop_oneof!["", "bandwidth = \"[1-9][0-9]{0,2} (B|KB|KiB|MiB)\""];
        let fault = prop_oneof!["", "stall = true", "stall_after = \"[0-9]{1,4}\""];
        (delay, bandwidth, fault)
            .prop_map(|(delay, bandwidth, fault)| format!("{delay}\n{bandwidth}\n{fault}"))
    };
    let stream = prop_oneof!["", "transport = \"(tcp|unix)\""];
    let echo = (manner(), stream).prop_map(|(manner, stream)| format!("{manner}\n{stream}"));
    let once = (manner(), content())
        .prop_map(|(manner, content)| format!("{manner}\nreply = {{ {content} }}"));
    let request = prop_oneof!["\"64 B\"", "\\{ until = \"é\\\\n\" \\}"];
    let database = (manner(), request).prop_map(|(manner, request)| {
        format!("{manner}\nrequest = {request}\nreply = {{ text = \"+OK\\r\\n\" }}")
    });
    let close = prop_oneof!["", "close_after = \"[0-9]{1,3}\"", "reset_after = \"[0-9]{1,3} B\""];
    let client =
        close.prop_map(|close| format!("{close}\nrequest = {{ text = \"GET /\\r\\n\\r\\n\" }}"));
    let origin = (manner(), "\"[0-9]{1,5}\"")
        .prop_map(|(manner, bytes)| format!("{manner}\nprotocol = \"http\"\nreply = {bytes}"));
    let datagrams = manner().prop_map(|manner| format!("{manner}\ntransport = \"udp\""));
    let all = (echo, once, database, client, origin, datagrams);
    all.prop_map(|(echo, once, database, client, origin, datagrams)| {
        vec![
            ("echo", echo),
            ("once", once),
            ("database", database),
            ("client", client),
            ("origin", origin),
            ("datagrams", datagrams),
        ]
    })
}

fn toml_text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Steps that go together, and leave no file open.
fn phrase() -> impl Strategy<Value = String> {
    let path = "(in/)?(d_\\{flow\\}/)?[ab]_\\{flow\\}(\\.txt|\\\\\\\\x|é)?";
    let size = || {
        prop_oneof![
            "[1-9][0-9]{0,3}",
            "\"[1-9][0-9]{0,2} (B|KB|KiB|MB)\"",
            "\"1\\.5 (KiB|MB|MiB)\""
        ]
    };
    let duration = "\"[0-9]{1,3} ?(ns|us|µs|ms|s|min)\"";
    let timeout = || prop_oneof!["", ", timeout = \"[1-9][0-9]{0,2} ?(ms|s)\""];
    prop_oneof![
        (1_u32..60_000, content(), timeout(), timeout()).prop_map(|(bytes, content, first, second)| format!(
            "{{ connect = {{ peer = \"echo\"{first} }} }}, {{ send = {{ {content}{second} }} }}, \
             {{ send = {bytes} }}, {{ recv = {{ bytes = {bytes}{first} }} }}, {{ shutdown = true }}, \
             {{ recv = {{ bytes = \"all\"{second} }} }}"
        )),
        Just("{ connect = \"once\" }, { send = { text = \"é\\r\\n\\t\\\"\" } }, { recv = \"all\" }".to_owned()),
        timeout().prop_map(|timeout| format!(
            "{{ connect = \"database\" }}, {{ send = 64 }}, {{ recv_until = \"\\r\\n\" }}, \
             {{ send = 64 }}, {{ recv_until = {{ delimiter = \"+O\", most = \"1 KiB\"{timeout} }} }}"
        )),
        timeout().prop_map(|timeout| format!(
            "{{ accept = {{ peer = \"client\"{timeout} }} }}, {{ recv_until = \"\\r\\n\\r\\n\" }}, {{ send = \"1 KiB\" }}"
        )),
        (1_u32..60_000).prop_map(|bytes| format!(
            "{{ connect = \"datagrams\" }}, {{ send = {bytes} }}, {{ recv = {bytes} }}"
        )),
        ("/([a-z?=-]|%[0-9a-f]{2}){0,9}(\\{flow\\})?", timeout()).prop_map(|(path, timeout)| format!(
            "{{ get = {{ peer = \"origin\", path = \"{path}\"{timeout} }} }}"
        )),
        ("https?://(\\[::1\\]|[a-z]{1,9}\\.example)(:8080)?(/\\{flow\\})?", "true|\"g_\\{flow\\}\"").prop_map(
            |(url, save)| format!("{{ get = {{ url = \"{url}\", save = {save} }} }}")
        ),
        duration.prop_map(|duration| format!("{{ sleep = {duration} }}")),
        duration.prop_map(|duration| format!("{{ cpu = {duration} }}")),
        (path, content()).prop_map(|(path, content)| format!("{{ write_file = {{ path = \"{path}\", {content} }} }}")),
        path.prop_map(|path| format!("{{ read_file = \"{path}\" }}, {{ stat = \"{path}\" }}")),
        path.prop_map(|path| format!("{{ unlink = \"{path}\" }}")),
        path.prop_map(|path| format!("{{ mkdir = \"m_{{flow}}_{}\" }}", path.len())),
        (path, size(), size()).prop_map(|(path, offset, size)| format!(
            "{{ open = \"{path}\" }}, {{ read = {size} }}, {{ read = true }}, \
             {{ read_at = {{ offset = {offset}, bytes = {size} }} }}, {{ close = true }}"
        )),
        (path, content(), size()).prop_map(|(path, content, size)| format!(
            "{{ create = \"{path}\" }}, {{ write = {{ {content} }} }}, {{ write = {size} }}, \
             {{ write_at = {{ offset = {size}, {content} }} }}, {{ fsync = true }}, {{ close = true }}"
        )),
        (path, "write|read_write|append", content()).prop_map(|(path, mode, content)| format!(
            "{{ open = {{ path = \"{path}\", mode = \"{mode}\" }} }}, {{ write = {{ {content} }} }}, {{ close = true }}"
        )),
    ]
}

fn content() -> impl Strategy<Value = String> {
    let text = prop_oneof!["[ -~é]{0,20}", "[a\r\n\t]{1,5}"];
    let text = text.prop_map(|text| {
        let text = toml_text(&text).replace('\r', "\\r").replace('\n', "\\n");
        format!("text = {}", text.replace('\t', "\\t"))
    });
    let shape = prop_oneof![
        (0_u32..100_000).prop_map(|size| format!("size = {size}")),
        (0_u32..200, 0_u32..200)
            .prop_map(|(lines, length)| format!("lines = {lines}, line_length = {length}")),
    ];
    let kind = prop_oneof![
        Just(String::new()),
        Just(", content = \"fixed\"".to_owned()),
        Just(", content = \"random\"".to_owned()),
        (0..=i64::MAX).prop_map(|seed| format!(", content = \"random\", seed = {seed}")),
    ];
    prop_oneof![text, (shape, kind).prop_map(|(shape, kind)| shape + &kind)]
}

/// The words of plans, in any order.
fn nearly_a_plan() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "name",
        "flow",
        "setup",
        "count",
        "steps",
        "path",
        "size",
        "lines",
        "line_length",
        "seed",
        "content",
        "offset",
        "bytes",
        "mode",
        "needs_concurrency",
        "max_in_flight",
        "peer",
        "text",
        "request",
        "reply",
        "bandwidth",
        "timeout",
        "stall_after",
        " = ",
        "[[",
        "]]",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "\n",
        "true",
        "false",
        "\"10 KiB\"",
        "\"5 ms\"",
        "\"{flow}\"",
        "\"a/b\"",
        "\"random\"",
        "0",
        "-1",
        "10_000_000",
        "1.5",
        "1979-05-27",
        "\"",
        "\\",
        "é",
        "#",
        "name = \"x\"\n",
        "\n[[flow]]\n",
        "\n[[setup]]\n",
        "\n[peer.db]\n",
        "\n[peer.client]\nrequest = 1\n",
        "\n[peer.origin]\nprotocol = \"http\"\nreply = 1\n",
        "steps = [",
        "{ create = \"{flow}\" }, ",
    ];
    let names = STEPS.iter().map(|kind| kind.name);
    let examples = STEPS.iter().map(|kind| kind.example);
    let words: Vec<_> = WORDS.iter().copied().chain(names).chain(examples).collect();
    prop::collection::vec(prop::sample::select(words), 0..40).prop_map(|words| words.concat())
}

fn one_flow(steps: &str) -> String {
    format!("name = \"x\"\n[[flow]]\nsteps = [ {steps} ]\n")
}

fn parsed(text: &str) -> Plan {
    Plan::parse("plan.toml", text).unwrap_or_else(|error| panic!("{error}"))
}
