//! What to do: a [`Plan`] of independent flows, each a sequence of steps.
//!
//! A plan is pure data. It knows nothing of models, drivers or runtimes, so that one plan can be
//! run under every model and the results compared. Plans come from a TOML file
//! ([`Plan::parse`]; `docs/plan-file.md` describes it) or from a table of built-in ones
//! ([`BUILTINS`]).
//!
//! Start at [`Plan`], then [`Step`] and [`Action`] (what whoever runs the plan has to do), then
//! [`STEPS`] (the steps that exist). A new step is a file in `steps/` and its line in that table.
//!
//! Left out on purpose: running anything, touching the disk, and choosing a model. [`Traits`]
//! says what a plan is like, and others choose.

mod action;
mod builtin;
mod connection;
mod content;
mod conversation;
mod declared;
mod declares;
mod directories;
mod document;
mod duration;
mod entry;
mod error;
mod flow_files;
mod flow_group;
mod get_target;
mod independence;
pub mod limits;
mod mistake;
mod nearest;
mod open_mode;
mod order;
mod path_template;
mod peer;
mod peer_reference;
mod placeholder;
mod plan;
mod quantity;
mod save_as;
mod size;
mod step;
mod steps;
mod timeout;
mod traits;
mod url_template;
mod value_text;

pub use action::Action;
pub use builtin::{BUILTINS, BuiltIn, BuiltInOption, OptionsError};
pub use content::{Content, ContentKind};
pub use declared::Declared;
pub use declares::{Amount, Declares, FileUse, NetworkUse, PathUse};
pub use duration::{duration_text, parse_duration};
pub use error::{PlanError, Problem};
pub use flow_group::FlowGroup;
pub use get_target::GetTarget;
pub use mistake::Mistake;
pub use open_mode::OpenMode;
pub use path_template::{PathMistake, PathTemplate};
pub use peer::{Fault, Peer, Protocol, Reply, Request, Transport};
pub use placeholder::PlaceholderMistake;
pub use plan::Plan;
pub use quantity::QuantityError;
pub use save_as::SaveAs;
pub use size::{parse_size, size_text};
pub use step::{Step, StepKind};
pub use steps::STEPS;
pub use traits::Traits;
pub use url_template::UrlMistake;
