//! DER in memory (X.690): a cursor for structures whose exact octets must be kept, and a writer.
//!
//! What is larger than memory, or in one of the forms that only BER has, is read by
//! [`cms::ber`](crate::smime::cms::ber), which makes DER of it.

pub mod cursor;
pub mod time;
pub mod writer;

pub use cursor::{Cursor, Element};

/// Not DER, or not the structure that it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the data does not have the expected form")]
pub struct Malformed;

/// Identifier octets, as far as certificates, CMS and PKCS#12 need them.
pub mod tag {
    /// BOOLEAN.
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER.
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING.
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING.
    pub const OCTET_STRING: u8 = 0x04;
    /// OBJECT IDENTIFIER.
    pub const OBJECT_IDENTIFIER: u8 = 0x06;
    /// UTF8String.
    pub const UTF8_STRING: u8 = 0x0c;
    /// BMPString.
    pub const BMP_STRING: u8 = 0x1e;
    /// IA5String.
    pub const IA5_STRING: u8 = 0x16;
    /// UTCTime.
    pub const UTC_TIME: u8 = 0x17;
    /// GeneralizedTime.
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// SEQUENCE and SEQUENCE OF.
    pub const SEQUENCE: u8 = 0x30;
    /// SET and SET OF.
    pub const SET: u8 = 0x31;
    /// The bit that tells a constructed value from a primitive one.
    pub const CONSTRUCTED: u8 = 0x20;

    /// `[number]`, primitive; numbers up to 30.
    pub const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// `[number]`, constructed.
    pub const fn context_constructed(number: u8) -> u8 {
        context(number) | CONSTRUCTED
    }

    /// The universal types that BER may cut into chunks.
    pub(in crate::smime) const fn is_string(tag: u8) -> bool {
        matches!(tag & !CONSTRUCTED, 3 | 4 | 12 | 18..=22 | 25..=30)
    }
}
