//! Deterministic damage to bytes, for the tests of every parser.

use std::time::{Duration, Instant};

/// A small generator of numbers, the same on every run (xorshift64*).
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }
}

const MORSELS: [&[u8]; 20] = [
    b"\r\n",
    b"\n",
    b"\0",
    b"--",
    b"=?utf-8?B?",
    b"?=",
    b"<",
    b">",
    b"\"",
    b"(",
    b"\\",
    b"\xff\xfe",
    b"Content-Type: multipart/mixed; boundary=",
    b"Content-Transfer-Encoding: base64\r\n",
    b"message/rfc822",
    b";",
    b":",
    b"@",
    b"&#x0;",
    b"{999999999}",
];

/// One damaged copy: bytes flipped, cut, doubled or swapped for morsels that parsers stumble over.
pub fn mutate(original: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(bytes.len() + 1);
        let length = numbers.below(40).min(bytes.len() - at);
        match numbers.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
            1 => drop(bytes.drain(at..at + length)),
            2 => {
                let piece = bytes[at..at + length].to_vec();
                bytes.splice(at..at, piece);
            }
            3 => bytes.truncate(at),
            _ => drop(bytes.splice(at..at, MORSELS[numbers.below(MORSELS.len())].iter().copied())),
        }
    }
    bytes
}

/// Feeds 10,000 mutations of the originals to a parser; none may panic or take longer than a second.
pub fn feed(originals: &[Vec<u8>], mut parser: impl FnMut(&[u8])) {
    let mut numbers = Numbers::new(7);
    for round in 0..10_000 {
        let bytes = mutate(&originals[round % originals.len()], &mut numbers);
        let start = Instant::now();
        parser(&bytes);
        assert!(start.elapsed() < Duration::from_secs(1), "slow: {}", String::from_utf8_lossy(&bytes));
    }
}

/// All mails of the corpus.
pub fn corpus() -> Vec<Vec<u8>> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/mail");
    let mut paths: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// One mail of the corpus.
pub fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/mail/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}
