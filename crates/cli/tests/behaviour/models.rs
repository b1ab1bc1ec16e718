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

#[test]
fn every_line_fits_a_narrow_terminal_and_no_name_is_cut() {
    for columns in ["80", "100", "160"] {
        let ended = Whywait::new(["models"]).with_env("COLUMNS", columns).run().expect_code(0);
        let limit: usize = columns.parse().expect("a number");
        for line in ended.stdout().lines() {
            assert!(line.chars().count() <= limit, "{columns}: {line}");
        }
        let firsts = ended.stdout().lines().filter_map(|line| line.split_whitespace().next());
        let firsts: Vec<_> = firsts.collect();
        assert!(MODELS.iter().all(|row| firsts.contains(&row.name)), "{columns}: {firsts:?}");
    }
}
