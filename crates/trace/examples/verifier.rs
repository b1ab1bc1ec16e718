//! Prints what the kernel's verifier spends on each program that whywait loads, as a table; fails
//! if that is more than the budget.
//!
//!     cargo run -p whywait-trace --example verifier

use std::process::ExitCode;

use whywait_record::Detail;
use whywait_trace::{Options, Target, Verified, verify};

fn main() -> ExitCode {
    println!("| program | detail | instructions | states | stack, bytes | time, ms |");
    println!("|---|---|---|---|---|---|");
    let mut passed = true;
    for (detail, name) in [(Detail::Full, "full"), (Detail::Light, "light")] {
        let options = Options { detail, ..Options::for_target(&Target::Process(1)) };
        match verify(&options) {
            Ok(programs) => {
                programs.iter().for_each(|program| print(program, name));
                passed &= programs.iter().all(Verified::is_within_budget);
            }
            Err(error) => {
                eprintln!("error: {error}\n  help: {}", error.advice());
                return ExitCode::FAILURE;
            }
        }
    }
    if !passed {
        eprintln!("error: a program was refused or needs more than {}", Verified::BUDGET);
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn print(verified: &Verified, detail: &str) {
    let Verified { program, refusal, instructions, states, stack, time } = verified;
    let refusal = refusal.as_ref().map(|reason| format!(" (refused: {reason})"));
    let refusal = refusal.unwrap_or_default();
    let time_ms = time.as_secs_f64() * 1000.0;
    println!(
        "| {program}{refusal} | {detail} | {instructions} | {states} | {stack} | {time_ms:.1} |"
    );
}
