//! Which addresses a notification may be sent to. Pure.
//!
//! Invariant: only what the internet routes is allowed; whatever form an address has, the address inside it counts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether requests may go to addresses of this machine and its networks, and without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses {
    PublicOnly,
    /// For development, and for receivers in the same network.
    PrivateToo,
}

impl Addresses {
    #[must_use]
    pub fn allow(self, address: IpAddr) -> bool {
        match self {
            Self::PublicOnly => is_public(address),
            Self::PrivateToo => true,
        }
    }
}

/// First address and length of the prefix: what IANA's registry of special addresses holds, and Azure's host agent, which
/// has a public address and answers to virtual machines only.
const NOT_PUBLIC_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Within 2000::/3, outside of which nothing is public: Teredo and other protocols, documentation, 6to4 (which holds an
/// IPv4 address that may be anything).
const NOT_PUBLIC_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];
const PUBLIC_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => !NOT_PUBLIC_V4.iter().any(|(first, bits)| within_v4(v4, *first, *bits)),
        IpAddr::V6(v6) => {
            within_v6(v6, PUBLIC_V6.0, PUBLIC_V6.1)
                && !NOT_PUBLIC_V6.iter().any(|(first, bits)| within_v6(v6, *first, *bits))
        }
    }
}

fn within_v4(address: Ipv4Addr, first: Ipv4Addr, bits: u32) -> bool {
    (address.to_bits() ^ first.to_bits()).leading_zeros() >= bits
}

fn within_v6(address: Ipv6Addr, first: Ipv6Addr, bits: u32) -> bool {
    (address.to_bits() ^ first.to_bits()).leading_zeros() >= bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_internet_does_not_route_is_refused() {
        let refused = [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.1.1",
            "198.19.0.1",
            "203.0.113.7",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
        ];
        for text in refused {
            let address = text.parse().expect("an address");
            assert!(!Addresses::PublicOnly.allow(address), "{text}");
            assert!(Addresses::PrivateToo.allow(address), "{text}");
        }
    }

    #[test]
    fn what_it_routes_is_allowed() {
        for text in ["1.1.1.1", "172.32.0.1", "11.0.0.1", "100.128.0.1", "::ffff:1.1.1.1", "2606:4700::1111"] {
            assert!(Addresses::PublicOnly.allow(text.parse().expect("an address")), "{text}");
        }
    }
}
