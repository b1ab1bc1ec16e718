//! Where the plan comes from: a name or a file.

use std::fs;
use std::path::Path;

use whywait_plan::{BUILTINS, BuiltIn, Plan};

use super::arguments::CompareArguments;
use super::{echo, url_list};
use crate::failure::Failure;
use crate::nearest::advice;

/// Makes or reads the plan that was asked for.
pub(super) fn load(arguments: &CompareArguments) -> Result<Plan, Failure> {
    let asked = &arguments.plan;
    match BUILTINS.iter().find(|plan| plan.name == asked) {
        Some(built_in) => make(built_in, arguments),
        None => read(asked, arguments),
    }
}

fn make(built_in: &BuiltIn, arguments: &CompareArguments) -> Result<Plan, Failure> {
    let urls = arguments.urls.as_deref().map(url_list::read).transpose()?.unwrap_or_default();
    let mut given = arguments.built_in.given();
    given.extend(urls.iter().map(|url| ("url", url.as_str())));
    built_in.plan(&given).map_err(|error| {
        let advice = error.advice();
        Failure::usage(error, advice)
    })
}

fn read(asked: &str, arguments: &CompareArguments) -> Result<Plan, Failure> {
    let path = Path::new(asked);
    let looks_like_a_file = path.extension().is_some() || path.components().count() > 1;
    if !looks_like_a_file && !path.exists() {
        let names = BUILTINS.iter().map(|plan| plan.name).chain([echo::NAME]);
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
fn refuse_options(arguments: &CompareArguments) -> Result<(), Failure> {
    let built_in = arguments.built_in.given().into_iter().map(|(name, _)| name);
    match built_in.chain(arguments.urls.as_ref().map(|_| "urls")).next() {
        None => Ok(()),
        Some(option) => Err(Failure::usage(
            format!("--{option} is for built-in plans"),
            "a plan file says all by itself: change the file",
        )),
    }
}
