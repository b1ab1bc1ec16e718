//! The other ends of a plan's connections: servers that the lab runs in its own process, so that
//! a plan with a network needs nothing else and every model meets the same peer.
//!
//! They run on one thread of their own under `epoll`, for as long as a comparison takes. What
//! they cost is not counted: runs measure themselves, in processes of their own. Left out on
//! purpose: what a peer is (the plan's), and what flows say to it.

mod addresses;
mod answer;
mod conversation;
mod datagrams;
mod delivery;
mod emulated;
mod ending;
mod invitation;
mod listening;
mod origin;
mod request_head;
mod requests;
mod servers;
mod strike;
mod visit;

pub use addresses::{PeerAddress, PeerAddresses};
pub(crate) use invitation::Invitation;
pub use servers::PeerError;
pub(crate) use servers::PeerServers;
