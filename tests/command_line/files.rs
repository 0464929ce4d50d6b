//! Files and attachments, byte for byte.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{Profile, os, run};
use crate::{ALICE, BOB, couple, opened};

#[test]
fn files_are_encrypted_byte_for_byte() {
    let (alice, bob) = couple();
    let noise: Vec<u8> = (0..3_000_001_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 23) as u8).collect();
    for (name, bytes) in [
        ("empty", &b""[..]),
        ("one", b"\0"),
        ("block", &[16; 16]),
        ("lf", b"a\nb\r\nc\rd\n\n"),
        ("mail", b"Content-Type: text/plain\r\n\r\nnot parsed\r\n"),
        ("noise", &noise),
    ] {
        let file = alice.file(name, bytes);
        for extension in ["p7m", "eml"] {
            let sealed = alice.path(format!("{name}.{extension}"));
            alice
                .run([os("encrypt"), file.as_os_str(), os("--to"), os(BOB), os("--out"), sealed.as_os_str()])
                .succeeds();
            let first = fs::read(&sealed).unwrap()[0];
            assert_eq!(first == 0x30, extension == "p7m", "{extension} is DER or a mail");
            for reader in [&bob, &alice] {
                let back = reader.path(format!("{name}.{extension}.back"));
                reader.run([os("decrypt"), sealed.as_os_str(), os("--out"), back.as_os_str()]).succeeds();
                assert!(fs::read(&back).unwrap() == bytes, "{name}.{extension}");
            }
        }
    }
}

#[test]
fn decrypt_says_that_it_judges_nothing() {
    let (alice, bob) = couple();
    let file = alice.file("plain.txt", "plain");
    let sealed = alice.path("plain.p7m");
    alice
        .run([os("encrypt"), file.as_os_str(), os("--to"), os(BOB), os("--out"), sealed.as_os_str()])
        .succeeds();
    let back = bob.path("back");
    let said = bob.run([os("decrypt"), sealed.as_os_str(), os("--out"), back.as_os_str()]).succeeds();
    let said = format!("{}{}", said.text(), said.stderr).to_lowercase();
    assert!(said.contains("judge") || said.contains("check") || said.contains("signature"), "{said}");
}

#[test]
fn decrypted_and_saved_files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let (alice, bob) = couple();
    let attachment = alice.file("a.txt", "secret");
    alice
        .seal(ALICE, BOB, "See attachment.\n", "note.eml", &["--attach", attachment.to_str().unwrap()])
        .succeeds();
    let (note, back, content, saved) =
        (alice.path("note.eml"), bob.path("back"), bob.path("content"), bob.path("saved"));
    fs::create_dir(&saved).unwrap();
    bob.run([os("decrypt"), note.as_os_str(), os("--out"), back.as_os_str()]).succeeds();
    bob.run([
        os("open"),
        note.as_os_str(),
        os("--content"),
        content.as_os_str(),
        os("--save-attachments"),
        saved.as_os_str(),
    ])
    .succeeds();
    for file in [back, content, saved.join("a.txt")] {
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} is {mode:o}", file.display());
    }
}

#[test]
fn names_of_attachments_survive_and_stay_harmless() {
    let (alice, bob) = couple();
    let folder = alice.path("attachments");
    fs::create_dir(&folder).unwrap();
    let names = [
        "Übersicht – März.pdf",
        "日本語.txt",
        "..secret",
        "a;b=\"c\".txt",
        "con.txt",
        "spaces in it .txt",
        "\u{202e}gpj.exe",
    ];
    let mut arguments: Vec<PathBuf> = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let path = folder.join(name);
        fs::write(&path, format!("attachment {number}\r\nwith \0 and \n")).unwrap();
        arguments.extend([PathBuf::from("--attach"), path]);
    }
    let arguments: Vec<&str> = arguments.iter().map(|path| path.to_str().unwrap()).collect();
    alice.seal(ALICE, BOB, "Seven files.\n", "files.eml", &arguments).succeeds();

    let saved = bob.path("saved");
    fs::create_dir(&saved).unwrap();
    let note = bob
        .run([
            os("--json"),
            os("open"),
            alice.path("files.eml").as_os_str(),
            os("--save-attachments"),
            saved.as_os_str(),
        ])
        .succeeds()
        .json();
    let listed = note["attachments"].as_array().unwrap();
    assert_eq!(listed.len(), names.len());
    assert_eq!(listed[0]["name"], names[0]);
    assert_eq!(listed[1]["name"], names[1]);
    let mut contents: Vec<String> = fs::read_dir(&saved)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            assert!(
                !name.starts_with('.') && !name.contains(['\u{202e}', '\\', ':']),
                "{name:?} is not safe"
            );
            fs::read_to_string(entry.path()).unwrap()
        })
        .collect();
    contents.sort();
    let expected: Vec<String> =
        (0..names.len()).map(|number| format!("attachment {number}\r\nwith \0 and \n")).collect();
    assert_eq!(contents, expected, "byte for byte, one file each");
}

#[test]
fn saved_attachments_never_leave_the_folder_or_replace_a_file() {
    let bob = Profile::new();
    let saved = bob.path("saved");
    fs::create_dir(&saved).unwrap();
    fs::write(saved.join("kept.txt"), "mine").unwrap();
    let mut mail = String::from(
        "From: m@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n",
    );
    for name in
        ["../../evil.txt", "/etc/evil.txt", "C:\\\\evil.txt", "kept.txt", "same.txt", "same.txt", "..", "."]
    {
        mail += &format!(
            "--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\nevil\r\n"
        );
    }
    mail += "--b--\r\n";
    let file = bob.file("evil.eml", mail);
    bob.run([os("open"), file.as_os_str(), os("--save-attachments"), saved.as_os_str()]).exits(3);
    assert!(!bob.path("evil.txt").exists() && !Path::new("/etc/evil.txt").exists());
    assert_eq!(fs::read_to_string(saved.join("kept.txt")).unwrap(), "mine");
    assert_eq!(fs::read_dir(&saved).unwrap().count(), 9, "eight attachments beside the file that was there");
}

/// A mail with two sealed mails attached to it, both with files of hostile names; the second holds a third.
#[test]
fn attachments_of_attached_messages_are_saved_beside_them() {
    let (alice, bob) = couple();
    let attach = |name: &str| {
        let file = alice.file(name, name);
        ["--attach".to_owned(), file.to_str().unwrap().to_owned()]
    };
    let seal = |out: &str, files: &[&str]| {
        let files: Vec<String> = files.iter().flat_map(|name| attach(name)).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        alice.seal(ALICE, BOB, "Files.\n", out, &files).succeeds();
    };
    seal("third.eml", &["deep.txt"]);
    let third = fs::read_to_string(alice.path("third.eml")).unwrap();
    seal("first.eml", &["..one.txt", "two.txt"]);
    alice.file("note.eml", third);
    let note = alice.path("note.eml");
    alice.seal(ALICE, BOB, "A mail.\n", "second.eml", &["--attach", note.to_str().unwrap()]).succeeds();

    let mut mail = String::from(
        "From: m@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n",
    );
    for name in ["first.eml", "second.eml"] {
        let message = fs::read_to_string(alice.path(name)).unwrap();
        mail += &format!(
            "--b\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment; filename=\"../x.eml\"\r\n\r\n{message}\r\n"
        );
    }
    mail += "--b--\r\n";
    let (file, saved) = (bob.file("both.eml", mail), bob.path("saved"));
    let answer = bob
        .run([os("--json"), os("open"), file.as_os_str(), os("--save-attachments"), saved.as_os_str()])
        .exits(3)
        .json();
    let list: Vec<PathBuf> =
        answer["saved"].as_array().unwrap().iter().map(|path| path.as_str().unwrap().into()).collect();
    let expected = [
        "x.eml",
        "x (2).eml",
        "x.eml - attachments/one.txt",
        "x.eml - attachments/two.txt",
        "x (2).eml - attachments/note.eml",
        "x (2).eml - attachments/note.eml - attachments/deep.txt",
    ];
    assert_eq!(list, expected.map(|name| saved.join(name)));
    assert_eq!(fs::read_to_string(&list[2]).unwrap(), "..one.txt");
    assert_eq!(fs::read_to_string(&list[5]).unwrap(), "deep.txt");
    // Once more: nothing is replaced.
    bob.run([os("open"), file.as_os_str(), os("--save-attachments"), saved.as_os_str()]).exits(3);
    assert_eq!(fs::read_dir(&saved).unwrap().count(), 8);
    assert_eq!(fs::read_to_string(&list[5]).unwrap(), "deep.txt");
}

#[test]
fn content_is_saved_as_it_was_signed() {
    let (alice, bob) = couple();
    alice.seal(ALICE, BOB, "Keep this.\n", "note.eml", &[]).succeeds();
    let content = bob.path("content.eml");
    bob.run([os("open"), alice.path("note.eml").as_os_str(), os("--content"), content.as_os_str()])
        .succeeds();
    let content = fs::read_to_string(content).unwrap();
    assert!(content.contains("Content-Type: text/plain") && content.contains("Keep this."), "{content}");
}

#[test]
fn text_comes_from_standard_input_and_mail_goes_to_standard_output() {
    let (alice, bob) = couple();
    let text = alice.file("in.txt", "Through a pipe.\n");
    let mut command = alice.command([
        "seal",
        "--from",
        ALICE,
        "--to",
        BOB,
        "--subject",
        "Pipe",
        "--text",
        "-",
        "--out",
        "-",
    ]);
    let sealed = run(command.stdin(fs::File::open(text).unwrap())).succeeds();
    let mail = bob.file("piped.eml", &sealed.stdout);
    assert!(opened(&bob, &mail, 0)["text"].as_str().unwrap().contains("Through a pipe."));
}

#[cfg(target_os = "linux")]
#[test]
fn devices_are_refused_and_a_full_disk_is_told() {
    let (alice, _) = couple();
    let out = alice.path("out");
    for arguments in [
        vec![os("open"), os("/dev/zero")],
        vec![os("decrypt"), os("/dev/zero"), os("--out"), out.as_os_str()],
        vec![os("encrypt"), os("/dev/zero"), os("--to"), os(BOB), os("--out"), out.as_os_str()],
        vec![os("contact"), os("import"), os("/dev/zero")],
    ] {
        alice.run(&arguments).fails();
        assert!(!out.exists(), "{arguments:?}");
    }
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = alice.command(["identity", "list"]).stdout(full).status().unwrap();
    assert_eq!(status.code(), Some(1));
}
