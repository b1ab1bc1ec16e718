//! `whywait models`.

use whywait::MODELS;

use crate::whywait::Whywait;

#[test]
fn every_model_is_listed_and_runs_here() {
    let ended = Whywait::new(["models"]).run().expect_code(0);
    for row in MODELS {
        let line =
            ended.stdout().lines().find(|line| line.split_whitespace().next() == Some(row.name));
        assert!(line.is_some_and(|line| line.contains("yes")), "{}:\n{}", row.name, ended.stdout());
    }
    assert!(!ended.stdout().contains('\x1b'));
}
