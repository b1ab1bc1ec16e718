//! What is seen on a picture, in a sentence.
//!
//! Left out on purpose: whether that is good or bad; the verdict compares.

use crate::order::{Order, waits};
use crate::quantity::roughly;

/// What is seen on a picture of one or more runs of the same shape.
pub(super) fn caption(orders: &[&Order]) -> String {
    let Some(first) = orders.first() else { return String::new() };
    let waits = waits(orders.iter().copied());
    let passed_s = roughly(orders.iter().map(|order| order.waiting_s));
    let seen = match (first.waits, first.waits_at_once) {
        (0, _) => without_waits(first, at_once(orders, |order| order.flows_at_once)),
        (1, _) => waits,
        (_, 0 | 1) => format!("One after another: {waits} take {passed_s}"),
        (all, at_once) if at_once == all => format!("All at once: {waits} pass in {passed_s}"),
        _ => {
            let most = at_once(orders, |order| order.waits_at_once);
            format!("At most {most} at once: {waits} pass in {passed_s}")
        }
    };
    if first.burnt_s > 0.0 {
        let burnt_s = roughly(orders.iter().map(|order| order.burnt_s));
        format!("{seen} and burn {burnt_s} of CPU.")
    } else {
        format!("{seen}.")
    }
}

/// The most at one time in any of some orders.
fn at_once(orders: &[&Order], pick: fn(&Order) -> usize) -> usize {
    orders.iter().map(|order| pick(order)).max().unwrap_or(0)
}

fn without_waits(order: &Order, flows_at_once: usize) -> String {
    match (order.flows, flows_at_once) {
        (1, _) => "One flow, without a wait that is known".into(),
        (flows, 0 | 1) => format!("One after another: {flows} flows, without a wait that is known"),
        (flows, at_once) if at_once == flows => {
            format!("All at once: {flows} flows, without a wait that is known")
        }
        (flows, at_once) => {
            format!("At most {at_once} at once: {flows} flows, without a wait that is known")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::caption;
    use crate::Spread;
    use crate::order::Order;

    const ORDER: Order = Order {
        flows: 10,
        flows_at_once: 1,
        waits_s: Some(Spread { median: 0.3, min: 0.3, max: 0.3 }),
        waits: 10,
        waits_at_once: 1,
        waiting_s: 3.0,
        burnt_s: 0.0,
        span_s: 3.01,
    };

    #[test]
    fn waits_are_told_by_how_many_there_are_at_once() {
        let serial = "One after another: 10 waits of 300 ms take 3.00 s.";
        assert_eq!(caption(&[&ORDER]), serial);
        let at_once = Order { waits_at_once: 10, waiting_s: 0.301, ..ORDER };
        let slower = Order { waiting_s: 0.305, ..at_once.clone() };
        let expected = "All at once: 10 waits of 300 ms pass in about 305 ms.";
        assert_eq!(caption(&[&at_once, &slower, &slower]), expected);
        let pool = Order { waits_at_once: 2, waiting_s: 1.5, ..ORDER };
        assert_eq!(caption(&[&pool]), "At most 2 at once: 10 waits of 300 ms pass in 1.50 s.");
    }

    #[test]
    fn burnt_cpu_is_told() {
        let spins = Order { burnt_s: 2.98, ..ORDER };
        let expected = "One after another: 10 waits of 300 ms take 3.00 s and burn 2.98 s of CPU.";
        assert_eq!(caption(&[&spins]), expected);
    }

    #[test]
    fn without_waits_the_flows_are_told() {
        let none = Order { waits: 0, waits_s: None, waits_at_once: 0, ..ORDER };
        let serial = "One after another: 10 flows, without a wait that is known.";
        assert_eq!(caption(&[&none]), serial);
        let some = Order { flows_at_once: 4, ..none };
        let expected = "At most 4 at once: 10 flows, without a wait that is known.";
        assert_eq!(caption(&[&some]), expected);
    }
}
