//! CompressedData (RFC 3274), read: zlib, as a stream, within an allowance.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use const_oid::ObjectIdentifier;
use flate2::{Decompress, FlushDecompress, Status};
use zeroize::Zeroizing;

use super::CmsError;
use super::ber::{self, Reader};
use super::content_info::{self, ContentType};
use crate::smime::Limits;
use crate::smime::asn1::{Cursor, tag};

/// id-alg-zlibCompress (RFC 3274 section 2).
const ZLIB: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.3.8");

/// Decompressed octets are handed on in pieces of this size.
const PIECE: usize = 64 << 10;

/// A message of any size may become as much as this, in octets: a small file of one letter is honest.
const ALWAYS: u64 = 16 << 20;

/// How much content all compressed layers of one message may become, one inside the other and beside it. Clones share it.
#[derive(Debug, Clone)]
pub struct Allowance {
    left: Arc<AtomicU64>,
}

impl Allowance {
    /// For a message of `length` octets.
    pub fn new(length: u64, limits: &Limits) -> Self {
        let left = length.saturating_mul(limits.expansion).saturating_add(ALWAYS).min(limits.content);
        Self { left: Arc::new(AtomicU64::new(left)) }
    }

    fn take(&self, octets: u64) -> Result<(), CmsError> {
        let less = |left: u64| left.checked_sub(octets);
        match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less) {
            Ok(_) => Ok(()),
            Err(_) => Err(CmsError::Limit("a small compressed part that becomes a huge one")),
        }
    }
}

/// One pass over `input`; the decompressed content goes to `out`. Says what it is.
///
/// ```text
/// CompressedData ::= SEQUENCE {
///     version CMSVersion,  -- 0
///     compressionAlgorithm CompressionAlgorithmIdentifier,
///     encapContentInfo EncapsulatedContentInfo }
/// ```
///
/// # Errors
/// [`CmsError::Limit`] when the content becomes more than the allowance; [`CmsError::Truncated`] when the zlib stream
/// ends early; [`CmsError::Malformed`] when its checksum does not fit or something follows it.
pub fn read(
    input: &mut dyn Read,
    limits: &Limits,
    allowance: &Allowance,
    out: &mut dyn Write,
) -> Result<ContentType, CmsError> {
    let mut reader = Reader::new(input, limits);
    if content_info::enter(&mut reader)? != ContentType::CompressedData {
        return Err(CmsError::Malformed);
    }
    reader.enter(tag::context_constructed(0))?;
    reader.enter(tag::SEQUENCE)?;
    if !reader.is_next(tag::INTEGER)? {
        return Err(CmsError::Malformed);
    }
    reader.skip()?;
    let algorithm = reader.element()?;
    let algorithm = Cursor::single(&algorithm)?;
    if algorithm.tag != tag::SEQUENCE {
        return Err(CmsError::Malformed);
    }
    let oid = algorithm.cursor().expect(tag::OBJECT_IDENTIFIER)?.oid()?;
    if oid != ZLIB {
        return Err(CmsError::Algorithm(oid));
    }
    reader.enter(tag::SEQUENCE)?;
    let content_type = content_info::content_type(&mut reader)?;
    reader.enter(tag::context_constructed(0))?;
    if !ber::is_octet_string(reader.peek()?) {
        return Err(CmsError::Malformed);
    }
    let mut inflater = Inflater::new(allowance, out);
    reader.octets(&mut |piece| inflater.feed(piece))?;
    inflater.finish()?;
    reader.leave_all()?;
    Ok(content_type)
}

struct Inflater<'a> {
    zlib: Decompress,
    buffer: Zeroizing<Vec<u8>>,
    allowance: &'a Allowance,
    ended: bool,
    out: &'a mut dyn Write,
}

impl<'a> Inflater<'a> {
    fn new(allowance: &'a Allowance, out: &'a mut dyn Write) -> Self {
        let zlib = Decompress::new(true);
        Self { zlib, buffer: Zeroizing::new(vec![0; PIECE]), allowance, ended: false, out }
    }

    /// Takes all of `input`.
    fn feed(&mut self, mut input: &[u8]) -> Result<(), CmsError> {
        while self.step(&mut input)? {}
        if input.is_empty() { Ok(()) } else { Err(CmsError::Malformed) }
    }

    /// Behind the last input there may still be output.
    fn finish(mut self) -> Result<(), CmsError> {
        while self.step(&mut &[][..])? {}
        if self.ended { Ok(()) } else { Err(CmsError::Truncated) }
    }

    /// One buffer of output. False: no more without more input.
    fn step(&mut self, input: &mut &[u8]) -> Result<bool, CmsError> {
        if self.ended {
            return Ok(false);
        }
        let (taken, made) = (self.zlib.total_in(), self.zlib.total_out());
        let status = self.zlib.decompress(input, &mut self.buffer, FlushDecompress::None);
        let status = status.map_err(|_| CmsError::Malformed)?;
        let taken = (self.zlib.total_in() - taken) as usize; // at most the input
        let made = self.zlib.total_out() - made; // at most the buffer
        *input = input.get(taken..).unwrap_or_default();
        self.ended = status == Status::StreamEnd;
        self.allowance.take(made)?;
        self.out.write_all(self.buffer.get(..made as usize).unwrap_or_default())?;
        Ok(taken > 0 || made > 0)
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;
    use crate::smime::asn1::writer;

    fn deflated(content: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn message(algorithm: ObjectIdentifier, octets: &[u8]) -> Vec<u8> {
        let content = writer::value(0xa0, &[octets]);
        let inside = writer::sequence(&[
            &writer::small_integer(0),
            &writer::algorithm(algorithm),
            &writer::sequence(&[&ContentType::Data.to_der(), &content]),
        ]);
        writer::sequence(&[&ContentType::CompressedData.to_der(), &writer::value(0xa0, &[&inside])])
    }

    fn inflated(message: &[u8]) -> Result<Vec<u8>, CmsError> {
        let limits = Limits::default();
        let mut out = Vec::new();
        let allowance = Allowance::new(message.len() as u64, &limits);
        read(&mut &*message, &limits, &allowance, &mut out).map(|content_type| {
            assert_eq!(content_type, ContentType::Data);
            out
        })
    }

    #[test]
    fn content_of_every_size_comes_back_in_one_piece_or_in_chunks() {
        let noise: Vec<u8> = (0..300_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for content in [&b""[..], b"Meet me.", &[7; 200_000], &noise] {
            let zlib = deflated(content);
            assert_eq!(inflated(&message(ZLIB, &writer::octet_string(&zlib))).unwrap(), content);
            let mut chunks = vec![0x24, 0x80];
            zlib.chunks(777).for_each(|chunk| chunks.extend(writer::octet_string(chunk)));
            chunks.extend([0, 0]);
            assert_eq!(inflated(&message(ZLIB, &chunks)).unwrap(), content);
        }
    }

    /// CMSCompressedDataStreamGenerator of BouncyCastle 1.72, which writes BER.
    #[test]
    fn what_bouncycastle_compresses_is_read() {
        let message = base64_simd::STANDARD
            .decode_to_vec(concat!(
                "MIAGCyqGSIb3DQEJEAEJoIAwgAIBADANBgsqhkiG9w0BCRADCDCABgkqhkiG9w0BBwGggCSABDJ4",
                "nHPOzytJzSvRDaksSLVSKEmtKNEvyEnMzOPl4uXyTU0tUchN1QFiVIYeLxcAHN8RzwAAAAAAAAAA",
                "AAAAAA==",
            ))
            .unwrap();
        assert_eq!(
            inflated(&message).unwrap(),
            b"Content-Type: text/plain\r\n\r\nMeet me, meet me, meet me.\r\n"
        );
    }

    #[test]
    fn damage_is_told() {
        let zlib = deflated(b"Meet me at the old pier, and bring the letter.");
        for end in 0..zlib.len() {
            let cut = message(ZLIB, &writer::octet_string(&zlib[..end]));
            assert!(matches!(inflated(&cut), Err(CmsError::Truncated)), "{end}");
        }
        let with_more = [&zlib[..], b"x"].concat();
        assert!(matches!(
            inflated(&message(ZLIB, &writer::octet_string(&with_more))),
            Err(CmsError::Malformed)
        ));
        let mut wrong_sum = zlib.clone();
        *wrong_sum.last_mut().unwrap() ^= 1;
        assert!(matches!(
            inflated(&message(ZLIB, &writer::octet_string(&wrong_sum))),
            Err(CmsError::Malformed)
        ));
        let other = ObjectIdentifier::new_unwrap("1.2.3");
        assert!(matches!(
            inflated(&message(other, &writer::octet_string(&zlib))),
            Err(CmsError::Algorithm(oid)) if oid == other
        ));
    }

    /// 1 MiB of zeros is honest; 100 MiB of them out of 100 KiB is not, also in several layers.
    #[test]
    fn a_bomb_stops_at_the_allowance() {
        let small = message(ZLIB, &writer::octet_string(&deflated(&vec![0; 1 << 20])));
        assert_eq!(inflated(&small).unwrap().len(), 1 << 20);
        let bomb = message(ZLIB, &writer::octet_string(&deflated(&vec![0; 100 << 20])));
        assert!(matches!(inflated(&bomb), Err(CmsError::Limit(_))));

        let limits = Limits::default();
        let allowance = Allowance::new(small.len() as u64, &limits);
        let outcomes = [(); 20].map(|()| {
            read(&mut &small[..], &limits, &allowance, &mut std::io::sink())
                .map_err(|error| error.to_string())
        });
        assert!(outcomes[0].is_ok() && outcomes[19].is_err());
    }
}
