//! Messages that lie inside of others, and encryption that does not stand outermost.

use super::*;
use crate::problem::Explain as _;
use crate::smime::message::open::decrypt;

const TEXT: &[u8] = b"Content-Type: text/plain\r\n\r\nMeet me at the old pier.\r\n";
const FROM: &str = "From: kim@example.com\r\n";

/// A message/rfc822 is all that was sealed, and what it holds was signed.
#[test]
fn a_sealed_message_that_holds_only_another_is_told_as_that() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let signed = String::from_utf8(mail(FROM, &signed(&kim, TEXT))).unwrap();
    let wrapped = format!("Content-Type: message/rfc822\r\n\r\n{signed}");
    let mut outer = robin.read(&mail(FROM, &only_sealed(&robin, wrapped.as_bytes()))).unwrap();
    let said = verdict(&outer);
    assert_eq!((said.signature.state, said.tier), ("none", Some(Tier::NotSecure)));
    assert!(said.sentence.contains("another message, which is judged by itself"), "{}", said.sentence);

    let spool = MemorySpool::new(1 << 20);
    let limits = Limits::default();
    let context = Context { keys: &robin, certificates: &Nobody, spool: &spool, limits: &limits };
    let inner = open(outer.message(0, &spool).unwrap(), &context, &mut rng()).unwrap();
    assert!(inner.came_sealed);
    assert_eq!(inner.text(), "Meet me at the old pier.\n");
    // Its signature is checked, and nobody is told that it was open to be read on the way; nor that it was sealed itself.
    let said = verdict(&inner);
    assert_eq!((said.signature.state, said.tier), ("valid", Some(Tier::NotSecure)));
    assert_eq!(said.encryption.state, "none");
    assert!(said.sentence.contains("only the message around it is sealed"), "{}", said.sentence);
    // By itself it is what it always was.
    let alone = robin.read(signed.as_bytes()).unwrap();
    assert!(!alone.came_sealed);
    assert_eq!(verdict(&alone).sentence, "Anybody on the way could read this.");
}

#[test]
fn a_seal_that_is_not_outermost_is_not_called_missing() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let spool = MemorySpool::new(1 << 20);
    let limits = Limits::default();
    let context = Context { keys: &robin, certificates: &Nobody, spool: &spool, limits: &limits };
    let decrypted =
        |message: Vec<u8>| decrypt(Box::new(Cursor::new(message)), &context, &mut rng()).map(|_| ());
    let sealed = only_sealed(&robin, TEXT);
    assert!(decrypted(sealed.clone()).is_ok() && decrypted(mail(FROM, &sealed)).is_ok());
    for message in [signed(&kim, &sealed), mail(FROM, &signed(&kim, &mail("", &sealed)))] {
        let error = decrypted(message).unwrap_err();
        assert!(matches!(error, OpenError::SealedInside { signed: true }), "{error}");
        assert!(error.explain().remedy.contains("--content"));
    }
    let compressed = odd::compressed(&mail("", &sealed));
    let error = decrypted(mail(FROM, &compressed)).unwrap_err();
    assert!(matches!(error, OpenError::SealedInside { signed: false }), "{error}");
    // These are not encrypted at all.
    for message in [signed(&kim, TEXT), mail(FROM, &signed(&kim, TEXT)), TEXT.to_vec()] {
        let error = decrypted(message).unwrap_err();
        assert!(matches!(error, OpenError::NotEncrypted), "{error}");
    }
}
