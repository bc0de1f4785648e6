//! Address ranges, and which addresses belong to the public internet.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// A CIDR range, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpRange {
    base: u128,
    mask: u128,
    v4: bool,
}

/// An entry that is neither a CIDR range, an address nor a host name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is neither an address range like 10.0.0.0/8 nor a host name")]
pub struct NotARange(pub String);

impl FromStr for IpRange {
    type Err = NotARange;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || NotARange(text.to_owned());
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().map_err(|_| fail())?)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| fail())?;
        let (bits, width) = (to_bits(address), if address.is_ipv4() { 32 } else { 128 });
        let length = length.unwrap_or(width);
        if length > width {
            return Err(fail());
        }
        let all = u128::MAX.checked_shr(128 - width).unwrap_or(0);
        let host = u128::MAX.checked_shr(128 - (width - length)).unwrap_or(0);
        let mask = all & !host;
        Ok(Self { base: bits & mask, mask, v4: address.is_ipv4() })
    }
}

impl IpRange {
    /// Whether the address lies in the range. An IPv4 address in IPv6 clothes (`::ffff:a.b.c.d`) counts as IPv4.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        ip.is_ipv4() == self.v4 && to_bits(ip) & self.mask == self.base
    }
}

fn to_bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

/// Whether an address is on the public internet, by IANA's special-purpose registries (RFC 6890). IPv6 forms that
/// carry an IPv4 address (mapped, compatible, 6to4, NAT64) are judged by the address inside, as that is where the
/// packets may end.
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_broadcast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        // Carrier-grade NAT, RFC 6598.
        || (a == 100 && (64..128).contains(&b))
        // IETF protocol assignments, 6to4 relays (RFC 7526), benchmarks (RFC 2544).
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [s0, s1, s2, s3, s4, s5, s6, s7] = ip.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match [s0, s1, s2, s3, s4, s5] {
        // Unspecified, loopback and IPv4-compatible share this prefix; the last is obsolete and never public.
        [0, 0, 0, 0, 0, 0] => false,
        // IPv4-mapped, and the translated form of RFC 2765.
        [0, 0, 0, 0, 0, 0xffff] | [0, 0, 0, 0, 0xffff, 0] => is_public_v4(v4(s6, s7)),
        // NAT64 well-known prefix (RFC 6052).
        [0x64, 0xff9b, 0, 0, 0, 0] => is_public_v4(v4(s6, s7)),
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => is_public_v4(v4(high, low)),
        // Teredo, ORCHID, documentation and other IETF assignments.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        // Only 2000::/3 is global unicast: this leaves out fc00::/7, fe80::/10, fec0::/10, ff00::/8, 64:ff9b:1::/48.
        _ => s0 & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_not_public() {
        let list = "0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 100.127.255.255 127.0.0.1 127.255.0.1 169.254.169.254 \
             172.16.0.1 172.31.9.9 192.0.0.8 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.1 198.51.100.1 \
             203.0.113.9 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 \
             ::ffff:10.0.0.1 ::ffff:0:10.0.0.1 64:ff9b::10.0.0.1 64:ff9b:1::8.8.8.8 100::1 2001::1 2001:db8::1 \
             2001:20::1 2002:7f00:1::1 2002:c0a8:1::1 3fff::1 fc00::1 fd12::1 fe80::1 febf::1 fec0::1 ff02::1";
        for text in list.split_whitespace() {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn addresses_that_are_public() {
        let list = "8.8.8.8 1.1.1.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.167.1.1 198.20.0.1 \
             223.255.255.1 ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1 2001:4860:4860::8888 2606:4700::1111 2a00::1";
        for text in list.split_whitespace() {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn ranges() {
        let range: IpRange = "10.0.0.0/8".parse().unwrap();
        assert!(range.contains("10.255.1.2".parse().unwrap()));
        assert!(range.contains("::ffff:10.1.1.1".parse().unwrap()));
        assert!(!range.contains("11.0.0.1".parse().unwrap()));
        let any: IpRange = "0.0.0.0/0".parse().unwrap();
        assert!(any.contains("1.2.3.4".parse().unwrap()));
        assert!(!any.contains("::1".parse().unwrap()));
        let one: IpRange = "fd00::5".parse().unwrap();
        assert!(one.contains("fd00::5".parse().unwrap()));
        assert!(!one.contains("fd00::6".parse().unwrap()));
        let six: IpRange = "fd00::/8".parse().unwrap();
        assert!(six.contains("fdff::1".parse().unwrap()));
        assert!("10.0.0.0/33".parse::<IpRange>().is_err());
        assert!("::/129".parse::<IpRange>().is_err());
        assert!("x/8".parse::<IpRange>().is_err());
    }
}
