//! Whether a part holds a message of its own: judged by its octets, for types and names get lost on the way.

use std::io::{self, Read};

use crate::smime::cms::{ContentType, content_info};
use crate::smime::message::clothing;
use crate::smime::mime::{Entity, Headers};
use crate::smime::{Limits, Source};

/// Octets of a part that are looked at.
const HEAD: u64 = 16 << 10;

/// What a part holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// Something sealed, signed or compressed, perhaps in armour.
    Cms,
    /// A message, or another entity, with something sealed or signed in it.
    Entity,
    /// Neither.
    Nothing,
}

/// The first octets of a part or file.
pub(super) fn head(content: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    content.take(HEAD).read_to_end(&mut head)?;
    Ok(head)
}

/// Looks into a part that `source` was split into.
pub(super) fn in_part(source: &mut dyn Source, part: &Entity, limits: &Limits) -> io::Result<Held> {
    if !part.parts.is_empty() {
        let sealed = is_message(&part.content_type) && part.parts.iter().any(has_protection);
        return Ok(if sealed { Held::Entity } else { Held::Nothing });
    }
    let media_type = part.content_type.as_str();
    let name = part.file_name().unwrap_or_default();
    if !may_hold(media_type, &name) || says_certificates(part) {
        return Ok(Held::Nothing);
    }
    let head = head(&mut *part.content(source)?)?;
    Ok(in_file(&head, &name, media_type, limits))
}

/// Is this part the body of a sealed or signed mail? A file that was signed before it was attached, and a mail that was
/// forwarded, are not.
pub(super) fn is_smime_body(source: &mut dyn Source, part: &Entity, limits: &Limits) -> io::Result<bool> {
    let apart =
        is_message(&part.content_type) || part.file_name().is_some_and(|name| is_signed_file_name(&name));
    Ok(part.parts.is_empty() && !apart && in_part(source, part, limits)? != Held::Nothing)
}

/// Looks at the first octets of a file of this name and type.
pub(super) fn in_file(head: &[u8], name: &str, media_type: &str, limits: &Limits) -> Held {
    if !may_hold(media_type, name) {
        return Held::Nothing;
    }
    if is_cms(head, limits) {
        return Held::Cms;
    }
    let named = is_pkcs7_type(media_type) || is_p7m_name(name);
    if named && clothing::is_armoured_cms(head, limits) {
        return Held::Cms;
    }
    // Exchange keeps a signed mail as an attachment smime.p7m that holds the whole multipart/signed.
    let entity = named || is_message(media_type) || has_extension(name, &["eml", "mht"]);
    if entity && is_protected(&Headers::parse(head)) { Held::Entity } else { Held::Nothing }
}

/// application/pkcs7-mime under its names.
pub(super) fn is_pkcs7_type(media_type: &str) -> bool {
    matches!(media_type, "application/pkcs7-mime" | "application/x-pkcs7-mime")
}

/// A detached signature under its names.
pub(super) fn is_signature_type(media_type: &str) -> bool {
    matches!(media_type, "application/pkcs7-signature" | "application/x-pkcs7-signature")
}

/// multipart/signed with an S/MIME signature, and not one of OpenPGP.
pub(super) fn is_signed_multipart(entity: &Entity) -> bool {
    let protocol = || {
        let field = entity.headers.content_type()?;
        Some(is_signature_type(&field.parameter("protocol")?.to_ascii_lowercase()))
    };
    let by_its_part = || entity.parts.iter().skip(1).any(|part| is_signature_type(&part.content_type));
    entity.content_type == "multipart/signed" && protocol().unwrap_or_else(by_its_part)
}

/// `.p7m`, `.p7z`
pub(super) fn is_p7m_name(name: &str) -> bool {
    has_extension(name, &["p7m", "p7z"])
}

/// A file of a certain kind that was signed or sealed, not a mail: `invoice.xml.p7m`.
pub(super) fn is_signed_file_name(name: &str) -> bool {
    is_p7m_name(name) && clothing::inner_name(name).is_some_and(|inner| clothing::has_extension(&inner))
}

/// Does the first octet string begin a ContentInfo that this program takes apart?
pub(super) fn is_cms(head: &[u8], limits: &Limits) -> bool {
    match content_info::peek(&mut &*head, limits) {
        Ok(
            ContentType::SignedData
            | ContentType::EnvelopedData
            | ContentType::AuthEnvelopedData
            | ContentType::CompressedData,
        ) => true,
        Ok(ContentType::Data | ContentType::Other(_)) | Err(_) => false,
    }
}

/// Text, pictures and detached signatures are what they say, whatever their octets.
fn may_hold(media_type: &str, name: &str) -> bool {
    if is_signature_type(media_type) || has_extension(name, &["p7s", "p7b", "p7c"]) {
        return false;
    }
    let kind = media_type.split('/').next().unwrap_or_default();
    is_p7m_name(name)
        || has_extension(name, &["eml"])
        || !matches!(kind, "text" | "image" | "audio" | "video" | "font" | "multipart")
}

fn says_certificates(part: &Entity) -> bool {
    let field = part.headers.content_type();
    field.is_some_and(|field| {
        field.parameter("smime-type").is_some_and(|kind| kind.eq_ignore_ascii_case("certs-only"))
    })
}

fn is_message(media_type: &str) -> bool {
    matches!(media_type, "message/rfc822" | "message/global")
}

/// Says so itself, or one of its parts does.
fn has_protection(entity: &Entity) -> bool {
    is_pkcs7_type(&entity.content_type)
        || is_signed_multipart(entity)
        || entity.parts.is_empty() && entity.file_name().is_some_and(|name| is_p7m_name(&name))
        || entity.parts.iter().any(has_protection)
}

fn is_protected(headers: &Headers) -> bool {
    let Some(field) = headers.content_type() else { return false };
    let by_smime =
        || field.parameter("protocol").is_none_or(|protocol| is_signature_type(&protocol.to_lowercase()));
    is_pkcs7_type(&field.essence) || field.essence == "multipart/signed" && by_smime()
}

fn has_extension(name: &str, extensions: &[&str]) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension).unwrap_or_default();
    extensions.iter().any(|known| known.eq_ignore_ascii_case(extension))
}
