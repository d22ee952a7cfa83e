//! `packages` in a real task: the real apt, pip, npm and cargo install through the door, from a
//! mirror that this computer is configured for. Over TLS, so that each has to trust the task.

use crate::models::Desk;
use crate::server::Reply::Turn;
use crate::world::World;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const PYTHON: &str = "/usr/bin/python3";

/// The mirror, while it is kept.
pub(crate) struct Mirror {
    child: Child,
    pub(crate) folder: PathBuf,
    /// With TLS, and without.
    pub(crate) ports: [u16; 2],
}

impl Mirror {
    /// `None` where this computer lacks what makes the packages.
    pub(crate) fn start(world: &World) -> Option<Self> {
        let needed = [PYTHON, "/usr/bin/openssl", "/usr/bin/dpkg-deb"];
        if !needed.iter().all(|program| Path::new(program).exists()) {
            return None;
        }
        let folder = world.path("mirror");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/mirror.py");
        #[expect(clippy::disallowed_methods, reason = "what the real clients install from")]
        let mut child = Command::new(PYTHON)
            .arg(script)
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("as arranged");
        let mut said = String::new();
        BufReader::new(child.stdout.take().expect("as arranged"))
            .read_line(&mut said)
            .expect("as arranged");
        let mut ports = said.split_whitespace().map(|port| port.parse().expect("a port"));
        let ports = [(); 2].map(|()| ports.next().expect("the mirror says where it is"));
        Some(Self { child, folder, ports })
    }

    /// What this computer's package managers are told, and whom Legwork trusts.
    fn configure(&self, world: &World, programs: &[String]) {
        let url = format!("https://127.0.0.2:{}", self.ports[0]);
        let clear = format!("http://127.0.0.2:{}", self.ports[1]);
        let file = |path: &str, text: String| {
            let path = world.path(path);
            std::fs::create_dir_all(path.parent().expect("as arranged")).expect("as arranged");
            std::fs::write(path, text).expect("as arranged");
        };
        let shown = |path: PathBuf| path.display().to_string();
        file(
            "apt.conf",
            format!(
                "Dir::Etc::sourcelist {:?};\nDir::Etc::sourceparts \"-\";\n",
                shown(world.path("sources.list"))
            ),
        );
        file("sources.list", format!("deb [trusted=yes] {url}/apt ./\n"));
        file(".config/pip/pip.conf", format!("[global]\nindex-url = {url}/pip/simple\n"));
        file(".npmrc", format!("registry={clear}/npm/\n"));
        file(
            ".cargo/config.toml",
            format!("[registries.mirror]\nindex = \"sparse+{url}/cargo/index/\"\n"),
        );
        let path = world.path(".config/legwork/config.toml");
        let config = std::fs::read_to_string(&path).expect("as arranged");
        let more = format!(
            "[network]\nauthorities = [{:?}]\n[machine]\nprograms = {programs:?}\n",
            shown(self.folder.join("ca.pem"))
        );
        std::fs::write(path, config + &more).expect("as arranged");
    }

    pub(crate) fn requests(&self) -> String {
        std::fs::read_to_string(self.folder.join("requests")).unwrap_or_default()
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where cargo and its compiler are, if not with the system; `None`: nowhere.
fn toolchain() -> Option<Vec<String>> {
    if !Path::new("/usr/bin/cc").exists() {
        return None;
    }
    if Path::new("/usr/bin/cargo").exists() {
        return Some(vec![]);
    }
    #[expect(clippy::disallowed_methods, reason = "the toolchain that builds this test")]
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    #[expect(clippy::disallowed_methods, reason = "the toolchain that builds this test")]
    let said = Command::new(rustc).args(["--print", "sysroot"]).output().ok()?;
    let root = String::from_utf8(said.stdout).ok()?.trim().to_owned();
    Path::new(&root).join("bin/cargo").exists().then(|| vec![root])
}

#[test]
fn each_package_manager_installs_through_the_door() {
    let apt = "apt-get update -q && apt-get install -qy legwork-apt && legwork-apt";
    let pip = "/usr/bin/python3 -m pip install --break-system-packages --target /tmp/p \
               legwork-pip || /usr/bin/python3 -m pip install --target /tmp/p legwork-pip; \
               PYTHONPATH=/tmp/p /usr/bin/python3 -m legwork_pip";
    let npm = "npm install -g legwork-npm && legwork-npm";
    let cargo = "cargo install -q --root /tmp/c --registry mirror legwork-cargo && \
                 /tmp/c/bin/legwork-cargo";
    // What nobody allowed: to publish there, with a key of one's own.
    let publish = "curl -sS -m 40 -X PUT -H 'Authorization: Bearer theirs' -d @/etc/hostname \
                   $(grep -o 'http.*npm/' ~/.npmrc)legwork-npm";
    let programs = toolchain();
    let call = |command: &str| ("run_command", json!({"command": command}));
    let has = |program: &str| Path::new("/usr/bin").join(program).exists();
    let mut cases = vec![(apt, "hello by apt"), (pip, "hello by pip")];
    cases.extend(has("npm").then_some((npm, "hello by npm")));
    cases.extend(programs.is_some().then_some((cargo, "hello by cargo")));
    let calls = cases.iter().map(|(command, _)| *command).chain([publish]);
    let mut replies: Vec<_> = calls.map(|command| Turn("", vec![call(command)])).collect();
    replies.push(Turn("They are installed.", vec![]));
    let count = replies.len();
    let desk = Desk::new("anthropic/claude-x", replies);
    let Some(mirror) = Mirror::start(&desk.world) else { return };
    mirror.configure(&desk.world, &programs.unwrap_or_default());
    let folder = desk.folder.to_str().expect("as arranged");
    let args = ["run", "Install the packages", "--folder", folder, "--machine", "jail"];
    let more = ["--model", desk.name, "--allow", "packages", "--no-plan", "--yes"];
    let apt_config = desk.world.path("apt.conf");
    let output = desk
        .command(&[&args[..], &more].concat())
        .env("APT_CONFIG", &apt_config)
        .output()
        .expect("as arranged");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let seen = desk.server.seen();
    assert_eq!(seen.len(), count, "{said}");
    for ((command, expected), request) in cases.iter().zip(&seen[1..]) {
        let told = request["messages"].to_string();
        assert!(
            told.contains(expected),
            "{command}: {told}\n{}",
            desk.said(&["log", "last", "--egress"]).1
        );
    }
    let requests = mirror.requests();
    assert!(requests.contains("/apt/./Packages") && requests.contains(".whl"), "{requests}");
    assert!(!requests.contains("PUT"), "{requests}");
    let (_, log) = desk.said(&["log", "last", "--egress"]);
    assert!(log.contains("packages from 127.0.0.2"), "{log}");
}
