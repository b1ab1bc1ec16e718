//! What the plans on many files have in common: their options, and the flows that write.

use std::sync::Arc;

use super::{BuiltInOption, Choices, OptionsError};
use crate::limits::{CONTENT_BYTES_MAX, FLOWS_MAX, SEED_MAX};
use crate::steps::write_file::WriteFile;
use crate::{Content, ContentKind, FlowGroup, PathTemplate, Step};

/// The options, with the content that is assumed: the notes' benchmark is 5000 files of 100
/// lines of 100 characters.
pub(super) const fn options(content: &'static str) -> [BuiltInOption; 5] {
    [FILES, LINES, LINE_LENGTH, BuiltInOption { default: Some(content), ..CONTENT }, SEED]
}

/// The most flows in progress at once. Past a few hundred, more of them only take memory.
pub(super) const MAX_IN_FLIGHT: usize = 256;

/// Where each flow's file is.
pub(super) fn path() -> PathTemplate {
    PathTemplate::new("file_{flow}.txt").expect("the path is relative and plain")
}

/// The flows that write the files, by a plan that has these options.
pub(super) fn writing(
    choices: &Choices<'_>,
    options: &[BuiltInOption; 5],
) -> Result<FlowGroup, OptionsError> {
    let [files, lines, line_length, content, seed] = options;
    let count = choices.number(files, 1, FLOWS_MAX)?;
    let lines = choices.number(lines, 0, u32::MAX)?;
    let line_length = choices.number(line_length, 0, u32::MAX)?;
    let kind = match choices.word(content, &["random", "fixed"])? {
        "fixed" if choices.said(seed).is_some() => {
            return Err(OptionsError::Contradiction {
                what: "--seed is for random content, and the content is fixed",
                advice: "add --content random, or leave --seed out",
            });
        }
        "fixed" => ContentKind::Fixed,
        _ => ContentKind::Random { seed: choices.number(seed, 0, SEED_MAX)? },
    };
    let content =
        Content::lines(lines, line_length, kind).map_err(|bytes| OptionsError::OutOfRange {
            what: "the size of a file in bytes".to_owned(),
            value: bytes.to_string(),
            least: "0".to_owned(),
            most: CONTENT_BYTES_MAX.to_string(),
        })?;
    let step: Arc<dyn Step> = Arc::new(WriteFile::new(path(), content));
    Ok(FlowGroup { count, steps: vec![step] })
}

const FILES: BuiltInOption =
    BuiltInOption { name: "files", value_name: "N", help: "How many files", default: Some("5000") };

const LINES: BuiltInOption = BuiltInOption {
    name: "lines",
    value_name: "N",
    help: "Lines of each file",
    default: Some("100"),
};

const LINE_LENGTH: BuiltInOption = BuiltInOption {
    name: "line-length",
    value_name: "N",
    help: "Characters of each line",
    default: Some("100"),
};

const CONTENT: BuiltInOption = BuiltInOption {
    name: "content",
    value_name: "random|fixed",
    help: "What is in the files: random is made by the worker that writes, fixed is made once",
    default: None,
};

const SEED: BuiltInOption = BuiltInOption {
    name: "seed",
    value_name: "N",
    help: "Where random content begins; the same seed makes the same files",
    default: Some("1"),
};
