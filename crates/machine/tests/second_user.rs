//! Programs that refuse to be root, in a machine where packages can be installed.

#[path = "yard/layered.rs"]
mod layered;
#[path = "yard/mod.rs"]
mod yard;

use machine::Jail;
use std::path::Path;
use yard::{Yard, shell};

/// A user as a package makes one, and a program like a database: it refuses to be root, and to use
/// a folder that is another's.
const MADE: &str = r#"
echo 'base:x:105:106:A database:/var/lib/base:/bin/sh' >> /etc/passwd
echo 'base:x:106:' >> /etc/group
mkdir -p /var/lib/base /usr/lib/base && chown base:base /var/lib/base && chmod 700 /var/lib/base
cat > /usr/lib/base/server <<'EOF'
#!/bin/sh
test "$(id -u)" != 0 || { echo 'cannot be run as root'; exit 1; }
test "$(stat -c %u "$1")" = "$(id -u)" || { echo 'wrong ownership'; exit 1; }
umask 077 && echo "$(id -un) $(id -u) $(id -g)" > "$1/state" && cat "$1/state"
EOF
chmod 755 /usr/lib/base/server
"#;

async fn made(yard: &Yard) -> Jail {
    let jail = yard.start().await;
    let answer = shell(&jail, MADE).await;
    assert_eq!((answer.code(), answer.text.as_str()), (0, ""));
    jail
}

async fn says(jail: &Jail, script: &str, want: &str) {
    let answer = shell(jail, &format!("exec 2>&1; {script}")).await;
    assert_eq!(answer.text, want, "{script}");
}

#[tokio::test]
async fn a_program_that_refuses_root_runs_as_the_user_of_its_package() {
    let yard = Yard::layered();
    let jail = made(&yard).await;
    let server = "/usr/lib/base/server /var/lib/base";
    says(&jail, server, "cannot be run as root\n").await;
    for how in [
        format!("su base -c '{server}'"),
        format!("su - base -c '{server}'"),
        format!("runuser -u base -- {server}"),
        format!("sudo -u base {server}"),
        format!("setpriv --reuid=105 --regid=106 --init-groups {server}"),
        format!("gosu base {server}"),
    ] {
        says(&jail, &how, "base 105 106\n").await;
    }
    // Root sees its files, and is still root.
    says(&jail, "cat /var/lib/base/state; id -u; sudo id -u", "base 105 106\n0\n0\n").await;
    jail.stop().await;

    // After a restart as well, where another one comes first.
    let jail = yard.start().await;
    says(&jail, "su daemon -s /bin/sh -c 'id -u'", "1\n").await;
    let second = "this machine's second user is daemon already; base is the same\n";
    says(&jail, "su base -c 'id -u' 2>&1 >/dev/null", second).await;
    says(&jail, "su base -c 'id -u' 2>/dev/null", "1\n").await;
    jail.stop().await;
}

#[tokio::test]
async fn what_runs_as_the_second_user_is_as_if_it_ran_here() {
    let yard = Yard::layered();
    let jail = made(&yard).await;
    for (script, want) in [
        (
            "echo in | su base -c 'cat; pwd; echo $HOME; umask; exit 7'; echo $?",
            "in\n/folders/work\n/var/lib/base\n0022\n7\n",
        ),
        ("umask 027; A=b su - base -c 'pwd; echo $A; umask'", "/var/lib/base\nb\n0027\n"),
        ("cd /tmp; sudo -u base X=1 sh -c 'echo $X $USER $PWD'", "1 base /tmp\n"),
        ("su base -c 'kill -TERM $$'; echo $?", "143\n"),
        ("su base -c 'sudo id -u'; echo $?", "sudo: only root can become somebody else\n1\n"),
        ("su base -c 'su base -c \"id -u\"'", "105\n"),
        ("sudo -u base /no/such; echo $?", "sudo: No such file or directory (os error 2)\n1\n"),
        ("su nobody2; echo $?", "su: there is no user \"nobody2\"\n1\n"),
        ("su base -c 'cat a.txt'; su base -c 'echo new > /tmp/own'; cat /tmp/own", "first\nnew\n"),
        ("su base <&- -c 'echo x >&2'", "x\n"),
    ] {
        says(&jail, script, want).await;
    }
    jail.stop().await;
}

/// The locks are those of every program; to be somebody else is no right.
#[tokio::test]
async fn the_second_user_may_nothing_more() {
    let yard = Yard::layered();
    let jail = made(&yard).await;
    let look = "grep -E '^(Cap|NoNew|Seccomp:)' /proc/self/status";
    let locked = "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n\
                  CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\n\
                  CapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n";
    says(&jail, &format!("su base -c \"{look}\""), locked).await;
    for (attempt, want) in [
        ("/folders/tools/abuse call unshare", "EPERM\n"),
        ("/folders/tools/abuse call setns", "EPERM\n"),
        ("/folders/tools/abuse clone user", "EPERM\n"),
        ("/folders/tools/abuse call mount", "EPERM\n"),
        ("/folders/tools/abuse descriptors", "0 1 2\n"),
        ("cp /proc/version /proc/self/uid_map 2>/dev/null || echo refused", "refused\n"),
    ] {
        let said = |said: String| said.lines().last().map(|line| format!("{line}\n"));
        let root = shell(&jail, &format!("{attempt} 2>&1")).await.text;
        let second = shell(&jail, &format!("su base -c '{attempt}' 2>&1")).await.text;
        assert_eq!((said(root), said(second)), (Some(want.into()), Some(want.into())), "{attempt}");
    }
    // A program of root can't enter its namespace either, though it owns it.
    let enter = "su base -c 'echo $$ > /tmp/p; echo; exec sleep 1000' | { read x; \
                 nsenter -U -t $(cat /tmp/p) id 2>&1 | grep -o 'not permitted'; \
                 kill $(cat /tmp/p); }";
    if Path::new("/usr/bin/nsenter").exists() {
        says(&jail, enter, "not permitted\n").await;
    }
    jail.stop().await;
}

#[tokio::test]
async fn what_a_call_leaves_behind_ends_and_the_second_user_stays() {
    let yard = Yard::layered();
    let jail = made(&yard).await;
    for _ in 0..5 {
        let script = "(sleep 1000 & setsid sleep 1000 & \
                       su base -c 'sleep 1000 & setsid sleep 1000 &') > /dev/null 2>&1 < /dev/null";
        says(&jail, script, "").await;
        says(&jail, &format!("{NONE_SLEEPS}; su base -c 'id -u'"), "none\n105\n").await;
    }
    // A call whose time is over while its program waits for another one.
    let waits = yard::sh("su base -c 'exec sleep 1000'", 1000);
    yard::call(&jail, waits).await;
    says(&jail, NONE_SLEEPS, "none\n").await;
    jail.stop().await;
}

/// A real one, where the host has it; nothing is fetched.
#[tokio::test]
async fn a_database_runs_and_is_asked_over_loopback() {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders = versions.map(|version| version.path().join("bin"));
    let Some(bin) = folders.find(|bin| bin.join("initdb").exists()) else { return };
    let yard = Yard::layered();
    let jail = yard.start().await;
    let script = format!(
        r#"exec 2>&1; set -e
        echo 'postgres:x:105:106:PostgreSQL:/var/lib/postgresql:/bin/bash' >> /etc/passwd
        echo 'postgres:x:106:' >> /etc/group
        mkdir -p /var/lib/postgresql/data /run/postgresql
        chown -R postgres:postgres /var/lib/postgresql /run/postgresql
        chmod 700 /var/lib/postgresql/data
        export PATH={bin}:$PATH
        su postgres -c 'initdb -D /var/lib/postgresql/data' > /tmp/log 2>&1 || cat /tmp/log
        start='pg_ctl -w -t 100 -D /var/lib/postgresql/data -l /tmp/server start'
        su postgres -c "$start" >> /tmp/log
        sudo -u postgres psql -c 'create table t as select 6 * 7 as x' >> /tmp/log
        psql -h 127.0.0.1 -U postgres -Atc 'select x from t'
        runuser -u postgres -- psql -Atc 'select current_user'
        su - postgres -c "PATH={bin} pg_ctl -m fast -D /var/lib/postgresql/data stop" >> /tmp/log
        "#,
        bin = bin.display()
    );
    let answer = shell(&jail, &script).await;
    assert_eq!((answer.code(), answer.text.as_str()), (0, "42\npostgres\n"));
    jail.stop().await;
}

/// What is killed is gone soon; it is looked for a bounded number of times.
const NONE_SLEEPS: &str = "n=0; while cat /proc/[0-9]*/comm 2>/dev/null | grep -qx sleep \
                           && test $n -lt 2000; do n=$((n+1)); done; test $n = 2000 || echo none";

#[test]
fn all_of_it_as_an_ordinary_user() {
    yard::again_as_an_ordinary_user("all_of_it_as_an_ordinary_user");
}
