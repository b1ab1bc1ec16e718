//! Flows that have the same steps.

use std::ops::Range;
use std::sync::Arc;

use crate::Step;

/// Flows that have the same steps, and differ by their number alone.
#[derive(Clone, Debug)]
pub struct FlowGroup {
    /// How many there are; at least 1.
    pub count: u32,
    /// What each of them does, in this order; at least one step.
    pub steps: Vec<Arc<dyn Step>>,
}

/// Each group with the numbers of its flows, which go on from group to group, from 0.
pub(crate) fn numbered(
    groups: &[FlowGroup],
) -> impl Iterator<Item = (Range<u32>, &FlowGroup)> + Clone {
    groups.iter().scan(0_u32, |next, group| {
        let first = *next;
        *next = first.saturating_add(group.count);
        Some((first..*next, group))
    })
}

/// How many flows the groups have.
pub(crate) fn flow_count(groups: &[FlowGroup]) -> u32 {
    numbered(groups).last().map_or(0, |(flows, _)| flows.end)
}

/// The steps of one flow; none when there is no such flow.
pub(crate) fn steps_of(groups: &[FlowGroup], flow: u32) -> &[Arc<dyn Step>] {
    numbered(groups).find(|(flows, _)| flows.contains(&flow)).map_or(&[], |(_, group)| &group.steps)
}
