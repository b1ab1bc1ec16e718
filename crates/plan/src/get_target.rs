//! Whom an HTTP request is for.

/// Whom an HTTP request is for, with the flow's number put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GetTarget<'a> {
    /// A peer of the plan.
    Peer {
        /// Its name.
        peer: &'a str,
        /// What is asked of it: starts with `/`, visible ASCII.
        path: String,
    },
    /// A server out there.
    Url(String),
}
