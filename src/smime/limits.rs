//! How much work a message may cause.

/// The budget of one message. Whoever exceeds one of these is told so in a sentence; nothing grows without a
/// bound. The defaults hold for mail of any honest size.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Layers of encryption, signature and compression, one inside the other.
    pub layers: usize,
    /// Nesting of ASN.1 values inside a small structure, and of MIME parts.
    pub depth: usize,
    /// MIME parts in all.
    pub parts: usize,
    /// Octets in one header section.
    pub header: usize,
    /// RecipientInfos in one message.
    pub recipients: usize,
    /// SignerInfos in one message.
    pub signers: usize,
    /// Certificates carried by one message.
    pub certificates: usize,
    /// Revocation lists carried by one message.
    pub revocation_lists: usize,
    /// Octets of one ASN.1 structure that is held in memory (a certificate, a set of RecipientInfos).
    pub structure: usize,
    /// Octets of text that is decoded for showing; the rest stays an attachment.
    pub text: usize,
    /// Sealed or signed messages among the attachments, and among theirs, that are opened in all.
    pub messages: usize,
    /// How far such messages are opened one inside the other.
    pub messages_depth: usize,
    /// Octets of content that may be written to the spool.
    pub content: u64,
    /// Octets that the compressed layers of a message may become in all, for each octet of the message.
    pub expansion: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            layers: 16,
            depth: 32,
            parts: 2_000,
            header: 1 << 20,
            recipients: 4_096,
            signers: 32,
            certificates: 256,
            revocation_lists: 256,
            structure: 16 << 20,
            text: 32 << 20,
            messages: 32,
            messages_depth: 8,
            content: 1 << 40,
            expansion: 100,
        }
    }
}
