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
    unknown_keys_in_a_flow: "name = \"x\"\n[[flow]]\ncuont = 2\nrepeat = 3\nsteps = [ { slep = \"1 s\" } ]\n";
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
    text_and_size: &steps(r#"{ create = "a" }, { write = { text = "a", size = 1 } }"#);
    peer_unknown: &with_peer("db", "", r#"{ connect = "bd" }"#);
    peer_unknown_where_there_is_none: &steps(r#"{ connect = "db" }"#);
    peer_not_used: &with_peer("db", "", r#"{ sleep = "1 s" }"#);
    peer_with_an_unusable_name: &with_peer("'a b'", "", r#"{ connect = "a b" }"#);
    peer_with_an_unknown_key: &with_peer("db", "dealy = \"1 s\"", r#"{ connect = "db" }"#);
    peer_with_an_unknown_transport: &with_peer("db", "transport = \"udb\"", r#"{ connect = "db" }"#);
    peer_with_two_faults: &with_peer("db", "stall = true\nreset_after = 10", r#"{ connect = "db" }"#);
    peer_as_a_list: "name = \"x\"\n[[peer]]\ndelay = \"1 s\"\n[[flow]]\nsteps = [ { sleep = \"1 s\" } ]\n";
    peer_over_udp_that_closes: &with_peer("db", "transport = \"udp\"\nclose_after = 1", r#"{ connect = "db" }"#);
    peer_over_unix_that_resets: &with_peer("db", "transport = \"unix\"\nreset_after = 1", r#"{ connect = "db" }"#);
    peer_over_udp_with_a_long_reply: &with_peer("db", "transport = \"udp\"\nreply = \"64 KiB\"", r#"{ connect = "db" }"#);
    peer_over_http_without_reply: &with_peer("db", "protocol = \"http\"", r#"{ get = { peer = "db", path = "/" } }"#);
    peer_over_http_with_a_text: &with_peer("db", "protocol = \"http\"\nreply = { text = \"a\" }", r#"{ get = { peer = "db", path = "/" } }"#);
    peer_with_an_empty_request: &with_peer("db", "request = 0", r#"{ connect = "db" }"#);
    peer_that_comes_and_is_there: &with_peer("db", "", r#"{ connect = "db" }, { accept = "db" }"#);
    peer_that_comes_over_unix: &with_peer("db", "transport = \"unix\"", r#"{ accept = "db" }"#);
    peer_that_comes_and_replies: &with_peer("db", "reply = 1", r#"{ accept = "db" }"#);
    peer_that_comes_with_a_delimiter: &with_peer("db", "request = { until = \"\\n\" }", r#"{ accept = "db" }"#);
    get_from_a_peer_of_bytes: &with_peer("db", "", r#"{ get = { peer = "db", path = "/" } }"#);
    connect_to_a_peer_of_http: &with_peer("db", "protocol = \"http\"\nreply = 1", r#"{ connect = "db" }"#);
    get_from_nobody: &steps(r#"{ get = { path = "/" } }"#);
    get_from_a_peer_and_a_url: &steps(r#"{ get = { peer = "db", path = "/", url = "http://x/" } }"#);
    get_a_path_of_a_url: &steps(r#"{ get = { url = "http://x/", path = "/" } }"#);
    get_a_path_without_slash: &with_peer("db", "", r#"{ get = { peer = "db", path = "a" } }"#);
    get_by_an_unknown_scheme: &steps(r#"{ get = { url = "ftp://x/" } }"#);
    get_with_a_password: &steps(r#"{ get = { url = "http://me:secret@x/" } }"#);
    get_saved_outside: &steps(r#"{ get = { url = "http://x/", save = "../a" } }"#);
    send_without_connection: &steps(r#"{ send = 1 }"#);
    send_after_shutdown: &with_peer("db", "", r#"{ connect = "db" }, { shutdown = true }, { send = 1 }"#);
    shutdown_twice: &with_peer("db", "", r#"{ connect = "db" }, { shutdown = true }, { shutdown = true }"#);
    send_a_large_datagram: &with_peer("db", "transport = \"udp\"", r#"{ connect = "db" }, { send = "64 KiB" }"#);
    recv_before_anything_was_sent: &with_peer("db", "reply = 10", r#"{ connect = "db" }, { recv = 1 }"#);
    recv_more_than_an_echo: &with_peer("db", "", r#"{ connect = "db" }, { send = "10 B" }, { recv = "11 B" }"#);
    recv_more_than_one_reply: &with_peer("db", "reply = 10", r#"{ connect = "db" }, { send = 1 }, { recv = 10 }, { send = 1 }, { recv = 10 }"#);
    recv_before_the_request_is_whole: &with_peer("db", "request = 10\nreply = 10", r#"{ connect = "db" }, { send = 9 }, { recv = 10 }"#);
    recv_more_than_a_peer_comes_with: &with_peer("db", "request = 10", r#"{ accept = "db" }, { recv = 11 }"#);
    recv_all_of_what_does_not_end: &with_peer("db", "", r#"{ connect = "db" }, { send = 1 }, { recv = "all" }"#);
    recv_after_the_end: &with_peer("db", "reply = 10", r#"{ connect = "db" }, { send = 1 }, { recv = "all" }, { recv = 1 }"#);
    recv_all_over_udp: &with_peer("db", "transport = \"udp\"", r#"{ connect = "db" }, { send = 1 }, { recv = "all" }"#);
    recv_part_of_a_datagram: &with_peer("db", "transport = \"udp\"\nreply = 10", r#"{ connect = "db" }, { send = 1 }, { recv = 9 }"#);
    recv_until_over_udp: &with_peer("db", "transport = \"udp\"", r#"{ connect = "db" }, { send = 1 }, { recv_until = "a" }"#);
    recv_until_what_does_not_come: &with_peer("db", "reply = 10", r#"{ connect = "db" }, { send = 1 }, { recv_until = "\r\n" }"#);
    recv_until_nothing: &with_peer("db", "", r#"{ connect = "db" }, { recv_until = "" }"#);
    recv_neither_a_size_nor_all: &with_peer("db", "", r#"{ connect = "db" }, { send = 1 }, { recv = "al" }"#);
    timeout_of_nothing: &with_peer("db", "", r#"{ connect = { peer = "db", timeout = "0 s" } }"#);
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

/// A file with one peer, of these keys, and one flow of these steps.
fn with_peer(name: &str, keys: &str, steps: &str) -> String {
    format!("name = \"x\"\n[peer.{name}]\n{keys}\n[[flow]]\nsteps = [ {steps} ]\n")
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
