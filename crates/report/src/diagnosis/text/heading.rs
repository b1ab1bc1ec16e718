//! The verdict, and what it is about.
//!
//! Left out on purpose: why it is so; the other parts say that.

use super::naming::command_line;
use crate::page::{Page, Role};
use crate::quantity::Seconds;
use crate::{Control, Diagnosis, Notice, Program, Quadrant, escaped};

pub(super) fn write(diagnosis: &Diagnosis, page: &mut Page) {
    let role = if diagnosis.findings.is_empty() { Role::Good } else { Role::Heading };
    page.text(role, &escaped(&diagnosis.verdict));
    page.blank();
    page.text(Role::Plain, &name(&diagnosis.program));
    let quadrant = diagnosis.quadrant.map(|quadrant| format!(" · {}", words(quadrant)));
    let what = format!(
        "{}{} · watched for {} · {}",
        diagnosis.shape.name(),
        quadrant.unwrap_or_default(),
        Seconds(diagnosis.wall_s),
        ending(&diagnosis.program),
    );
    page.text(Role::Quiet, &what);
    if let Some(machine) = &diagnosis.machine {
        page.text(Role::Quiet, &escaped(&machine.to_string()));
    }
}

/// Its command line, or its number where that could not be read.
fn name(program: &Program) -> String {
    if program.command.is_empty() {
        return format!("process {}", program.pid);
    }
    command_line(&program.command)
}

fn words(quadrant: Quadrant) -> &'static str {
    match (quadrant.control, quadrant.notice) {
        (Control::Blocking, Notice::Synchronous) => "blocking, synchronous",
        (Control::Blocking, Notice::Asynchronous) => "blocking, asynchronous",
        (Control::NonBlocking, Notice::Synchronous) => "non-blocking, synchronous",
        (Control::NonBlocking, Notice::Asynchronous) => "non-blocking, asynchronous",
    }
}

fn ending(program: &Program) -> String {
    match (program.exit_status, program.signal) {
        (_, Some(signal)) => format!("ended by signal {signal}"),
        (Some(status), None) => format!("exited with status {status}"),
        (None, None) => "still running".into(),
    }
}
