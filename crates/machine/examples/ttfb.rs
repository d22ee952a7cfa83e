//! Measures a machine against what it is made of, and prints median milliseconds as JSON.
//!
//! Start: from the request to the first byte of a command's output, in a new machine and in a spare
//! one that is handed over, beside plain `bwrap` with the same namespaces. Command: one in a
//! running machine, beside bare fork and exec. And one whose programs may install.
//! Arguments: the guest program, and how often (default 40).

use machine::system::{Layered, Root, System};
use machine::{Happening, Jail, JailShare, JailSpec, Spare, SpareSpec};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use wire::{Exec, Limits, Request};

const BWRAP: &str = "/usr/bin/bwrap";

const SPARE_START: Duration = Duration::from_millis(60);

/// The least that runs a program in the same namespaces.
const PLAIN: &str = "--unshare-all --uid 0 --gid 0 --hostname machine --as-pid-1 --die-with-parent \
    --new-session --clearenv --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib \
    --symlink usr/lib64 /lib64 --proc /proc --dev /dev --tmpfs /tmp";

/// What else a machine shows, without the overlays, the limits and the locks.
const SAME_VIEW: &str = "--tmpfs /home --tmpfs /run --tmpfs /dev/shm \
    --ro-bind-try /etc/ld.so.cache /etc/ld.so.cache \
    --ro-bind-try /etc/alternatives /etc/alternatives \
    --ro-bind-try /etc/ssl/certs /etc/ssl/certs --ro-bind-try /etc/fonts /etc/fonts";

#[expect(clippy::disallowed_methods, reason = "this program does nothing but measure time")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "what a machine is compared with")]
fn command(program: &str) -> std::process::Command {
    std::process::Command::new(program)
}

/// Milliseconds until the first byte, and until the end.
fn bare(program: &str, args: &[&str]) -> (f64, f64) {
    let begin = now();
    let mut child =
        command(program).args(args).stdout(Stdio::piped()).spawn().expect("the program is there");
    let mut byte = [0];
    child.stdout.as_mut().expect("piped").read_exact(&mut byte).expect("it prints");
    let first = begin.elapsed().as_secs_f64() * 1000.0;
    child.wait().expect("it ends");
    (first, begin.elapsed().as_secs_f64() * 1000.0)
}

fn echo() -> Request {
    let argv = ["/bin/echo", "x"].map(String::from).into();
    Request::Exec(Exec::new(argv, "/tmp", 10_000))
}

async fn started(spec: &JailSpec) -> (f64, f64, Jail) {
    let begin = now();
    let jail = Jail::start(spec).await.expect("a machine can be made here");
    let ready = begin.elapsed().as_secs_f64() * 1000.0;
    (first_byte(&jail, begin).await.0, ready, jail)
}

async fn spare(spec: &JailSpec) -> Spare {
    let spare = SpareSpec {
        guest: spec.guest.clone(),
        bwrap: spec.bwrap.clone(),
        tasks: spec.dir.parent().expect("it lies in one").to_owned(),
        places: vec!["/root".into(), "/home".into(), spec.shares[0].host.clone()],
        systems: match &spec.system {
            System::ReadOnly => None,
            System::Layered(layered) => Some(layered.store.clone()),
        },
        programs: Vec::new(),
    };
    Spare::start(&spare).await.expect("a machine can wait here")
}

async fn handed(spare: Spare, spec: &JailSpec) -> (f64, f64, Jail) {
    let begin = now();
    let jail = spare.try_hand_over(spec).await.expect("it is fit");
    let ready = begin.elapsed().as_secs_f64() * 1000.0;
    (first_byte(&jail, begin).await.0, ready, jail)
}

async fn first_byte(jail: &Jail, begin: Instant) -> (f64, f64) {
    let first = std::sync::Mutex::new(None);
    let heard = |happening| {
        if matches!(happening, Happening::Output(_)) {
            first.lock().expect("one caller").get_or_insert(begin.elapsed());
        }
    };
    jail.call(echo(), heard).await.expect("the machine answers");
    let whole = begin.elapsed().as_secs_f64() * 1000.0;
    let first = first.into_inner().expect("one caller").expect("echo prints");
    (first.as_secs_f64() * 1000.0, whole)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn spec(dir: &Path, guest: PathBuf) -> JailSpec {
    let limits = Limits {
        processes_max: 128,
        memory_bytes_max: 2 << 30,
        file_bytes_max: 1 << 30,
        open_files_max: 1024,
        output_bytes_max: 1 << 20,
    };
    let share = JailShare { name: "share".into(), host: dir.join("share"), writable: true };
    JailSpec {
        dir: dir.join("task"),
        guest,
        shares: vec![share],
        limits,
        bwrap: BWRAP.into(),
        doors: None,
        environment: Vec::new(),
        root: Root::Host,
        system: System::ReadOnly,
        programs: Vec::new(),
        files: Vec::new(),
    }
}

/// The arguments for `bwrap` alone to show what a machine shows.
fn same_view(share: &str) -> Vec<&str> {
    let binds = ["--ro-bind", share, "/base", "--bind", share, "/folder"];
    let view = PLAIN.split_whitespace().chain(SAME_VIEW.split_whitespace()).chain(binds);
    view.chain(["--", "/bin/echo", "x"]).collect()
}

/// One that may install, in a task's folder of its own.
fn layered_spec(dir: &Path, spec: &JailSpec) -> JailSpec {
    let task = dir.join("layered");
    std::fs::create_dir(&task).expect("room");
    let system = System::Layered(Layered { store: dir.join("store"), layers: Vec::new() });
    JailSpec { dir: task, system, ..spec.clone() }
}

/// First bytes of one that is new, and of one that has waited.
async fn installing(layered: &JailSpec) -> [f64; 2] {
    let (cold, _, jail) = started(layered).await;
    jail.stop().await;
    let waiting = spare(layered).await;
    tokio::time::sleep(SPARE_START).await;
    let (waited, _, jail) = handed(waiting, layered).await;
    jail.stop().await;
    [cold, waited]
}

// As the daemon's tasks do: caller and reader on one thread.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut args = std::env::args().skip(1);
    let guest = args.next().expect("the guest program is the first argument");
    let rounds: usize = args.next().map_or(40, |n| n.parse().expect("a number"));
    let dir = tempfile::tempdir_in("/var/tmp").expect("a folder to work in");
    for name in ["share", "task"] {
        std::fs::create_dir(dir.path().join(name)).expect("room");
    }
    let spec = spec(dir.path(), guest.into());
    let layered = layered_spec(dir.path(), &spec);
    // The first start makes the ground.
    let (_, ground_ms, jail) = started(&layered).await;
    jail.stop().await;
    let plain: Vec<&str> = PLAIN.split_whitespace().chain(["--", "/bin/echo", "x"]).collect();
    let share = dir.path().join("share").display().to_string();
    let view = same_view(&share);
    let mut times: [Vec<f64>; 11] = Default::default();
    // Taken in turns, so that what else the computer does falls on all alike.
    for _ in 0..rounds {
        times[0].push(bare(BWRAP, &plain).0);
        times[6].push(bare(BWRAP, &view).0);
        let (first, ready, jail) = started(&spec).await;
        times[1].push(first);
        times[2].push(ready);
        times[3].push(bare("/bin/echo", &["x"]).1);
        times[4].push(first_byte(&jail, now()).await.1);
        let begin = now();
        jail.stop().await;
        times[5].push(begin.elapsed().as_secs_f64() * 1000.0);
        let waiting = spare(&spec).await;
        // A spare has waited long before a task comes.
        tokio::time::sleep(SPARE_START).await;
        let (first, ready, _jail) = handed(waiting, &spec).await;
        times[7].push(first);
        times[8].push(ready);
        let [cold, waited] = installing(&layered).await;
        times[9].push(cold);
        times[10].push(waited);
    }
    // On a busy computer the medians measure the others; the least does not.
    let least = |n: usize| times[n].iter().copied().fold(f64::INFINITY, f64::min);
    let ratio_least = least(1) / least(0);
    let (over_least, view_least) = (least(4) - least(3), least(1) / least(6));
    let [first_least, spare_least, layered_least, layered_spare_least] = [1, 7, 9, 10].map(least);
    let spare_ratio_least = least(7) / least(0);
    let [
        plain,
        first,
        ready,
        bare,
        inside,
        stop,
        view,
        handed,
        handed_ready,
        layered,
        layered_spare,
    ] = times.map(median);
    let (ratio, view_ratio, spare_ratio) = (first / plain, first / view, handed / plain);
    let over = inside - bare;
    let line = format!(
        "{{\"plain_bwrap_ms\":{plain:.2},\"first_byte_ms\":{first:.2},\"ready_ms\":{ready:.2},\
         \"start_ratio\":{ratio:.2},\"bare_exec_ms\":{bare:.2},\"exec_ms\":{inside:.2},\
         \"exec_over_ms\":{over:.2},\"stop_ms\":{stop:.2},\"start_ratio_least\":{ratio_least:.2},\
         \"exec_over_least_ms\":{over_least:.2},\"same_view_bwrap_ms\":{view:.2},\
         \"same_view_ratio\":{view_ratio:.2},\"same_view_ratio_least\":{view_least:.2},\
         \"spare_first_byte_ms\":{handed:.2},\"spare_ready_ms\":{handed_ready:.2},\
         \"spare_ratio\":{spare_ratio:.2},\"spare_first_byte_least_ms\":{spare_least:.2},\
         \"spare_ratio_least\":{spare_ratio_least:.2},\
         \"layered_first_byte_ms\":{layered:.2},\"layered_least_ms\":{layered_least:.2},\
         \"layered_spare_first_byte_ms\":{layered_spare:.2},\
         \"layered_spare_least_ms\":{layered_spare_least:.2},\
         \"first_least_ms\":{first_least:.2},\"ground_ms\":{ground_ms:.0}}}\n"
    );
    std::io::Write::write_all(&mut std::io::stdout(), line.as_bytes()).expect("stdout is open");
}
