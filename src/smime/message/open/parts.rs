//! A sealed or signed part among others, as mailing lists, virus scanners and gateways leave them.

use std::io::{self, Seek as _};

use super::body::{Body, Reading};
use super::held::{self, is_signature_type, is_signed_multipart};
use super::layers::{Opening, Rest, Stage};
use super::signature::Signatures;
use super::{OpenError, SignerFacts, counting};
use crate::smime::Source;
use crate::smime::mime::Entity;
use crate::smime::mime::encoding::Section;

/// The content of a multipart/signed, and the signature beside it (RFC 1847 section 2.1).
#[derive(Debug, Clone, Copy)]
pub(super) struct Halves<'a> {
    pub(super) content: &'a Entity,
    pub(super) beside: &'a Entity,
}

impl<'a> Halves<'a> {
    /// The first part, and the second; where somebody added parts, the only one that is a signature.
    pub(super) fn of(signed: &'a Entity) -> Option<Self> {
        let (content, others) = signed.parts.split_first()?;
        if let [beside] = others {
            return Some(Self { content, beside });
        }
        let is_signature = |part: &&Entity| is_signature_type(&part.content_type);
        let mut signatures = others.iter().filter(is_signature);
        let beside = signatures.next()?;
        signatures.next().is_none().then_some(Self { content, beside })
    }

    /// Is there nothing else in `root`?
    pub(super) fn are_all_of(&self, root: &Entity) -> bool {
        matches!(root.parts.as_slice(), [one, other] if std::ptr::eq(one, self.content) && std::ptr::eq(other, self.beside))
    }
}

impl Opening<'_, '_> {
    /// A multipart/signed that a gateway turned into a multipart/mixed: only a signature that holds tells.
    pub(super) fn downgraded<'e>(
        &mut self,
        source: &mut dyn Source,
        entity: &'e Entity,
    ) -> Result<Option<Halves<'e>>, OpenError> {
        let [content, beside] = entity.parts.as_slice() else { return Ok(None) };
        if entity.content_type != "multipart/mixed" || !is_signature_type(&beside.content_type) {
            return Ok(None);
        }
        let halves = Halves { content, beside };
        let clear = Signatures::clear(source, halves, self.context, &mut io::sink())?;
        let holds = clear.signature.signers.iter().any(SignerFacts::is_valid);
        Ok(holds.then_some(halves))
    }

    /// The first signed part, unless what it is a part of is signed as a whole.
    pub(super) fn signed_part<'e>(&self, entity: &'e Entity) -> Option<Halves<'e>> {
        let signed = matches!(counting(&self.layers), Some((place, _)) if !place.outside);
        if signed || self.rest.is_some() {
            return None;
        }
        first(entity, is_signed_multipart).and_then(Halves::of)
    }

    /// The one sealed part of a mail that is not sealed as a whole, if nothing comes before it. One behind a text was
    /// attached to it.
    pub(super) fn sealed_part<'e>(
        &self,
        source: &mut dyn Source,
        entity: &'e Entity,
    ) -> Result<Option<&'e Entity>, OpenError> {
        if !self.layers.is_empty() || self.rest.is_some() {
            return Ok(None);
        }
        let mut found = None;
        let mut leaves = Vec::new();
        mixed_leaves(entity, &mut leaves);
        let mut text = false;
        for leaf in leaves {
            if held::is_smime_body(source, leaf, self.context.limits)? {
                if found.is_some() || text {
                    return Ok(None);
                }
                found = Some(leaf);
            } else if found.is_none() {
                text |= !leaf.content_type.starts_with("text/")
                    || !leaf.text(source, self.context.limits.text)?.0.trim().is_empty();
            }
        }
        Ok(found)
    }

    /// Goes on with one part of a mail.
    pub(super) fn part_of(
        &mut self,
        mut source: Box<dyn Source>,
        root: &Entity,
        part: &Entity,
    ) -> Result<Stage, OpenError> {
        let mut copy = self.context.spool.create()?;
        io::copy(&mut Section::new(&mut *source, part.range.start, part.range.end), &mut copy)?;
        copy.rewind()?;
        self.set_rest(source, root, &[part.range.start])?;
        Ok(Stage::Entity(Box::new(copy)))
    }

    /// Keeps what stands in `root` beside the parts that begin at the offsets `without`.
    pub(super) fn set_rest(
        &mut self,
        source: Box<dyn Source>,
        root: &Entity,
        without: &[u64],
    ) -> Result<(), OpenError> {
        if self.rest.is_some() {
            return Ok(());
        }
        let how = Reading { without, ..Reading::default() };
        let body = Body::of_entity(source, root, how, self.context)?;
        if !body.is_blank() {
            self.rest = Some(Rest { body, from_layer: self.layers.len() });
        }
        Ok(())
    }
}

/// The first part (not the root itself) of this kind, in the order of reading; not inside a message of its own. The
/// splitter bounds the depth.
fn first(entity: &Entity, wanted: fn(&Entity) -> bool) -> Option<&Entity> {
    let parts = entity.content_type.starts_with("multipart/").then_some(entity.parts.as_slice());
    parts.unwrap_or_default().iter().find_map(
        |part| {
            if wanted(part) { Some(part) } else { first(part, wanted) }
        },
    )
}

/// The parts that stand one behind the other.
fn mixed_leaves<'e>(entity: &'e Entity, leaves: &mut Vec<&'e Entity>) {
    for part in &entity.parts {
        match part.content_type.as_str() {
            "multipart/mixed" => mixed_leaves(part, leaves),
            _ => leaves.push(part),
        }
    }
}
