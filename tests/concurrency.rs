//! Several processes on one profile at once corrupt nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::path::{Path, PathBuf};

use common::{Profile, Run, os};

const PEOPLE: usize = 8;

/// Runs all of these at the same time.
fn at_once<T: Sync>(items: &[T], work: impl Fn(&T) -> Run + Sync) -> Vec<Run> {
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = items.iter().map(|item| scope.spawn(move || work(item))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn address(number: usize) -> String {
    format!("person{number}@example.com")
}

/// Certificates of eight people, as files in `profile`'s scratch folder.
fn certificates(profile: &Profile) -> Vec<PathBuf> {
    (0..PEOPLE)
        .map(|number| {
            let address = address(number);
            profile
                .run(["identity", "create", "--name", "Person", "--email", &address, "--key", "p256"])
                .succeeds();
            profile.certificate(&address, &format!("{number}.cer"))
        })
        .collect()
}

#[test]
fn eight_imports_at_once_all_arrive() {
    let people = Profile::new();
    let files = certificates(&people);
    let profile = Profile::new();
    let import = |file: &PathBuf| profile.run([os("contact"), os("import"), file.as_os_str()]);
    for run in at_once(&files, import) {
        run.succeeds();
    }
    let listed = profile.run(["contact", "list"]).succeeds().text();
    for number in 0..PEOPLE {
        assert!(listed.contains(&address(number)), "{} is missing from\n{listed}", address(number));
    }

    // The same eight again, all at once: nothing is there twice.
    let before = profile.state();
    for run in at_once(&files, import) {
        run.succeeds();
    }
    assert_eq!(profile.state(), before);
    passes_the_check_of_sqlite(&profile);
}

#[test]
fn identities_made_at_once_in_a_new_profile_all_arrive() {
    let profile = Profile::new();
    let numbers: Vec<usize> = (0..4).collect();
    let create = |number: &usize| {
        profile.run(["identity", "create", "--name", "Person", "--email", &address(*number), "--key", "p256"])
    };
    for run in at_once(&numbers, create) {
        run.succeeds();
    }
    let listed = profile.run(["identity", "list"]).succeeds().text();
    for number in numbers {
        assert!(listed.contains(&address(number)), "{listed}");
        profile.certificate(&address(number), &format!("{number}.pem"));
        profile
            .seal(
                &address(number),
                &address((number + 1) % 4),
                "To another of mine.\n",
                &format!("{number}.eml"),
                &[],
            )
            .succeeds();
        profile.open(&profile.path(format!("{number}.eml"))).succeeds();
    }
    passes_the_check_of_sqlite(&profile);
}

#[test]
fn readers_and_writers_do_not_disturb_each_other() {
    let people = Profile::new();
    let files = certificates(&people);
    let profile = Profile::new();
    let jobs: Vec<Option<&Path>> = files.iter().flat_map(|file| [Some(file.as_path()), None]).collect();
    let work = |job: &Option<&Path>| match job {
        Some(file) => profile.run([os("contact"), os("import"), file.as_os_str()]),
        None => profile.run(["--json", "contact", "list"]),
    };
    for run in at_once(&jobs, work) {
        run.succeeds();
    }
    passes_the_check_of_sqlite(&profile);
}

#[track_caller]
fn passes_the_check_of_sqlite(profile: &Profile) {
    let database = rusqlite::Connection::open(profile.profile().join("waxseal.db")).unwrap();
    let answer: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(answer, "ok");
}
