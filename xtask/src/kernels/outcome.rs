//! How a step went, read from what the guest wrote.

use super::init::MARK;
use super::step::Step;

/// How a step went on one kernel.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) step: &'static Step,
    pub(super) verdict: Verdict,
    /// What it wrote, standard error with it.
    pub(super) output: String,
}

/// What came of a step. Times are of the guest, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    Passed {
        seconds: f64,
    },
    /// It ended with another exit code than 0.
    Failed {
        code: i32,
        seconds: f64,
    },
    /// It ended with 0, but a test did not run: none has that name, or it was left out.
    TooFewTests,
    /// The guest ended, or was ended, while it ran.
    Unfinished,
    /// The guest ended, or was ended, before.
    NotReached,
}

impl Outcome {
    /// Whether it went as it must.
    pub(super) fn passed(&self) -> bool {
        matches!(self.verdict, Verdict::Passed { .. })
    }

    /// Those of all `steps` in their order, from everything that the guest wrote so far.
    pub(super) fn all(steps: &[&'static Step], written: &str) -> Vec<Self> {
        steps.iter().map(|step| Self::read(step, written)).collect()
    }

    fn read(step: &'static Step, written: &str) -> Self {
        let mut output = String::new();
        let mut begin_s = None;
        for line in written.lines().map(|line| line.trim_end_matches('\r')) {
            match (Mark::read(line), begin_s) {
                (Some(Mark::Begin { name, uptime_s }), None) if name == step.name => {
                    begin_s = Some(uptime_s);
                }
                (Some(Mark::End { name, code, uptime_s }), Some(begin_s)) if name == step.name => {
                    let verdict = judge(step, code, uptime_s - begin_s, &output);
                    return Self { step, verdict, output };
                }
                (_, Some(_)) => {
                    output.push_str(line);
                    output.push('\n');
                }
                (_, None) => {}
            }
        }
        let verdict = begin_s.map_or(Verdict::NotReached, |_| Verdict::Unfinished);
        Self { step, verdict, output }
    }
}

fn judge(step: &Step, code: i32, seconds: f64, output: &str) -> Verdict {
    match code {
        0 if tests_passed(output) < step.tests() => Verdict::TooFewTests,
        0 => Verdict::Passed { seconds },
        code => Verdict::Failed { code, seconds },
    }
}

/// How many tests passed by the last lines of test binaries: `test result: ok. 3 passed; …`.
fn tests_passed(output: &str) -> u64 {
    let results = output.lines().filter_map(|line| line.strip_prefix("test result: ok. "));
    results.filter_map(|counts| counts.split(' ').next()?.parse::<u64>().ok()).sum()
}

/// A line that the guest's first program writes between the steps.
#[derive(Debug, PartialEq)]
enum Mark<'a> {
    Begin { name: &'a str, uptime_s: f64 },
    End { name: &'a str, code: i32, uptime_s: f64 },
}

impl<'a> Mark<'a> {
    /// The mark in a line; none if it is a line of a step's.
    fn read(line: &'a str) -> Option<Self> {
        let words: Vec<&str> = line.strip_prefix(MARK)?.split_whitespace().collect();
        match words[..] {
            ["begin", name, uptime_s] => {
                Some(Self::Begin { name, uptime_s: uptime_s.parse().ok()? })
            }
            ["end", name, code, uptime_s] => {
                Some(Self::End { name, code: code.parse().ok()?, uptime_s: uptime_s.parse().ok()? })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Mark, Outcome, Verdict};
    use crate::kernels::step::{STEPS, Step};

    fn step(name: &str) -> &'static Step {
        STEPS.iter().find(|step| step.name == name).expect("a step")
    }

    #[test]
    fn marks_are_told_from_what_steps_write() {
        let begin = Mark::read("@kernels begin killed 12.5");
        assert_eq!(begin, Some(Mark::Begin { name: "killed", uptime_s: 12.5 }));
        let end = Mark::read("@kernels end killed -1 13");
        assert_eq!(end, Some(Mark::End { name: "killed", code: -1, uptime_s: 13.0 }));
        for line in ["", "begin killed 1", "@kernels begin killed", "@kernels end killed x 1"] {
            assert_eq!(Mark::read(line), None, "{line}");
        }
    }

    #[test]
    fn each_step_gets_its_own_output_code_and_time() {
        let written = "early\r\n\n@kernels begin explain-true 10.00\r\none\r\ntwo\n\
            @kernels end explain-true 0 11.50\n\n@kernels begin compare-files 12\nno newline\n\
            @kernels end compare-files 125 14\n";
        let steps = [step("explain-true"), step("compare-files"), step("kernel-log")];
        let outcomes = Outcome::all(&steps, written);
        assert_eq!(outcomes[0].verdict, Verdict::Passed { seconds: 1.5 });
        assert_eq!(outcomes[0].output, "one\ntwo\n");
        assert_eq!(outcomes[1].verdict, Verdict::Failed { code: 125, seconds: 2.0 });
        assert_eq!(outcomes[1].output, "no newline\n");
        assert_eq!(outcomes[2].verdict, Verdict::NotReached);
        assert!(outcomes[0].passed() && !outcomes[1].passed() && !outcomes[2].passed());
    }

    #[test]
    fn a_step_during_which_the_guest_ends_is_unfinished_and_keeps_its_output() {
        let written = "@kernels begin killed 1\nso far\n";
        let outcome = &Outcome::all(&[step("killed")], written)[0];
        assert_eq!(outcome.verdict, Verdict::Unfinished);
        assert_eq!(outcome.output, "so far\n");
    }

    #[test]
    fn a_test_binary_that_runs_too_few_tests_has_not_passed() {
        let run = |passed: u64| {
            let written = format!(
                "@kernels begin killed 1\ntest result: ok. {passed} passed; 0 failed; 90 \
                 filtered out\n@kernels end killed 0 2\n"
            );
            Outcome::all(&[step("killed")], &written)[0].verdict
        };
        assert_eq!(run(0), Verdict::TooFewTests);
        assert_eq!(run(10), Verdict::Passed { seconds: 1.0 });
    }
}
