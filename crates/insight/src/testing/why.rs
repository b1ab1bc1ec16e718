//! `--why`: what is said of threads and the shape, and that nothing is unless asked for.

use DescriptorKind::Epoll;
use syscalls::Sysno;
use whywait_record::{Breadth, DescriptorKind, Record};
use whywait_report::{RuleOutcome, Subject, TestOutcome, ThreadModel};

use super::scenario::{Scenario, calls};
use crate::rules::every_rule;
use crate::shapes::every_shape_rule;
use crate::{Explain, RuleSet, diagnose_with};

fn epoll_loop() -> Record {
    let waits = calls(Sysno::epoll_wait, Epoll, 100).of(Breadth::Many).sleeping_ms(10);
    Scenario::new().cpu_ms(50).does(waits).thread(101, "helper").cpu_ms(10).full()
}

#[test]
fn a_thread_is_explained_by_every_rule_the_deciding_one_first() {
    let record = epoll_loop();
    let tid = record.root_pid;
    let why = |explain| {
        let said = diagnose_with(&record, &RuleSet::all(), Some(explain));
        said.why.expect("it was asked for").explained
    };
    let [one] = &*why(Explain::Thread(tid)) else { panic!("one thread") };
    assert!(matches!(&one.subject, Subject::Thread { tid: of, .. } if *of == tid));
    assert_eq!(one.called, ThreadModel::EventLoop.name());
    assert_eq!(one.rules.len(), every_rule().count());
    let first = &one.rules[0];
    assert_eq!(Some(&first.rule), one.decided_by.as_ref());
    assert!(first.margin.is_some_and(|margin| margin > 0.0), "{first:?}");
    for rule in &one.rules {
        let holds = rule.tests.iter().all(|test| test.outcome == TestOutcome::Held);
        assert_eq!(holds, rule.outcome != RuleOutcome::Failed, "{rule:?}");
        assert_eq!(holds, rule.margin.is_some(), "{rule:?}");
        let is_excluded = rule.outcome == RuleOutcome::Excluded;
        assert_eq!(is_excluded, !rule.excluded_by.is_empty(), "{rule:?}");
    }
    let runner_up = one.rules.iter().find(|rule| Some(&rule.rule) == one.runner_up.as_ref());
    assert!(runner_up.is_none_or(|rule| rule.says != one.called), "{runner_up:?}");
    assert!(why(Explain::Thread(tid + 1_000_000)).is_empty());
}

#[test]
fn a_shape_is_explained_by_every_rule_and_the_models_of_its_threads() {
    let record = epoll_loop();
    let said = diagnose_with(&record, &RuleSet::all(), Some(Explain::Shape));
    let [shape] = &*said.why.expect("it was asked for").explained else { panic!("one shape") };
    assert_eq!((&shape.subject, &*shape.called), (&Subject::Shape, said.shape.name()));
    assert_eq!(shape.models.values().sum::<u64>(), record.threads().count() as u64);
    assert_eq!(shape.rules.len(), every_shape_rule().count());
    assert_eq!(Some(&shape.rules[0].rule), shape.decided_by.as_ref());
    assert_eq!(shape.rules[0].says, shape.called);
}

#[test]
fn nothing_is_explained_unless_it_is_asked_for() {
    assert_eq!(crate::diagnose(&epoll_loop()).why, None);
}
