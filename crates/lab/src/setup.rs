//! The files that a plan wants to find.

use whywait_plan::Plan;

/// Whether the flows leave the setup's files as they found them, so that all runs can share
/// them.
pub(crate) fn can_be_shared(plan: &Plan) -> bool {
    let steps = plan.flows.iter().flat_map(|group| &group.steps);
    steps
        .map(|step| step.declares())
        .all(|declared| declared.writes == 0 && declared.path.is_none_or(|(_, how)| !how.changes()))
}

#[cfg(test)]
mod tests {
    use whywait_plan::BUILTINS;

    use super::*;

    #[test]
    fn readers_share_and_writers_do_not() {
        let shared: Vec<_> = BUILTINS
            .iter()
            .map(|builtin| {
                let plan = builtin.plan(&[]).unwrap();
                (builtin.name, can_be_shared(&plan))
            })
            .collect();
        assert!(shared.contains(&("read", true)), "{shared:?}");
        assert!(shared.contains(&("files", false)), "{shared:?}");
    }
}
