//! What built-in plans are asked for on the command line.
//!
//! The flags are made of the plans' own tables of options. What a value means, and whether it is
//! in its range, its plan says.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use whywait_plan::{BUILTINS, BuiltIn, BuiltInOption};

/// What built-in plans are asked for, whichever plan has the option.
#[derive(Clone, Debug, Default)]
pub(super) struct BuiltInArguments {
    given: Vec<(&'static str, String)>,
}

impl BuiltInArguments {
    /// The options that were said, and their values, in the order of the help text.
    pub(super) fn given(&self) -> Vec<(&'static str, &str)> {
        self.given.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}

impl Args for BuiltInArguments {
    fn augment_args(command: Command) -> Command {
        let command = command.next_help_heading("Options of built-in plans");
        options().fold(command, |command, option| command.arg(flag(option)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for BuiltInArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut arguments = Self::default();
        arguments.update_from_arg_matches(matches)?;
        Ok(arguments)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for option in options() {
            let values = matches.get_many::<String>(option.name).into_iter().flatten();
            self.given.extend(values.map(|value| (option.name, value.clone())));
        }
        Ok(())
    }
}

/// The options of all built-in plans, those of the same name once.
fn options() -> impl Iterator<Item = &'static BuiltInOption> {
    BUILTINS.iter().enumerate().flat_map(|(index, built_in)| {
        let before = &BUILTINS[..index];
        let is_new =
            |option: &&BuiltInOption| before.iter().all(|plan| plan.option(option.name).is_none());
        built_in.options.iter().filter(move |option| is_new(option))
    })
}

fn flag(option: &'static BuiltInOption) -> Arg {
    let plans: Vec<_> = BUILTINS.iter().filter_map(|plan| default_in(plan, option.name)).collect();
    let help = format!("{} [{}]", option.help, plans.join(", "));
    let arg = Arg::new(option.name).long(option.name).value_name(option.value_name).help(help);
    // What the table of options says of values that may be several.
    match option.value_name.strip_suffix('…') {
        Some(one) => arg.value_name(one).num_args(1..).action(ArgAction::Append),
        None => arg,
    }
}

/// The plan's name, if it has the option, and what it assumes.
fn default_in(plan: &BuiltIn, option: &str) -> Option<String> {
    let name = plan.name;
    Some(plan.option(option)?.default.map_or(name.to_owned(), |value| format!("{name}: {value}")))
}
