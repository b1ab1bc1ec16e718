//! `docs/plan-file.md` is right: its examples are plans, and its table has every step.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use whywait_plan::{Plan, STEPS};

#[test]
fn every_example_is_a_plan() {
    let text = document();
    let examples: Vec<_> = text
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split_once("```").expect("the block ends").0)
        .collect();
    assert!(examples.len() >= 3, "the document has examples");
    for example in examples {
        if let Err(error) = Plan::parse("docs/plan-file.md", example) {
            panic!("{error}\n{example}");
        }
    }
}

#[test]
fn every_file_of_examples_is_shown_as_it_is() {
    let (document, directory) = (document(), root().join("docs/examples"));
    let files: Vec<_> = std::fs::read_dir(directory).expect("there are examples").collect();
    assert!(!files.is_empty(), "there are examples");
    for file in files {
        let path = file.expect("the directory can be read").path();
        let text = std::fs::read_to_string(&path).expect("the example can be read");
        let shown = document.contains(&format!("```toml\n{text}```"));
        assert!(shown, "docs/plan-file.md should show {}", path.display());
    }
}

#[test]
fn every_step_has_its_row() {
    let text = document();
    for kind in STEPS {
        let row = format!("| `{}` | `{}` | {} |", kind.name, kind.example, kind.summary);
        assert!(text.contains(&row), "docs/plan-file.md should have the row\n{row}");
    }
}

#[test]
fn every_step_is_used_in_an_example() {
    let text = document();
    for kind in STEPS {
        let used = text.matches(&format!("{{ {} = ", kind.name)).count();
        // Its row in the table is one.
        assert!(used >= 2, "{} is in no example", kind.name);
    }
}

/// Every step's example is right where a file is open, or a connection, as it needs it.
#[test]
fn the_table_of_steps_has_good_examples() {
    let names: HashSet<_> = STEPS.iter().map(|kind| kind.name).collect();
    assert_eq!(names.len(), STEPS.len(), "names are unique");
    for kind in STEPS {
        let plan = PLACES.iter().find_map(|(peer, before)| {
            let example = kind.example;
            let text = format!("name = \"x\"\n{peer}\n[[flow]]\nsteps = [ {before} {example} ]");
            Plan::parse("example", &text).ok()
        });
        let plan = plan.unwrap_or_else(|| panic!("{} has no place", kind.example));
        let step = plan.steps_of(0).last().expect("it has the step");
        assert_eq!(step.name(), kind.name);
        // The canonical form has the keys of a table in another order.
        let canonical = plan.to_toml();
        let written = canonical.lines().rev().find(|line| line.starts_with("  {"));
        let written = written.expect("it has the step").trim().trim_end_matches(',');
        assert_eq!(sorted(written), sorted(kind.example));
    }
}

/// What a step may need before it: a peer, and steps.
const PLACES: [(&str, &str); 7] = [
    ("", ""),
    ("", "{ create = \"x\" },"),
    ("[peer.db]", ""),
    ("[peer.db]", "{ connect = \"db\" },"),
    ("[peer.db]", "{ connect = \"db\" }, { send = \"10 KiB\" },"),
    ("[peer.client]", ""),
    ("[peer.origin]\nprotocol = \"http\"\nreply = \"1 B\"", ""),
];

fn sorted(text: &str) -> Vec<char> {
    let mut characters: Vec<_> = text.chars().collect();
    characters.sort_unstable();
    characters
}

fn document() -> String {
    let path = root().join("docs/plan-file.md");
    std::fs::read_to_string(path).expect("the document is there")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
