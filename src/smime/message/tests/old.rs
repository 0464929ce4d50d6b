//! Mail of old.

use super::*;

const CAT: &str = "begin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\n";

fn attached(opened: &mut Opened, index: usize) -> (String, Vec<u8>) {
    let mut octets = Vec::new();
    opened.write_attachment(index, &mut octets).unwrap();
    (opened.attachments()[index].name.clone(), octets)
}

#[test]
fn uuencoded_files_in_a_text_go_along() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let words = format!("Two cats.\r\n\r\n{CAT}\r\nAnd:\r\n{CAT}Bye.\r\n");
    let content = format!("Content-Type: text/plain\r\n\r\n{words}");
    let sealed = signed_and_sealed(&kim, &robin, content.as_bytes());
    let plain = format!("From : kim@example.com\r\nSubject: cats\r\n\r\n{words}");
    for message in [sealed, plain.into_bytes()] {
        let mut opened = robin.read(&message).unwrap();
        assert_eq!(opened.text(), "Two cats.\n\n\nAnd:\nBye.\n");
        assert_eq!(opened.attachments().len(), 2);
        assert_eq!(attached(&mut opened, 0), ("cat.txt".to_owned(), b"Cat".to_vec()));
        assert_eq!(attached(&mut opened, 1), ("cat (2).txt".to_owned(), b"Cat".to_vec()));
    }
}

#[test]
fn a_uuencoded_part_is_decoded_and_has_the_name_that_stands_in_it() {
    let robin = Person::new("Robin", "robin@example.com");
    for (field, name) in [("", "cat.txt"), ("; name=lion.txt", "lion.txt")] {
        let mail = format!(
            "From: kim@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
             Content-Type: application/octet-stream{field}\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n{CAT}--b--\r\n"
        );
        let mut opened = robin.read(mail.as_bytes()).unwrap();
        assert_eq!(opened.attachments()[0].size, 3);
        assert_eq!(attached(&mut opened, 0), (name.to_owned(), b"Cat".to_vec()));
    }
}

/// A sealed message as an attachment of such a mail is still one.
#[test]
fn a_uuencoded_message_is_opened_by_itself() {
    let (kim, robin) = (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"));
    let sealed = signed_and_sealed(&kim, &robin, b"Content-Type: text/plain\r\n\r\nMeet me.\r\n");
    let lines: String = sealed
        .chunks(45)
        .map(|line| {
            let letter = |six: u8| char::from(if six == 0 { b'`' } else { six + b' ' });
            let mut text = String::from(letter(line.len() as u8));
            for three in line.chunks(3) {
                let at = |place: usize| three.get(place).copied().unwrap_or(0);
                let (a, b, c) = (at(0), at(1), at(2));
                text.extend([a >> 2, (a & 3) << 4 | b >> 4, (b & 15) << 2 | c >> 6, c & 63].map(letter));
            }
            text + "\n"
        })
        .collect();
    let mail = format!("From: kim@example.com\n\nSee the file.\nbegin 644 smime.p7m\n{lines}`\nend\n");
    let mut opened = robin.read(mail.as_bytes()).unwrap();
    assert_eq!(opened.text(), "See the file.\n");
    assert!(opened.attachments()[0].is_message);
    assert_eq!(attached(&mut opened, 0), ("smime.p7m".to_owned(), sealed));
}
