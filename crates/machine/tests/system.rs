//! What can be installed in a machine, what is left of it outside, and layers.

#[path = "yard/mod.rs"]
mod yard;

use machine::system::{LayerError, Root, System, SystemError, du, keep, layers, remove, tidy};
use machine::{Jail, StartError};
use std::fs;
use std::path::Path;
use wire::PlacedFile;
use yard::{Yard, shell};

/// What `dpkg` unpacks: a program, a configuration file, a file in a folder of the host's, and a
/// script that wants a user, a group, an owner, and a server started.
const DEB: &str = r#"mkdir -p /tmp/p/DEBIAN /tmp/p/usr/bin /tmp/p/etc/hello /tmp/p/usr/share/man/man1
cd /tmp/p
printf 'Package: legwork-hello\nVersion: 1.0\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: says hello\n' > DEBIAN/control
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
    let script = format!("set -e\n{DEB}\ndpkg -i /tmp/legwork-hello.deb; legwork-hi; dpkg -l legwork-hello | tail -1");
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
