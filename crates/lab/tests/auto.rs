//! What `auto` chooses, for plans that no rule was written for.

use whywait_lab::{RULES, Situation, choose};
use whywait_plan::Plan;

const DOCUMENT: &str = include_str!("../../../docs/auto.md");

/// Plans by what they are like; their names say nothing.
const SLEEPS: &str = "[[flow]]\ncount = 300\nsteps = [{ sleep = \"20 ms\" }]\n";
const SLEEPS_AND_CPU: &str =
    "[[flow]]\ncount = 40\nsteps = [{ sleep = \"6 ms\" }, { cpu = \"4 ms\" }]\n";
const CPU: &str = "[[flow]]\ncount = 12\nsteps = [{ cpu = \"30 ms\" }]\n";
const FILES: &str = "[[flow]]\ncount = 70\n\
     steps = [{ create = \"{flow}\" }, { write = \"3 KiB\" }, { close = true }]\n";
const MIXED: &str = "[[flow]]\ncount = 30\n\
     steps = [{ write_file = { path = \"{flow}\", size = \"2 MiB\", content = \"random\" } }]\n\
     [[flow]]\ncount = 3\nsteps = [{ sleep = \"100 us\" }, { cpu = \"5 ms\" }]\n";
const ONE_FLOW: &str = "[[flow]]\nsteps = [{ sleep = \"1 s\" }, { cpu = \"1 s\" }]\n";

fn plan(head: &str, flows: &str) -> Plan {
    Plan::parse("test", &format!("name = \"a plan\"\n{head}\n{flows}")).expect("a plan")
}

fn situation(plan: &Plan, cpus: usize) -> Situation {
    Situation { traits: plan.traits(), cpus, io_uring: true }
}

/// What is chosen on so many CPUs, with io_uring.
fn chosen(flows: &str, cpus: usize) -> String {
    choose(&situation(&plan("", flows), cpus)).0.to_string()
}

#[test]
fn sleeps_are_for_one_loop_however_many_cpus_there_are() {
    for cpus in [1, 2, 64] {
        assert_eq!(chosen(SLEEPS, cpus), "uring");
    }
}

#[test]
fn sleeps_beside_work_are_for_a_loop_on_each_cpu() {
    assert_eq!(chosen(SLEEPS_AND_CPU, 4), "uring-threads:4");
    assert_eq!(chosen(SLEEPS_AND_CPU, 1), "uring");
}

#[test]
fn work_is_for_blocking_threads() {
    for work in [CPU, FILES, MIXED] {
        assert_eq!(chosen(work, 8), "thread-pool:8", "{work}");
        assert_eq!(chosen(work, 1), "blocking", "{work}");
    }
}

#[test]
fn one_flow_has_nothing_to_overlap() {
    for cpus in [1, 8] {
        assert_eq!(chosen(ONE_FLOW, cpus), "blocking");
    }
}

#[test]
fn flows_that_must_advance_at_once_get_a_model_that_overlaps_and_the_reason_says_so() {
    for (cpus, expected) in [(4, "uring-threads:4"), (1, "uring")] {
        let (model, why) = choose(&situation(&plan("needs_concurrency = 5", FILES), cpus));
        assert_eq!(model.to_string(), expected);
        assert!(model.driver().expect("a driver").overlaps);
        assert!(why.contains("5 flows must") && why.contains(&format!("{cpus} CPU")), "{why}");
    }
}

#[test]
fn as_many_as_there_are_cpus_can_advance_on_blocking_threads() {
    let (model, _) = choose(&situation(&plan("needs_concurrency = 4", FILES), 4));
    assert_eq!(model.to_string(), "thread-pool:4");
}

#[test]
fn without_io_uring_epoll_takes_its_place_and_the_reason_says_so() {
    for (flows, expected) in [(SLEEPS, "epoll"), (SLEEPS_AND_CPU, "epoll-threads:2")] {
        let here = Situation { io_uring: false, ..situation(&plan("", flows), 2) };
        let (model, why) = choose(&here);
        assert_eq!(model.to_string(), expected);
        assert!(why.contains("io_uring does not run here"), "{why}");
    }
}

#[test]
fn a_name_decides_nothing() {
    for flows in [SLEEPS, FILES, CPU] {
        let named = |name: &str| Plan { name: name.into(), ..plan("", flows) };
        let choices = ["files", "read", "x"].map(|name| choose(&situation(&named(name), 2)).0);
        assert_eq!(choices, [choices[0]; 3]);
    }
}

#[test]
fn every_rule_decides_some_plan() {
    let decides = |rule_name: &str, here: &Situation| {
        RULES.iter().find(|rule| (rule.holds)(here)).is_some_and(|rule| rule.name == rule_name)
    };
    let plans = [SLEEPS, SLEEPS_AND_CPU, CPU, FILES, MIXED, ONE_FLOW].map(|flows| plan("", flows));
    for rule in RULES {
        let mut here = plans.iter().flat_map(|plan| [1, 4].map(|cpus| situation(plan, cpus)));
        assert!(here.any(|here| decides(rule.name, &here)), "{} is never used", rule.name);
    }
}

#[test]
fn the_document_has_the_table_of_the_rules() {
    let rows = DOCUMENT.lines().skip_while(|line| !line.starts_with("| rule |")).skip(2);
    let documented: Vec<_> = rows
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| line.split('`').nth(1))
        .collect();
    let rules: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(documented, rules);
}
