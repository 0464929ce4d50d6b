//! Streams made here, as Outlook makes them, and as nobody does.

use std::io::Cursor;

use super::*;

fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    let sum = data.iter().fold(0_u16, |sum, octet| sum.wrapping_add((*octet).into()));
    [&[level][..], &id.to_le_bytes(), &(data.len() as u32).to_le_bytes(), data, &sum.to_le_bytes()].concat()
}

fn stream(attributes: &[Vec<u8>]) -> Vec<u8> {
    [&SIGNATURE.to_le_bytes()[..], &[1, 0], &attributes.concat()].concat()
}

/// A property of variable size.
fn property(id: u16, kind: u16, value: &[u8]) -> Vec<u8> {
    let padding = vec![0; (4 - value.len() % 4) % 4];
    let length = (value.len() as u32).to_le_bytes();
    [&kind.to_le_bytes()[..], &id.to_le_bytes(), &1_u32.to_le_bytes(), &length, value, &padding].concat()
}

fn properties(all: &[Vec<u8>]) -> Vec<u8> {
    [&(all.len() as u32).to_le_bytes()[..], &all.concat()].concat()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

const RENDDATA: u32 = 0x0006_9002;
const TITLE: u32 = 0x0001_8010;
const DATA: u32 = 0x0006_800f;
const ATTACHMENT: u32 = 0x0006_9005;
const MESSAGE_PROPERTIES: u32 = 0x0006_9003;

/// Text, an attachment with a short name and one with a long name.
pub(in crate::smime) fn letter() -> Vec<u8> {
    let named = [
        [&0x0003_u16.to_le_bytes()[..], &0x8001_u16.to_le_bytes(), &[9; 16], &[0, 0, 0, 0], &[7; 4], &[0; 4]]
            .concat(),
        // several short numbers, and a named one whose name is text
        [&0x1002_u16.to_le_bytes()[..], &0x0010_u16.to_le_bytes(), &2_u32.to_le_bytes(), &[0; 8]].concat(),
        [
            &0x0002_u16.to_le_bytes()[..],
            &0x8002_u16.to_le_bytes(),
            &[9; 16],
            &[1, 0, 0, 0],
            &6_u32.to_le_bytes(),
            &utf16("ab"),
            &[0; 2],
            &[0; 4],
        ]
        .concat(),
        property(0x1000, properties::UNICODE, &utf16("Grüße, Kim")),
    ];
    stream(&[
        attribute(1, 0x0006_9007, &[0xe3, 4, 0, 0, 0, 0, 0, 0]),
        attribute(1, 0x0002_800c, b"Old\0"),
        attribute(1, MESSAGE_PROPERTIES, &properties(&named)),
        attribute(2, RENDDATA, &[0; 14]),
        attribute(2, TITLE, b"\xef\xf0\xe8\xe2.txt\0"),
        attribute(2, DATA, b"first"),
        attribute(2, RENDDATA, &[0; 14]),
        attribute(2, DATA, b"second"),
        attribute(2, TITLE, b"LONGNA~1.PDF\0"),
        attribute(
            2,
            ATTACHMENT,
            &properties(&[
                property(0x3707, properties::UNICODE, &utf16("Long name.pdf")),
                property(0x370e, properties::STRING, b"application/pdf\0"),
            ]),
        ),
    ])
}

fn read_all(octets: &[u8]) -> Option<Tnef> {
    read(&mut Cursor::new(octets.to_vec()), &Limits::default()).unwrap()
}

/// Name and octets of each attachment.
fn attached(octets: &[u8], tnef: &Tnef) -> Vec<(String, Vec<u8>)> {
    let one = |attached: &Attached| {
        let octets = match &attached.content {
            Content::Octets(range) => octets[range.start as usize..range.end as usize].to_vec(),
            Content::Nothing | Content::Message(..) => Vec::new(),
        };
        (attached.name.clone().unwrap_or_default(), octets)
    };
    tnef.attachments.iter().map(one).collect()
}

#[test]
fn text_and_attachments_are_found() {
    let octets = letter();
    let tnef = read_all(&octets).unwrap();
    assert!(tnef.whole);
    assert_eq!(tnef.text.as_deref(), Some("Grüße, Kim"));
    let expected = [("прив.txt".into(), b"first".to_vec()), ("Long name.pdf".into(), b"second".to_vec())];
    assert_eq!(attached(&octets, &tnef), expected);
    assert_eq!(tnef.attachments[1].media_type.as_deref(), Some("application/pdf"));
    // Octets behind the end are no damage.
    assert!(read_all(&[&octets[..], b"more than eleven octets"].concat()).unwrap().whole);
}

#[test]
fn html_and_rtf_stand_in_for_plain_text() {
    let html = property(0x1013, properties::BINARY, b"<p>Gr\xfc\xdfe<br>Kim</p>");
    let codepage = [&3_u16.to_le_bytes()[..], &0x3fde_u16.to_le_bytes(), &28591_u32.to_le_bytes()].concat();
    let rtf = b"{\\rtf1 Rtf}";
    let header = [&[0; 4][..], &(rtf.len() as u32).to_le_bytes(), b"MELA", &[0; 4], rtf].concat();
    let rtf = property(0x1009, properties::BINARY, &header);
    for (list, text) in [(vec![rtf.clone(), html, codepage], "Grüße\nKim"), (vec![rtf], "Rtf")] {
        let octets = stream(&[attribute(1, MESSAGE_PROPERTIES, &properties(&list))]);
        assert_eq!(read_all(&octets).unwrap().text.as_deref(), Some(text));
    }
}

#[test]
fn a_message_in_a_message_is_read_to_a_depth() {
    let inside = |inner: &[u8]| {
        let object = [&MESSAGE[..], inner].concat();
        stream(&[
            attribute(2, RENDDATA, &[0; 14]),
            attribute(2, ATTACHMENT, &properties(&[property(0x3701, properties::OBJECT, &object)])),
        ])
    };
    let octets = inside(&letter());
    let tnef = read_all(&octets).unwrap();
    let Content::Message(inner, _) = &tnef.attachments[0].content else { panic!("{tnef:?}") };
    assert_eq!(inner.text.as_deref(), Some("Grüße, Kim"));
    assert_eq!(attached(&octets, inner)[1].1, b"second");

    let deep = (0..100).fold(letter(), |inner, _| inside(&inner));
    let mut tnef = read_all(&deep).unwrap();
    let mut depth = 0;
    while let Some(Attached { content: Content::Message(inner, _), .. }) = tnef.attachments.pop() {
        tnef = *inner;
        depth += 1;
    }
    assert_eq!(depth, DEPTH);
}

#[test]
fn damage_leaves_what_came_before_and_never_panics() {
    let octets = letter();
    for end in 0..octets.len() {
        if let Some(tnef) = read_all(&octets[..end]) {
            for (_, octets) in attached(&octets[..end], &tnef) {
                assert!(octets.is_empty() || octets == b"first" || octets == b"second");
            }
        }
        for value in [0, 0x7f, 0xff] {
            let mut damaged = octets.clone();
            damaged[end] = value;
            if let Some(tnef) = read_all(&damaged) {
                attached(&damaged, &tnef);
            }
        }
    }
    assert!(read_all(b"").is_none() && read_all(b"x\x9f\x3e\x22").is_none() && read_all(&[0; 100]).is_none());
    let long = stream(&[
        attribute(2, RENDDATA, &[0; 14]),
        vec![2, 0x0f, 0x80, 6, 0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3],
    ]);
    assert!(!read_all(&long).unwrap().whole);
}

#[test]
fn bombs_are_bounded() {
    let started = std::time::Instant::now();
    // A hundred thousand attachments, properties without end, one of which claims four milliards of values.
    let many = stream(&vec![attribute(2, RENDDATA, &[0; 14]); 100_000]);
    assert!(read_all(&many).unwrap().attachments.len() <= Limits::default().parts);
    let list = properties(&vec![property(0x1000, properties::UNICODE, b""); 100_000]);
    read_all(&stream(&[attribute(1, MESSAGE_PROPERTIES, &list)]));
    let values = [&0x1000_u16.to_le_bytes()[..], &1_u16.to_le_bytes(), &u32::MAX.to_le_bytes()].concat();
    let nothing = [&u32::MAX.to_le_bytes()[..], &values].concat();
    read_all(&stream(&[attribute(1, MESSAGE_PROPERTIES, &nothing)]));
    assert!(started.elapsed().as_secs() < 20);
}
