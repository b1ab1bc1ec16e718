//! `docs/plan-file.md` is right: its examples are plans, and its table has every step.

use std::collections::HashSet;
use std::path::Path;

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

/// Every step's example is right where a file is open as it needs it.
#[test]
fn the_table_of_steps_has_good_examples() {
    let names: HashSet<_> = STEPS.iter().map(|kind| kind.name).collect();
    assert_eq!(names.len(), STEPS.len(), "names are unique");
    for kind in STEPS {
        let alone = format!("name = \"x\"\n[[flow]]\nsteps = [ {} ]", kind.example);
        let with_file = alone.replace("[ {", "[ { create = \"x\" }, {");
        let plan = Plan::parse("alone", &alone).or_else(|_| Plan::parse("with", &with_file));
        let plan = plan.unwrap_or_else(|error| panic!("{error}"));
        let step = plan.steps_of(0).last().expect("it has the step");
        assert_eq!(step.name(), kind.name);
        assert_eq!(
            format!("{{ {} = {} }}", step.name(), step.to_value()).len(),
            kind.example.len()
        );
    }
}

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/plan-file.md");
    std::fs::read_to_string(path).expect("the document is there")
}
