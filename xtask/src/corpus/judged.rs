//! Judging a program's records, plain and redacted.

use std::fs::File;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use whywait_insight::{Analysis, RecordFacts, RuleSet, average, diagnose_with, document};
use whywait_record::{Record, file, merge, redact};
use whywait_report::Diagnosis;

use super::CorpusError;
use super::judgement::Judgement;
use super::precision::{Decisions, add_decisions};
use super::program::{Capture, Program};
use crate::Failed;

/// A program of the corpus, and what is right and wrong in what is said of its records.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    pub(super) program: &'a Program,
    /// For each of its records, in their order.
    pub(super) judgements: Vec<Judgement>,
    /// Which rules decided threads with a truth, and whether they were right.
    pub(super) decisions: Decisions,
    /// The records of which something else is said when they are redacted or summed, and what.
    pub(super) disagreements: Vec<String>,
}

/// Judges all of them by the rules of a set, on all CPUs, in their order.
///
/// # Errors
/// If a record cannot be read.
pub(super) fn all<'a>(programs: &'a [Program], rules: &RuleSet) -> Result<Vec<Judged<'a>>, Failed> {
    let mut judged = in_parallel(programs, |program| Judged::of(program, rules))?;
    judged.sort_by(|one, other| one.program.name.cmp(&other.program.name));
    Ok(judged)
}

/// Does something with each program, on all CPUs; the results are in no order.
///
/// # Errors
/// One of those of `work`.
pub(super) fn in_parallel<'a, T: Send>(
    programs: &'a [Program],
    work: impl Fn(&'a Program) -> Result<T, Failed> + Sync,
) -> Result<Vec<T>, Failed> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut results = Vec::new();
        while let Some(program) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
            results.push(work(program)?);
        }
        Ok(results)
    };
    let threads = available_parallelism().map_or(1, usize::from);
    let parts: Vec<Result<Vec<_>, Failed>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().expect("judging does not panic")).collect()
    });
    let mut results = Vec::new();
    for part in parts {
        results.extend(part?);
    }
    Ok(results)
}

/// Reads a record.
///
/// # Errors
/// If it cannot be read.
pub(super) fn read(capture: &Capture) -> Result<Record, Failed> {
    let bytes = File::open(&capture.path).map_err(Failed::read(&capture.path))?;
    let read = file::read(bytes).map_err(|error| CorpusError::Record {
        path: capture.path.clone(),
        what: error.to_string(),
    })?;
    Ok(read)
}

impl<'a> Judged<'a> {
    fn of(program: &'a Program, rules: &RuleSet) -> Result<Self, Failed> {
        let mut judged = Self {
            program,
            judgements: Vec::new(),
            decisions: Decisions::new(),
            disagreements: Vec::new(),
        };
        for capture in &program.captures {
            judged.add(capture, rules)?;
        }
        Ok(judged)
    }

    fn add(&mut self, capture: &Capture, rules: &RuleSet) -> Result<(), Failed> {
        let mut record = read(capture)?;
        let truth = self.program.truth.in_mode(&capture.mode);
        let averaged = average(&record);
        let analysis = Analysis::with(&averaged, &RecordFacts::of(&averaged), rules);
        add_decisions(&mut self.decisions, &analysis, &truth);
        let plain = document(&analysis);
        drop(analysis);
        drop(averaged);
        self.compare_sum(capture, &plain, &record, rules)?;
        redact(&mut record);
        if let Some(what) = difference(&plain, &diagnose_with(&record, rules, None)) {
            self.disagree(capture, &format!("redacted, {what}"));
        }
        self.judgements.push(Judgement::of(&plain, &truth, &capture.name));
        Ok(())
    }
}

impl Judged<'_> {
    /// That the sum of a record and itself is judged as the record is.
    fn compare_sum(
        &mut self,
        capture: &Capture,
        plain: &Diagnosis,
        record: &Record,
        rules: &RuleSet,
    ) -> Result<(), Failed> {
        if !capture.name.ends_with(".1") {
            return Ok(());
        }
        let sum = merge([record.clone(), record.clone()]).map_err(|error| CorpusError::Record {
            path: capture.path.clone(),
            what: error.to_string(),
        })?;
        let sum = diagnose_with(&sum.record, rules, None);
        let told = |one: &Diagnosis| {
            let found = one.findings.iter().map(|one| (one.name.clone(), one.severity));
            let mut found: Vec<_> = found.collect();
            found.sort();
            (one.shape, found)
        };
        let (plain, sum) = (told(plain), told(&sum));
        if plain != sum {
            self.disagree(capture, &format!("{plain:?}; its sum with itself: {sum:?}"));
        }
        Ok(())
    }

    fn disagree(&mut self, capture: &Capture, what: &str) {
        self.disagreements.push(format!("{} {}: {what}", self.program.name, capture.name));
    }
}

/// What is said of a record but not of the redacted one; none if nothing is.
fn difference(plain: &Diagnosis, redacted: &Diagnosis) -> Option<String> {
    let told = |one: &Diagnosis| {
        let mut told = vec![format!("shape {}", one.shape.name())];
        for process in &one.processes {
            for thread in &process.threads {
                told.push(format!("{} × {} {}", thread.alike, thread.tid, thread.model.name()));
            }
        }
        for found in &one.findings {
            let (name, severity) = (&found.name, found.severity);
            let (tid, count, seconds) = (found.tid, found.count, found.seconds);
            told.push(format!("{name} {severity:?} {tid:?} {count} × {seconds} s"));
        }
        told
    };
    let (plain, redacted) = (told(plain), told(redacted));
    let differs = plain.iter().zip(&redacted).find(|(one, other)| one != other);
    match differs {
        Some((one, other)) => Some(format!("{one}; redacted: {other}")),
        None if plain.len() != redacted.len() => Some("something is left out".to_owned()),
        None => None,
    }
}
