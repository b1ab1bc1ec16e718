//! Who has which internet address, among sockets of one kind.
//!
//! Left out on purpose: whether somebody may have an address; the network knows the sockets.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::network::SocketId;

/// The first port that the "kernel" chooses: Linux's `ip_local_port_range`.
const FIRST_EPHEMERAL_PORT: u16 = 32_768;

/// Addresses, and the sockets that have them; several if they share.
#[derive(Debug)]
pub(super) struct Ports {
    holders: BTreeMap<SocketAddr, Vec<SocketId>>,
    next: u16,
}

impl Ports {
    pub(super) fn new() -> Self {
        Self { holders: BTreeMap::new(), next: FIRST_EPHEMERAL_PORT }
    }

    pub(super) fn add(&mut self, address: SocketAddr, id: SocketId) {
        self.holders.entry(address).or_default().push(id);
    }

    pub(super) fn remove(&mut self, id: SocketId) {
        for ids in self.holders.values_mut() {
            ids.retain(|held| *held != id);
        }
        self.holders.retain(|_, ids| !ids.is_empty());
    }

    /// Whom something for `address` is for: those who have just this address, then those who
    /// have its port at all addresses.
    pub(super) fn at(&self, address: SocketAddr) -> impl Iterator<Item = &[SocketId]> {
        let any = SocketAddr::new(unspecified(address.ip()), address.port());
        [address, any].into_iter().filter_map(|at| self.holders.get(&at)).map(Vec::as_slice)
    }

    /// Whose addresses `address` overlaps with.
    pub(super) fn overlapping(&self, address: SocketAddr) -> impl Iterator<Item = SocketId> {
        let overlaps = move |other: &SocketAddr| {
            let (ip, at) = (address.ip(), other.ip());
            other.port() == address.port()
                && ip.is_ipv4() == at.is_ipv4()
                && (ip == at || ip.is_unspecified() || at.is_unspecified())
        };
        let held = self.holders.iter().filter(move |(other, _)| overlaps(other));
        held.flat_map(|(_, ids)| ids.iter().copied())
    }

    /// The address with a port: an unused one if it had none.
    pub(super) fn with_port(&mut self, mut address: SocketAddr) -> SocketAddr {
        while address.port() == 0 {
            let candidate = SocketAddr::new(address.ip(), self.next);
            self.next = self.next.checked_add(1).unwrap_or(FIRST_EPHEMERAL_PORT);
            if self.overlapping(candidate).next().is_none() {
                address = candidate;
            }
        }
        address
    }
}

/// To speak to the unspecified address is to speak to the loopback's.
pub(super) fn loopback_for(address: SocketAddr) -> SocketAddr {
    let ip: IpAddr = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        specified => specified,
    };
    SocketAddr::new(ip, address.port())
}

fn unspecified(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}
