//! Work that somebody stops from another thread: it ends at once, says so, and leaves nothing behind.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use common::{PASSWORD, installed, peer, run, scratch};
use waxseal::desk::file::{self, FileTrouble};
use waxseal::desk::identities::IdentityError;
use waxseal::desk::import::IdentityImportError;
use waxseal::desk::office::Office;
use waxseal::desk::open::ReadingError;
use waxseal::desk::seal::{Letter, SealingError};
use waxseal::smime::Address;
use waxseal::smime::crypto::KeyKind;
use waxseal::smime::message::header_protection::confidences::Confidences;
use waxseal::smime::message::reply::Thread;
use waxseal::smime::progress::{Progress, Stopped};
use waxseal::smime::secret::Passphrase;
use waxseal::store::drafts::Enclosure;
use waxseal::store::vault::{NobodyToAsk, VaultKind};
use waxseal::store::{Location, clock};

const ROBIN: &str = "robin@example.org";
const MEBIBYTE: u64 = 1 << 20;
/// Large enough that no pass over it is done when it is stopped.
const LARGE: u64 = 100 * MEBIBYTE;
/// By when a stop has been noticed, in the middle of several, even on a busy machine: far from the end of the work. What it
/// took is printed; a tenth of a second is what is aimed at.
const AT_ONCE: Duration = Duration::from_secs(3);

fn robin() -> Address {
    ROBIN.parse().unwrap()
}

/// A profile that lives in memory, with one identity.
fn office() -> Office {
    let office = Office::open(Location::Memory, Some(VaultKind::Memory), Box::new(NobodyToAsk)).unwrap();
    let desk = office.desk(clock::now()).unwrap();
    desk.create_identity("Robin", &[robin()], KeyKind::P256, 30).unwrap();
    drop(desk);
    office
}

fn large_file(folder: &Path) -> PathBuf {
    let path = folder.join("large.bin");
    File::create(&path).unwrap().set_len(LARGE).unwrap();
    path
}

fn letter(attachment: &Path) -> Letter {
    Letter {
        from: robin(),
        to: vec![robin()],
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: None,
        text: "Here it is.\n".to_owned(),
        attachments: vec![Enclosure::File(attachment.to_owned())],
        thread: Thread::default(),
        confidences: Confidences::default(),
        expired: Vec::new(),
    }
}

/// When to stop.
#[derive(Debug, Clone, Copy)]
enum When {
    /// As soon as so many octets are read.
    Read(u64),
    After(Duration),
}
use When::{After, Read};

/// Does `work` in a thread and stops it then; insists that it was stopped, and at once.
#[track_caller]
fn stops<T: Send, E: Send>(
    when: &[When],
    work: &(dyn Fn(&Progress) -> Result<T, E> + Sync),
    is_stopped: &dyn Fn(&E) -> bool,
) {
    let mut took: Vec<Duration> = Vec::new();
    for when in when {
        let progress = Progress::default();
        std::thread::scope(|scope| {
            let working = scope.spawn(|| work(&progress));
            match when {
                Read(octets) => {
                    while progress.done() < *octets && !working.is_finished() {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                }
                After(pause) => std::thread::sleep(*pause),
            }
            let stopped = Instant::now();
            progress.stop();
            let outcome = working.join().unwrap();
            took.push(stopped.elapsed());
            assert!(outcome.is_err_and(|error| is_stopped(&error)), "not stopped: {when:?}");
        });
    }
    took.sort();
    println!("stopped after {took:?}");
    assert!(took[took.len() / 2] < AT_ONCE, "it went on for {took:?}");
}

#[track_caller]
fn is_empty(folder: &Path) {
    let names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.is_empty(), "left behind: {names:?}");
}

#[test]
fn what_is_sealed_and_opened_leaves_nothing() {
    let (office, folder) = (office(), scratch());
    let large = large_file(folder.path());
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    let sealing = |error: &SealingError| matches!(error, SealingError::Stopped(Stopped));
    let reading = |error: &ReadingError| matches!(error, ReadingError::Stopped(Stopped));
    let desk = |progress: &Progress| office.desk(clock::now()).unwrap().watched_by(progress);

    // In the first pass, in the second, and before anything.
    let moments = [0, 10 * MEBIBYTE, LARGE - MEBIBYTE, LARGE + 50 * MEBIBYTE].map(Read);
    for name in ["sealed.eml", "sealed.p7m"] {
        let seal = |progress: &Progress| desk(progress).seal(&letter(&large), false, &out.join(name));
        stops(&moments, &seal, &sealing);
        is_empty(&out);
    }
    let sign = |progress: &Progress| desk(progress).seal(&letter(&large), true, &out.join("signed.p7m"));
    stops(&moments, &sign, &sealing);
    is_empty(&out);
    let encrypt =
        |progress: &Progress| desk(progress).encrypt(&large, &[robin()], None, &out.join("sealed.eml"));
    stops(&moments[..3], &encrypt, &sealing);
    is_empty(&out);

    let (sealed, signed) = (folder.path().join("sealed.eml"), folder.path().join("signed.eml"));
    let progress = Progress::default();
    desk(&progress).seal(&letter(&large), false, &sealed).unwrap();
    let (done, expected) = (progress.done(), progress.expected());
    assert!(done == expected && done == 2 * LARGE, "{done} of {expected}");
    desk(&Progress::default()).seal(&letter(&large), true, &signed).unwrap();
    for message in [&sealed, &signed] {
        let read = |progress: &Progress| {
            let desk = desk(progress);
            desk.read(file::source(message, desk.spool()).unwrap().into())
        };
        let progress = Progress::default();
        let mut opened = read(&progress).unwrap().opened;
        let fraction = progress.fraction().unwrap();
        assert!((0.5..=1.0).contains(&fraction) && progress.done() <= progress.expected(), "{progress:?}");
        let moments = [0, 20 * MEBIBYTE, LARGE * 2, progress.done() - MEBIBYTE].map(Read);
        stops(&moments, &read, &reading);

        // What is saved is watched by a progress of its own.
        let saving = Progress::default();
        saving.stop();
        let refused = opened.write_attachment(0, &mut saving.watch(std::io::sink())).unwrap_err();
        assert!(Stopped::is_reason(&refused));
        assert_eq!(opened.write_attachment(0, &mut std::io::sink()).unwrap(), LARGE);
    }

    let decrypt = |progress: &Progress| {
        let desk = desk(progress);
        let path = out.join("opened.bin");
        let result = desk.result_file(&path).unwrap();
        let source = file::source(&sealed, desk.spool()).unwrap();
        let content = desk.decrypt(source, None, result.spool())?;
        // The last moment is before the result gets its name.
        progress.stop();
        let refused = result.commit(content).unwrap_err();
        assert_eq!(refused.what, FileTrouble::Stopped);
        Err::<(), _>(ReadingError::Stopped(Stopped))
    };
    stops(&[0, 20 * MEBIBYTE, LARGE * 2, u64::MAX].map(Read), &decrypt, &reading);
    is_empty(&out);
}

#[test]
fn a_key_that_is_given_up_is_kept_nowhere() {
    let folder = scratch();
    let profile = folder.path().join("profile");
    let passphrase = Box::new(Passphrase::from("correct horse".to_owned()));
    let office =
        Office::open(Location::Directory(profile.clone()), Some(VaultKind::File), passphrase).unwrap();
    let finished = AtomicUsize::new(0);
    let create = |progress: &Progress| {
        let desk = office.desk(clock::now())?.watched_by(progress);
        loop {
            // Seconds in the middle, but one in many comes out at once.
            desk.create_identity("Robin", &[robin()], KeyKind::Rsa4096, 30)?;
            finished.fetch_add(1, Relaxed);
        }
    };
    let moments = [0, 5, 40, 70, 100].map(|pause| After(Duration::from_millis(pause)));
    let is_stopped = |error: &IdentityError| matches!(error, IdentityError::Stopped(Stopped));
    stops::<(), _>(&moments, &create, &is_stopped);
    let identities = office.desk(clock::now()).unwrap().store().identities().unwrap();
    let kept: usize = identities.iter().map(|identity| identity.keys.len()).sum();
    let files = fs::read_dir(profile.join("keys")).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "pem")).count();
    assert_eq!((kept, files), (finished.load(Relaxed), finished.load(Relaxed)));
}

#[test]
fn a_key_file_that_costs_seconds_is_given_up() {
    if !installed("openssl") {
        return;
    }
    let (office, folder, peer) = (office(), scratch(), peer("P-256"));
    let costly = folder.path().join("costly.p12");
    run(Command::new("openssl")
        .args(["pkcs12", "-export", "-iter", "3000000", "-passout"])
        .arg(format!("pass:{PASSWORD}"))
        .arg("-in")
        .arg(&peer.certificate)
        .arg("-inkey")
        .arg(&peer.key)
        .arg("-out")
        .arg(&costly))
    .succeeds();
    let octets = fs::read(&costly).unwrap();
    let password = Passphrase::from(PASSWORD.to_owned());
    let import = |progress: &Progress| {
        let desk = office.desk(clock::now())?.watched_by(progress);
        desk.import_identity(&octets, Some(&password))
    };
    let moments = [0, 50, 100].map(|pause| After(Duration::from_millis(pause)));
    stops(&moments, &import, &|error: &IdentityImportError| {
        matches!(error, IdentityImportError::Stopped(Stopped))
    });
    assert_eq!(office.desk(clock::now()).unwrap().store().identities().unwrap().len(), 1);
}
