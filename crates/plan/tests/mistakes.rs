//! What people see when a plan file is wrong: one snapshot for each kind of mistake.

use miette::{GraphicalReportHandler, GraphicalTheme};
use whywait_plan::{Plan, PlanError, limits};

/// A test for each mistake: its name, and the file in which it stands.
macro_rules! shows {
    ($($name:ident: $text:expr;)*) => {
        $(
            #[test]
            fn $name() {
                insta::assert_snapshot!(rendered($text));
            }
        )*
    };
}

shows! {
    toml_syntax: "name = \"x\"\n[[flow]\nsteps = []\n";
    toml_text_not_ended: "name = \"x\nneeds_concurrency = 1\n";
    a_key_twice: "name = \"x\"\nname = \"y\"\n";
    nothing_at_all: "";
    unknown_key_at_the_top: "name = \"x\"\nneed_concurrency = 2\n[[flow]]\nsteps = [ { sleep = \"1 s\" } ]\n";
    unknown_key_in_a_flow: "name = \"x\"\n[[flow]]\ncuont = 2\nsteps = [ { sleep = \"1 s\" } ]\n";
    unknown_key_in_a_step: &steps(r#"{ open = { path = "a", mood = "read" } }"#);
    name_of_another_type: "name = 5\n[[flow]]\nsteps = [ { sleep = \"1 s\" } ]\n";
    name_empty: "name = \" \"\n[[flow]]\nsteps = [ { sleep = \"1 s\" } ]\n";
    name_with_control_characters: "name = \"\\u001b[2J\"\n[[flow]]\nsteps = [ { sleep = \"1 s\" } ]\n";
    name_too_long: &format!("name = \"{}\"\n[[flow]]\nsteps = [ {{ sleep = \"1 s\" }} ]\n", "n".repeat(201));
    flow_as_a_table: "name = \"x\"\n[flow]\nsteps = [ { sleep = \"1 s\" } ]\n";
    flow_empty: "name = \"x\"\nflow = []\n";
    setup_empty: "name = \"x\"\nsetup = []\n[[flow]]\nsteps = [ { sleep = \"1 s\" } ]\n";
    flow_of_another_type: "name = \"x\"\nflow = [ 1 ]\n";
    count_zero: "name = \"x\"\n[[flow]]\ncount = 0\nsteps = [ { sleep = \"1 s\" } ]\n";
    count_negative: "name = \"x\"\n[[flow]]\ncount = -1\nsteps = [ { sleep = \"1 s\" } ]\n";
    count_with_a_point: "name = \"x\"\n[[flow]]\ncount = 1.5\nsteps = [ { sleep = \"1 s\" } ]\n";
    count_too_large: "name = \"x\"\n[[flow]]\ncount = 10_000_001\nsteps = [ { sleep = \"1 s\" } ]\n";
    too_many_flows_together: "name = \"x\"\n[[flow]]\ncount = 10_000_000\nsteps = [ { sleep = \"1 s\" } ]\n[[flow]]\nsteps = [ { sleep = \"1 s\" } ]\n";
    steps_missing: "name = \"x\"\n[[flow]]\ncount = 2\n";
    steps_empty: "name = \"x\"\n[[flow]]\nsteps = []\n";
    steps_of_another_type: "name = \"x\"\n[[flow]]\nsteps = \"create\"\n";
    step_of_another_type: &steps(r#""close""#);
    step_unknown: &steps(r#"{ create = "a" }, { wirte = "10 KiB" }"#);
    step_like_no_other: &steps(r#"{ delete = "a" }"#);
    step_with_two_keys: &steps(r#"{ write = "10 KiB", create = "a" }"#);
    step_with_no_key: &steps("{ }");
    write_before_create: &steps(r#"{ write = "10 KiB" }, { create = "a" }"#);
    close_twice: &steps(r#"{ create = "a" }, { close = true }, { close = true }"#);
    open_while_open: &steps(r#"{ create = "a" }, { open = "b" }"#);
    write_to_a_file_open_for_reading: &steps(r#"{ open = "a" }, { write = 1 }"#);
    read_from_a_file_open_for_writing: &steps(r#"{ open = { path = "a", mode = "append" } }, { read = 1 }"#);
    write_at_to_a_file_open_for_appending: &steps(r#"{ open = { path = "a", mode = "append" } }, { write_at = { offset = 0, size = 1 } }"#);
    close_false: &steps(r#"{ create = "a" }, { close = false }"#);
    close_of_another_type: &steps(r#"{ create = "a" }, { close = "yes" }"#);
    open_mode_unknown: &steps(r#"{ open = { path = "a", mode = "wirte" } }"#);
    open_without_path: &steps(r#"{ open = { mode = "write" } }"#);
    read_nothing: &steps(r#"{ create = "a" }, { read = 0 }"#);
    read_at_without_offset: &steps(r#"{ create = "a" }, { read_at = { bytes = 1 } }"#);
    size_with_unknown_unit: &steps(r#"{ create = "a" }, { write = "10 kib" }"#);
    size_without_number: &steps(r#"{ create = "a" }, { write = "much" }"#);
    size_of_another_type: &steps(r#"{ create = "a" }, { write = [ 1 ] }"#);
    size_negative: &steps(r#"{ create = "a" }, { write = -1 }"#);
    size_not_whole: &steps(r#"{ create = "a" }, { write = "0.3 B" }"#);
    size_too_large: &steps(r#"{ create = "a" }, { write = "2 GiB" }"#);
    size_missing: &steps(r#"{ write_file = { path = "a" } }"#);
    size_and_lines: &steps(r#"{ write_file = { path = "a", size = 1, lines = 1, line_length = 1 } }"#);
    size_and_line_length: &steps(r#"{ write_file = { path = "a", size = 1, line_length = 1 } }"#);
    lines_without_length: &steps(r#"{ write_file = { path = "a", lines = 1 } }"#);
    lines_too_many: &steps(r#"{ write_file = { path = "a", lines = 100_000_000, line_length = 100 } }"#);
    content_unknown: &steps(r#"{ write_file = { path = "a", size = 1, content = "rnadom" } }"#);
    seed_of_fixed_content: &steps(r#"{ write_file = { path = "a", size = 1, seed = 1 } }"#);
    offset_too_large: &steps(r#"{ create = "a" }, { write_at = { offset = "2 TiB", size = 1 } }"#);
    duration_without_unit: &steps(r#"{ sleep = "5" }"#);
    duration_of_another_type: &steps("{ sleep = 5 }");
    duration_too_long: &steps(r#"{ cpu = "25 h" }"#);
    path_absolute: &steps(r#"{ create = "/etc/passwd" }"#);
    path_leaving: &steps(r#"{ create = "a/../../b" }"#);
    path_empty: &steps(r#"{ create = "" }"#);
    path_with_unknown_placeholder: &steps(r#"{ create = "{file}.txt" }"#);
    path_with_a_lone_brace: &steps(r#"{ create = "{flow.txt" }"#);
    path_of_another_type: &steps("{ create = true }");
    path_shared_by_flows: "name = \"x\"\n[[flow]]\ncount = 2\nsteps = [ { create = \"a\" } ]\n";
    path_shared_by_groups: "name = \"x\"\n[[flow]]\nsteps = [ { create = \"a\" } ]\n[[flow]]\nsteps = [ { open = \"a\" } ]\n";
    directory_made_by_another_group: "name = \"x\"\n[[flow]]\nsteps = [ { mkdir = \"out\" } ]\n[[flow]]\ncount = 3\nsteps = [ { create = \"out/{flow}\" } ]\n";
    directory_not_made: &steps(r#"{ mkdir = "a" }, { create = "a/b/c" }"#);
    directory_made_too_late: &steps(r#"{ write_file = { path = "a/b", size = 1 } }, { mkdir = "a" }"#);
    needs_more_than_there_is: &format!("needs_concurrency = 2\n{}", steps(r#"{ sleep = "1 s" }"#));
    needs_more_than_may_be: "name = \"x\"\nmax_in_flight = 2\nneeds_concurrency = 3\n[[flow]]\ncount = 9\nsteps = [ { sleep = \"1 s\" } ]\n";
    max_in_flight_zero: &format!("max_in_flight = 0\n{}", steps(r#"{ sleep = "1 s" }"#));
    several_mistakes: "nam = \"x\"\n[[setup]]\nsteps = [ { mkdri = \"a\" } ]\n[[flow]]\ncount = 0\nsteps = [ { create = \"/a\" }, { write = \"5 ms\" }, { sleep = \"5 ms\" } ]\n";
}

#[test]
fn the_plain_text_has_file_line_and_column() {
    let error = error("name = \"é\"\n[[flow]]\nsteps = [ { create = \"é\" }, { wirte = 1 } ]\n");
    assert_eq!(error.to_string(), "plan.toml:3:31: no step is called `wirte`");
    let two = steps(r#"{ wirte = 1 }, { reed = 1 }"#);
    let more = Plan::parse("plan.toml", &two).expect_err("two mistakes").to_string();
    assert!(more.ends_with("(and one more mistake)"), "{more}");
}

#[test]
fn mistakes_are_in_the_order_of_the_file_and_not_endless() {
    let error = error(&steps(&"{ wirte = 1 },\n".repeat(100)));
    let lines: Vec<_> = error.problems().iter().map(|problem| problem.line).collect();
    assert_eq!(lines, (3..23).collect::<Vec<_>>());
}

#[test]
fn one_mistake_does_not_call_up_others() {
    let spoilt = error(&steps(r#"{ creat = "a" }, { write = "10 KiB" }, { close = true }"#));
    assert_eq!(spoilt.problems().len(), 1, "{spoilt}");
}

#[test]
fn a_file_or_plan_above_the_limits_is_refused() {
    let comment = "#".repeat(limits::FILE_BYTES_MAX);
    let long = error(&format!("{}{comment}", steps(r#"{ sleep = "1 s" }"#)));
    assert!(long.to_string().contains("the most is 1 MiB"), "{long}");

    let just = steps(&r#"{ sleep = "1 s" },"#.repeat(limits::STEPS_MAX));
    assert!(Plan::parse("plan.toml", &just).is_ok());
    let over = format!("{just}[[flow]]\nsteps = [ {{ cpu = \"1 s\" }} ]\n");
    assert!(error(&over).to_string().contains("10001"), "{}", error(&over));

    let nested = format!("name = {}", "[".repeat(100_000));
    assert!(error(&nested).to_string().contains("not TOML"));
}

/// A file with one flow of these steps.
fn steps(steps: &str) -> String {
    format!("name = \"x\"\n[[flow]]\nsteps = [ {steps} ]\n")
}

fn error(text: &str) -> PlanError {
    Plan::parse("plan.toml", text).expect_err("the plan is wrong")
}

fn rendered(text: &str) -> String {
    let mut shown = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(100)
        .render_report(&mut shown, &error(text))
        .expect("writing to a string cannot fail");
    shown
}
