//! Waxseal against `openssl cms`: CPU time and peak memory of whole processes, one run of each after the other.
//!
//! ```sh
//! cargo bench --bench openssl                 # 1 KiB, 25 MiB, 100 MiB, 1 GiB; needs 8 GiB of disk
//! cargo bench --bench openssl -- 100M         # one size
//! cargo bench --bench openssl -- --rounds 9
//! ```
//!
//! Every round runs both programs on the same input and gives one ratio. The table has the median of the ratios with the
//! smallest and the largest. From 25 MiB on, the 1 KiB time of the same command is subtracted on both sides, so that
//! starting the program and unlocking the key do not count. Every output is checked: the other program must open it, or it must
//! be what went in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot go on says so"
)]

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rand_core::Rng as _;
use wait4::Wait4 as _;
use waxseal::store::clock;

/// Names and octets of the inputs.
const SIZES: [(&str, u64); 4] = [("1K", 1 << 10), ("25M", 25 << 20), ("100M", 100 << 20), ("1G", 1 << 30)];

/// Set in the process that runs inside a D-Bus session with a keyring.
const INSIDE: &str = "WAXSEAL_BENCH_INSIDE";

/// One work: what both programs do, and the bar for the ratio of their CPU times.
struct Work {
    name: &'static str,
    bar: f64,
    ours: fn(&World, &Input) -> Vec<Command>,
    theirs: fn(&World, &Input) -> Vec<Command>,
    /// Insists on the right output of both.
    check: fn(&World, &Input),
}

const WORKS: [Work; 6] = [
    Work {
        name: "encrypt AES-256-CBC to S/MIME text",
        bar: 0.85,
        ours: |world, input| {
            vec![world.waxseal(
                "writer",
                &["encrypt", &input.plain, "--to", "bob@example.com", "--out", &world.ours],
            )]
        },
        theirs: |world, input| vec![world.cms_encrypt("-aes-256-cbc", &input.plain)],
        check: World::check_encrypted,
    },
    Work {
        name: "encrypt AES-256-GCM to S/MIME text",
        bar: 1.1,
        ours: |world, input| {
            vec![world.waxseal(
                "writer",
                &["encrypt", &input.plain, "--to", "alice@example.com", "--out", &world.ours],
            )]
        },
        theirs: |world, input| vec![world.cms_encrypt("-aes-256-gcm", &input.plain)],
        check: World::check_encrypted,
    },
    Work {
        name: "decrypt S/MIME text",
        bar: 0.15,
        ours: |world, input| {
            vec![world.waxseal("reader", &["decrypt", &input.encrypted, "--out", &world.ours])]
        },
        theirs: |world, input| {
            vec![world.openssl(&[
                "cms",
                "-decrypt",
                "-binary",
                "-in",
                &input.encrypted,
                "-inkey",
                "bob.key",
                "-recip",
                "bob.crt",
                "-out",
                &world.theirs,
            ])]
        },
        check: |world, input| {
            world.same(&world.ours, &input.plain);
            world.same(&world.theirs, &input.plain);
        },
    },
    Work {
        name: "verify detached",
        bar: 0.1,
        ours: |world, input| vec![world.open(&input.detached)],
        theirs: |world, input| vec![world.cms_verify(&input.detached)],
        check: World::check_signature,
    },
    Work {
        name: "verify attached S/MIME text",
        bar: 0.2,
        ours: |world, input| vec![world.open(&input.attached)],
        theirs: |world, input| vec![world.cms_verify(&input.attached)],
        check: World::check_signature,
    },
    Work {
        name: "raw file to sealed mail",
        bar: 0.7,
        ours: |world, input| {
            let arguments =
                ["seal", "--from", "bob@example.com", "--to", "bob@example.com", "--attach", &input.plain];
            let mut command = world.waxseal("reader", &arguments);
            command.args(["--text", "note.txt", "--out", &world.ours]);
            vec![command]
        },
        theirs: |world, input| {
            vec![
                world.openssl(&["base64", "-in", &input.plain, "-out", "theirs.base64"]),
                world.cms_encrypt("-aes-256-cbc", "theirs.base64"),
            ]
        },
        check: |world, input| {
            world.run(world.waxseal("reader", &["open", &world.ours, "--save-attachments", "saved"]));
            world.same(&format!("saved/{}", input.plain), &input.plain);
            fs::remove_dir_all(world.path("saved")).unwrap();
        },
    },
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if std::env::var_os(INSIDE).is_none() && enter_session(&arguments) {
        return;
    }
    let rounds = arguments.iter().skip_while(|argument| *argument != "--rounds").nth(1);
    let rounds: usize = rounds.map_or(5, |rounds| rounds.parse().expect("--rounds takes a number"));
    let wanted = |name: &str| {
        !arguments.iter().any(|a| SIZES.iter().any(|(n, _)| n == a)) || arguments.iter().any(|a| a == name)
    };
    let only: Vec<&str> =
        arguments.iter().skip_while(|a| *a != "--only").skip(1).map(String::as_str).collect();

    let world = World::new();
    println!("{}", world.versions());
    let mut start = HashMap::new();
    let mut hundred: HashMap<&str, f64> = HashMap::new();
    for (name, octets) in SIZES {
        let small = octets == SIZES[0].1;
        if !small && !wanted(name) {
            continue;
        }
        println!(
            "\n{name}\n| work | CPU ratio, median (min–max) | bar | Waxseal s | OpenSSL s | Waxseal MiB | OpenSSL MiB |\n|---|---|---|---|---|---|---|"
        );
        let input = Input::new(&world, name, octets);
        for work in WORKS.iter().filter(|work| only.is_empty() || only.iter().any(|o| work.name.contains(o)))
        {
            // What is small is quick, and noisy.
            let rounds = if small { rounds * 8 } else { rounds };
            let mut pairs = Vec::new();
            for round in 0..rounds {
                world.clear();
                let ours = world.measure((work.ours)(&world, &input));
                let theirs = world.measure((work.theirs)(&world, &input));
                pairs.push((ours, theirs));
                if round == 0 {
                    (work.check)(&world, &input);
                }
            }
            let cpu = |pick: fn(&(Usage, Usage)) -> f64| median(pairs.iter().map(pick).collect());
            let (ours, theirs) = (cpu(|pair| pair.0.cpu), cpu(|pair| pair.1.cpu));
            let (our_start, their_start) = match small {
                true => (0.0, 0.0),
                false => start.get(work.name).copied().unwrap_or_default(),
            };
            if small {
                start.insert(work.name, (ours, theirs));
            }
            let ratio = |pair: &(Usage, Usage)| {
                (pair.0.cpu - our_start).max(0.0) / (pair.1.cpu - their_start).max(1e-9)
            };
            let ratios: Vec<f64> = pairs.iter().map(ratio).collect();
            let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
            let most = ratios.iter().copied().fold(0.0, f64::max);
            let memory = |pick: fn(&(Usage, Usage)) -> u64| {
                pairs.iter().map(pick).max().unwrap_or_default() as f64 / (1 << 20) as f64
            };
            println!(
                "| {} | {:.2}× ({least:.2}–{most:.2}) | {} | {:.3} | {:.3} | {:.1} | {:.1} |",
                work.name,
                median(ratios),
                if small { "1.0×".to_owned() } else { format!("{}×", work.bar) },
                ours - our_start,
                theirs - their_start,
                memory(|pair| pair.0.memory),
                memory(|pair| pair.1.memory),
            );
            match name {
                "100M" => drop(hundred.insert(work.name, ours - our_start)),
                "1G" => {
                    if let Some(before) = hundred.get(work.name) {
                        println!(
                            "|   growth from 100 MiB | {:.1}× | 11× | | | | |",
                            (ours - our_start) / before
                        );
                    }
                }
                _ => {}
            }
        }
        input.remove(&world);
    }
    println!("\n{}", world.key_file());
}

/// Runs this program again inside a session with a keyring of its own, where keys need no passphrase. False: there is none to be had.
fn enter_session(arguments: &[String]) -> bool {
    let script =
        "printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec \"$0\" \"$@\"";
    let home = tempfile::tempdir().unwrap();
    let run = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", script])
        .arg(std::env::current_exe().unwrap())
        .args(arguments)
        .envs([("HOME", home.path()), ("XDG_DATA_HOME", home.path()), ("XDG_RUNTIME_DIR", home.path())])
        .env(INSIDE, "1")
        .status();
    match run {
        Ok(status) => {
            assert!(status.success(), "the benchmark did not end well");
            true
        }
        Err(_) => panic!(
            "dbus-run-session and gnome-keyring-daemon are needed (apt-get install dbus gnome-keyring)"
        ),
    }
}

/// What a process used: CPU seconds, and octets of memory at its peak.
#[derive(Clone, Copy, Default)]
struct Usage {
    cpu: f64,
    memory: u64,
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// A folder with identities for both programs.
struct World {
    folder: tempfile::TempDir,
    ours: String,
    theirs: String,
}

/// One content in every form, by file names in the world's folder.
struct Input {
    plain: String,
    encrypted: String,
    detached: String,
    attached: String,
}

impl Input {
    fn new(world: &World, name: &str, octets: u64) -> Self {
        let input = Self {
            plain: format!("plain-{name}"),
            encrypted: format!("encrypted-{name}.eml"),
            detached: format!("detached-{name}.eml"),
            attached: format!("attached-{name}.eml"),
        };
        let mut file = File::create(world.path(&input.plain)).unwrap();
        let (mut rng, mut piece) = (clock::rng(), vec![0; 1 << 20]);
        let mut left = octets;
        while left > 0 {
            let count = left.min(piece.len() as u64) as usize;
            rng.fill_bytes(&mut piece[..count]);
            file.write_all(&piece[..count]).unwrap();
            left -= count as u64;
        }
        let Self { plain, encrypted, detached, attached } = &input;
        world.run(world.openssl(&[
            "cms",
            "-encrypt",
            "-stream",
            "-binary",
            "-aes-256-cbc",
            "-in",
            plain,
            "-out",
            encrypted,
            "bob.crt",
        ]));
        let arguments = [
            "seal",
            "--sign-only",
            "--from",
            "bob@example.com",
            "--to",
            "bob@example.com",
            "--attach",
            plain,
        ];
        let mut sign = world.waxseal("reader", &arguments);
        sign.args(["--text", "note.txt", "--out", detached]);
        world.run(sign);
        world.run(world.openssl(&[
            "cms",
            "-sign",
            "-nodetach",
            "-stream",
            "-binary",
            "-in",
            plain,
            "-out",
            attached,
            "-signer",
            "bob.crt",
            "-inkey",
            "bob.key",
        ]));
        input
    }

    fn remove(self, world: &World) {
        for name in [self.plain, self.encrypted, self.detached, self.attached, "theirs.base64".to_owned()] {
            let _ = fs::remove_file(world.path(&name));
        }
    }
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let world = Self { folder, ours: "ours.eml".to_owned(), theirs: "theirs.eml".to_owned() };
        fs::write(world.path("note.txt"), "Here it is.\n").unwrap();
        fs::write(world.path("password"), "between two programs\n").unwrap();
        let request = [
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "bob.key", "-out", "bob.crt",
            "-days", "300", "-subj", "/CN=Bob",
        ];
        let mut request = world.openssl(&request);
        request.args([
            "-addext",
            "subjectAltName=email:bob@example.com",
            "-addext",
            "keyUsage=digitalSignature,keyEncipherment",
        ]);
        request.args(["-addext", "extendedKeyUsage=emailProtection"]);
        world.run(request);
        world.run(world.openssl(&[
            "pkcs12",
            "-export",
            "-in",
            "bob.crt",
            "-inkey",
            "bob.key",
            "-out",
            "bob.p12",
            "-passout",
            "file:password",
        ]));
        world.run(world.waxseal("reader", &["identity", "import", "bob.p12", "--password-file", "password"]));
        // Whose signed mail was taken in has said that AES-GCM can be opened.
        world.run(world.waxseal(
            "alice",
            &["identity", "create", "--name", "Alice", "--email", "alice@example.com", "--key", "rsa2048"],
        ));
        world.run(world.waxseal(
            "alice",
            &["identity", "export", "alice@example.com", "--out", "alice.p12", "--password-file", "password"],
        ));
        world.run(world.openssl(&[
            "pkcs12",
            "-in",
            "alice.p12",
            "-passin",
            "file:password",
            "-nodes",
            "-out",
            "alice.pem",
        ]));
        let mut sign = world.waxseal(
            "alice",
            &["seal", "--sign-only", "--from", "alice@example.com", "--to", "bob@example.com"],
        );
        sign.args(["--text", "note.txt", "--out", "alice.eml"]);
        world.run(sign);
        world.run(world.waxseal("writer", &["contact", "import", "alice.eml", "bob.crt"]));
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn waxseal(&self, profile: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_waxseal-cli"));
        command
            .current_dir(self.folder.path())
            .args(["--vault", "keyring", "--profile", profile])
            .args(arguments);
        command
    }

    fn openssl(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("openssl");
        command.current_dir(self.folder.path()).args(arguments);
        command
    }

    fn cms_encrypt(&self, cipher: &str, input: &str) -> Command {
        let to = if cipher.contains("gcm") { "alice.pem" } else { "bob.crt" };
        self.openssl(&[
            "cms",
            "-encrypt",
            "-stream",
            "-binary",
            cipher,
            "-in",
            input,
            "-out",
            &self.theirs,
            to,
        ])
    }

    fn cms_verify(&self, input: &str) -> Command {
        self.openssl(&["cms", "-verify", "-noverify", "-in", input, "-out", &self.theirs])
    }

    fn open(&self, input: &str) -> Command {
        self.waxseal("reader", &["open", input, "--json"])
    }

    /// Ours by OpenSSL, theirs by Waxseal.
    fn check_encrypted(&self, input: &Input) {
        let key = if self.is_gcm(&self.ours) { "alice.pem" } else { "bob.key" };
        self.run(
            self.openssl(&["cms", "-decrypt", "-binary", "-in", &self.ours, "-inkey", key, "-out", "opened"]),
        );
        self.same("opened", &input.plain);
        let profile = if key == "bob.key" { "reader" } else { "alice" };
        self.run(self.waxseal(profile, &["decrypt", &self.theirs, "--out", "opened"]));
        self.same("opened", &input.plain);
    }

    fn is_gcm(&self, name: &str) -> bool {
        let mut head = [0; 200];
        let count = File::open(self.path(name)).unwrap().read(&mut head).unwrap();
        String::from_utf8_lossy(&head[..count]).contains("authEnveloped")
    }

    fn check_signature(&self, input: &Input) {
        for (file, kind) in [(&input.detached, "multipart/signed"), (&input.attached, "signed-data")] {
            let output = self.open(file).output().unwrap();
            let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(said["signature"]["state"], "valid", "{kind}");
            assert_eq!(
                said["attachments"][0]["size"],
                self.path(&input.plain).metadata().unwrap().len(),
                "{kind}"
            );
        }
    }

    fn run(&self, mut command: Command) {
        let output = command.output().unwrap();
        // 3: opened, and judged "Not secure".
        assert!(
            matches!(output.status.code(), Some(0 | 3)),
            "{command:?}\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Neither program finds an output of the last round.
    fn clear(&self) {
        for output in [&self.ours, &self.theirs] {
            let _ = fs::remove_file(self.path(output));
        }
    }

    fn measure(&self, commands: Vec<Command>) -> Usage {
        commands.into_iter().fold(Usage::default(), |sum, mut command| {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let ended = command.spawn().unwrap().wait4().unwrap();
            assert!(matches!(ended.status.code(), Some(0 | 3)), "{command:?}: {:?}", ended.status);
            let used = ended.rusage;
            Usage {
                cpu: sum.cpu + used.utime.as_secs_f64() + used.stime.as_secs_f64(),
                memory: sum.memory.max(used.maxrss),
            }
        })
    }

    fn same(&self, one: &str, other: &str) {
        assert!(same_octets(&self.path(one), &self.path(other)), "{one} is not {other}");
    }

    /// What unlocking a key file costs: scrypt.
    fn key_file(&self) -> String {
        let vault = |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_waxseal-cli"));
            command.current_dir(self.folder.path());
            command
                .args(["--vault", "file", "--profile", "files", "--passphrase-file", "password"])
                .args(arguments);
            command
        };
        self.run(vault(&["identity", "import", "bob.p12", "--password-file", "password"]));
        fs::write(self.path("small"), "x").unwrap();
        self.run(vault(&["encrypt", "small", "--to", "bob@example.com", "--out", "small.p7m"]));
        let used: Vec<Usage> = (0..5)
            .map(|_| self.measure(vec![vault(&["decrypt", "small.p7m", "--out", "small.out"])]))
            .collect();
        let memory = used.iter().map(|usage| usage.memory).max().unwrap_or_default() >> 20;
        format!(
            "Unlocking a key file: {:.2} s, {memory} MiB (the whole command, 1 octet).",
            median(used.iter().map(|usage| usage.cpu).collect())
        )
    }

    fn versions(&self) -> String {
        let version = self.openssl(&["version"]).output().unwrap();
        format!(
            "Waxseal {} against {}",
            env!("CARGO_PKG_VERSION"),
            String::from_utf8_lossy(&version.stdout).trim()
        )
    }
}

fn same_octets(one: &Path, other: &Path) -> bool {
    let (mut one, mut other) = (File::open(one).unwrap(), File::open(other).unwrap());
    if one.metadata().unwrap().len() != other.metadata().unwrap().len() {
        return false;
    }
    let (mut left, mut right) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let count = one.read(&mut left).unwrap();
        if count == 0 {
            return true;
        }
        other.read_exact(&mut right[..count]).unwrap();
        if left[..count] != right[..count] {
            return false;
        }
    }
}
