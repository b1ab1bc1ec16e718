//! What is right and wrong in what whywait says of a record.

use fancy_regex::Regex;
use whywait_report::{BoundBy, Diagnosis, FindingEntry, ProcessEntry, ThreadEntry, WaitEntry};

use super::truth::{
    FindingTruth, ForbiddenFinding, Group, Number, ThreadTruth, Truth, VerdictTruth, WaitTruth,
};

/// How far a number may be off if the truth does not say it.
const TOLERANCE: f64 = 0.15;

/// What is right and wrong in what is said of a record.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Judgement {
    /// The shape, if the truth has one.
    pub(super) shape: Option<Call>,
    /// The models of threads, for each group of them that the truth has.
    pub(super) models: Vec<Call>,
    /// The findings that are wanted.
    pub(super) wanted: Vec<Wanted>,
    /// Names of findings that are false.
    pub(super) false_findings: Vec<String>,
    /// How many waits and verdicts are wrong.
    pub(super) other_faults: usize,
    /// Everything that is wrong, in a few words each.
    pub(super) faults: Vec<String>,
    /// What was said, in a few words: to see whether it is the same of two records.
    pub(super) said: String,
}

/// What something is called, and what it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    /// The first of the names that are right.
    pub(super) truth: String,
    /// The name that it was given; that of the truth if it is another one of those that are right.
    pub(super) said: String,
}

/// What became of a finding that is wanted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    /// The first of its names.
    pub(super) name: String,
    pub(super) outcome: Outcome,
}

/// What became of a finding that is wanted, from the worst on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// It was not said.
    Missed,
    /// It was said, but not as grave as it is.
    TooMild,
    /// Its numbers or its evidence are wrong.
    Inexact,
    /// It has no place in the program, or another one.
    Misplaced,
    /// It is as it should be.
    Right,
}

impl Judgement {
    /// Whether nothing is wrong.
    pub(super) fn is_right(&self) -> bool {
        self.faults.is_empty()
    }

    /// How much is right: one for the shape and each model, up to four for a finding that is
    /// wanted; one less for each that is false, and for each wait and verdict that is wrong.
    pub(super) fn points(&self) -> i64 {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let calls = self.shape.iter().chain(&self.models);
        let right = number(calls.filter(|call| call.said == call.truth).count());
        let wanted: i64 = self.wanted.iter().map(|wanted| wanted.outcome as i64).sum();
        right + wanted - number(self.false_findings.len()) - number(self.other_faults)
    }

    /// Of what is said of a record; `truth` is what is true in its mode, `record` its name.
    pub(super) fn of(diagnosis: &Diagnosis, truth: &Truth, record: &str) -> Self {
        let mut judgement = Self { said: said(diagnosis), ..Self::default() };
        judgement.judge_shape(diagnosis, truth);
        truth.threads.iter().for_each(|threads| judgement.judge_threads(diagnosis, threads));
        for finding in &truth.findings {
            judgement.judge_finding(diagnosis, finding, truth, record);
        }
        judgement.judge_false_findings(diagnosis, truth);
        let faults = judgement.faults.len();
        truth.waits.iter().for_each(|wait| judgement.judge_wait(diagnosis, wait, truth, record));
        truth.verdict.iter().for_each(|one| judgement.judge_verdict(&diagnosis.verdict, one));
        judgement.other_faults = judgement.faults.len() - faults;
        judgement
    }

    fn judge_shape(&mut self, diagnosis: &Diagnosis, truth: &Truth) {
        let Some(first) = truth.shapes.first() else { return };
        let said = diagnosis.shape.name();
        let is_right = truth.shapes.iter().any(|shape| shape == said);
        if !is_right {
            self.faults.push(format!("shape {said}, not {first}"));
        }
        let said = if is_right { first } else { said };
        self.shape = Some(Call { truth: first.clone(), said: said.to_owned() });
    }

    fn judge_threads(&mut self, diagnosis: &Diagnosis, truth: &ThreadTruth) {
        let Some(first) = truth.models.first() else { return };
        let threads = members(diagnosis, truth);
        let is_right =
            |thread: &ThreadEntry| truth.models.iter().any(|model| model == thread.model.name());
        let count = |right: bool| -> u64 {
            threads.iter().filter(|thread| is_right(thread) == right).map(|one| one.alike).sum()
        };
        let all_are = match truth.at_least {
            Some(least) => count(true) >= least,
            None => count(true) > 0 && count(false) == 0,
        };
        let said = if all_are { first.clone() } else { most_frequent(&threads, &is_right) };
        if !all_are {
            let who = truth.named.as_deref().unwrap_or(match truth.group {
                Some(Group::Main) => "the first thread",
                Some(Group::Others) => "other threads",
                Some(Group::Children) => "children",
                None => "threads",
            });
            let right = count(true);
            let least = truth.at_least.map_or("all".to_owned(), |least| least.to_string());
            self.faults.push(format!("{who}: {right} {first}, not {least}; {said}"));
        }
        self.models.push(Call { truth: first.clone(), said });
    }

    fn judge_finding(
        &mut self,
        diagnosis: &Diagnosis,
        wanted: &FindingTruth,
        truth: &Truth,
        record: &str,
    ) {
        let named = |found: &&FindingEntry| wanted.names.contains(&found.name);
        let named: Vec<_> = diagnosis.findings.iter().filter(named).collect();
        let numbers = [
            ("count", self.number(wanted.count.as_ref(), truth, record)),
            ("seconds", self.number(wanted.seconds.as_ref(), truth, record)),
            ("count", wanted.per_second.map(|rate| rate * diagnosis.wall_s)),
            ("seconds", wanted.part.map(|part| part * diagnosis.wall_s)),
        ];
        let numbers: Vec<_> =
            numbers.into_iter().filter_map(|(name, number)| Some((name, number?))).collect();
        let outcomes = named.iter().map(|found| outcome(found, &named, wanted, &numbers));
        let (outcome, fault) = outcomes
            .max_by_key(|(outcome, _)| *outcome)
            .unwrap_or_else(|| (Outcome::Missed, "is missed".to_owned()));
        let names = wanted.names.join("|");
        if outcome != Outcome::Right {
            self.faults.push(format!("{names} {fault}"));
        }
        let name = wanted.names.first().cloned().unwrap_or_default();
        self.wanted.push(Wanted { name, outcome });
    }

    fn judge_wait(
        &mut self,
        diagnosis: &Diagnosis,
        wanted: &WaitTruth,
        truth: &Truth,
        record: &str,
    ) {
        let WaitTruth { syscall, on, count, seconds, tolerance, modes: _ } = wanted;
        let words: Vec<_> = [syscall, on].into_iter().flatten().map(String::as_str).collect();
        let name = words.join(" on ");
        let found = || diagnosis.waits.iter().filter(|found| is_wait(found, wanted));
        if found().next().is_none() {
            self.faults.push(format!("no wait in {name}"));
        }
        let counted: u64 = found().map(|found| found.count).sum();
        let took: f64 = found().map(|found| found.total_s).sum();
        for (what, number, said) in [("count", count, counted as f64), ("seconds", seconds, took)] {
            let number = self.number(number.as_ref(), truth, record);
            let near = number.is_none_or(|number| near(said, number, *tolerance));
            if !near {
                self.faults.push(format!("the wait in {name} has {what} {said:.3}"));
            }
        }
    }

    fn judge_verdict(&mut self, verdict: &str, truth: &VerdictTruth) {
        if let Some(pattern) = truth.says.as_ref().filter(|pattern| !matches(pattern, verdict)) {
            self.faults.push(format!("the verdict does not say {pattern}"));
        }
        if let Some(pattern) = truth.says_not.as_ref().filter(|pattern| matches(pattern, verdict)) {
            self.faults.push(format!("the verdict says {pattern}"));
        }
    }

    /// A number of the truth. One that the program did not print is a fault.
    fn number(&mut self, number: Option<&Number>, truth: &Truth, record: &str) -> Option<f64> {
        match number? {
            Number::Fixed(number) => Some(*number),
            Number::Known(name) => {
                let known = truth.known.get(record).and_then(|known| known.get(name)).copied();
                if known.is_none() {
                    self.faults.push(format!("the truth has no known {name}"));
                }
                known
            }
        }
    }

    fn judge_false_findings(&mut self, diagnosis: &Diagnosis, truth: &Truth) {
        for found in &diagnosis.findings {
            let FindingEntry { name, severity, .. } = found;
            let is_wanted = truth.findings.iter().any(|wanted| wanted.names.contains(name));
            let is_allowed = truth.allowed.contains(name) || is_of_machine(found);
            let is_false = truth.false_from.is_some_and(|least| *severity <= least);
            let is_forbidden = |forbidden: &ForbiddenFinding| {
                forbidden.names.contains(name) && *severity <= forbidden.least
            };
            let is_forbidden = truth.forbidden.iter().any(is_forbidden);
            if is_forbidden || is_false && !is_wanted && !is_allowed {
                self.faults.push(format!("false: {name} {}", severity.name()));
                self.false_findings.push(name.clone());
            }
        }
    }
}

/// That others had the CPUs says something of the machine, and is right whenever it is said.
fn is_of_machine(found: &FindingEntry) -> bool {
    found.bound_by.contains(&BoundBy::Cpus)
}

/// Shape, models and findings.
fn said(diagnosis: &Diagnosis) -> String {
    let mut findings: Vec<_> = diagnosis
        .findings
        .iter()
        .map(|found| format!("{} {}", found.name, found.severity.name()))
        .collect();
    findings.sort();
    findings.dedup();
    let findings = if findings.is_empty() { "nothing".to_owned() } else { findings.join(", ") };
    format!("{}; {findings}", diagnosis.shape.name())
}

/// How good a finding is that has the right name, and what is wrong with it.
fn outcome(
    found: &FindingEntry,
    all: &[&FindingEntry],
    wanted: &FindingTruth,
    numbers: &[(&str, f64)],
) -> (Outcome, String) {
    if found.severity > wanted.least {
        return (Outcome::TooMild, format!("is only {}", found.severity.name()));
    }
    if wanted.most.is_some_and(|most| found.severity < most) {
        return (Outcome::Inexact, format!("is even {}", found.severity.name()));
    }
    let is_same =
        |other: &&&FindingEntry| other.name == found.name && other.severity <= wanted.least;
    let same: Vec<_> = all.iter().filter(is_same).collect();
    for (name, number) in numbers {
        let value = |found: &FindingEntry| match *name {
            "count" => found.count as f64,
            _ => found.seconds,
        };
        let near = |said| near(said, *number, wanted.tolerance);
        // Several findings of one name may be right together.
        let together: f64 = same.iter().map(|found| value(found)).sum();
        if !near(value(found)) && !near(together) {
            let fault = format!("has {name} {:.3}, not {number:.3}", value(found));
            return (Outcome::Inexact, fault);
        }
    }
    if let Some(pattern) = wanted.evidence.iter().find(|one| !matches(one, &found.evidence)) {
        return (Outcome::Inexact, format!("does not say {pattern}"));
    }
    let place = found.at.as_ref();
    if let Some(function) = &wanted.function
        && place.and_then(|place| place.function.as_deref()) != Some(function)
    {
        return (Outcome::Misplaced, format!("is not in {function}"));
    }
    let line = place.and_then(|place| {
        let file = place.file.as_deref()?.rsplit('/').next()?;
        Some(format!("{file}:{}", place.line?))
    });
    if !wanted.lines.is_empty() && !line.as_ref().is_some_and(|line| wanted.lines.contains(line)) {
        let line = line.unwrap_or_else(|| "no line".to_owned());
        return (Outcome::Misplaced, format!("is at {line}, not {}", wanted.lines.join("|")));
    }
    (Outcome::Right, String::new())
}

/// The threads that the truth speaks of.
fn members<'a>(diagnosis: &'a Diagnosis, truth: &ThreadTruth) -> Vec<&'a ThreadEntry> {
    let root = diagnosis.program.pid;
    let of_process = |process: &'a ProcessEntry| {
        let of = (process.pid, &*process.command);
        process
            .threads
            .iter()
            .filter(move |thread| is_member(truth, root, of, (thread.tid, &thread.name)))
    };
    diagnosis.processes.iter().flat_map(of_process).collect()
}

/// Whether the truth speaks of a thread, which has a number and a name, of a process with a number
/// and a command; `root` is the number of the first process.
pub(super) fn is_member(
    truth: &ThreadTruth,
    root: u32,
    (pid, command): (u32, &[String]),
    (tid, name): (u32, &str),
) -> bool {
    let in_group = match truth.group {
        None => true,
        Some(Group::Main) => tid == root,
        Some(Group::Others) => pid == root && tid != root,
        Some(Group::Children) => pid != root && tid == pid,
    };
    in_group
        && truth.named.as_ref().is_none_or(|pattern| {
            let program = command.first().and_then(|path| path.rsplit('/').next());
            let command = command.join(" ");
            let texts = [name, program.unwrap_or_default(), &command];
            texts.iter().any(|text| matches(pattern, text))
        })
}

/// The model that most of the threads have for which it is wrong.
fn most_frequent(threads: &[&ThreadEntry], is_right: &dyn Fn(&ThreadEntry) -> bool) -> String {
    let mut counts: Vec<(&str, u64)> = Vec::new();
    for thread in threads.iter().filter(|thread| !is_right(thread)) {
        let name = thread.model.name();
        match counts.iter_mut().find(|(other, _)| *other == name) {
            Some((_, count)) => *count += thread.alike,
            None => counts.push((name, thread.alike)),
        }
    }
    let most = counts.into_iter().max_by_key(|&(name, count)| (count, std::cmp::Reverse(name)));
    most.map_or_else(|| "none".to_owned(), |(name, _)| name.to_owned())
}

fn is_wait(found: &WaitEntry, wanted: &WaitTruth) -> bool {
    let syscall = found.syscall.as_deref().unwrap_or_default();
    let on = found.peer.as_deref().or(found.path.as_deref()).unwrap_or_default();
    wanted.syscall.as_ref().is_none_or(|pattern| matches(pattern, syscall))
        && wanted.on.as_ref().is_none_or(|pattern| matches(pattern, on))
}

/// Whether a number is what it should be.
fn near(said: f64, number: f64, tolerance: Option<f64>) -> bool {
    (said - number).abs() <= tolerance.unwrap_or(TOLERANCE) * number.abs()
}

/// Whether a text matches. No pattern is wrong: [`Truth::read`] has looked.
fn matches(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::{Call, Judgement, Outcome, Wanted};

    #[test]
    fn points_fall_with_each_thing_that_gets_worse() {
        let call = |said: &str| Call { truth: "a".to_owned(), said: said.to_owned() };
        let wanted = |outcome| Wanted { name: "x".to_owned(), outcome };
        let best = Judgement {
            shape: Some(call("a")),
            models: vec![call("a")],
            wanted: vec![wanted(Outcome::Right)],
            ..Judgement::default()
        };
        let worse = [
            Judgement { shape: Some(call("b")), ..best.clone() },
            Judgement { models: vec![call("b")], ..best.clone() },
            Judgement { wanted: vec![wanted(Outcome::Misplaced)], ..best.clone() },
            Judgement { false_findings: vec!["y".to_owned()], ..best.clone() },
            Judgement { other_faults: 1, ..best.clone() },
        ];
        for one in worse {
            assert_eq!(one.points(), best.points() - 1, "{one:?}");
        }
    }
}
