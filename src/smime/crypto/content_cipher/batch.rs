//! The buffer that ciphers work in.

use zeroize::Zeroizing;

/// Octets that are worked on at once; a multiple of the block size.
pub(super) const CAPACITY: usize = 32 * 1024;

/// AES's block size in octets.
pub(super) const BLOCK: usize = 16;

/// Collects octets until a whole batch is there. Holds one block more, for the padding of a full batch.
pub(super) struct Batch {
    octets: Zeroizing<Box<[u8]>>,
    len: usize,
}

impl Batch {
    pub(super) fn new() -> Self {
        Self { octets: Zeroizing::new(vec![0; CAPACITY + BLOCK].into_boxed_slice()), len: 0 }
    }

    /// Takes what fits from the front of `data`.
    pub(super) fn fill(&mut self, data: &mut &[u8]) {
        let room = CAPACITY.saturating_sub(self.len);
        let (now, later) = data.split_at(room.min(data.len()));
        if let Some(free) = self.octets.get_mut(self.len..self.len + now.len()) {
            free.copy_from_slice(now);
            self.len += now.len();
        }
        *data = later;
    }

    /// Appends up to one block of padding, which has room even in a full batch.
    pub(super) fn pad(&mut self, padding: &[u8]) {
        if let Some(free) = self.octets.get_mut(self.len..self.len + padding.len()) {
            free.copy_from_slice(padding);
            self.len += padding.len();
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.len >= CAPACITY
    }

    /// What has been collected.
    pub(super) fn octets(&mut self) -> &mut [u8] {
        // proof: `len` grows only by what was copied into `octets`.
        self.octets.get_mut(..self.len).unwrap_or_default()
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
    }
}
