//! Truncated, corrupt and hostile input: one sentence, exit 1 (or a verdict of *Not secure*), no partial file, nothing stored.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;
#[path = "hostile/odd.rs"]
mod odd;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use common::{PASSWORD, Profile, Run, os, run};

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";
/// The text of the note that is mistreated here.
const TEXT: &str = "The text of the note.";
/// No small input may take longer, on a busy machine, in an unoptimised build.
const BOUND: Duration = Duration::from_secs(20);
/// Address space for one run, in KiB; enough for the program, far too little for an input that multiplies.
const MEMORY: &str = "1500000";

/// Alice, and Bob who has sealed her a note (`note.eml`, `note.p7m`) and a file (`file.p7m`).
fn pair() -> &'static (Profile, Profile) {
    static PAIR: OnceLock<(Profile, Profile)> = OnceLock::new();
    PAIR.get_or_init(|| {
        let alice = Profile::with_identity("Alice", ALICE, "p256");
        let bob = Profile::with_identity("Bob", BOB, "p256");
        alice.import_contact(&bob.certificate(BOB, "bob.cer"));
        bob.import_contact(&alice.certificate(ALICE, "alice.cer"));
        bob.seal(BOB, ALICE, TEXT, "note.eml", &[]).succeeds();
        bob.seal(BOB, ALICE, TEXT, "note.p7m", &[]).succeeds();
        let file = bob.file("file.txt", TEXT);
        let out = bob.path("file.p7m");
        bob.run([os("encrypt"), file.as_os_str(), os("--to"), os(ALICE), os("--out"), out.as_os_str()])
            .succeeds();
        (alice, bob)
    })
}

/// The same command with bounded memory; a program that asks for more is aborted, and that is no exit code.
fn bounded(command: &Command) -> Run {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"")])
        .arg(command.get_program())
        .args(command.get_args());
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(key, value),
            None => shell.env_remove(key),
        };
    }
    run(shell.stdin(Stdio::null()))
}

/// The run ended by itself with one of these codes, quickly and with a sentence if it failed.
#[track_caller]
fn ends_well(run: &Run, codes: &[i32]) {
    assert!(
        run.code.is_some_and(|code| codes.contains(&code)),
        "$ {}\nexit {:?}, not one of {codes:?}\n{}",
        run.line,
        run.code,
        run.stderr
    );
    assert!(!run.stderr.contains("panicked"), "$ {}\n{}", run.line, run.stderr);
    assert!(run.took < BOUND, "$ {}\ntook {:?}", run.line, run.took);
    if run.code == Some(1) {
        run.says_a_sentence();
    }
}

/// `decrypt` either gives the whole or leaves nothing.
#[track_caller]
fn decrypt(profile: &Profile, file: &Path, out: &str) -> Option<Vec<u8>> {
    let out = profile.path(out);
    let run = bounded(&profile.command([os("decrypt"), file.as_os_str(), os("--out"), out.as_os_str()]));
    ends_well(&run, &[0, 1]);
    assert_eq!(out.exists(), run.code == Some(0), "$ {}", run.line);
    let bytes = fs::read(&out).ok();
    let _ = fs::remove_file(&out);
    bytes
}

/// Where to cut: every 97th octet, and the very end.
fn cuts(len: usize) -> impl Iterator<Item = usize> {
    (0..len).step_by(97).chain([len.saturating_sub(1)])
}

#[test]
fn a_truncated_message_is_one_sentence() {
    let (alice, bob) = pair();
    let before = alice.state();
    for name in ["note.p7m", "file.p7m"] {
        let whole = bob.read(name);
        for cut in cuts(whole.len()) {
            let file = alice.file("cut.p7m", &whole[..cut]);
            ends_well(&bounded(&alice.command([os("--json"), os("open"), file.as_os_str()])), &[1]);
            assert_eq!(decrypt(alice, &file, "cut.plain"), None, "{name} cut at {cut}");
        }
    }
    assert_eq!(alice.state(), before);
}

#[test]
fn a_truncated_mail_never_shows_half_a_text() {
    let (alice, bob) = pair();
    let whole = bob.read("note.eml");
    for cut in cuts(whole.len()) {
        let file = alice.file("cut.eml", &whole[..cut]);
        let run = bounded(&alice.command([os("--json"), os("open"), file.as_os_str()]));
        ends_well(&run, &[0, 1, 3]);
        if run.code == Some(0) {
            assert!(
                whole.len() - cut < 8,
                "only line ends may be missing, not octets from {cut} of {}",
                whole.len()
            );
        }
    }
}

#[test]
fn a_flipped_bit_is_found_or_harmless() {
    let (alice, bob) = pair();
    let before = alice.state();
    for name in ["note.p7m", "note.eml"] {
        let whole = bob.read(name);
        for at in (0..whole.len()).step_by(61) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            let file = alice.file(&format!("flipped.{name}"), flipped);
            let run = bounded(&alice.command([os("--json"), os("open"), file.as_os_str()]));
            ends_well(&run, &[0, 1, 3]);
            if run.code == Some(0) {
                let text = run.json()["text"].as_str().unwrap().to_owned();
                assert_eq!(text.trim_end(), TEXT, "{name} flipped at {at} is said to be secure");
            }
        }
    }
    assert_eq!(alice.state(), before);
}

#[test]
fn a_damaged_certificate_is_refused_and_nothing_is_stored() {
    let (_, bob) = pair();
    let profile = Profile::new();
    let before = profile.state();
    for form in ["cer", "pem", "p7c"] {
        let whole = fs::read(bob.certificate(BOB, &format!("whole.{form}"))).unwrap();
        for cut in cuts(whole.len()).filter(|cut| cut + 2 < whole.len()) {
            let file = profile.file(&format!("cut.{form}"), &whole[..cut]);
            ends_well(&bounded(&profile.command([os("contact"), os("import"), file.as_os_str()])), &[1]);
        }
        assert_eq!(profile.state(), before, "{form}");
        for at in (0..whole.len()).step_by(89) {
            let mut flipped = whole.clone();
            flipped[at] ^= 0x10;
            let file = profile.file(&format!("flipped.{form}"), flipped);
            let scratch = Profile::new();
            ends_well(&bounded(&scratch.command([os("contact"), os("import"), file.as_os_str()])), &[0, 1]);
        }
    }
}

#[test]
fn a_damaged_p12_is_refused_and_nothing_is_stored() {
    let (alice, _) = pair();
    let (p12, password) = (alice.path("whole.p12"), alice.file("password", PASSWORD));
    alice
        .run([
            os("identity"),
            os("export"),
            os(ALICE),
            os("--out"),
            p12.as_os_str(),
            os("--password-file"),
            password.as_os_str(),
        ])
        .succeeds();
    let whole = fs::read(p12).unwrap();
    let profile = Profile::new();
    let before = profile.state();
    for at in cuts(whole.len()).filter(|at| at + 1 < whole.len()) {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x04;
        for bytes in [&whole[..at], &flipped] {
            let file = profile.file("damaged.p12", bytes);
            let arguments =
                [os("identity"), os("import"), file.as_os_str(), os("--password-file"), password.as_os_str()];
            let run = bounded(&profile.command(arguments));
            ends_well(&run, &[1]);
        }
    }
    assert_eq!(profile.state(), before);
}

/// Inputs made to hurt, by name.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut noise = |len: usize| -> Vec<u8> {
        let mut next = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed >> 32) as u8
        };
        (0..len).map(|_| next()).collect()
    };
    // ContentInfo with id-envelopedData and an explicit, indefinite content.
    let enveloped = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80";
    let signed = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80";
    let mail = "From: m@example.com\r\nMIME-Version: 1.0\r\n";
    let multipart = format!("{mail}Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    let mut deep = String::from(mail);
    for level in 0..5_000 {
        deep += &format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n");
    }
    let nested_mail = format!("{mail}{}", "Content-Type: message/rfc822\r\n\r\n".repeat(20_000));
    vec![
        ("empty", Vec::new()),
        ("one octet", vec![0x30]),
        ("noise", noise(100_000)),
        ("noise in a sequence", [&b"\x30\x82\x10\x00"[..], &noise(4096)].concat()),
        ("noise in an envelope", [&enveloped[..], &noise(10_000)].concat()),
        ("noise in a signature", [&signed[..], &noise(10_000)].concat()),
        ("a mebibyte of zeros", vec![0; 1 << 20]),
        ("a mebibyte of ones", vec![0xff; 1 << 20]),
        ("endless sequences", b"\x30\x80".repeat(100_000)),
        ("endless constructed strings", [&enveloped[..], &b"\x24\x80".repeat(100_000)].concat()),
        ("nested in the envelope", [&enveloped[..], &b"\x30\x80".repeat(100_000)].concat()),
        ("nested in the signature", [&signed[..], &b"\xa0\x80".repeat(100_000)].concat()),
        ("a length of four gibibytes", b"\x30\x84\xff\xff\xff\xff\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03".to_vec()),
        ("a length of sixteen exbibytes", b"\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff\x06\x09".to_vec()),
        ("a length of many octets", [&b"\x30\xfe"[..], &[0xff; 200]].concat()),
        ("an endless tag", [&b"\x3f"[..], &[0xff; 100_000]].concat()),
        ("a PEM without an end", b"-----BEGIN CMS-----\nMIIB\n".to_vec()),
        ("a PEM of nothing", b"-----BEGIN CMS-----\n-----END CMS-----\n".to_vec()),
        ("a hundred thousand PEM blocks", b"-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n".repeat(100_000)),
        ("a hundred thousand parts", format!("{multipart}{}", "--b\r\n\r\nx\r\n".repeat(100_000)).into_bytes()),
        ("parts in parts", deep.into_bytes()),
        ("mails in mails", nested_mail.into_bytes()),
        ("a long header", format!("Subject: {}\r\n\r\n", "=?utf-8?q?=C3=BC?= ".repeat(60_000)).into_bytes()),
        ("many headers", "X-A: b\r\n".repeat(100_000).into_bytes()),
        ("many parameters", format!("Content-Type: text/plain; {}\r\n\r\n", "a*0=b; ".repeat(100_000)).into_bytes()),
        (
            "a smime.p7m of nothing",
            format!("{mail}Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: base64\r\n\r\n")
                .into_bytes(),
        ),
        (
            "a signed multipart without parts",
            format!("{mail}Content-Type: multipart/signed; boundary=b; protocol=\"application/pkcs7-signature\"\r\n\r\n--b--\r\n")
                .into_bytes(),
        ),
        (
            "html in html",
            format!("{mail}Content-Type: text/html\r\n\r\n{}", "<div><table><tr><td>".repeat(50_000)).into_bytes(),
        ),
    ]
}

#[test]
fn hostile_files_end_in_a_sentence_within_bounds() {
    let (alice, _) = pair();
    let alice = alice.copy();
    let before = alice.state();
    let password = alice.path("password");
    for (name, bytes) in bombs() {
        let file = alice.file("bomb", bytes);
        let file = file.as_os_str();
        let open = bounded(&alice.command([os("--json"), os("open"), file]));
        assert!(matches!(open.code, Some(1 | 3)), "{name}: open exits with {:?}\n{}", open.code, open.stderr);
        ends_well(&open, &[1, 3]);
        let _ = open.json();
        assert_eq!(decrypt(&alice, Path::new(file), "bomb.out"), None, "{name}");
        let identity = [os("identity"), os("import"), file, os("--password-file"), password.as_os_str()];
        for arguments in
            [&[os("contact"), os("import"), file][..], &[os("trust"), os("add"), file], &identity]
        {
            let run = bounded(&alice.command(arguments));
            assert_eq!(run.code, Some(1), "{name}\n$ {}\n{}", run.line, run.stderr);
            ends_well(&run, &[1]);
        }
        assert_eq!(alice.state(), before, "{name}");
    }
}

#[test]
fn something_that_is_no_file_is_a_sentence() {
    let (alice, _) = pair();
    let alice = alice.copy();
    let before = alice.state();
    let pipe = alice.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let folder = alice.path("folder");
    fs::create_dir(&folder).unwrap();
    let missing = alice.path("missing");
    let password = alice.path("password");
    for file in [&pipe, &folder, &missing] {
        let file = file.as_os_str();
        let out = alice.path("out");
        for arguments in [
            &[os("open"), file][..],
            &[os("decrypt"), file, os("--out"), out.as_os_str()],
            &[os("encrypt"), file, os("--to"), os(BOB), os("--out"), out.as_os_str()],
            &[os("contact"), os("import"), file],
            &[os("identity"), os("import"), file, os("--password-file"), password.as_os_str()],
            &[os("trust"), os("add"), file],
            &[
                os("seal"),
                os("--from"),
                os(ALICE),
                os("--to"),
                os(BOB),
                os("--attach"),
                file,
                os("--out"),
                out.as_os_str(),
            ],
        ] {
            ends_well(&alice.run(arguments), &[1]);
            assert!(!out.exists());
        }
    }
    assert_eq!(alice.state(), before);
}

#[test]
fn an_output_that_cannot_be_written_is_a_sentence() {
    let (alice, bob) = pair();
    let note = bob.path("note.eml");
    let blocked = alice.file("a-file", "not a folder").join("out");
    for out in [PathBuf::from("/proc/waxseal-out"), alice.path("no/such/folder/out"), blocked] {
        ends_well(&alice.run([os("decrypt"), note.as_os_str(), os("--out"), out.as_os_str()]), &[1]);
        ends_well(&alice.run([os("open"), note.as_os_str(), os("--content"), out.as_os_str()]), &[1]);
        ends_well(
            &alice.run([os("identity"), os("certificate"), os(ALICE), os("--out"), out.as_os_str()]),
            &[1],
        );
        let text = alice.file("text", TEXT);
        ends_well(
            &alice.run([
                os("seal"),
                os("--from"),
                os(ALICE),
                os("--to"),
                os(BOB),
                os("--text"),
                text.as_os_str(),
                os("--out"),
                out.as_os_str(),
            ]),
            &[1],
        );
        assert!(!out.exists());
    }
}

#[test]
fn a_full_standard_output_is_a_failure() {
    let (alice, bob) = pair();
    if !Path::new("/dev/full").exists() {
        eprintln!("skipped: there is no /dev/full here");
        return;
    }
    let note = bob.path("note.eml");
    let text = alice.file("text", TEXT);
    for arguments in [
        &[os("--json"), os("open"), note.as_os_str()][..],
        &[os("open"), note.as_os_str()],
        &[os("contact"), os("list")],
        &[
            os("seal"),
            os("--from"),
            os(ALICE),
            os("--to"),
            os(BOB),
            os("--text"),
            text.as_os_str(),
            os("--out"),
            os("-"),
        ],
    ] {
        let mut command = alice.command(arguments);
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command.stdout(full).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command:?}\n{said}");
        assert!(!said.contains("panicked") && !said.is_empty(), "{command:?}\n{said}");
    }
}

#[test]
fn a_closed_standard_output_is_no_panic() {
    let (alice, bob) = pair();
    let command = alice.command([os("open"), bob.path("note.eml").as_os_str()]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "\"$0\" \"$@\" | true"]).arg(command.get_program()).args(command.get_args());
    let run = run(&mut shell);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
}

/// A file system of `kibibytes` on `folder`, unmounted when dropped; `None` where mounting is not allowed.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(folder: &Path, kibibytes: u32) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let size = format!("size={kibibytes}k");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder)
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !mounted {
            eprintln!("skipped: a small file system cannot be mounted here");
            return None;
        }
        Some(Self(folder.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_leaves_no_partial_output() {
    let (alice, bob) = pair();
    let Some(disk) = SmallDisk::mount(&alice.path("small-disk"), 256) else { return };
    let big = bob.file("big.bin", vec![7_u8; 1 << 20]);
    let sealed = bob.path("big.p7m");
    bob.run([os("encrypt"), big.as_os_str(), os("--to"), os(ALICE), os("--out"), sealed.as_os_str()])
        .succeeds();
    let out = disk.0.join("out");
    let left = || fs::read_dir(&disk.0).unwrap().count();
    ends_well(&alice.run([os("decrypt"), sealed.as_os_str(), os("--out"), out.as_os_str()]), &[1]);
    assert_eq!(left(), 0);
    ends_well(
        &alice.run([os("encrypt"), big.as_os_str(), os("--to"), os(BOB), os("--out"), out.as_os_str()]),
        &[1],
    );
    assert_eq!(left(), 0);

    // An older file in the same place survives.
    fs::write(&out, "older").unwrap();
    ends_well(&alice.run([os("decrypt"), sealed.as_os_str(), os("--out"), out.as_os_str()]), &[1]);
    assert_eq!(fs::read_to_string(&out).unwrap(), "older");
    assert_eq!(left(), 1);
}

#[test]
fn a_full_disk_under_the_profile_keeps_the_last_good_state() {
    let (alice, _) = pair();
    let alice = alice.copy();
    let saved = alice.path("saved-profile");
    fs::rename(alice.profile(), &saved).unwrap();
    let Some(disk) = SmallDisk::mount(&alice.profile(), 1024) else { return };
    let copied = Command::new("cp").arg("-a").arg(saved.join(".")).arg(&disk.0).status().unwrap();
    assert!(copied.success());
    let before = alice.state();
    let _ = fs::write(disk.0.join("filler"), vec![0; 2 << 20]);
    let run =
        alice.run(["identity", "create", "--name", "New", "--email", "new@example.com", "--key", "p256"]);
    ends_well(&run, &[1]);
    fs::remove_file(disk.0.join("filler")).unwrap();
    assert_eq!(alice.state(), before);
    alice
        .run(["identity", "create", "--name", "New", "--email", "new@example.com", "--key", "p256"])
        .succeeds();
}

#[test]
fn a_killed_process_leaves_no_partial_output() {
    let (_, bob) = pair();
    let big = bob.path("sparse.bin");
    fs::File::create(&big).unwrap().set_len(2 << 30).unwrap();
    for out in ["killed.p7m", "killed.eml"] {
        let out = bob.path(out);
        let mut command = bob.command([
            os("encrypt"),
            big.as_os_str(),
            os("--to"),
            os(ALICE),
            os("--out"),
            out.as_os_str(),
        ]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(700));
        let finished = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!finished, "two gibibytes were sealed in less than a second; make the file larger");
        assert!(!out.exists(), "{} is there though its writer was killed", out.display());
    }
    fs::remove_file(&big).unwrap();
    // What the killed runs may have left under other names is not this test's to keep.
    for entry in fs::read_dir(bob.path(".")).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        if entry.metadata().unwrap().len() > 50 << 20 || name.to_string_lossy().starts_with(".tmp") {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[test]
fn a_process_killed_while_it_makes_an_identity_leaves_a_good_profile() {
    let profile = Profile::new();
    for pause in [5, 20, 40, 80, 120, 200, 300] {
        let mut command = profile.command([
            "identity",
            "create",
            "--name",
            "K",
            "--email",
            "k@example.com",
            "--key",
            "p256",
        ]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(pause));
        let _ = child.kill();
        child.wait().unwrap();
        profile.run(["identity", "list"]).succeeds();
    }
    profile
        .run(["identity", "create", "--name", "L", "--email", "l@example.com", "--key", "p256"])
        .succeeds();
    assert!(profile.run(["identity", "list"]).succeeds().text().contains("l@example.com"));
}

#[test]
fn a_damaged_database_is_a_sentence() {
    let (alice, _) = pair();
    let alice = alice.copy();
    let database = alice.profile().join("waxseal.db");
    let whole = fs::read(&database).unwrap();
    for bytes in [&b"this is no database, whatever its name says"[..], &whole[..whole.len() / 2]] {
        fs::write(&database, bytes).unwrap();
        ends_well(&alice.run([OsStr::new("contact"), OsStr::new("list")]), &[0, 1]);
        ends_well(&alice.run(["contact", "show", BOB]), &[0, 1]);
    }
}
