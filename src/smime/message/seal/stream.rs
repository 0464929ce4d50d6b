//! Measuring a content in one pass, and finding it the same in the next.

use std::io::{self, Write};

use crate::smime::crypto::{DigestAlgorithm, Digester};

/// Length and hash of a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Measured {
    pub(super) len: u64,
    pub(super) digest: Vec<u8>,
}

/// Passes octets on, counting and hashing them.
pub(super) struct Measure<W> {
    out: W,
    len: u64,
    digester: Digester,
}

impl<W: Write> Measure<W> {
    pub(super) fn new(out: W, algorithm: DigestAlgorithm) -> Self {
        Self { out, len: 0, digester: Digester::new(algorithm) }
    }

    pub(super) fn finish(self) -> (W, Measured) {
        (self.out, Measured { len: self.len, digest: self.digester.finish() })
    }
}

impl<W: Write> Write for Measure<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let count = self.out.write(data)?;
        self.digester.update(&data[..count]);
        self.len += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_measures_what_passes() {
        let mut pass = Measure::new(Vec::new(), DigestAlgorithm::Sha256);
        pass.write_all(b"ab").unwrap();
        pass.write_all(b"c").unwrap();
        let (out, measured) = pass.finish();
        assert_eq!(out, b"abc");
        assert_eq!(measured, Measured { len: 3, digest: DigestAlgorithm::Sha256.digest(b"abc") });
    }
}
