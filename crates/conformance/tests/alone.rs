//! The checks that count descriptors or need most of them: one at a time, in a process of their
//! own.

use libtest_mimic::Arguments;
use whywait_conformance::{Company, trials};

fn main() {
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, trials(Company::Nobody)).exit();
}
