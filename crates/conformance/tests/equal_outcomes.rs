//! Random programs have the same outcomes on every driver.

use libtest_mimic::Arguments;

fn main() {
    let trials = whywait_conformance::equal_outcomes();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
