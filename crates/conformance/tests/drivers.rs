//! Every check that may run beside others, over every driver.

use libtest_mimic::Arguments;
use whywait_conformance::{Company, trials};

fn main() {
    libtest_mimic::run(&Arguments::from_args(), trials(Company::Others)).exit();
}
