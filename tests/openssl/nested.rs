//! Layers whose content is a layer itself, in the ways in which it is sent.

use std::fs;

use waxseal::smime::asn1::Cursor;

use crate::common::{Peer, installed, peer, shows_the_entity};
use crate::reader;

/// id-data and id-signedData as they stand in a message.
const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";

fn sign(by: &Peer, content: &str, out: &str, options: &[&str]) {
    let (signer, key) = (by.certificate.to_string_lossy(), by.key.to_string_lossy());
    let mut arguments = vec!["-sign", "-binary", "-nodetach", "-in", content, "-out", out];
    arguments.extend(["-outform", "DER", "-signer", &signer, "-inkey", &key]);
    arguments.extend(options);
    by.cms(&arguments);
}

fn encrypt(to: &Peer, content: &str, out: &str, form: &str) {
    let certificate = to.certificate.to_string_lossy();
    to.cms(&["-encrypt", "-binary", "-aes256", "-in", content, "-out", out, "-outform", form, &certificate]);
}

/// The value inside a ContentInfo.
fn bare(content_info: &[u8]) -> &[u8] {
    let mut fields = Cursor::single(content_info).unwrap().cursor();
    fields.element().unwrap();
    Cursor::single(fields.element().unwrap().content).unwrap().der
}

#[track_caller]
fn layers(of: &Peer, name: &str, code: i32) -> Vec<String> {
    let opened = reader().open(&of.path(name)).exits(code).json();
    assert_eq!(opened["signature"]["state"], "valid", "{opened:#}");
    shows_the_entity(&opened);
    opened["layers"].as_array().unwrap().iter().map(|layer| layer.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_layer_stands_in_a_layer_with_and_without_its_content_info() {
    if !installed("openssl") {
        return;
    }
    let peer = peer("P-256");
    encrypt(peer, "entity.txt", "nested.enveloped", "DER");
    let enveloped = fs::read(peer.path("nested.enveloped")).unwrap();
    fs::write(peer.path("nested.bare"), bare(&enveloped)).unwrap();
    let kind = ["-econtent_type", "1.2.840.113549.1.7.3"];
    for (content, options) in
        [("nested.enveloped", &[][..]), ("nested.enveloped", &kind), ("nested.bare", &kind)]
    {
        sign(peer, content, "nested.signed", options);
        assert_eq!(
            layers(peer, "nested.signed", 0),
            ["signed-data", "enveloped-data"],
            "{content} {options:?}"
        );
    }
    // The same in PKCS #7's form: a value in place of octets, whose identifier and length are not hashed.
    let value = Cursor::single(bare(&enveloped)).unwrap().content;
    fs::write(peer.path("nested.value"), value).unwrap();
    sign(peer, "nested.value", "nested.octets", &kind);
    let mut signed = fs::read(peer.path("nested.octets")).unwrap();
    let at = signed.windows(value.len()).position(|octets| octets == value).unwrap();
    let header = if value.len() < 256 { 3 } else { 4 };
    assert_eq!(signed[at - header], 0x04);
    signed[at - header] = 0x30;
    fs::write(peer.path("nested.pkcs7"), signed).unwrap();
    assert_eq!(layers(peer, "nested.pkcs7", 0), ["signed-data", "enveloped-data"]);
}

/// Windows says inside the envelope what it holds, and leaves the ContentInfo away.
#[test]
fn an_envelope_may_say_that_it_holds_signed_data() {
    if !installed("openssl") {
        return;
    }
    let peer = peer("P-256");
    sign(peer, "entity.txt", "typed.signed", &[]);
    let signed = fs::read(peer.path("typed.signed")).unwrap();
    fs::write(peer.path("typed.bare"), bare(&signed)).unwrap();
    for content in ["typed.signed", "typed.bare"] {
        encrypt(peer, content, "typed.enveloped", "DER");
        let mut message = fs::read(peer.path("typed.enveloped")).unwrap();
        let at = message.windows(DATA.len()).rposition(|octets| octets == DATA).unwrap();
        message[at..at + DATA.len()].copy_from_slice(SIGNED_DATA);
        fs::write(peer.path("typed.message"), message).unwrap();
        assert_eq!(layers(peer, "typed.message", 0), ["enveloped-data", "signed-data"], "{content}");
    }
}

/// Triple wrapping (RFC 2634 section 1.1), by mail and by CMS alone.
#[test]
fn layers_are_opened_however_many_there_are() {
    if !installed("openssl") {
        return;
    }
    let peer = peer("rsa2048");
    sign(peer, "entity.txt", "wrapped.1", &[]);
    encrypt(peer, "wrapped.1", "wrapped.2", "SMIME");
    sign(peer, "wrapped.2", "wrapped.3", &["-outform", "SMIME"]);
    encrypt(peer, "wrapped.3", "wrapped.4", "SMIME");
    sign(peer, "wrapped.4", "wrapped.5", &[]);
    assert_eq!(layers(peer, "wrapped.3", 0), ["signed-data", "enveloped-data", "signed-data"]);
    assert_eq!(
        layers(peer, "wrapped.5", 0),
        ["signed-data", "enveloped-data", "signed-data", "enveloped-data", "signed-data"]
    );
}
