//! Plans from files: what is read is what was written, and nothing makes the reader panic.

use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use whywait_plan::{Action, Content, Plan, STEPS};

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
    assert_eq!(declared.sleep_total, Duration::from_millis(15));
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
    assert_eq!(traits.sleep, Duration::from_secs(10));
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
    assert_eq!(plan.traits().sleep, Duration::from_secs(10_000_000 * 86_400));
    assert!(plan.traits().cpu_share() > 0.9);
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
    }

    #[test]
    fn no_text_makes_the_reader_panic(text: String) {
        let _ = Plan::parse("text", &text);
    }

    #[test]
    fn nothing_like_a_plan_makes_the_reader_panic(text in nearly_a_plan()) {
        match Plan::parse("text", &text) {
            Ok(plan) => drop((plan.to_toml(), plan.disk_bytes(), plan.traits(), plan.steps_of(0).len())),
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
    (name, prop::option::of(1_u32..500), groups(), groups(), any::<bool>()).prop_map(
        |(name, most, setup, flows, has_setup)| {
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
            text
        },
    )
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
    prop_oneof![
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
    (shape, kind).prop_map(|(shape, kind)| shape + &kind)
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
