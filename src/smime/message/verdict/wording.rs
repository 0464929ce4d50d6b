//! The sentences of a verdict: the same on the command line and in the window.

use super::judge::{Authorship, Doubt, FromMatch, Privacy};
use super::revocation;
use super::{Evidence, Finding, Severity, SignatureSummary, Tier, Trust};
use crate::smime::cms::signer_info::SignerError;
use crate::smime::message::layer::{Encryption, Layer, Weakness};
use crate::smime::message::open::{OpenError, Opened};
use crate::smime::mime::header::Mailbox;
use crate::smime::x509::Validity;

/// Of a DSA key that takes its parameters from its issuer's.
const MISSING_PARAMETERS: &str = "a part of the signer's key stands in its issuer's certificate, and no authority that you trust vouches for that.";

/// Everything that the sentences speak of.
pub(super) struct Case<'a> {
    pub(super) opened: &'a Opened,
    pub(super) tier: Option<Tier>,
    pub(super) privacy: Privacy,
    pub(super) authorship: Authorship,
    pub(super) doubts: &'a [Doubt],
    pub(super) evidence: &'a Evidence,
    pub(super) signature: &'a SignatureSummary,
}

impl Case<'_> {
    /// The tier's reason: the most useful one where several apply.
    pub(super) fn sentence(&self) -> String {
        let who = self.who();
        if self.tier.is_none() {
            return self.opened.undecryptable.as_ref().map_or("", OpenError::why_closed).into();
        }
        let structural = self.doubts.iter().find_map(|doubt| match doubt {
            Doubt::AmbiguousFrom => Some("It does not say clearly who sent it."),
            Doubt::TwoSenders => Some("Inside and outside of the seal stand different senders."),
            Doubt::SealedOnTheWay => {
                Some("The sender signed it in the open, and somebody on the way sealed it.")
            }
            Doubt::AddressAsName => Some("Its sender's name is the address of somebody else."),
            Doubt::AmbiguousStructure => Some("Programs may read different things in this message."),
            Doubt::PartlySealed => {
                Some("Only a part of this message is sealed. The rest may come from anybody.")
            }
            Doubt::PartlySigned => {
                Some("Only a part of this message is signed. The rest may come from anybody.")
            }
            Doubt::NotForSigning => {
                Some("It is signed with a certificate that is not meant for signing mail.")
            }
            Doubt::WeakSignature => Some("It is signed with a method that can be forged today."),
            Doubt::WeakAuthority => {
                Some("The authority vouches for the sender with a method that can be forged today.")
            }
            Doubt::ShortTag => Some("Its seal is closed so weakly that a change would not be noticed."),
            Doubt::SignedOutside
            | Doubt::OtherSignatureFails
            | Doubt::HeadersUnprotected
            | Doubt::MisplacedAead
            | Doubt::OddNonce
            | Doubt::AlsoPassword => None,
        });
        match (self.privacy, self.authorship) {
            (_, Authorship::Invalid) => match self.signer_error() {
                Some(SignerError::UnknownAlgorithm) => format!("It is {}.", self.unread()),
                Some(SignerError::MissingParameters) => {
                    "The signature cannot be checked: a part of the signer's key stands with its issuer."
                        .into()
                }
                Some(SignerError::ContentChanged) => {
                    format!(
                        "The {} was changed after {who} signed it, or was damaged on the way.",
                        self.thing()
                    )
                }
                _ => "The signature does not hold: it was forged, or damaged on the way.".into(),
            },
            (_, Authorship::Proved { from: FromMatch::Differs, .. }) => format!(
                "It says it is from {}, but another address signed it. Ask by phone before you do anything it asks.",
                self.sender()
            ),
            (_, Authorship::Proved { trust: Trust::Revoked, .. }) => {
                format!("It is signed with a certificate of {who} that no longer counts.")
            }
            (_, Authorship::Proved { trust: Trust::Changed, .. }) => {
                format!("It is signed with a certificate you have not seen from {who}.")
            }
            (_, Authorship::Proved { trust: Trust::LookAlike, .. }) => {
                "Its address imitates somebody you know.".into()
            }
            (Privacy::Open, Authorship::Proved { .. }) if self.opened.is_file => {
                format!(
                    "This is a file that {who} signed. It was not sealed: anybody on the way could read it."
                )
            }
            (Privacy::Open, _) if self.opened.came_sealed => {
                "By itself it is open: only the message around it is sealed.".into()
            }
            (Privacy::Open, _) => "Anybody on the way could read this.".into(),
            (Privacy::Weak, _) => {
                format!("It is sealed with a method that can be broken today ({}).", self.weak_method())
            }
            (Privacy::Strong, Authorship::Unsigned) if self.opened.holds_only_a_message() => {
                "It reached you sealed. All that it holds is another message, which is judged by itself."
                    .into()
            }
            (Privacy::Strong, Authorship::Unsigned) => {
                "It reached you sealed, but nobody signed it: anybody could have written or changed it."
                    .into()
            }
            (Privacy::Strong, Authorship::UnknownSigner) => match self.signer_error() {
                Some(SignerError::UnknownAlgorithm) => format!("It is {}.", self.unread()),
                _ => "It is signed, but the signer's certificate is neither in the message nor known here."
                    .into(),
            },
            (Privacy::Strong, Authorship::Proved { trust, dates, .. }) => match structural {
                Some(sentence) => sentence.into(),
                None => self.proved(trust, dates, &who),
            },
        }
    }

    fn proved(&self, trust: Trust, dates: Validity, who: &str) -> String {
        match dates {
            Validity::Expired => return "The signature is good, but the certificate has expired.".into(),
            Validity::NotYet => return "The signature is good, but the certificate is not valid yet.".into(),
            Validity::Valid => {}
        }
        if self.doubts.contains(&Doubt::SignedOutside) {
            return format!("{who} signed it from outside the seal, and need not have known what is inside.");
        }
        if let Some(doubt) = self.doubts.iter().find(|doubt| doubt.cap() < Tier::BeyondReasonableDoubt) {
            return doubt_text(*doubt).into();
        }
        match trust {
            Trust::InPerson | Trust::MadeHere => {
                format!("Only you and {who} can read this, and {who} wrote it.")
            }
            Trust::Own => "You sealed and signed this yourself.".into(),
            Trust::Ca => {
                "Sealed and signed. An authority vouches for the sender; you have not compared.".into()
            }
            Trust::FirstSeen => {
                format!("This is the first time this certificate appears. It is probably {}.", possessive(who))
            }
            Trust::Inherited => {
                "The old and the new key both vouch for this one; you have not compared it yet.".into()
            }
            Trust::Known => {
                format!("Sealed and signed. You have not yet compared {} certificate.", possessive(who))
            }
            Trust::Untrusted => {
                "It is signed, but no authority that you trust vouches for the certificate, and it is not on record."
                    .into()
            }
            Trust::Revoked | Trust::Changed | Trust::LookAlike => String::new(),
        }
    }

    /// What would lift the tier.
    pub(super) fn lift(&self) -> Option<String> {
        let who = self.who();
        let text = match (self.tier, self.privacy, self.authorship) {
            (None, ..) | (Some(Tier::BeyondReasonableDoubt), ..) => return None,
            (_, _, Authorship::Invalid) => match self.signer_error() {
                Some(SignerError::UnknownAlgorithm) => another_key(&who),
                Some(SignerError::MissingParameters) => {
                    "Trust the authority that issued the certificate, if you do (trust add FILE).".into()
                }
                _ => format!("Ask {who} to send it again."),
            },
            (_, _, Authorship::Proved { from: FromMatch::Differs, .. }) => return None,
            (_, _, Authorship::Proved { trust: Trust::LookAlike, .. }) => return None,
            (_, _, Authorship::Proved { trust: Trust::Revoked, .. }) => {
                format!("Ask {who}, not by mail, for a new certificate.")
            }
            (_, Privacy::Open, _) if self.opened.came_sealed => return None,
            (_, Privacy::Open, _) if self.opened.is_file => {
                "Ask for it sealed, if nobody else may read it.".into()
            }
            (_, Privacy::Open, _) => "Answer sealed: then nobody on the way can read it.".into(),
            (_, Privacy::Weak, _) => format!("Ask {who} to seal with AES and a newer certificate."),
            (_, Privacy::Strong, Authorship::Unsigned) => format!("Ask {who} to sign."),
            (_, Privacy::Strong, Authorship::UnknownSigner) => match self.signer_error() {
                Some(SignerError::UnknownAlgorithm) => another_key(&who),
                _ => format!("Ask {who} for the certificate and import it."),
            },
            (_, Privacy::Strong, Authorship::Proved { dates: Validity::Expired | Validity::NotYet, .. }) => {
                format!("Ask {who} for a new certificate.")
            }
            (_, Privacy::Strong, Authorship::Proved { .. })
                if self
                    .doubts
                    .iter()
                    .any(|doubt| matches!(doubt, Doubt::PartlySigned | Doubt::PartlySealed)) =>
            {
                "Ask for it in one piece.".into()
            }
            (_, Privacy::Strong, Authorship::Proved { .. }) if !self.doubts.is_empty() => {
                format!("Ask {who} to send it again, sealed with an up-to-date program.")
            }
            (_, Privacy::Strong, Authorship::Proved { trust, .. }) => match trust {
                Trust::Untrusted => "Import the certificate, or trust the authority that issued it.".into(),
                Trust::Ca | Trust::FirstSeen | Trust::Inherited | Trust::Known | Trust::Changed => {
                    format!("Compare the fingerprint with {who} in person.")
                }
                Trust::Revoked | Trust::Own | Trust::InPerson | Trust::MadeHere | Trust::LookAlike => {
                    return None;
                }
            },
        };
        Some(text)
    }

    /// All findings, worst first.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.private(&mut findings);
        if self.tier.is_some() {
            self.from(&mut findings);
            self.checked(&mut findings);
            for doubt in self.doubts {
                let severity =
                    if doubt.cap() == Tier::NotSecure { Severity::Danger } else { Severity::Warning };
                findings.push(finding(severity, doubt_text(*doubt)));
            }
            self.notes(&mut findings);
        }
        findings.sort_by_key(|finding| finding.severity);
        findings
    }

    fn private(&self, findings: &mut Vec<Finding>) {
        let Some(layer) = self.encryption() else {
            let text = match &self.opened.undecryptable {
                Some(OpenError::Unsupported { what }) => format!("Sealed with {what}."),
                None if self.opened.came_sealed => {
                    "Private: not encrypted itself, only the message around it.".to_owned()
                }
                Some(_) | None => "Private: not encrypted.".to_owned(),
            };
            findings.push(finding(Severity::Danger, text));
            return;
        };
        let algorithm = &layer.algorithm;
        let text = match (self.tier, self.privacy) {
            (None, _) => {
                let (how, to) = (layer.key_management.join(", "), few(&layer.recipients));
                findings
                    .push(finding(Severity::Danger, format!("Sealed with {algorithm} ({how}) for {to}.")));
                return;
            }
            (Some(_), Privacy::Weak) => {
                findings.push(finding(
                    Severity::Danger,
                    match layer.weak {
                        Some(Weakness::Cipher) => format!("Private: only {algorithm}, which can be broken today."),
                        Some(Weakness::KeyWrap) => {
                            format!("Private: {algorithm}, but its key travelled under a cipher that can be broken.")
                        }
                        Some(Weakness::RecipientKey) | None => {
                            format!("Private: {algorithm}, but under a key that can be broken.")
                        }
                    },
                ));
                return;
            }
            (Some(_), Privacy::Strong | Privacy::Open) => {
                format!("Private: {algorithm}, for {}.", self.readers(layer))
            }
        };
        findings.push(finding(Severity::Ok, text));
        if layer.unknown_recipients > 0 {
            findings.push(finding(Severity::Note, "It is also sealed for somebody you do not know."));
        }
        if layer.odd_version {
            findings.push(finding(Severity::Note, "The program that sealed it numbers a recipient wrongly."));
        }
    }

    /// Those whom it is sealed for: the person at the window first, the signer by name.
    fn readers(&self, layer: &Encryption) -> String {
        let own = layer.opened_by.as_ref().map_or(&[][..], |certificate| certificate.addresses());
        let is_own = |recipient: &String| own.iter().any(|address| address.as_str() == recipient);
        let signer = self.signature.signer.as_ref();
        let name = |recipient: &String| match signer {
            Some(signer) if signer.address.as_ref().is_some_and(|address| address.as_str() == recipient) => {
                signer.name.clone()
            }
            Some(_) | None => recipient.clone(),
        };
        let (mine, others): (Vec<_>, Vec<_>) = layer.recipients.iter().partition(|one| is_own(one));
        let mut readers: Vec<String> = mine.iter().take(1).map(|_| "you".to_owned()).collect();
        readers.extend(others.into_iter().map(name));
        match readers.as_slice() {
            [] => "you".into(),
            [only] => only.clone(),
            [most @ .., last] if most.len() < 4 => format!("{} and {last}", most.join(", ")),
            many => format!("{} people", many.len()),
        }
    }

    fn from(&self, findings: &mut Vec<Finding>) {
        let (severity, text) = match self.authorship {
            Authorship::Unsigned => {
                (Severity::Danger, "From: not signed. Name and text are only claims.".to_owned())
            }
            Authorship::UnknownSigner => (
                Severity::Danger,
                match self.signer_error() {
                    Some(SignerError::UnknownAlgorithm) => format!("From: {}.", self.unread()),
                    _ => "From: signed, but the signer's certificate is not known here.".to_owned(),
                },
            ),
            Authorship::Invalid => (Severity::Danger, format!("From: {}", self.broken())),
            Authorship::Proved { from: FromMatch::Differs, .. } => {
                (Severity::Danger, "From: the signature belongs to another address.".to_owned())
            }
            Authorship::Proved { from: FromMatch::Same, .. } => {
                (Severity::Ok, "From: the address matches the certificate.".to_owned())
            }
            Authorship::Proved { from: FromMatch::NoFrom, .. } => {
                (Severity::Ok, format!("From: signed by {}.", self.who()))
            }
        };
        findings.push(finding(severity, text));
    }

    fn broken(&self) -> String {
        match self.signer_error() {
            Some(SignerError::ContentChanged) => {
                format!("the {} was changed after it was signed.", self.thing())
            }
            Some(SignerError::OtherCertificate) => "the signature names another certificate.".into(),
            Some(SignerError::Attributes) => "the signature's attributes contradict each other.".into(),
            Some(SignerError::UnknownAlgorithm) => format!("{}.", self.unread()),
            Some(SignerError::MissingParameters) => MISSING_PARAMETERS.into(),
            Some(SignerError::BadSignature) | None => "the signature does not hold.".into(),
        }
    }

    fn checked(&self, findings: &mut Vec<Finding>) {
        let Authorship::Proved { trust, dates, .. } = self.authorship else {
            findings.push(finding(Severity::Note, "Checked: nothing to check without a valid signature."));
            return;
        };
        let (severity, text) = match trust {
            Trust::Own => (Severity::Ok, "Checked: your own key.".to_owned()),
            Trust::InPerson => (
                Severity::Ok,
                match self.evidence.in_person {
                    Some(when) => format!("Checked: in person on {}.", when.strftime("%-d %B %Y")),
                    None => "Checked: in person.".to_owned(),
                },
            ),
            Trust::MadeHere => (Severity::Ok, "Checked: made here and handed over.".to_owned()),
            Trust::Inherited => {
                (Severity::Warning, "Checked: announced by the old key, not compared yet.".to_owned())
            }
            Trust::Ca => (
                Severity::Warning,
                match &self.evidence.authority {
                    Some(authority) => format!("Checked: vouched for by {authority}, not compared."),
                    None => "Checked: vouched for by an authority, not compared.".to_owned(),
                },
            ),
            Trust::Known => (Severity::Warning, "Checked: on record, not compared yet.".to_owned()),
            Trust::FirstSeen => (Severity::Warning, "Checked: seen for the first time.".to_owned()),
            Trust::Revoked => (Severity::Danger, revocation::taken_back(self.evidence)),
            Trust::Changed => {
                (Severity::Danger, "Checked: not the certificate on record for this address.".to_owned())
            }
            Trust::LookAlike => (
                Severity::Danger,
                match &self.evidence.look_alike {
                    Some(address) => format!("Checked: this address imitates {address}."),
                    None => "Checked: this address imitates somebody you know.".to_owned(),
                },
            ),
            Trust::Untrusted => (
                Severity::Danger,
                "Checked: no authority that you trust vouches for this certificate.".to_owned(),
            ),
        };
        findings.push(finding(severity, text));
        match dates {
            Validity::Valid => {}
            Validity::Expired => {
                findings.push(finding(Severity::Warning, "The signer's certificate has expired."))
            }
            Validity::NotYet => {
                findings.push(finding(Severity::Warning, "The signer's certificate is not valid yet."))
            }
        }
        findings.extend(revocation::remark(self.evidence, trust, self.signature.signed_at));
    }

    fn notes(&self, findings: &mut Vec<Finding>) {
        let headers = &self.opened.headers;
        if let (Some(reply), Some(from)) = (headers.reply_to.first(), headers.from.first())
            && reply.address != from.address
        {
            findings.push(finding(
                Severity::Note,
                format!("Answers would go elsewhere (Reply-To: {}).", reply.address),
            ));
        }
        let open = !headers.protected && !self.doubts.contains(&Doubt::HeadersUnprotected);
        if open && self.privacy == Privacy::Strong && self.opened.has_from_field {
            findings.push(finding(Severity::Note, "Subject, date and addressees stood outside the seal."));
        }
        if self.goes_past_the_reader() {
            let text = "You are not among the addressees named inside: it is a blind copy, came over a list, or somebody passed it on to you.";
            findings.push(finding(Severity::Note, text));
        }
        if let (Some(sent), Some(signed)) = (headers.date, self.signature.signed_at) {
            let days = (sent.as_second() - signed.as_second()) / 86_400;
            if days >= 1 {
                let days = if days == 1 { "a day".to_owned() } else { format!("{days} days") };
                findings.push(finding(Severity::Note, format!("Signed {days} before it was sent.")));
            }
        }
        self.outside(findings);
        for note in &self.opened.notes {
            findings.push(finding(Severity::Note, note.text()));
        }
    }

    /// The writer signed whom the message is for, and the reader is none of them.
    fn goes_past_the_reader(&self) -> bool {
        let (headers, readers) = (&self.opened.headers, &self.evidence.readers);
        let named = || headers.to.iter().chain(&headers.cc).chain(&headers.bcc);
        let is_for_reader = || named().any(|one| readers.iter().any(|reader| reader.reaches(&one.address)));
        let signed = matches!(self.authorship, Authorship::Proved { .. }) && headers.protected;
        let somebody_elses = self.privacy != Privacy::Open && !self.evidence.own && !readers.is_empty();
        signed && somebody_elses && named().next().is_some() && !is_for_reader()
    }

    /// What stands outside in the place of protected fields.
    fn outside(&self, findings: &mut Vec<Finding>) {
        let Some(protection) = &self.opened.protection else { return };
        if let Some(outside) = &protection.other_from {
            let (inside, outside) = (addresses(&protection.from), addresses(outside));
            let text = format!("Outside the seal stood another sender, {outside}; inside it is {inside}.");
            findings.push(finding(Severity::Note, text));
        }
        let changed: Vec<_> = protection.changed.iter().copied().filter(|name| *name != "From").collect();
        if !changed.is_empty() {
            let text = format!(
                "Somebody on the way changed what stands outside the seal ({}). What the sender wrote inside is shown.",
                changed.join(", ")
            );
            findings.push(finding(Severity::Note, text));
        }
        if !protection.added.is_empty() {
            let text = format!(
                "Somebody on the way added to what stands outside the seal ({}). It is left out here.",
                protection.added.join(", ")
            );
            findings.push(finding(Severity::Note, text));
        }
    }

    /// What was signed.
    fn thing(&self) -> &'static str {
        if self.opened.is_file { "file" } else { "text" }
    }

    fn encryption(&self) -> Option<&Encryption> {
        self.opened.layers.iter().rev().find_map(|layer| match layer {
            Layer::Encrypted(encryption) => Some(encryption),
            Layer::Signed(_) | Layer::Compressed => None,
        })
    }

    /// What it is that can be broken, in brackets behind a sentence.
    fn weak_method(&self) -> &str {
        match self.encryption() {
            None => "",
            Some(layer) => match layer.weak {
                Some(Weakness::Cipher) | None => &layer.algorithm,
                Some(Weakness::RecipientKey) => "a key that is too short",
                Some(Weakness::KeyWrap) => "an old way to wrap its key",
            },
        }
    }

    fn signer_error(&self) -> Option<&SignerError> {
        self.opened.signer().and_then(|signer| signer.outcome.as_ref().err())
    }

    /// A signature that nobody here computes: "signed with Ed448, which cannot be checked here".
    fn unread(&self) -> String {
        let scheme = self.opened.signer().map_or("an unknown method", |signer| &signer.scheme);
        // FIPS 204, FIPS 205
        let why = match scheme.starts_with("ML-DSA") || scheme.starts_with("SLH-DSA") {
            true => "a post-quantum method that Waxseal does not read yet",
            false => "which cannot be checked here",
        };
        format!("signed with {scheme}, {why}")
    }

    /// The signer by name, else the sender.
    fn who(&self) -> String {
        match &self.signature.signer {
            Some(signer) => signer.name.clone(),
            None => self.sender(),
        }
    }

    fn sender(&self) -> String {
        match self.opened.headers.from.first() {
            Some(mailbox) => mailbox.name.clone().unwrap_or_else(|| mailbox.address.to_string()),
            None => "the sender".into(),
        }
    }
}

/// Everybody by name, or the first few and a number.
pub(in crate::smime::message) fn few(names: &[String]) -> String {
    const MANY: usize = 8;
    match names.get(MANY..) {
        None | Some([]) => names.join(", "),
        Some(others) => {
            let first = names.get(..MANY).unwrap_or_default().join(", ");
            format!("{first} and {} more", others.len())
        }
    }
}

fn another_key(who: &str) -> String {
    format!("Ask {who} for a signature with an RSA, P-256 or P-384 key.")
}

fn addresses(mailboxes: &[Mailbox]) -> String {
    match mailboxes {
        [] => "nobody".into(),
        mailboxes => {
            mailboxes.iter().map(|mailbox| mailbox.address.to_string()).collect::<Vec<_>>().join(", ")
        }
    }
}

fn doubt_text(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::PartlySealed => "Only a part of this message is sealed. The rest may come from anybody.",
        Doubt::PartlySigned => "Only a part of this message is signed. The rest may come from anybody.",
        Doubt::AmbiguousFrom => "From names nobody, or more than one person.",
        Doubt::TwoSenders => "Inside and outside of the seal stand different senders.",
        Doubt::SealedOnTheWay => "The sender left it open; somebody on the way sealed it, and could read it.",
        Doubt::AddressAsName => "The name in From is another address than the sender's.",
        Doubt::AmbiguousStructure => "Its structure can be read in different ways.",
        Doubt::WeakSignature => "The signature is made with a method that can be forged today.",
        Doubt::WeakAuthority => "The authority's signature on the certificate can be forged today.",
        Doubt::NotForSigning => "The signer's certificate does not allow signing mail.",
        Doubt::SignedOutside => "Signed outside the seal: the signer need not have known what is inside.",
        Doubt::OtherSignatureFails => "Another signature on this message could not be confirmed.",
        Doubt::HeadersUnprotected => {
            "Subject, date and addressees stood outside the seal, though this sender's program seals them as a rule."
        }
        Doubt::MisplacedAead => "AES-GCM or AES-CCM stands where the standard does not allow it.",
        Doubt::ShortTag => "Its authentication tag is shorter than 12 bytes: a change could go unnoticed.",
        Doubt::OddNonce => "AES-GCM is used with a nonce of unusual length.",
        Doubt::AlsoPassword => "It can also be opened with a password, which somebody may guess.",
    }
}

fn finding(severity: Severity, text: impl Into<String>) -> Finding {
    Finding { severity, text: text.into() }
}

fn possessive(name: &str) -> String {
    format!("{name}'s")
}
