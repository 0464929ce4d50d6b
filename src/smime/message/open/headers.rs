//! Which header fields count.

use jiff::Timestamp;

use super::counting;
use super::held::{is_pkcs7_type, is_signed_multipart};
use crate::smime::Address;
use crate::smime::message::header_protection::{HeaderProtection, Scheme, Surroundings};
use crate::smime::message::layer::{Layer, Signature};
use crate::smime::message::verdict::Doubt;
use crate::smime::mime::header::Mailbox;
use crate::smime::mime::{Entity, Headers};

/// The fields of a message that a person sees.
#[derive(Debug, Clone, Default)]
pub struct MessageHeaders {
    /// Who claims to have written it; honest mail has one.
    pub from: Vec<Mailbox>,
    /// The addressees.
    pub to: Vec<Mailbox>,
    /// Those who get a copy.
    pub cc: Vec<Mailbox>,
    /// Those who get a copy that the others do not know of.
    pub bcc: Vec<Mailbox>,
    /// Where answers go, if elsewhere.
    pub reply_to: Vec<Mailbox>,
    /// The subject, decoded, in one line.
    pub subject: Option<String>,
    /// When it says that it was sent.
    pub date: Option<Timestamp>,
    /// `<id@domain>`, of this message.
    pub message_id: Option<String>,
    /// Those of the messages before it, oldest first.
    pub references: Vec<String>,
    /// The program that it names as its writer's.
    pub program: Option<String>,
    /// They stood under a seal, or under a signature that holds.
    pub protected: bool,
}

impl MessageHeaders {
    /// From `sections`: for each field the first that has it.
    fn read(sections: &[&Headers], protected: bool) -> Self {
        let of = |name: &str| sections.iter().find(|section| section.count(name) > 0);
        let mailboxes = |name: &str| of(name).map(|section| section.mailboxes(name)).unwrap_or_default();
        Self {
            from: mailboxes("From"),
            to: mailboxes("To"),
            cc: mailboxes("Cc"),
            bcc: mailboxes("Bcc"),
            reply_to: mailboxes("Reply-To"),
            subject: of("Subject").and_then(|section| section.text("Subject")),
            message_id: of("Message-ID").and_then(|section| section.identifiers("Message-ID").pop()),
            references: references(of("References"), of("In-Reply-To")),
            date: of("Date").and_then(|section| section.date()),
            program: ["X-Mailer", "User-Agent"].into_iter().find_map(|name| of(name)?.text(name)),
            protected,
        }
    }
}

/// The identifiers of earlier messages; without References, In-Reply-To has to do if it names one.
fn references(references: Option<&&Headers>, in_reply_to: Option<&&Headers>) -> Vec<String> {
    let list = references.map(|section| section.identifiers("References")).unwrap_or_default();
    let answered = in_reply_to.map(|section| section.identifiers("In-Reply-To")).unwrap_or_default();
    if list.is_empty() && answered.len() == 1 { answered } else { list }
}

/// The fields that count and the entity that they head.
#[derive(Default)]
pub(super) struct Chosen<'a> {
    pub(super) headers: MessageHeaders,
    pub(super) has_from: bool,
    /// The entity to show, if it is another than the root.
    pub(super) entity: Option<&'a Entity>,
    pub(super) protection: Option<HeaderProtection>,
    pub(super) doubts: Vec<Doubt>,
}

/// Chooses between the header outside and the one inside the layers: the inner one counts when it is protected (see
/// [`Scheme`]). Of the outside, then, nothing counts; but for programs that protect a few fields only, the others, and the
/// sender when there is none inside.
pub(super) fn choose<'a>(
    outer: Option<&Headers>,
    entity: Option<&'a Entity>,
    layers: &[Layer],
) -> Chosen<'a> {
    let none = Headers::default();
    let outside = outer.unwrap_or(&none);
    let signature = counting(layers).map(|(_, signature)| signature).filter(|signature| signature.whole);
    let around = Surroundings {
        outer,
        encrypted: layers.iter().any(|layer| matches!(layer, Layer::Encrypted(_))),
        signed: signature.is_some_and(|signature| signature.signers.iter().any(|signer| signer.is_valid())),
    };
    let root = entity.filter(|_| !layers.is_empty());
    let Some((scheme, entity)) = root.and_then(|root| scheme(root, around, signature)) else {
        return Chosen {
            has_from: outside.count("From") > 0,
            doubts: ambiguous_from(outside).into_iter().collect(),
            headers: MessageHeaders::read(&[outside], false),
            ..Chosen::default()
        };
    };
    let inner = &entity.headers;
    let protection = HeaderProtection::of(scheme, inner, around);
    // Leaving From out inside does not take back the one outside, which every other program shows.
    let from = if inner.count("From") > 0 { inner } else { outside };
    let sections: &[&Headers] = if scheme == Scheme::Forerunner { &[inner, outside] } else { &[inner] };
    let mut headers = MessageHeaders::read(sections, around.encrypted || around.signed);
    headers.from = from.mailboxes("From");
    let mut doubts: Vec<Doubt> = ambiguous_from(from).into_iter().collect();
    if let Some(other) = &protection.other_from
        && !headers.from.iter().any(|from| signature.is_some_and(|s| signs_for(s, &from.address)))
    {
        // Nobody has signed for the sender inside, so the one outside is shown: the mail system may have checked that one
        // (RFC 9788 section 4.4.3).
        doubts.push(Doubt::TwoSenders);
        headers.from.clone_from(other);
    }
    if scheme == Scheme::Clear && around.encrypted && says(inner, "hp", "clear") {
        doubts.push(Doubt::SealedOnTheWay);
    }
    Chosen {
        headers,
        has_from: from.count("From") > 0,
        entity: Some(entity),
        protection: Some(protection),
        doubts,
    }
}

/// More or fewer senders than one.
fn ambiguous_from(headers: &Headers) -> Option<Doubt> {
    let fields = headers.count("From");
    (fields > 1 || fields == 1 && headers.mailboxes("From").len() != 1).then_some(Doubt::AmbiguousFrom)
}

/// How the fields of a content are protected, and the entity that they head.
fn scheme<'a>(
    root: &'a Entity,
    around: Surroundings<'_>,
    signature: Option<&Signature>,
) -> Option<(Scheme, &'a Entity)> {
    let headers = &root.headers;
    if says(headers, "hp", "cipher") {
        return Some((if around.encrypted { Scheme::Cipher } else { Scheme::Clear }, root));
    }
    if says(headers, "hp", "clear") {
        return Some((Scheme::Clear, root));
    }
    if says(headers, "protected-headers", "v1") {
        return Some((Scheme::Forerunner, root));
    }
    if let Some(wrapped) = wrapped(root, around.outer, signature) {
        return Some((Scheme::Wrapped, wrapped));
    }
    let without_outer = around.outer.is_none_or(|outer| outer.count("From") == 0);
    (without_outer && headers.count("From") > 0).then_some((Scheme::Inside, root))
}

/// Does the Content-Type have this parameter with this value?
fn says(headers: &Headers, parameter: &str, value: &str) -> bool {
    let field = headers.content_type();
    field.is_some_and(|field| field.parameter(parameter).is_some_and(|said| said.eq_ignore_ascii_case(value)))
}

/// The message in a message/rfc822 when it is this very message and not another that was forwarded. `forwarded=no` says
/// so; without a word, its sender is the one outside, or the one who signed. A message that is sealed, signed or protected
/// in itself is another one (RFC 9788 section 4.10.1).
fn wrapped<'a>(
    root: &'a Entity,
    outer: Option<&Headers>,
    signature: Option<&Signature>,
) -> Option<&'a Entity> {
    let [message] = root.parts.as_slice() else { return None };
    let layer = is_pkcs7_type(&message.content_type) || is_signed_multipart(message);
    let newer = message.headers.content_type().is_some_and(|field| field.parameter("hp").is_some());
    if root.content_type != "message/rfc822" || says(&root.headers, "forwarded", "yes") || layer || newer {
        return None;
    }
    let from = message.headers.mailboxes("From");
    let outside = outer.map(|outer| outer.mailboxes("From")).unwrap_or_default();
    let same = |one: &Mailbox, other: &Mailbox| one.address == other.address;
    let ours = says(&root.headers, "forwarded", "no")
        || from.is_empty()
        || outside.is_empty()
        || from.iter().any(|from| outside.iter().any(|outside| same(from, outside)))
        || from.iter().any(|from| signature.is_some_and(|signature| signs_for(signature, &from.address)));
    ours.then_some(message)
}

/// Does a valid signer's certificate hold this address?
fn signs_for(signature: &Signature, address: &Address) -> bool {
    let holds = |signer: &super::SignerFacts| {
        signer.certificate.as_ref().is_some_and(|certificate| certificate.addresses().contains(address))
    };
    signature.signers.iter().any(|signer| signer.is_valid() && holds(signer))
}
