//! What can be installed in a machine, what is left of it outside, and layers.

#[path = "yard/layered.rs"]
mod layered;
#[path = "yard/mod.rs"]
mod yard;

use machine::system::{
    LayerError, Root, System, SystemError, clear_discarded, discard, du, keep, layers, remove, tidy,
};
use machine::{Jail, StartError};
use std::fs;
use std::path::Path;
use wire::PlacedFile;
use yard::{Yard, shell};

/// What `dpkg` unpacks: a program, a configuration file, a file in a folder of the host's, and a
/// script that wants a user, a group, an owner, and a server started.
const DEB: &str = r#"
mkdir -p /tmp/p/DEBIAN /tmp/p/usr/bin /tmp/p/etc/hello /tmp/p/usr/share/man/man1
cd /tmp/p
cat > DEBIAN/control <<'EOF'
Package: legwork-hello
Version: 1.0
Architecture: all
Maintainer: A <a@example.org>
Description: says hello
EOF
printf '#!/bin/sh\ncat /etc/hello/text\n' > usr/bin/legwork-hello; chmod 755 usr/bin/legwork-hello
echo hello from a package > etc/hello/text; echo /etc/hello/text > DEBIAN/conffiles
echo x > usr/share/man/man1/legwork-hello.1
cat > DEBIAN/postinst <<'EOF'
#!/bin/sh
set -e
chown man:www-data /usr/bin/legwork-hello
mkdir -p /var/lib/hello && chown -R 33:33 /var/lib/hello
if test -x /usr/sbin/policy-rc.d; then /usr/sbin/policy-rc.d && exit 1; fi
update-alternatives --install /usr/bin/legwork-hi legwork-hi /usr/bin/legwork-hello 10
EOF
chmod 755 DEBIAN/postinst
dpkg-deb --root-owner-group -b /tmp/p /tmp/legwork-hello.deb
"#;

/// A package that builds itself, so that nothing has to be fetched.
const PYTHON_PACKAGE: &str = r#"
mkdir -p m/own_module && cd m && echo 'def f(): return 42' > own_module/__init__.py
cat > pyproject.toml <<'EOF'
[build-system]
requires = []
build-backend = "b"
backend-path = ["."]
[project]
name = "own-module"
version = "1"
EOF
cat > b.py <<'EOF'
import zipfile
INFO = {
    'METADATA': 'Metadata-Version: 2.1\nName: own-module\nVersion: 1\n',
    'WHEEL': 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    'RECORD': '',
}
def build_wheel(folder, settings=None, metadata=None):
    name = 'own_module-1-py3-none-any.whl'
    with zipfile.ZipFile(folder + '/' + name, 'w') as wheel:
        wheel.write('own_module/__init__.py')
        for file, text in INFO.items():
            wheel.writestr('own_module-1.dist-info/' + file, text)
    return name
EOF
/usr/bin/python3 -m pip install -q . && cd / &&
/usr/bin/python3 -c 'import own_module; print(own_module.f())'
"#;

const NODE_PACKAGE: &str = r#"
mkdir n && cd n && echo '{"name":"own","version":"1.0.0","bin":"own.js"}' > package.json
printf '#!/usr/bin/env node\nconsole.log(6*7)\n' > own.js
npm pack --silent >&2 && npm install --silent --offline -g ./own-1.0.0.tgz && cd / && own
"#;

/// A server starts when it can: the client tries until then, a bounded number of times.
const SERVER: &str = r#"
mkdir s && echo a page > s/index.html
(cd s && exec /usr/bin/python3 -m http.server -b 127.0.0.1 8123) 2>/dev/null &
/usr/bin/python3 - <<'EOF'
import select, urllib.request
for n in range(200):
    try:
        print(urllib.request.urlopen("http://127.0.0.1:8123/").read().decode())
        break
    except OSError:
        select.select([], [], [], 0.05)
EOF
kill $!
"#;

const DATABASE: &str = r#"
/usr/bin/python3 - <<'EOF'
import sqlite3
base = sqlite3.connect("/var/lib/own.db")
base.execute("create table t(x)")
base.execute("insert into t values(42)")
base.commit()
print(sqlite3.connect("/var/lib/own.db").execute("select x from t").fetchone()[0])
EOF
"#;

fn has(program: &str) -> bool {
    Path::new("/usr/bin").join(program).exists()
}

/// Entries of a folder of the host, with what would change if anything did.
fn listing(folder: &str) -> Vec<String> {
    let mut seen: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            use std::os::unix::fs::MetadataExt;
            let found = entry.metadata().ok()?;
            let name = entry.file_name().to_string_lossy().into_owned();
            Some(format!("{name} {} {} {}", found.ino(), found.size(), found.mtime()))
        })
        .collect();
    seen.sort();
    seen
}

#[tokio::test]
async fn packages_are_installed_for_the_task_alone() {
    if !has("dpkg-deb") {
        return;
    }
    let hosts = ["/usr", "/usr/bin", "/etc/alternatives", "/etc", "/var/lib/dpkg/alternatives"];
    let before = hosts.map(listing);
    let yard = Yard::layered();
    let jail = yard.start().await;
    let script = format!(
        "set -e\n{DEB}\ndpkg -i /tmp/legwork-hello.deb; legwork-hi; dpkg -l legwork-hello | tail -1"
    );
    let answer = shell(&jail, &script).await;
    assert!(answer.code() == 0, "{}", answer.text);
    assert!(answer.text.contains("hello from a package"), "{}", answer.text);
    assert!(answer.text.contains("ii  legwork-hello"), "{}", answer.text);
    jail.stop().await;

    // It is there after a restart, and goes when it is removed.
    let jail = yard.start().await;
    let answer = shell(&jail, "legwork-hello && dpkg -P legwork-hello; ls /etc/hello").await;
    assert!(answer.text.contains("hello from a package"), "{}", answer.text);
    assert!(answer.text.contains("No such file"), "{}", answer.text);
    jail.stop().await;
    assert_eq!(hosts.map(listing), before, "the host is as it was");
}

/// A newer version of what every Debian has, with a script and pages in folders of its own.
const NEWER: &str = r#"
set -e
mkdir -p /tmp/d/DEBIAN && cd /tmp/d
dpkg-query -L debianutils | while read -r it; do if test ! -d "$it"; then echo "$it"; fi; done |
    tar -c --no-recursion -T - 2>/dev/null | tar -x
cat > DEBIAN/control <<EOF
Package: debianutils
Version: 99
Essential: yes
Multi-Arch: foreign
Architecture: $(dpkg --print-architecture)
Maintainer: A <a@example.org>
Description: newer than any
EOF
echo newer >> usr/share/doc/debianutils/copyright
dpkg-deb --root-owner-group -b /tmp/d /tmp/newer.deb >/dev/null
apt-get install -qq /tmp/newer.deb 2>&1
dpkg-query -W debianutils; tail -1 /usr/share/doc/debianutils/copyright; which sh
"#;

#[tokio::test]
async fn what_the_host_has_can_be_upgraded() {
    if !(has("apt-get") && Path::new("/var/lib/dpkg/info/debianutils.list").exists()) {
        return;
    }
    let hosts = ["/usr/bin", "/usr/share/doc/debianutils", "/var/lib/dpkg"];
    let before = hosts.map(listing);
    let yard = Yard::layered();
    let jail = yard.start().await;
    let answer = shell(&jail, NEWER).await;
    assert!(answer.code() == 0, "{}", answer.text);
    assert!(answer.text.contains("debianutils\t99\nnewer\n"), "{}", answer.text);
    assert!(!answer.text.contains("denied"), "{}", answer.text);
    let left =
        shell(&jail, "find /usr -name '*.legwork-own' -o -name '*.dpkg-*' 2>/dev/null").await;
    assert_eq!(left.text, "", "nothing is left over");
    jail.stop().await;
    assert_eq!(hosts.map(listing), before, "the host is as it was");
}

#[tokio::test]
async fn what_was_installed_is_discarded_and_the_folders_stay() {
    let yard = Yard::layered();
    let task = yard.path("task");
    discard(&task).expect("there is nothing");
    let jail = yard.start().await;
    let script = "echo x > /usr/bin/own && mkdir -m 0 /usr/lib/own && echo new > new.txt";
    assert_eq!(shell(&jail, script).await.code(), 0);
    jail.stop().await;
    discard(&task).expect("no machine stands");
    // As if the daemon was killed before the room was given back, and the task went on.
    let jail = yard.start().await;
    let answer = shell(&jail, "cat new.txt; ls /usr/bin/own /usr/lib/own 2>&1 | grep -c No").await;
    assert_eq!(answer.text, "new\n2\n");
    jail.stop().await;
    discard(&task).expect("no machine stands");
    clear_discarded(&task).expect("ours");
    let mut left: Vec<_> = fs::read_dir(&task).expect("there").flatten().collect();
    left.retain(|entry| entry.file_name() != "guest.log");
    assert!(left.len() == 1 && left[0].file_name() == "upper", "{left:?}");
}

/// What a machine left behind is hostile when it starts again.
#[tokio::test]
async fn links_in_what_was_written_lead_the_next_start_nowhere() {
    let mut yard = Yard::layered();
    yard.start().await.stop().await;
    let rest = yard.path("task/system/upper/rest");
    for (link, target) in [("var/lib", "/proc/sys"), ("etc/apt", "/folders/work")] {
        let link = rest.join(link);
        fs::create_dir_all(link.parent().expect("below")).expect("room");
        machine::clear(&link).expect("there was nothing");
        std::os::unix::fs::symlink(target, link).expect("room");
    }
    fs::create_dir_all(rest.join("home")).expect("room");
    std::os::unix::fs::symlink("/folders/work/a.txt", rest.join("home/.npmrc")).expect("room");
    for (path, mode) in [("/etc/apt/sources.list", 0o644), ("/home/.npmrc", 0o600)] {
        let file = PlacedFile { path: path.into(), mode, text: format!("# {path}\n") };
        yard.spec.files.push(file);
    }
    let jail = yard.start().await;
    let script = "cat /proc/sys/user/max_user_namespaces a.txt /etc/apt/sources.list ~/.npmrc; \
                  test -L /etc/apt || test -L /var/lib || echo no links; ls; \
                  stat -c %a ~/.npmrc; ls -d /proc/sys/dpkg /var/lib/dpkg 2>/dev/null";
    let answer = shell(&jail, script).await;
    let packages = if Path::new("/var/lib/dpkg").exists() { "/var/lib/dpkg\n" } else { "" };
    let want = format!(
        "0\nfirst\n# /etc/apt/sources.list\n# /home/.npmrc\nno links\na.txt\nsub\n600\n{packages}"
    );
    assert_eq!(answer.text, want);
    jail.stop().await;
}

#[tokio::test]
async fn a_file_is_placed_where_nothing_is_installed_too() {
    let mut yard = Yard::new();
    let place =
        |path: &str| PlacedFile { path: path.into(), mode: 0o644, text: "[global]\n".into() };
    yard.spec.files = vec![place("/etc/pip.conf"), place("/home/.cargo/config.toml")];
    let jail = yard.start().await;
    let answer = shell(&jail, "cat /etc/pip.conf ~/.cargo/config.toml; touch /etc/pip.conf").await;
    assert!(answer.text.starts_with("[global]\n[global]\n"), "{}", answer.text);
    assert!(answer.text.contains("Read-only file system"), "{}", answer.text);
    jail.stop().await;
    for path in ["/usr/x", "/etc/../x", "/etc", "etc/x", "/home//x"] {
        yard.spec.files = vec![place(path)];
        match Jail::start(&yard.spec).await.map(drop) {
            Err(StartError::System { source: SystemError::PlacedFile { .. } }) => {}
            other => panic!("{path}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn folders_with_programs_of_the_host_are_found_first() {
    use std::os::unix::fs::PermissionsExt;
    let mut yard = Yard::new();
    fs::create_dir_all(yard.path("toolchain-1.0/bin")).expect("room");
    let program = yard.path("toolchain-1.0/bin/sort");
    fs::write(&program, "#!/bin/sh\necho its own; cd -- ${0%/*}; pwd; touch x\n").expect("room");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("ours");
    yard.spec.programs = vec![yard.path("toolchain-1.0")];
    let jail = yard.start().await;
    let answer = shell(&jail, "sort").await;
    assert!(answer.text.starts_with("its own\n/programs/toolchain-1.0/bin\n"), "{}", answer.text);
    assert!(answer.text.contains("Read-only file system"), "{}", answer.text);
    jail.stop().await;
    yard.spec.programs.push(yard.path("toolchain-1.0"));
    match Jail::start(&yard.spec).await.map(drop) {
        Err(StartError::System { source: SystemError::ProgramName { .. } }) => {}
        other => panic!("{other:?}"),
    }
}

/// The host's own tools, where it has them; nothing is fetched.
#[tokio::test]
async fn each_way_to_install_works_and_a_server_and_a_database_run() {
    let yard = Yard::layered();
    let jail = yard.start().await;
    let python = "/usr/bin/python3";
    let cases = [
        (python, PYTHON_PACKAGE, "42"),
        ("/usr/bin/npm", NODE_PACKAGE, "42"),
        (python, SERVER, "a page"),
        (python, DATABASE, "42"),
    ];
    for (needs, script, want) in cases {
        if Path::new(needs).exists() {
            let answer = shell(&jail, script).await;
            assert!(
                answer.text.lines().rfind(|line| !line.is_empty()) == Some(want),
                "{script}\n{}",
                answer.text
            );
        }
    }
    jail.stop().await;
}

/// Starts a machine with these layers.
async fn with(yard: &mut Yard, below: &[&str]) -> Result<Jail, StartError> {
    if let System::Layered(layered) = &mut yard.spec.system {
        layered.layers = below.iter().map(|name| (*name).to_owned()).collect();
    }
    Jail::start(&yard.spec).await
}

#[tokio::test]
async fn what_was_installed_is_kept_by_name_and_used_by_a_later_task() {
    let mut yard = Yard::layered();
    let (task, store) = (yard.path("task"), yard.path("store"));
    let keep_as = |name: &str| keep(&task, name, &store);
    assert!(matches!(keep_as("first"), Err(LayerError::NothingToKeep)));
    let jail = yard.start().await;
    let script = "mkdir -p /usr/lib/own && echo one > /usr/lib/own/a && echo two > /usr/lib/own/b \
                  && echo conf > /etc/own && rm /usr/bin/tsort && rm -r /usr/bin/cut /etc/skel \
                  && mkdir /etc/skel && echo new > /etc/skel/new && rm -rf /usr/lib/own/none";
    assert_eq!(shell(&jail, script).await.code(), 0);
    jail.stop().await;
    let before = du(&task);
    assert!(before.system_bytes > 0 && before.files > 5, "{before:?}");
    let kept = keep_as("first").expect("it is kept");
    assert!(kept.below.is_empty() && kept.fits && kept.bytes > 0, "{kept:?}");
    assert!(!task.join("system/upper").exists());

    // The task goes on with the layer below it, and finds all as it was.
    let jail = with(&mut yard, &["first"]).await.expect("it fits");
    let look = "cat /usr/lib/own/a /etc/own; ls -A /etc/skel; ls /usr/bin/tsort /usr/bin/cut";
    let answer = shell(&jail, look).await;
    assert!(answer.text.starts_with("one\nconf\nnew\n"), "{}", answer.text);
    assert_eq!(answer.text.matches("No such file").count(), 2, "{}", answer.text);
    let more = "echo three > /usr/lib/own/a && rm /usr/lib/own/b && echo x > /usr/bin/tsort";
    assert_eq!(shell(&jail, more).await.code(), 0);
    jail.stop().await;
    match with(&mut yard, &[]).await.map(drop) {
        Err(StartError::System { source: SystemError::LayersChanged { begun } }) => {
            assert_eq!(begun, ["first"]);
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(keep_as("first"), Err(LayerError::Exists { .. })));
    for name in ["", "../x", "A", ".x", "a/b", "a\n", &"x".repeat(65)] {
        assert!(matches!(keep_as(name), Err(LayerError::Name { .. })), "{name}");
    }
    assert_eq!(keep_as("second").expect("it is kept").below, ["first"]);

    // Another task.
    machine::clear(&task).expect("it is stopped");
    fs::create_dir(&task).expect("room");
    let alone = with(&mut yard, &["second"]).await.map(drop);
    assert!(
        matches!(&alone, Err(StartError::System { source: SystemError::LayerAlone { .. } })),
        "{alone:?}"
    );
    let jail = with(&mut yard, &["second", "first"]).await.expect("both fit");
    let answer = shell(&jail, "cat /usr/lib/own/a /usr/bin/tsort; ls /usr/lib/own").await;
    assert_eq!(answer.text, "three\nx\na\n");
    jail.stop().await;
    assert!(matches!(remove(&store, "first"), Err(LayerError::Needed { .. })));
    let (good, broken) = layers(&store, &Root::Host).expect("readable");
    let names: Vec<&str> = good.iter().map(|layer| layer.name.as_str()).collect();
    assert!(names == ["first", "second"] && broken.is_empty(), "{good:?} {broken:?}");
    assert!(good.iter().all(|layer| layer.fits));

    // The system below has become another one.
    let record = store.join("layers/first/layer.json");
    let text = fs::read_to_string(&record).expect("there");
    let now = text.find("ground\":\"").expect("it says") + 9;
    fs::write(&record, format!("{}{}{}", &text[..now], "0".repeat(32), &text[now + 32..]))
        .expect("ours");
    machine::clear(&task).expect("it is stopped");
    fs::create_dir(&task).expect("room");
    let old = with(&mut yard, &["second", "first"]).await.map(drop).expect_err("it is old");
    assert!(old.to_string().contains("another version of the system below"), "{old}");
    assert!(old.next().contains("install its packages again"), "{}", old.next());
    fs::write(&record, "{").expect("ours");
    let (good, broken) = layers(&store, &Root::Host).expect("readable");
    assert!(good.len() == 1 && matches!(broken[0].why, LayerError::Damaged), "{broken:?}");
    remove(&store, "second").expect("nothing is on it");
    remove(&store, "first").expect("a broken one too");
    assert!(matches!(remove(&store, "first"), Err(LayerError::Missing { .. })));
    tidy(&store, &[Root::Host]).expect("nothing runs");
    tidy(&store, &[]).expect("nothing runs");
    assert_eq!(fs::read_dir(store.join("grounds")).expect("there").count(), 0);
}

/// A tree with a shell and a few programs of the host's, as small as an image can be.
fn small_image(at: &Path) {
    for folder in ["usr/bin", "etc", "var/lib"] {
        fs::create_dir_all(at.join(folder)).expect("room");
    }
    fs::write(at.join("etc/image"), "an image\n").expect("room");
    fs::write(at.join("var/lib/state"), "of the image\n").expect("room");
    for name in ["sh", "cat", "ls", "rm", "touch"] {
        fs::copy(Path::new("/bin").join(name), at.join("usr/bin").join(name)).expect("room");
    }
    // What they are linked with lies at the same path, of the root or of /usr.
    let script = "ldd /bin/sh /bin/cat /bin/ls | grep -o '/[^ ]*' | grep -v ':$' | sort -u";
    #[expect(clippy::disallowed_methods, reason = "tests start processes")]
    let output = std::process::Command::new("/bin/sh").args(["-c", script]).output();
    let libraries = String::from_utf8(output.expect("a shell").stdout).expect("paths");
    for library in libraries.lines() {
        let real = fs::canonicalize(library).expect("it is there");
        let path =
            if library.starts_with("/usr") { library.into() } else { format!("/usr{library}") };
        let to = at.join(path.trim_start_matches('/'));
        fs::create_dir_all(to.parent().expect("below")).expect("room");
        fs::copy(real, to).expect("room");
    }
    for name in ["bin", "lib", "lib64"] {
        std::os::unix::fs::symlink(format!("usr/{name}"), at.join(name)).expect("room");
    }
}

#[tokio::test]
async fn an_image_is_a_root_as_well() {
    let mut yard = Yard::layered();
    let tree = yard.path("image");
    small_image(&tree);
    yard.spec.root = Root::Folder(tree.clone());
    let jail = yard.start().await;
    let script = "cat /etc/image /var/lib/state /etc/hostname; echo own > /usr/bin/own; \
                  echo changed > /etc/image; rm /usr/bin/touch; ls /usr/bin";
    let answer = shell(&jail, script).await;
    let programs = "cat\nls\nown\nrm\nsh\n";
    assert_eq!(answer.text, format!("an image\nof the image\nmachine\n{programs}"));
    jail.stop().await;
    keep(&yard.path("task"), "on-image", &yard.path("store")).expect("it is kept");
    assert_eq!(fs::read_to_string(tree.join("etc/image")).expect("there"), "an image\n");

    let jail = with(&mut yard, &["on-image"]).await.expect("it fits");
    assert_eq!(
        shell(&jail, "cat /etc/image; ls /usr/bin").await.text,
        format!("changed\n{programs}")
    );
    jail.stop().await;

    // Nothing is installed on it, and it is no other system's layer.
    let system = std::mem::replace(&mut yard.spec.system, System::ReadOnly);
    let jail = yard.start().await;
    let answer = shell(&jail, "ls /usr/bin; echo x > /usr/bin/own || echo refused").await;
    assert!(answer.text.starts_with("cat\nls\nrm\nsh\ntouch\n"), "{}", answer.text);
    assert!(answer.text.contains("refused\n"), "{}", answer.text);
    jail.stop().await;
    (yard.spec.system, yard.spec.root) = (system, Root::Host);
    let other = with(&mut yard, &["on-image"]).await.map(drop);
    assert!(matches!(&other, Err(StartError::System { .. })), "{other:?}");
    yard.spec.root = Root::Folder(yard.path("work"));
    let none = yard_start_error(&yard).await;
    assert!(matches!(&none, StartError::System { source: SystemError::NoSystem { .. } }), "{none}");
}

async fn yard_start_error(yard: &Yard) -> StartError {
    Jail::start(&yard.spec).await.map(drop).expect_err("it can't start")
}

/// With a whole image: `LEGWORK_TEST_IMAGE`, the tree of a Debian.
#[tokio::test]
async fn packages_are_installed_on_a_whole_image() {
    let Some(tree) = yard::given("LEGWORK_TEST_IMAGE") else { return };
    let mut yard = Yard::layered();
    yard.spec.root = Root::Folder(tree.into());
    let jail = yard.start().await;
    let script = format!(
        "set -e\n{DEB}\n\
         dpkg -i /tmp/legwork-hello.deb; legwork-hi; dpkg -l legwork-hello | tail -1; \
         apt-get check; apt-get remove -y legwork-hello; \
         useradd -r own && echo x >> /etc/hosts && id own"
    );
    let answer = shell(&jail, &script).await;
    assert!(answer.code() == 0 && answer.text.contains("ii  legwork-hello"), "{}", answer.text);
    jail.stop().await;
}

#[test]
fn all_of_it_as_an_ordinary_user() {
    yard::again_as_an_ordinary_user("all_of_it_as_an_ordinary_user");
}
