//! Where connections come from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Connections that one process holds at most: what fits a limit of 20,000 descriptors.
pub(crate) const MOST_CONNECTIONS: usize = 19_900;

/// Connections from one address. `bind(2)` gives out every other port of
/// `net.ipv4.ip_local_port_range`, 14,116 of them unless somebody set another range, and goes
/// past all of those for each port more, which takes it milliseconds.
const OF_ONE_ADDRESS: usize = 10_000;

/// The address that a connection of this process to `server` comes from, by the connection's
/// position in the process, with a port that the kernel chooses; none leaves both to the kernel.
///
/// A connection's four numbers must be its own, and ports are 16 bits. On IPv4 loopback all of
/// 127/8 is this machine (RFC 1122, section 3.2.1.3), so each process takes addresses that no
/// other has, made from its number, which is below 2²² (`pid_max`, `proc_sys_kernel(5)`). That
/// also spares it the ports that runs before it left in TIME_WAIT.
pub(crate) fn source_for(server: SocketAddr, position: usize) -> Option<SocketAddr> {
    let IpAddr::V4(address) = server.ip() else { return None };
    let source = own_address(std::process::id(), position / OF_ONE_ADDRESS);
    address.is_loopback().then(|| SocketAddr::from((source, 0)))
}

/// One of a process's addresses: of the 24 bits of a host two tell these apart, and 0 is left to
/// everybody's 127.0.0.1.
fn own_address(process: u32, index: usize) -> Ipv4Addr {
    const { assert!(MOST_CONNECTIONS / OF_ONE_ADDRESS < 3) };
    let host = (index as u32 + 1) << 22 | (process & ((1 << 22) - 1));
    Ipv4Addr::from_bits(0x7F00_0000 | host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_process_has_loopback_addresses_of_its_own() {
        let processes = [1, 2, 255, 256, 65_536, (1 << 22) - 1];
        let addresses: Vec<_> = processes
            .into_iter()
            .flat_map(|process| [own_address(process, 0), own_address(process, 1)])
            .collect();
        for (index, address) in addresses.iter().enumerate() {
            assert!(address.is_loopback(), "{address}");
            assert!(!addresses[..index].contains(address), "{address} twice");
        }
    }

    #[test]
    fn other_servers_leave_the_source_to_the_kernel() {
        assert_eq!(source_for("[::1]:1".parse().unwrap(), 0), None);
        assert_eq!(source_for("192.0.2.1:1".parse().unwrap(), 0), None);
        assert!(source_for("127.0.0.1:1".parse().unwrap(), 0).is_some());
    }
}
