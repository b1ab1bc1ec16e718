//! A line of `/proc/net/tcp`, `tcp6`, `udp` or `udp6` (`proc_pid_net(5)`).
//!
//! Left out on purpose: queues, timers and users.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A socket over IP, from its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InetLine {
    /// The number that `/proc/PID/fd` has of it.
    pub inode: u64,
    /// Its own end.
    pub local: SocketAddr,
    /// The other end; none of a socket that listens or is not connected.
    pub peer: Option<SocketAddr>,
}

impl InetLine {
    /// From the line; none of the heading. An IPv4 address in IPv6's clothing becomes one.
    #[must_use]
    pub fn parse(line: &[u8]) -> Option<Self> {
        let mut fields = str::from_utf8(line).ok()?.split_ascii_whitespace();
        // sl local remote state queues timer retransmits user timeout inode
        let (local, peer) = (address(fields.nth(1)?)?, address(fields.next()?)?);
        let inode = fields.nth(6)?.parse().ok()?;
        let is_connected = !(peer.ip().is_unspecified() && peer.port() == 0);
        // Sockets of connections that their process has closed have none, all of them.
        (inode != 0).then_some(Self { inode, local, peer: is_connected.then_some(peer) })
    }
}

/// An address such as `0100007F:0050`: words of 32 bits, each in the machine's own order of bytes.
fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    if !host.is_ascii() {
        return None;
    }
    let word = |index: usize| {
        let digits = host.get(index * 8..index * 8 + 8)?;
        u32::from_str_radix(digits, 16).ok().map(u32::to_ne_bytes)
    };
    let ip = match host.len() {
        8 => IpAddr::from(Ipv4Addr::from(word(0)?)),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?];
            let bytes: [u8; 16] = std::array::from_fn(|index| words[index / 4][index % 4]);
            Ipv6Addr::from(bytes).to_canonical()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    fn line(local: &str, peer: &str, inode: u64) -> String {
        format!("   0: {local} {peer} 01 00000000:00000000 00:00000000 00000000  0  0 {inode} 1 x")
    }

    /// An address as the kernel writes it.
    fn written(address: SocketAddr) -> String {
        let octets = match address.ip() {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        let words = octets.chunks_exact(4).map(|four| {
            format!("{:08X}", u32::from_ne_bytes(four.try_into().expect("four of them")))
        });
        format!("{}:{:04X}", words.collect::<String>(), address.port())
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn addresses_are_words_in_the_machines_order() {
        let parsed = InetLine::parse(line("0100007F:1F90", "00000000:0000", 77).as_bytes());
        let local = "127.0.0.1:8080".parse().expect("an address");
        assert_eq!(parsed, Some(InetLine { inode: 77, local, peer: None }));
        let six = "00000000000000000000000001000000:0050";
        let mapped = "0000000000000000FFFF00000100007F:0050";
        let parsed = InetLine::parse(line(six, mapped, 1).as_bytes()).expect("a line");
        assert_eq!(parsed.local.to_string(), "[::1]:80");
        assert_eq!(parsed.peer.map(|peer| peer.to_string()).as_deref(), Some("127.0.0.1:80"));
    }

    #[test]
    fn the_heading_and_nobodys_sockets_are_left_out() {
        let heading = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when";
        assert_eq!(InetLine::parse(heading), None);
        let local = written("127.0.0.1:1".parse().expect("an address"));
        assert_eq!(InetLine::parse(line(&local, &local, 0).as_bytes()), None);
    }

    proptest! {
        #[test]
        fn addresses_come_back(local in any::<SocketAddr>(), peer in any::<SocketAddr>()) {
            let text = line(&written(local), &written(peer), 5);
            let parsed = InetLine::parse(text.as_bytes()).expect("a line");
            let plain = |address: SocketAddr| {
                SocketAddr::new(address.ip().to_canonical(), address.port())
            };
            let is_connected = !(plain(peer).ip().is_unspecified() && peer.port() == 0);
            assert_eq!(parsed.local, plain(local));
            assert_eq!(parsed.peer, is_connected.then(|| plain(peer)));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), text in "[ 0-9A-F:é]{0,99}") {
            let _ = InetLine::parse(&bytes);
            let _ = InetLine::parse(text.as_bytes());
        }
    }
}
