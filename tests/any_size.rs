//! Content of any size: a gibibyte in bounded memory, pipes, killed processes, and a thousand sizes against OpenSSL.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{Peer, Profile, os, peer, run, scratch};
use rand_core::Rng as _;
use waxseal::desk::Desk;
use waxseal::smime::Address;
use waxseal::smime::secret::Passphrase;
use waxseal::store::vault::{NobodyToAsk, VaultKind};
use waxseal::store::{Location, clock};

const ALICE: &str = "alice@example.com";
const GIBIBYTE: u64 = 1 << 30;
/// What a run may take beyond what a tiny one takes, in KiB of address space.
const GROWTH: u64 = 64 << 10;

/// The same command with so much address space, in KiB. Each thread of the allocator would reserve 64 MiB of its own.
fn within(kibibytes: u64, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit -v {kibibytes}; exec \"$0\" \"$@\"")]);
    shell.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

/// The least address space, in steps of 4 MiB, in which this command succeeds.
fn least(command: &dyn Fn() -> Command) -> u64 {
    let enough = |kibibytes: &u64| {
        let mut command = within(*kibibytes, &command());
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    (1..200).map(|step| step * 4096).find(enough).expect("the command works in 800 MiB")
}

/// A sparse file of a gibibyte with marks here and there.
fn large_file(path: &Path) -> Vec<(u64, [u8; 16])> {
    let mut file = File::create(path).unwrap();
    file.set_len(GIBIBYTE).unwrap();
    let mut rng = clock::rng();
    let mut places: Vec<u64> = (0..50).map(|_| rng.next_u64() % (GIBIBYTE - 16)).collect();
    places.extend([0, GIBIBYTE - 16]);
    let mut marks = Vec::new();
    for place in places {
        let mut mark = [0; 16];
        rng.fill_bytes(&mut mark);
        file.seek(SeekFrom::Start(place)).unwrap();
        file.write_all(&mark).unwrap();
        marks.push((place, mark));
    }
    marks
}

fn same(one: &Path, other: &Path) -> bool {
    let (mut one, mut other) = (File::open(one).unwrap(), File::open(other).unwrap());
    let (mut left, mut right) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    if one.metadata().unwrap().len() != other.metadata().unwrap().len() {
        return false;
    }
    loop {
        let count = one.read(&mut left).unwrap();
        other.read_exact(&mut right[..count]).unwrap();
        if left[..count] != right[..count] {
            return false;
        }
        if count == 0 {
            return true;
        }
    }
}

#[test]
fn a_gibibyte_is_sealed_and_opened_in_bounded_memory() {
    let alice = Profile::with_identity("Alice", ALICE, "p256");
    let (small, large) = (alice.file("small.bin", "x"), alice.path("large.bin"));
    let marks = large_file(&large);
    let text = alice.file("text", "Here it is.");
    let (note, saved) = (alice.path("note.eml"), alice.path("saved"));
    let seal = |file: &Path| {
        let mut command = alice.command(["seal", "--from", ALICE, "--to", ALICE, "--attach"]);
        command.arg(file).arg("--text").arg(&text).arg("--out").arg(&note);
        command
    };
    let open = || {
        let mut command = alice.command([os("open"), note.as_os_str(), os("--save-attachments")]);
        command.arg(&saved);
        command
    };
    let space = least(&|| seal(&small)).max(least(&open)) + GROWTH;
    fs::remove_dir_all(&saved).unwrap();
    run(&mut within(space, &seal(&large))).succeeds();
    run(&mut within(space, &open())).succeeds();
    assert!(same(&large, &saved.join("large.bin")));
    let mut opened = File::open(saved.join("large.bin")).unwrap();
    let mut found = [0; 16];
    // Marks may lie over each other: the last one stands.
    let (place, mark) = marks.last().unwrap();
    opened.seek(SeekFrom::Start(*place)).unwrap();
    opened.read_exact(&mut found).unwrap();
    assert_eq!(found, *mark);
}

#[test]
fn content_goes_through_pipes_and_nothing_comes_out_before_it_is_whole() {
    let alice = Profile::with_identity("Alice", ALICE, "p256");
    let mut content = vec![0; 3_000_000];
    clock::rng().fill_bytes(&mut content);
    let plain = alice.file("plain", &content);
    let through = |arguments: &[&str], input: &Path| {
        let mut command = alice.command(arguments);
        let output = command.stdin(File::open(input).unwrap()).stderr(Stdio::piped()).output().unwrap();
        (output.status.code(), output.stdout)
    };
    let (code, sealed) = through(&["encrypt", "-", "--to", ALICE, "--out", "-"], &plain);
    assert_eq!(code, Some(0));
    let file = alice.file("sealed", &sealed);
    let (code, opened) = through(&["decrypt", "-", "--out", "-"], &file);
    assert_eq!(code, Some(0));
    assert!(opened == content);

    // One bit near the end is enough, and the end itself.
    let mut changed = sealed.clone();
    let place = changed.len() - 100;
    changed[place] ^= 1;
    for damaged in [changed, sealed[..sealed.len() - 1].to_vec()] {
        let file = alice.file("damaged", &damaged);
        let (code, opened) = through(&["decrypt", "-", "--out", "-"], &file);
        assert_eq!((code, opened.len()), (Some(1), 0));
    }
}

#[test]
fn a_killed_process_leaves_no_output_and_nothing_readable() {
    let alice = Profile::with_identity("Alice", ALICE, "p256");
    let plain = alice.path("plain.bin");
    let words = b"a sentence that nobody else may read. ".repeat(4 << 10);
    let mut file = File::create(&plain).unwrap();
    for _ in 0..2048 {
        file.write_all(&words).unwrap();
    }
    let sealed = alice.path("sealed.eml");
    alice
        .run([os("encrypt"), plain.as_os_str(), os("--to"), os(ALICE), os("--out"), sealed.as_os_str()])
        .succeeds();
    let (folder, temporary) = (alice.path("out"), alice.path("temporary"));
    fs::create_dir(&folder).unwrap();
    fs::create_dir(&temporary).unwrap();
    let out = folder.join("opened.bin");
    let mut killed = 0;
    for pause in [450, 550, 650, 800] {
        for input in [None, Some(&sealed)] {
            let name = input.map_or(os("-"), |input| input.as_os_str());
            let mut command = alice.command([os("decrypt"), name, os("--out"), out.as_os_str()]);
            command.env("TMPDIR", &temporary).stdin(File::open(&sealed).unwrap()).stdout(Stdio::null());
            let mut child = command.stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(pause));
            let running = child.try_wait().unwrap().is_none();
            let _ = child.kill();
            child.wait().unwrap();
            if running {
                killed += 1;
                assert!(!out.exists(), "there is an output after {pause} ms, though its writer was killed");
            }
            let _ = fs::remove_file(&out);
            for place in [&folder, &temporary] {
                assert_eq!(fs::read_dir(place).unwrap().count(), 0, "{}", place.display());
            }
        }
    }
    assert!(killed > 0, "the work was always done before the kill; make the file larger");
}

/// Around every border: blocks of AES, of base64 lines and batches, of cipher batches, of spool chunks and of buffers.
fn sizes() -> Vec<usize> {
    const BORDERS: [usize; 16] = [
        0,
        16,
        48,
        57,
        64,
        76,
        128,
        256,
        1 << 10,
        4 << 10,
        16 << 10,
        32 << 10,
        48 << 10,
        57 << 10,
        64 << 10,
        1 << 20,
    ];
    let mut rng = clock::rng();
    let mut random = |below: u64| (rng.next_u64() % below) as usize;
    (0..1000)
        .map(|index| match index % 4 {
            0 => random(200),
            1 => random(200_000),
            _ => (BORDERS[index / 4 % 16] * (1 + random(3))).saturating_add_signed(random(5) as isize - 2),
        })
        .collect()
}

/// The desk of somebody whose key OpenSSL made, and who knows another one.
fn desk(own: &Peer, other: &Peer) -> Desk {
    let desk = Desk::open(Location::Memory, VaultKind::Memory, Box::new(NobodyToAsk), clock::now()).unwrap();
    let password = Passphrase::from(common::PASSWORD.to_owned());
    desk.import_identity(&fs::read(&own.p12).unwrap(), Some(&password)).unwrap();
    desk.import_contact(&other.certificate, None).unwrap();
    desk
}

#[test]
fn a_thousand_sizes_both_ways_with_openssl() {
    if !common::installed("openssl") {
        return;
    }
    let (own, other) = (peer("P-256"), peer("rsa2048"));
    let desk = desk(own, other);
    let address = |peer: &Peer| peer.address.parse::<Address>().unwrap();
    let folder = scratch();
    let path = |name: &str| folder.path().join(name);
    let mut content = vec![0; 4 << 20];
    clock::rng().fill_bytes(&mut content);
    for (index, size) in sizes().into_iter().enumerate() {
        fs::write(path("plain"), &content[..size]).unwrap();
        // GCM to oneself, who can read it; CBC to somebody who has said nothing. DER, and S/MIME text.
        let gcm = index % 2 == 0;
        let (name, form) = if index / 2 % 2 == 0 { ("sealed.p7m", "DER") } else { ("sealed.eml", "SMIME") };
        let reader = if gcm { own } else { other };
        let opened = if index / 4 % 2 == 0 {
            desk.encrypt(&path("plain"), &[address(reader)], None, &path(name)).unwrap();
            run(Command::new("openssl")
                .args(["cms", "-decrypt", "-binary", "-inform", form, "-in"])
                .arg(path(name))
                .arg("-inkey")
                .arg(&reader.key)
                .arg("-recip")
                .arg(&reader.certificate)
                .arg("-out")
                .arg(path("opened")))
            .succeeds();
            fs::read(path("opened")).unwrap()
        } else {
            let mut command = Command::new("openssl");
            command.args(["cms", "-encrypt", "-binary", if gcm { "-aes-256-gcm" } else { "-aes-256-cbc" }]);
            // OpenSSL 3.0 cannot stream a GCM message of nothing.
            let stream = index / 8 % 2 == 0 && size > 0;
            command.args(["-outform", form]).args(stream.then_some("-stream"));
            command.arg("-in").arg(path("plain")).arg("-out").arg(path(name)).arg(&own.certificate);
            run(&mut command).succeeds();
            let source = Box::new(File::open(path(name)).unwrap());
            let mut place = desk.decrypt(source, None, desk.spool()).unwrap();
            let mut opened = Vec::new();
            io::copy(&mut place, &mut opened).unwrap();
            opened
        };
        assert!(opened == content[..size], "{size} octets, {form}, {}", if gcm { "GCM" } else { "CBC" });
    }
}
