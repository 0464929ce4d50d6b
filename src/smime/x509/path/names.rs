//! Names in the forms that constraints speak of, and the places that hold them (RFC 5280 section 4.2.1.10).

/// A mail address: what stands before the `@` as it is, the host in lower case.
///
/// Not [`crate::smime::Address`], which takes no address that a mail program would not write.
#[derive(Debug)]
pub(super) struct Address {
    local: String,
    host: String,
}

/// Where addresses are.
#[derive(Debug)]
pub(super) enum AddressBase {
    /// One mailbox.
    Mailbox(Address),
    /// Every mailbox at this host; empty: at every host.
    Host(String),
    /// Every mailbox at a host below this domain, which stands with its leading dot.
    Domain(String),
}

impl Address {
    /// `None`: no address, or one that cannot be compared here. Hosts beyond ASCII would need their other form (RFC
    /// 9598 section 4 has them in ASCII).
    pub(super) fn read(text: &str) -> Option<Self> {
        let (local, host) = text.rsplit_once('@')?;
        let plain = !local.is_empty() && !local.contains(['@', '"', ' ', '\\', '<', '>', ',']);
        let plain = plain && !local.chars().any(char::is_control) && is_host(host);
        plain.then(|| Self { local: local.to_owned(), host: host.to_ascii_lowercase() })
    }
}

impl AddressBase {
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.contains('@') {
            return Address::read(text).map(Self::Mailbox);
        }
        let lower = text.to_ascii_lowercase();
        match text.strip_prefix('.') {
            Some(domain) => is_host(domain).then_some(Self::Domain(lower)),
            None => (text.is_empty() || is_host(text)).then_some(Self::Host(lower)),
        }
    }

    pub(super) fn holds(&self, address: &Address) -> bool {
        match self {
            Self::Mailbox(only) => only.local == address.local && only.host == address.host,
            Self::Host(host) => host.is_empty() || *host == address.host,
            Self::Domain(domain) => is_below(&address.host, domain),
        }
    }
}

/// A host name in lower case, perhaps with `*` in the place of its first label.
#[derive(Debug)]
pub(super) struct Host {
    /// Without the `*.`; empty only in a base: every host.
    name: String,
    wildcard: bool,
}

impl Host {
    /// A dNSName of a certificate.
    pub(super) fn name(text: &str) -> Option<Self> {
        let (name, wildcard) = text.strip_prefix("*.").map_or((text, false), |name| (name, true));
        is_host(name).then(|| Self { name: name.to_ascii_lowercase(), wildcard })
    }

    /// A constraint: neither a wildcard nor, unlike in a URI, a leading dot.
    pub(super) fn base(text: &str) -> Option<Self> {
        let name = text.to_ascii_lowercase();
        (text.is_empty() || is_host(text)).then_some(Self { name, wildcard: false })
    }

    /// `base` with any labels before it. `None`: this is a wildcard for hosts inside and outside.
    pub(super) fn is_within(&self, base: &Self) -> Option<bool> {
        if base.name.is_empty() || self.name == base.name || is_below(&self.name, &format!(".{}", base.name))
        {
            return Some(true);
        }
        let partly = self.wildcard && is_below(&base.name, &format!(".{}", self.name));
        (!partly).then_some(false)
    }

    /// The very host, or with a leading dot one below it.
    pub(super) fn is_uri_host_within(&self, base: &str) -> bool {
        if base.starts_with('.') { is_below(&self.name, base) } else { self.name == base }
    }
}

/// A constraint for URIs: a host, or with a leading dot all below it.
pub(super) fn uri_base(text: &str) -> Option<String> {
    is_host(text.strip_prefix('.').unwrap_or(text)).then(|| text.to_ascii_lowercase())
}

/// The host of a URI (RFC 3986 section 3.2). `None`: it has none, or an IP address in its place, which no constraint
/// allows.
pub(super) fn uri_host(text: &str) -> Option<Host> {
    let (scheme, rest) = text.split_once(':')?;
    let scheme_fits = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let authority = rest.strip_prefix("//")?.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = host.split_once(':').unwrap_or((host, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    // A last label of digits makes an IP address.
    let ip = host.rsplit('.').next().is_none_or(digits);
    let fits = scheme_fits && digits(port) && !ip && is_host(host);
    fits.then(|| Host { name: host.to_ascii_lowercase(), wildcard: false })
}

/// Addresses of one IP network (RFC 4632).
#[derive(Debug)]
pub(super) struct Network {
    address: Vec<u8>,
    mask: Vec<u8>,
}

impl Network {
    /// Address and mask, one behind the other: 8 or 32 octets.
    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        if !matches!(octets.len(), 8 | 32) {
            return None;
        }
        let (address, mask) = octets.split_at(octets.len() / 2);
        // Ones, and then zeros.
        let ones = mask.iter().take_while(|octet| **octet == 0xff).count();
        let rest = mask.get(ones..).unwrap_or_default();
        let edge = rest.first().copied().unwrap_or(0);
        let whole =
            edge.leading_ones() + edge.trailing_zeros() >= 8 && rest.iter().skip(1).all(|octet| *octet == 0);
        whole.then(|| Self { address: address.to_vec(), mask: mask.to_vec() })
    }

    pub(super) fn holds(&self, octets: &[u8]) -> bool {
        let same = |((one, other), mask): ((&u8, &u8), &u8)| one & mask == other & mask;
        octets.len() == self.address.len() && octets.iter().zip(&self.address).zip(&self.mask).all(same)
    }
}

/// Labels of letters, digits, `-` and `_`, with dots between.
fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    text.split('.').all(label)
}

/// `domain` stands with its leading dot.
fn is_below(host: &str, domain: &str) -> bool {
    host.len() > domain.len() && host.ends_with(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_held_against_mailboxes_hosts_and_domains() {
        for (base, address, expected) in [
            ("example.org", "a@Example.org", Some(true)),
            ("example.org", "a@mail.example.org", Some(false)),
            (".example.org", "a@mail.EXAMPLE.org", Some(true)),
            (".example.org", "a@example.org", Some(false)),
            (".example.org", "a@badexample.org", Some(false)),
            ("a@EXAMPLE.org", "a@example.org", Some(true)),
            ("a@example.org", "A@example.org", Some(false)),
            ("jörg@example.org", "jörg@example.org", Some(true)),
            ("*@example.org", "a@example.org", Some(false)),
            ("", "a@example.org", Some(true)),
            ("a@b@example.org", "a@example.org", None),
            ("example..org", "a@example.org", None),
            ("dömäin.example", "a@example.org", None),
            ("example.org", "a@b@example.org", None),
            ("example.org", "\"a b\"@example.org", None),
            ("example.org", "a@dömäin.example", None),
            ("example.org", "example.org", None),
        ] {
            let held =
                AddressBase::read(base).zip(Address::read(address)).map(|(base, name)| base.holds(&name));
            assert_eq!(held, expected, "{address} in {base}");
        }
    }

    #[test]
    fn hosts_are_held_against_domains() {
        let within =
            |name: &str, base: &str| Host::name(name).zip(Host::base(base)).map(|(n, b)| n.is_within(&b));
        for (name, base, expected) in [
            ("example.org", "example.org", Some(Some(true))),
            ("WWW.a.example.org", "Example.org", Some(Some(true))),
            ("badexample.org", "example.org", Some(Some(false))),
            ("org", "example.org", Some(Some(false))),
            ("anything", "", Some(Some(true))),
            ("*.example.org", "example.org", Some(Some(true))),
            ("*.example.org", "www.example.org", Some(None)),
            ("*.example.com", "www.example.org", Some(Some(false))),
            ("www.example.org", "*.example.org", None),
            ("www.example.org", ".example.org", None),
            (".example.org", "example.org", None),
            ("w*.example.org", "example.org", None),
            ("", "", None),
        ] {
            assert_eq!(within(name, base), expected, "{name} in {base}");
        }
    }

    #[test]
    fn uris_are_held_by_their_hosts() {
        let within =
            |uri: &str, base: &str| uri_host(uri).zip(uri_base(base)).map(|(h, b)| h.is_uri_host_within(&b));
        for (uri, base, expected) in [
            ("http://www.example.org/a?b", ".example.org", Some(true)),
            ("http://example.org", ".example.org", Some(false)),
            ("http://example.org:80#x", "example.ORG", Some(true)),
            ("ftp://x@y:z@www.example.org/", "www.example.org", Some(true)),
            ("http://www.example.org/", "example.org", Some(false)),
            ("http://evil.org/@example.org", "example.org", Some(false)),
            ("http://192.0.2.1/", ".example.org", None),
            ("http://[2001:db8::1]/", ".example.org", None),
            ("mailto:a@example.org", "example.org", None),
            ("urn:example", "example.org", None),
            ("http:///path", "example.org", None),
            ("http://example.org", "http://example.org", None),
        ] {
            assert_eq!(within(uri, base), expected, "{uri} in {base}");
        }
    }

    #[test]
    fn networks_hold_addresses_of_their_own_kind() {
        let within = |base: &[u8], name: &[u8]| Network::read(base).map(|network| network.holds(name));
        let (net, whole) = ([192, 0, 2, 0, 255, 255, 255, 0], [0; 8]);
        assert_eq!(within(&net, &[192, 0, 2, 7]), Some(true));
        assert_eq!(within(&net, &[192, 0, 3, 7]), Some(false));
        assert_eq!(within(&[192, 0, 2, 128, 255, 255, 255, 192], &[192, 0, 2, 191]), Some(true));
        assert_eq!(within(&[192, 0, 2, 128, 255, 255, 255, 192], &[192, 0, 2, 192]), Some(false));
        assert_eq!(within(&whole, &[1, 2, 3, 4]), Some(true));
        assert_eq!(within(&whole, &[0; 16]), Some(false));
        assert_eq!(within(&[0; 32], &[7; 16]), Some(true));
        assert_eq!(within(&[192, 0, 2, 0], &[192, 0, 2, 7]), None);
        assert_eq!(within(&[192, 0, 2, 0, 255, 0, 255, 0], &[192, 0, 2, 7]), None);
        assert_eq!(within(&[192, 0, 2, 0, 255, 253, 0, 0], &[192, 0, 2, 7]), None);
    }
}
