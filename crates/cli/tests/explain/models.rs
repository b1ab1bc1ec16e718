//! whywait's own models: a server under each of them is called what the table of models says.
//!
//! Left out on purpose: how fast they are, which `whywait compare` says.

use std::path::PathBuf;

use whywait::{MODELS, ModelRow};
use whywait_report::Shape;

use crate::load::{Conversation, free_address};
use crate::server::{Server, Way, complaints, summary};
use crate::turn::turn;

/// Every message comes back; a connection of its own for some of them gives those something to do
/// that have a thread or a process for each.
const ECHO: Conversation =
    Conversation { request: b"is it you?\n", answer_end: b"you?\n", questions: 20 };

/// How long the server thinks before each answer, so that there are timers too.
const THINKING_S: &str = "0.001";

#[test]
fn rows_call_models_by_names_of_shapes() {
    for name in MODELS.iter().flat_map(|row| row.seen_as) {
        let shape = serde_json::from_value::<Shape>((*name).into());
        assert!(shape.is_ok_and(|shape| shape.name() == *name), "{name}");
    }
}

#[test]
fn a_server_under_every_model_is_called_by_its_row_when_it_is_started() {
    assert_rows(Way::Started);
}

#[test]
#[ignore = "the corpus has its records; `cargo xtask corpus --capture` runs it"]
fn a_server_under_every_model_is_called_by_its_row_when_it_runs_already() {
    assert_rows(Way::Attached);
}

#[track_caller]
fn assert_rows(way: Way) {
    let Some(turn) = turn() else { return };
    let program = serve();
    let program = program.to_str().expect("paths of the build are text");
    let mut wrong = Vec::new();
    for row in MODELS {
        let Some(expected) = row.seen_as.first() else { continue };
        let address = free_address();
        let (model, port) = (counted(row), address.port().to_string());
        let server = Server {
            name: row.name,
            words: vec![program, &model, &port, THINKING_S],
            files: Vec::new(),
            address,
            conversation: ECHO,
        };
        let diagnosis = server.watch(&turn, way);
        let mut found = complaints(&diagnosis).into_iter();
        let is_warned_of = |name: String| row.warned_of.contains(&name.as_str());
        if diagnosis.shape.name() != *expected || !found.all(is_warned_of) {
            wrong.push(format!("{model}, expected {expected}: {}", summary(&diagnosis)));
        }
    }
    assert!(wrong.is_empty(), "{way:?}:\n{}", wrong.join("\n\n"));
}

/// A model as it is asked for, with two workers where it has several.
fn counted(row: &ModelRow) -> String {
    if row.workers.is_counted() { format!("{}:2", row.name) } else { row.name.to_owned() }
}

/// The example of the library, which `cargo test` of the workspace has built beside this test.
fn serve() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it stands");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("…/deps/<test>");
    let program = profile.join("examples/serve");
    let path = program.display();
    assert!(
        program.exists(),
        "{path} is missing; `cargo build -p whywait --example serve` makes it"
    );
    program
}
