//! Where the plan comes from: a name or a file.

use std::fs;
use std::path::Path;

use whywait_plan::{BUILTINS, BuiltIn, ContentKind, FilesOptions, Plan};

use super::arguments::{BuiltInArguments, CompareArguments, ContentWord};
use crate::failure::Failure;
use crate::nearest::advice;

/// Makes or reads the plan that was asked for.
pub(super) fn load(arguments: &CompareArguments) -> Result<Plan, Failure> {
    let asked = &arguments.plan;
    match BUILTINS.iter().find(|plan| plan.name == asked) {
        Some(built_in) => make(built_in, &arguments.built_in),
        None => read(asked, &arguments.built_in),
    }
}

fn make(built_in: &BuiltIn, arguments: &BuiltInArguments) -> Result<Plan, Failure> {
    let defaults = built_in.defaults;
    let options = FilesOptions {
        files: arguments.files.unwrap_or(defaults.files),
        lines: arguments.lines.unwrap_or(defaults.lines),
        line_length: arguments.line_length.unwrap_or(defaults.line_length),
        content: content(defaults.content, arguments)?,
    };
    (built_in.plan)(&options).map_err(|error| Failure::usage(error, "see `whywait compare --help`"))
}

fn content(default: ContentKind, arguments: &BuiltInArguments) -> Result<ContentKind, Failure> {
    let kind = match (arguments.content, default) {
        (Some(ContentWord::Fixed), _) | (None, ContentKind::Fixed) => ContentKind::Fixed,
        (_, ContentKind::Random { seed }) => ContentKind::Random { seed },
        (Some(ContentWord::Random), ContentKind::Fixed) => ContentKind::Random { seed: 1 },
    };
    match (kind, arguments.seed) {
        (kind, None) => Ok(kind),
        (ContentKind::Random { .. }, Some(seed)) => Ok(ContentKind::Random { seed }),
        (ContentKind::Fixed, Some(_)) => Err(Failure::usage(
            "--seed is for random content, and the content is fixed",
            "add --content random, or leave --seed out",
        )),
    }
}

fn read(asked: &str, arguments: &BuiltInArguments) -> Result<Plan, Failure> {
    let path = Path::new(asked);
    let looks_like_a_file = path.extension().is_some() || path.components().count() > 1;
    if !looks_like_a_file && !path.exists() {
        let names = BUILTINS.iter().map(|plan| plan.name);
        let message = format!("there is no plan `{asked}`, built in or as a file");
        let advice = advice(asked, "built-in plans", names);
        return Err(Failure::usage(message, format!("{advice}; or name a plan file")));
    }
    refuse_options(arguments)?;
    let bytes = fs::read(path).map_err(|error| {
        Failure::usage(
            format!("the plan file {asked} cannot be read: {error}"),
            "name a built-in plan or an existing plan file",
        )
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        Failure::usage(
            format!("the plan file {asked} is not text: no UTF-8 at byte {place}"),
            "a plan file is TOML; docs/plan-file.md describes it",
        )
    })?;
    Plan::parse(asked, &text).map_err(Failure::wrong)
}

/// A plan file says all by itself.
fn refuse_options(arguments: &BuiltInArguments) -> Result<(), Failure> {
    let given = [
        ("--files", arguments.files.is_some()),
        ("--lines", arguments.lines.is_some()),
        ("--line-length", arguments.line_length.is_some()),
        ("--content", arguments.content.is_some()),
        ("--seed", arguments.seed.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((option, _)) => Err(Failure::usage(
            format!("{option} is for built-in plans"),
            "a plan file says all by itself: change the file",
        )),
    }
}
