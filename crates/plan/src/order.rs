//! The order of a flow's steps: what needs an open file comes where one is open.

use crate::document::PlacedStep;
use crate::mistake::{Mistake, MistakeAt};
use crate::{FileUse, OpenMode, Step};

/// The first step, if any, that comes where it cannot work.
pub(crate) fn check(steps: &[PlacedStep]) -> Result<(), MistakeAt> {
    let mut open = None;
    for (step, span) in steps {
        open = after(step.as_ref(), open).map_err(|mistake| mistake.at(span.clone()))?;
    }
    Ok(())
}

/// What is open after a step, given what is open before it.
fn after(step: &dyn Step, open: Option<OpenMode>) -> Result<Option<OpenMode>, Mistake> {
    let declares = step.declares();
    let step = step.name();
    let wrong_mode =
        |mode: OpenMode, advice| Mistake::WrongMode { step, mode: mode.word(), advice };
    match (declares.file, open) {
        (FileUse::Untouched, _) => Ok(open),
        (FileUse::Opens(mode), None) => Ok(Some(mode)),
        (FileUse::Opens(_), Some(_)) => Err(Mistake::AlreadyOpen { step }),
        (_, None) => Err(Mistake::NoOpenFile { step }),
        (FileUse::Closes, Some(_)) => Ok(None),
        (FileUse::Reads, Some(mode)) if !mode.reads() => {
            Err(wrong_mode(mode, "open it with mode \"read\" or \"read_write\", or with `create`"))
        }
        (FileUse::Writes, Some(mode)) if !mode.writes() => Err(wrong_mode(
            mode,
            "open it with mode \"write\", \"read_write\" or \"append\", or with `create`",
        )),
        (FileUse::Writes, Some(mode @ OpenMode::Append)) if declares.offset.is_some() => {
            Err(wrong_mode(mode, "Linux appends whatever the offset; open it with mode \"write\""))
        }
        (FileUse::Reads | FileUse::Writes | FileUse::Needs, Some(_)) => Ok(open),
    }
}
