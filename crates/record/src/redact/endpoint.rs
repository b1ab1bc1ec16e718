//! Ends of sockets: IP addresses with ports, names of hosts, paths of Unix sockets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::LazyLock;

use super::Redactor;
use super::placeholders::Kind;
use super::words::Words;

/// Before the path or abstract name of a Unix socket.
const UNIX: &str = "unix:";

/// Networks that are reserved for documentation (RFC 5737), then one that is reserved for the
/// future: addresses that belong to no host.
const UNUSED_V4: &[(u32, u32)] = &[
    (u32::from_be_bytes([198, 51, 100, 0]), 254),
    (u32::from_be_bytes([203, 0, 113, 0]), 254),
    (u32::from_be_bytes([240, 0, 0, 0]), 0x0fff_ffff),
];

/// Ports that programs listen on by agreement.
const REGISTERED: RangeInclusive<u16> = 1024..=32767;

/// Ports from which Linux takes those of outgoing connections.
const EPHEMERAL: RangeInclusive<u16> = 32768..=u16::MAX;

impl Redactor {
    /// An end of a socket, as `127.0.0.1:80`, `[::1]:80`, `unix:/path`, `unix:@name` or
    /// `host:80`.
    pub(super) fn endpoint(&mut self, text: &str) -> String {
        if let Some(name) = text.strip_prefix(UNIX) {
            return format!("{UNIX}{}", self.unix_name(name));
        }
        if let Some(address) = self.address(text) {
            return address;
        }
        if text.starts_with('@') || text.contains('/') {
            return self.unix_name(text);
        }
        match text.rsplit_once(':') {
            Some((host, port)) => match canonical::<u16>(port) {
                Some(port) => format!("{}:{}", self.host(host), self.port(port)),
                None => self.host(text),
            },
            None => self.host(text),
        }
    }

    /// An IP address, with or without a port, or a port of a host that is public; none if the text
    /// is neither.
    pub(super) fn address(&mut self, text: &str) -> Option<String> {
        if let Some(address) = canonical::<SocketAddr>(text) {
            return Some(self.socket_address(address).to_string());
        }
        if let Some(address) = canonical::<IpAddr>(text) {
            return Some(self.ip(address).to_string());
        }
        let (host, port) = text.rsplit_once(':')?;
        let port = canonical::<u16>(port)?;
        let is_public = host.is_empty() || self.words.has_host(host);
        is_public.then(|| format!("{host}:{}", self.port(port)))
    }

    fn unix_name(&mut self, name: &str) -> String {
        match name.strip_prefix('@') {
            Some(name) => format!("@{}", self.file_path(name)),
            None => self.file_path(name),
        }
    }

    fn host(&mut self, host: &str) -> String {
        if host.is_empty() || self.words.has_host(host) {
            return host.to_owned();
        }
        format!("host{}", self.placeholders.number(Kind::Host, host))
    }

    fn socket_address(&mut self, address: SocketAddr) -> SocketAddr {
        let (ip, port) = (self.ip(address.ip()), self.port(address.port()));
        match (ip, address) {
            (IpAddr::V6(ip), SocketAddr::V6(v6)) => {
                SocketAddr::V6(SocketAddrV6::new(ip, port, 0, v6.scope_id()))
            }
            (ip, _) => SocketAddr::new(ip, port),
        }
    }

    fn ip(&mut self, ip: IpAddr) -> IpAddr {
        match ip {
            IpAddr::V4(ip) => IpAddr::V4(self.ip_v4(ip)),
            IpAddr::V6(ip) => IpAddr::V6(self.ip_v6(ip)),
        }
    }

    fn ip_v4(&mut self, ip: Ipv4Addr) -> Ipv4Addr {
        let text = ip.to_string();
        if ip.is_loopback() || ip.is_unspecified() || self.words.has_host(&text) {
            ip
        } else if ip.is_private() || ip.is_link_local() {
            let number = self.placeholders.number(Kind::PrivateV4, &text);
            Ipv4Addr::from(u32::from_be_bytes([10, 0, 0, 0]) | (number & 0x00ff_ffff))
        } else {
            unused_v4(self.placeholders.number(Kind::PublicV4, &text))
        }
    }

    fn ip_v6(&mut self, ip: Ipv6Addr) -> Ipv6Addr {
        let text = ip.to_string();
        if let Some(mapped) = ip.to_ipv4_mapped() {
            self.ip_v4(mapped).to_ipv6_mapped()
        } else if ip.is_loopback() || ip.is_unspecified() || self.words.has_host(&text) {
            ip
        } else {
            let (kind, network) = if ip.is_unique_local() || ip.is_unicast_link_local() {
                (Kind::PrivateV6, Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0))
            } else {
                (Kind::PublicV6, Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0))
            };
            let number = self.placeholders.number(kind, &text);
            Ipv6Addr::from(u128::from(network) | u128::from(number))
        }
    }

    fn port(&mut self, port: u16) -> u16 {
        if self.words.has_port(port) {
            return port;
        }
        let (kind, ports) = if REGISTERED.contains(&port) {
            (Kind::RegisteredPort, &REGISTERED_PLACEHOLDERS)
        } else {
            (Kind::EphemeralPort, &EPHEMERAL_PLACEHOLDERS)
        };
        let number = self.placeholders.number(kind, &port.to_string()) as usize;
        // There is one for each port that it can stand for.
        ports.get(number - 1).copied().unwrap_or(port)
    }
}

static REGISTERED_PLACEHOLDERS: LazyLock<Vec<u16>> =
    LazyLock::new(|| placeholder_ports(REGISTERED, 20001));
static EPHEMERAL_PLACEHOLDERS: LazyLock<Vec<u16>> =
    LazyLock::new(|| placeholder_ports(EPHEMERAL, 50001));

/// Every port of the range that is not public, `first` and those after it first.
fn placeholder_ports(range: RangeInclusive<u16>, first: u16) -> Vec<u16> {
    let (words, low, high) = (Words::get(), *range.start(), *range.end());
    (first..=high).chain(low..first).filter(|port| !words.has_port(*port)).collect()
}

/// The address of that number, from 1, that belongs to no host.
fn unused_v4(number: u32) -> Ipv4Addr {
    let mut number = number;
    for (network, size) in UNUSED_V4 {
        if number <= *size {
            return Ipv4Addr::from(network | number);
        }
        number -= size;
    }
    Ipv4Addr::BROADCAST
}

/// What the text says, if that is also how it would be written.
fn canonical<T: FromStr + ToString>(text: &str) -> Option<T> {
    text.parse().ok().filter(|value: &T| value.to_string() == text)
}
