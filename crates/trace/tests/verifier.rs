//! What the kernel's verifier spends on the programs, on the kernel on which the tests run.

use std::process::Command;

use whywait_record::Detail;
use whywait_trace::{Options, Target, Verified, verify};

/// The limit for open files is lowered meanwhile, which no other test may notice: this is a test
/// program of its own, with one test.
#[test]
fn every_program_is_within_the_verifiers_budget() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("NOT CHECKED: loading programs takes privileges; run the tests as root");
        return;
    }
    for detail in [Detail::Full, Detail::Light] {
        let options = Options { detail, ..Options::for_target(&Target::Process(1)) };
        let programs = verify(&options).expect("this kernel can watch");
        let names: Vec<_> = programs.iter().map(|verified| verified.program).collect();
        for needed in ["on_new_task", "on_switch_without_state", "on_waking", "on_exec", "on_seed"]
        {
            assert!(names.contains(&needed), "{needed} is missing: {names:?}");
        }
        for verified in &programs {
            assert!(verified.is_within_budget(), "{verified:?}");
            assert!(verified.instructions > 20, "no statistics were read: {verified:?}");
            assert!(verified.states > 0 && !verified.stack.is_empty(), "{verified:?}");
        }
    }
    // The limit for open files is what it was.
    assert!(Command::new("true").status().expect("a process is made").success());
    assert_eq!(Verified::BUDGET, 500_000, "docs/watching.md has this number");
}
