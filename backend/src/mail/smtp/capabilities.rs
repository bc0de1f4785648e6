//! What a server offers in its answer to EHLO.

/// The extensions we use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Largest mail in bytes, if it says so (RFC 1870); none also for “no fixed limit”.
    pub size: Option<u64>,
    /// Takes addresses beyond ASCII (RFC 6531).
    pub smtputf8: bool,
    /// Takes eight-bit bodies (RFC 6152).
    pub eight_bit_mime: bool,
    /// Takes several commands at once (RFC 2920).
    pub pipelining: bool,
    /// Offers to switch to TLS (RFC 3207).
    pub starttls: bool,
    /// Login mechanisms, in capitals.
    pub auth: Vec<String>,
}

impl Capabilities {
    /// Reads the lines of the answer, each with or without its reply code.
    #[must_use]
    pub fn read(answer: &str) -> Self {
        let mut found = Self::default();
        for line in answer.lines() {
            let line = line.strip_prefix("250").map_or(line, |rest| rest.trim_start_matches(['-', ' '])).trim();
            // Old servers write AUTH=LOGIN.
            let mut words = line.split([' ', '\t', '=']).filter(|word| !word.is_empty());
            match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "SIZE" => found.size = words.next().and_then(|size| size.parse().ok()).filter(|size| *size > 0),
                "SMTPUTF8" => found.smtputf8 = true,
                "8BITMIME" => found.eight_bit_mime = true,
                "PIPELINING" => found.pipelining = true,
                "STARTTLS" => found.starttls = true,
                "AUTH" => found.auth.extend(words.take(20).map(str::to_ascii_uppercase)),
                _ => {}
            }
        }
        found
    }

    /// Whether a login mechanism is offered.
    #[must_use]
    pub fn offers(&self, mechanism: &str) -> bool {
        self.auth.iter().any(|known| known == mechanism)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let found = Capabilities::read(
            "250-mx.example\r\n250-SIZE 1000\r\n250-8bitmime\r\n250-AUTH PLAIN login\r\n250-AUTH=XOAUTH2\r\n250 PIPELINING\r\n",
        );
        assert_eq!(found.size, Some(1000));
        assert!(found.eight_bit_mime && found.pipelining && !found.smtputf8 && !found.starttls);
        assert!(found.offers("PLAIN") && found.offers("LOGIN") && found.offers("XOAUTH2") && !found.offers("CRAM-MD5"));
        assert_eq!(Capabilities::read("250-x\r\n250 SIZE 0\r\n").size, None);
        assert_eq!(Capabilities::read(""), Capabilities::default());
    }
}
