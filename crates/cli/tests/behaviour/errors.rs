//! What the program says when it is asked for something that makes no sense.

use insta::assert_snapshot;

use crate::whywait::Whywait;

/// What `whywait compare` with these words says on standard error, with exit code 2 and nothing on
/// standard output. `plan.toml` is a plan with a mistake.
#[track_caller]
fn refusal(words: &str) -> String {
    let words = ["compare"].into_iter().chain(words.split_whitespace());
    let run = Whywait::new(words).with_plan(PLAN_WITH_A_MISTAKE);
    let ended = run.run().expect_code(2);
    assert_eq!(ended.stdout(), "");
    ended.stderr().to_owned()
}

const PLAN_WITH_A_MISTAKE: &str = r#"name = "a mistake"
[[flow]]
count = 3
steps = [
  { create = "{flow}.txt" },
  { wirte = "10 KiB" },
]
"#;

#[test]
fn an_unknown_model() {
    assert_snapshot!(refusal("files --models blocking,epol"));
}

#[test]
fn a_model_named_twice() {
    assert_snapshot!(refusal("files --models epoll,blocking,epoll"));
}

#[test]
fn a_number_of_workers_where_there_is_none() {
    assert_snapshot!(refusal("files --models epoll:4"));
}

#[test]
fn a_number_of_workers_that_is_none() {
    assert_snapshot!(refusal("files --models thread-pool:0"));
}

#[test]
fn an_unknown_plan() {
    assert_snapshot!(refusal("file"));
}

#[test]
fn a_plan_file_that_is_not_there() {
    assert_snapshot!(refusal("my-plan.toml"));
}

#[test]
fn a_plan_file_with_a_mistake() {
    assert_snapshot!(refusal("plan.toml"));
}

#[test]
fn an_option_of_built_in_plans_with_a_plan_file() {
    assert_snapshot!(refusal("plan.toml --files 10"));
}

#[test]
fn an_option_out_of_its_range() {
    assert_snapshot!(refusal("files --files 0"));
}

#[test]
fn a_seed_for_fixed_content() {
    assert_snapshot!(refusal("files --content fixed --seed 3"));
}

#[test]
fn an_option_of_another_built_in_plan() {
    assert_snapshot!(refusal("files --delay 1s"));
}

#[test]
fn a_number_of_files_that_is_none() {
    assert_snapshot!(refusal("files --files many"));
}

#[test]
fn a_kind_of_content_that_there_is_not() {
    assert_snapshot!(refusal("read --content rnadom"));
}

#[test]
fn a_delay_without_a_unit() {
    assert_snapshot!(refusal("download --delay 300"));
}

#[test]
fn an_unknown_format() {
    assert_snapshot!(refusal("files --format jsn"));
}

#[test]
fn a_time_limit_that_is_no_time() {
    assert_snapshot!(refusal("files --time-limit soon"));
}

#[test]
fn a_time_limit_that_leaves_no_time() {
    assert_snapshot!(refusal("files --time-limit 0"));
}

#[test]
fn no_repeats() {
    assert_snapshot!(refusal("files --repeat 0"));
}

#[test]
fn a_directory_that_is_not_there() {
    assert_snapshot!(refusal("files --dir nowhere"));
}

#[test]
fn a_result_that_cannot_be_written() {
    let words = "compare files --dir work --out nowhere/result.json";
    let ended = Whywait::new(words.split_whitespace()).run().expect_code(1);
    assert_snapshot!(ended.stderr());
}
