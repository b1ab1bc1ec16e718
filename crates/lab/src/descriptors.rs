//! How many descriptors a flow has open at once.

use whywait_plan::{FileUse, FlowGroup, NetworkUse, Plan};

/// How many descriptors a flow of a plan has open at once, at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Descriptors {
    /// In the process that runs it.
    pub(crate) flow: usize,
    /// In the process of the peers that it has to do with.
    pub(crate) peers: usize,
}

impl Descriptors {
    /// Those of a flow of `plan`, its setup not included.
    pub(crate) fn of(plan: &Plan) -> Self {
        plan.flows.iter().map(Self::of_group).fold(Self::default(), Self::max)
    }

    fn of_group(group: &FlowGroup) -> Self {
        let (mut file, mut connection) = (0, 0);
        let mut most = Self::default();
        for step in &group.steps {
            let declares = step.declares();
            match declares.file {
                FileUse::Opens(_) => file = 1,
                FileUse::Closes => file = 0,
                _ => {}
            }
            let whole_file = usize::from(declares.file_calls > 0 && file == 0);
            // Beside the connection that stays: a flow that accepts has what it listens with and
            // what it says it with, one after the other, and so has the peer.
            let passing = match declares.network {
                NetworkUse::Accepts(_) => Self { flow: 1, peers: 1 },
                NetworkUse::Gets(peer) => Self { flow: 1, peers: usize::from(peer.is_some()) },
                _ => Self::default(),
            };
            if matches!(declares.network, NetworkUse::Connects(_) | NetworkUse::Accepts(_)) {
                connection = 1;
            }
            most = most.max(Self {
                flow: file + connection + whole_file + passing.flow,
                peers: connection + passing.peers,
            });
        }
        most
    }

    fn max(self, other: Self) -> Self {
        Self { flow: self.flow.max(other.flow), peers: self.peers.max(other.peers) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(steps: &str) -> (usize, usize) {
        let text = format!(
            "name = \"p\"\n[peer.db]\nreply = \"1 B\"\n[peer.guest]\nrequest = \"1 B\"\n\
             [[flow]]\nsteps = [{steps}]\n\
             [[flow]]\nsteps = [{{ connect = \"db\" }}]\n\
             [[flow]]\nsteps = [{{ accept = \"guest\" }}]\n"
        );
        let plan = Plan::parse("test", &text).unwrap_or_else(|error| panic!("{error}"));
        let Descriptors { flow, peers } = Descriptors::of_group(&plan.flows[0]);
        (flow, peers)
    }

    #[test]
    fn what_is_open_at_once_counts() {
        for (steps, expected) in [
            ("{ sleep = \"1 ms\" }", (0, 0)),
            ("{ write_file = { path = \"a\", size = 1 } }", (1, 0)),
            ("{ create = \"a\" }, { close = true }, { create = \"b\" }", (1, 0)),
            ("{ connect = \"db\" }, { connect = \"db\" }", (1, 1)),
            ("{ accept = \"guest\" }", (2, 2)),
            ("{ create = \"a\" }, { connect = \"db\" }", (2, 1)),
            ("{ connect = \"db\" }, { stat = \"a\" }", (2, 1)),
        ] {
            assert_eq!(of(steps), expected, "{steps}");
        }
    }
}
