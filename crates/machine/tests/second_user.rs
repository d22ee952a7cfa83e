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
        ("cd /tmp; sudo -u base X=1 sh -c 'echo $X $USER $PWD'", "1 base /tmp\n"),
        ("su base -c 'kill -TERM $$'; echo $?", "143\n"),
        ("su base -c 'grep SigBlk /proc/self/status'", "SigBlk:\t0000000000000000\n"),
        ("su base -c 'sleep 0.2 & wait; echo ended'", "ended\n"),
        ("su base -c 'sudo id -u'; echo $?", "sudo: only root can become somebody else\n1\n"),
        ("su base -c 'su base -c \"id -u\"'", "105\n"),
        ("sudo -u base /no/such; echo $?", "sudo: No such file or directory (os error 2)\n1\n"),
        ("su nobody2; echo $?", "su: there is no user \"nobody2\"\n1\n"),
        ("su base -c 'cat a.txt'; su base -c 'echo new > /tmp/own'; cat /tmp/own", "first\nnew\n"),
        ("su base <&- -c 'echo x >&2'", "x\n"),
        // Signals go through, and the end of a program is told as its shell would.
        (
            "sudo -u base sh -c 'trap \"echo term; exit 9\" TERM; echo on; while :; do sleep 0.1; done' \
             > /tmp/said & p=$!; until grep -qs on /tmp/said; do sleep 0.05; done; \
             kill $p; wait $p; echo $?; cat /tmp/said",
            "9\non\nterm\n",
        ),
        ("su base -c 'kill -KILL $$'; echo $?", "137\n"),
        ("su base -c 'kill -SEGV $$'; echo $?", "139\n"),
        ("su base -c 'exit 255'; echo $?", "255\n"),
        // What is open and given is what the program has: to read, to append, and in its order.
        (
            "echo one > /tmp/o; su base -c 'cat; echo two; echo err >&2' < a.txt >> /tmp/o 2> /tmp/e; \
             cat /tmp/o /tmp/e",
            "one\nfirst\ntwo\nerr\n",
        ),
        ("su base -c 'ls /proc/self/fd' 9< a.txt | tail -n +4 | wc -l", "1\n"),
    ] {
        says(&jail, script, want).await;
    }
    jail.stop().await;
}

#[tokio::test]
async fn a_login_is_the_users_own_and_knows_nothing_of_its_caller() {
    let mut yard = Yard::layered();
    yard.spec.environment = vec![("LEGWORK_GIVEN".into(), "to all".into())];
    let jail = made(&yard).await;
    let found = "case $PATH in */programs/.legwork/bin:*) echo found;; *) echo $PATH;; esac";
    let login = "/var/lib/base\n/var/lib/base base base to all\n-sh\nfound\n";
    let ask = format!("pwd; echo $HOME $USER $LOGNAME $LEGWORK_GIVEN $A; echo $0; {found}");
    let write = format!("cat > /tmp/ask <<'EOF'\n{ask}\nEOF\necho 'echo profile' > /tmp/profile");
    says(&jail, &write, "").await;
    for how in ["su -", "su -l", "su --login", "runuser -"] {
        let script = format!("A=b {how} base -c '. /tmp/ask'");
        says(&jail, &script, login).await;
    }
    // A name of its own is what a shell knows a login by: it reads what the user wrote for that.
    says(&jail, "cp /tmp/profile /var/lib/base/.profile", "").await;
    for (script, want) in [
        ("su - base -c 'echo x'", "profile\nx\n"),
        ("su base -c 'echo x'", "x\n"),
        ("sudo -iu base echo 'a  b;$HOME'", "profile\na  b;/var/lib/base\n"),
        ("umask 027; su - base -c umask", "profile\n0027\n"),
        ("TERM=odd su - base -c 'echo $TERM'", "profile\nodd\n"),
        ("A=b su base -c 'echo $A'; A=b sudo -u base sh -c 'echo $A'", "b\nb\n"),
        ("sudo -H -u base sh -c 'echo $HOME'", "/var/lib/base\n"),
        ("sudo -u base -D /tmp pwd", "/tmp\n"),
        ("su -s /bin/sh -c 'echo $0 $1' base one", "one\n"),
        ("su base -s /bin/sh -c 'id -un'", "base\n"),
        ("sudo -v; sudo -k; echo $?", "0\n"),
        ("cd /tmp; A=b su - -c 'pwd; echo $A'", "/home\n\n"),
        ("cd /tmp; A=b sudo -i pwd", "/home\n"),
    ] {
        says(&jail, script, want).await;
    }
    jail.stop().await;
}

/// What packages bring to be started by, and what is said where there is nothing of the kind.
#[tokio::test]
async fn a_server_is_started_by_its_script() {
    let yard = Yard::layered();
    let jail = made(&yard).await;
    let make = r#"mkdir -p /etc/init.d && cat > /etc/init.d/base <<'EOF'
#!/bin/sh
# Without its caller's USER it does not see that it is root, like a script of MariaDB.
test "$USER" = root || { echo "who is it?"; exit 1; }
case $1 in
start) echo "in $(pwd)"; su base -c '/usr/lib/base/server /var/lib/base' ;;
*) echo "$1"; exit 3 ;;
esac
EOF
cp /etc/init.d/base /etc/init.d/postgresql; chmod +x /etc/init.d/*
sed -i 's/test "$USER" = root/test "$(id -u)" = 105/' /etc/init.d/postgresql
echo 'postgres:x:105:106::/var/lib/base:/bin/sh' >> /etc/passwd"#;
    says(&jail, make, "").await;
    let none = "`service NAME start` knows base, postgresql. Any server can be started by its own \
                program, as a command in the background\n";
    for (script, want) in [
        ("service base start", "in /\nbase 105 106\n"),
        ("systemctl start base", "in /\nbase 105 106\n"),
        ("systemctl --now enable base.service", "in /\nbase 105 106\n"),
        ("service base status; echo $?", "status\n3\n"),
        ("systemctl daemon-reload; systemctl enable base; echo $?", "0\n"),
        ("su base -c 'systemctl start base' 2>&1 | grep -c 'service NAME'", "0\n"),
        ("service nosuch start", &format!("service: there is no /etc/init.d/nosuch; {none}")),
        (
            "systemctl list-units",
            &format!("systemctl: there is no systemd in this machine; {none}"),
        ),
        // This one is its user's, as Debian's PostgreSQL wants it.
        ("service postgresql reload; echo $?", "reload\n3\n"),
    ] {
        says(&jail, script, want).await;
    }
    jail.stop().await;
}

/// What `sudo -b` starts goes on while its caller does, and no longer than the call.
#[tokio::test]
async fn what_is_sent_behind_is_not_waited_for() {
    let yard = Yard::layered();
    let jail = made(&yard).await;
    let script = "sudo -b -u base sh -c 'until test -e /tmp/go; do sleep 0.05; done; id -un > /tmp/x'; \
                  echo on; touch /tmp/go; until test -s /tmp/x; do sleep 0.05; done; cat /tmp/x";
    says(&jail, script, "on\nbase\n").await;
    says(&jail, "sudo -b -u base sleep 1000 > /dev/null 2>&1", "").await;
    says(&jail, NONE_SLEEPS, "none\n").await;
    jail.stop().await;
}

#[tokio::test]
async fn the_second_users_programs_are_bounded_like_all_others() {
    let yard = Yard::layered();
    let jail = made(&yard).await;
    let bomb = "n=$(su base -c '/folders/tools/abuse forks'); \
                test $n -gt 5 -a $n -lt 100 && echo bounded || echo $n";
    says(&jail, bomb, "bounded\n").await;
    // It stands in nobody's way afterwards, and the next call has its second user again.
    says(&jail, "su base -c 'id -u'", "105\n").await;
    // Root and the second user share the bound: they are one user of the host. Who finds no room is
    // told so.
    let full = "/folders/tools/abuse forks > /dev/null; exec su base -c true";
    says(&jail, full, "su: Resource temporarily unavailable (os error 11)\n").await;
    says(&jail, "su base -c 'id -u'", "105\n").await;
    jail.stop().await;
}

/// A program that asks and does not live to hear the answer: what it asked for may have been taken,
/// or wait still. Neither may begin in a later call.
#[tokio::test]
async fn nothing_that_was_asked_lives_on_to_the_next_call() {
    let yard = Yard::layered();
    let jail = made(&yard).await;
    // The first one holds up whom all ask: it is heard, and says nothing.
    let count = "$(grep -c second-user /proc/net/unix)";
    let script = format!(
        "(/folders/tools/abuse hold /run/second-user & until test {count} -ge 2; do sleep 0.02; done
         for n in 1 2 3; do su base -c 'echo x >> /tmp/late; exec sleep 1000' & done
         until test {count} -ge 5; do sleep 0.02; done) > /dev/null 2>&1"
    );
    for _ in 0..5 {
        says(&jail, &script, "").await;
        says(&jail, "rm -f /tmp/late", "").await;
        let look = format!("su base -c 'id -u'; {NONE_SLEEPS}; cat /tmp/late 2>/dev/null");
        says(&jail, &look, "105\nnone\n").await;
    }
    jail.stop().await;
}

/// A signal for who still waits to be heard is for what was asked for.
#[tokio::test]
async fn a_signal_that_comes_early_is_passed_on() {
    let yard = Yard::layered();
    let jail = made(&yard).await;
    let count = "$(grep -c second-user /proc/net/unix)";
    let script = format!(
        "/folders/tools/abuse hold /run/second-user > /dev/null 2>&1 & h=$!
         until test {count} -ge 2; do sleep 0.02; done
         sudo -u base sleep 1000 & p=$!; until test {count} -ge 3; do sleep 0.02; done
         kill $p; kill $h; wait $p; echo $?"
    );
    says(&jail, &script, "143\n").await;
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
        ("cat /proc/sys/user/max_*_namespaces | sort -u", "0\n"),
        ("for kind in user mount net; do /folders/tools/abuse clone $kind; done", "EPERM\n"),
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
