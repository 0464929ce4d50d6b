//! The tag of authenticated encryption: whoever carries a message can cut it short, and what is left must not count.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::fs;

use common::Profile;
use waxseal::smime::asn1::{Cursor, Element, writer};

/// The same AuthEnvelopedData, DER, with `len` octets of tag, as the algorithm says, too.
fn with_tag_of(message: &[u8], len: u8) -> Vec<u8> {
    let again = |element: &Element<'_>, parts: &[Vec<u8>]| writer::value(element.tag, &[&parts.concat()]);
    let whole = |elements: &[Element<'_>]| elements.iter().map(|one| one.der.to_vec()).collect::<Vec<_>>();
    let info = Cursor::single(message).unwrap();
    let [content_type, explicit] = info.cursor().all().unwrap()[..] else { panic!("no ContentInfo") };
    let data = Cursor::single(explicit.content).unwrap();
    let [version, recipients, encrypted, mac] = data.cursor().all().unwrap()[..] else {
        panic!("more fields")
    };
    let [inner_type, algorithm, content] = encrypted.cursor().all().unwrap()[..] else {
        panic!("no content")
    };
    let [cipher, parameters] = algorithm.cursor().all().unwrap()[..] else { panic!("no parameters") };
    let [nonce, _] = parameters.cursor().all().unwrap()[..] else { panic!("no length of the tag") };

    let parameters = again(&parameters, &[nonce.der.to_vec(), writer::small_integer(len)]);
    let algorithm = again(&algorithm, &[cipher.der.to_vec(), parameters]);
    let encrypted = again(&encrypted, &[inner_type.der.to_vec(), algorithm, content.der.to_vec()]);
    let mac = writer::octet_string(&mac.content[..usize::from(len)]);
    let fields = [whole(&[version, recipients]), vec![encrypted, mac]].concat();
    again(&info, &[content_type.der.to_vec(), again(&explicit, &[again(&data, &fields)])])
}

#[test]
fn a_tag_that_was_cut_short_makes_the_message_not_secure() {
    let robin = Profile::with_identity("Robin", "robin@example.org", "p256");
    robin.seal("robin@example.org", "robin@example.org", "To myself.\n", "note.p7m", &[]).succeeds();
    let opened = robin.open(&robin.path("note.p7m")).succeeds().json();
    assert_eq!(opened["encryption"]["algorithm"], "AES-256-GCM");
    assert_eq!(opened["tier"], "beyond-reasonable-doubt");
    let message = robin.read("note.p7m");
    assert_eq!(with_tag_of(&message, 16), message);

    for (len, code) in [(16, 0), (12, 0), (11, 3), (8, 3), (4, 3)] {
        let cut = robin.file("cut.p7m", with_tag_of(&message, len));
        let opened = robin.open(&cut).exits(code).json();
        assert_eq!(opened["signature"]["state"], "valid", "{opened:#}");
        let expected = if code == 0 { "beyond-reasonable-doubt" } else { "not-secure" };
        assert_eq!(opened["tier"], expected, "{len} octets\n{opened:#}");
        let told = opened["findings"].to_string().contains("authentication tag is shorter");
        assert_eq!(told, code == 3, "{opened:#}");
    }
    for len in [3, 0] {
        robin.open(&robin.file("cut.p7m", with_tag_of(&message, len))).fails();
    }
    // Shorter than the algorithm says is no tag at all.
    let mut short = with_tag_of(&message, 12);
    let place = short.windows(3).rposition(|octets| octets == [2, 1, 12]).unwrap();
    short[place + 2] = 16;
    robin.open(&robin.file("cut.p7m", &short)).fails();
    fs::remove_file(robin.path("cut.p7m")).unwrap();
}
