//! Real programs through the gate: curl, git and a browser, as they are installed here. They are
//! needed: without them the test fails.

mod world;

use egress::{Door, Gate, Origin};
use futures_util::FutureExt as _;
use std::process::Output;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinSet;
use world::*;

/// Listens as the guest would in a machine.
#[expect(clippy::unwrap_used, reason = "what fails here fails the test")]
async fn listen(gate: &Gate, door: Door, tasks: &mut JoinSet<()>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let gate = gate.clone();
    tasks.spawn(async move {
        let mut served = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let (gate, door) = (gate.clone(), door.clone());
            served.spawn(async move { gate.serve(Origin { door, program: None }, stream).await });
        }
    });
    port
}

#[expect(clippy::disallowed_methods, reason = "a real client is what is tested")]
async fn run(program: &str, args: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").args(args);
    command.envs(env.iter().copied()).kill_on_drop(true);
    command.output().await.unwrap_or_else(|error| panic!("{program} is needed: {error}"))
}

fn text(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

#[tokio::test]
async fn curl_goes_through_every_door() {
    let mut world = World::new(Setting::default());
    let place = world.tls_place("a.test", mirror()).await;
    let clear = world.place(mirror()).await;
    world.gate.set_rules(parsed(&[
        format!("allow reading from a.test port {place} and {clear}"),
        "deny everything to no.test".to_owned(),
    ]));
    let mut tasks = JoinSet::new();
    let proxy = listen(&world.gate, Door::HttpProxy, &mut tasks).await;
    let socks = listen(&world.gate, Door::Socks, &mut tasks).await;
    let name = Some("a.test".to_owned());
    let door = Door::Captured { name, port: place };
    let captured = listen(&world.gate, door, &mut tasks).await;
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca.pem");
    std::fs::write(&ca, world.gate.certificate_pem()).unwrap();
    let ca = ca.to_str().unwrap();
    let https = format!("https://a.test:{place}/x");
    let proxy = format!("http://127.0.0.1:{proxy}");
    let socks = format!("socks5h://127.0.0.1:{socks}");
    let connect_to = format!("a.test:{place}:127.0.0.1:{captured}");
    let base = ["-sS", "--max-time", "20", "--cacert", ca];
    for way in [["-x", &proxy], ["-x", &socks], ["--connect-to", &connect_to]] {
        let output = run("curl", &[&base[..], &way, &[&https]].concat(), &[]).await;
        assert!(text(&output).starts_with("GET /x HTTP/1.1"), "{way:?}: {}", text(&output));
        let post = run("curl", &[&base[..], &way, &["-d", "x=1", &https]].concat(), &[]).await;
        assert!(text(&post).starts_with("Legwork: POST a.test:"), "{}", text(&post));
    }
    let http = format!("http://a.test:{clear}/y");
    let output = run("curl", &[&base[..], &["-x", &proxy, &http]].concat(), &[]).await;
    assert!(text(&output).starts_with("GET /y HTTP/1.1"), "{}", text(&output));
    let denied = run("curl", &["-sSv", "-x", &proxy, "https://no.test/"], &[]).await;
    assert!(text(&denied).contains("a rule of this task forbids it"), "{}", text(&denied));
}

/// A browser sends hellos that look as if they hid a host, so TLS ends at the door and each request
/// is judged, also where everything is allowed.
#[tokio::test]
async fn a_browser_shows_a_page_through_the_door() {
    let mut world = World::new(Setting::default());
    let page = "<title>t</title><p id=p>before</p><script>p.textContent = 'made '+'here'</script>";
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{page}",
        page.len()
    );
    let place = world.tls_place("a.test", says(answer)).await;
    let mut tasks = JoinSet::new();
    let proxy = listen(&world.gate, Door::HttpProxy, &mut tasks).await;
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().to_str().unwrap();
    let (profile, proxy) =
        (format!("--user-data-dir={home}/p"), format!("--proxy-server=http://127.0.0.1:{proxy}"));
    let base = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        // The task's authority is told to it by a policy of the whole computer, which is not ours.
        "--ignore-certificate-errors",
        "--dump-dom",
        &profile,
        &proxy,
    ];
    let mut rules = vec![format!("allow everything to a.test port {place}")];
    for (path, expected) in [("yes", "made here"), ("no/x", "a rule of this task forbids it")] {
        world.gate.set_rules(parsed(&rules));
        rules.push(format!("deny everything to a.test below /no port {place}"));
        let url = format!("https://a.test:{place}/{path}");
        let output = run("chromium", &[&base[..], &[&url]].concat(), &[("HOME", home)]).await;
        assert!(text(&output).contains(expected), "{path}: {}", text(&output));
    }
    let book = world.book.text();
    assert!(book.contains("path: \"/yes\""), "each request is written down: {book}");
}

#[tokio::test]
async fn git_fetches_under_a_reading_rule_and_can_not_push() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let home = at("home");
    let author = [
        ("HOME", home.as_str()),
        ("GIT_AUTHOR_NAME", "a"),
        ("GIT_AUTHOR_EMAIL", "a@example.com"),
        ("GIT_COMMITTER_NAME", "a"),
        ("GIT_COMMITTER_EMAIL", "a@example.com"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
    ];
    let bare = at("served.git");
    for args in [
        &["init", "-q", "-b", "main", &at("work")][..],
        &["-C", &at("work"), "commit", "-q", "--allow-empty", "-m", "first"],
        &["clone", "-q", "--bare", &at("work"), &bare],
        &["-C", &bare, "config", "http.receivepack", "true"],
    ] {
        let output = run("git", args, &author).await;
        assert!(output.status.success(), "{args:?}: {}", text(&output));
    }
    let mut world = World::new(Setting::default());
    let place = world.tls_place("git.test", git_http(dir.path().to_owned())).await;
    world.gate.set_rules(parsed(&[format!("allow reading from git.test port {place}")]));
    let mut tasks = JoinSet::new();
    let proxy = listen(&world.gate, Door::HttpProxy, &mut tasks).await;
    std::fs::write(at("ca.pem"), world.gate.certificate_pem()).unwrap();
    let (proxy, ca) = (format!("http://127.0.0.1:{proxy}"), at("ca.pem"));
    let env = [&author[..], &[("https_proxy", proxy.as_str()), ("GIT_SSL_CAINFO", &ca)]].concat();
    let url = format!("https://git.test:{place}/served.git");
    let cloned = run("git", &["clone", "-q", &url, &at("copy")], &env).await;
    assert!(cloned.status.success(), "{}", text(&cloned));
    let log = run("git", &["-C", &at("copy"), "log", "--format=%s"], &env).await;
    assert_eq!(text(&log), "first\n");
    let args = ["-C", &at("copy"), "commit", "-q", "--allow-empty", "-m", "second"];
    assert!(run("git", &args, &env).await.status.success());
    let pushed = run("git", &["-C", &at("copy"), "push", "origin", "main"], &env).await;
    assert!(!pushed.status.success() && text(&pushed).contains("403"), "{}", text(&pushed));
}

/// As much of a web server as `git http-backend` needs.
fn git_http(root: std::path::PathBuf) -> impl Serve {
    move |mut stream: Wire| {
        let root = root.clone();
        async move {
            loop {
                let head = read_head(&mut stream).await;
                if head.is_empty() {
                    return;
                }
                let answer = backend(&root, &head, &mut stream).await;
                if stream.write_all(&answer).await.is_err() {
                    return;
                }
            }
        }
        .boxed()
    }
}

#[expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "git's own server, in a test")]
async fn backend(root: &std::path::Path, head: &str, stream: &mut Wire) -> Vec<u8> {
    let body = read_body(stream, head).await;
    let target = head.split(' ').nth(1).unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let header = |name: &str| {
        let found = head.lines().find_map(|line| line.strip_prefix(name));
        found.unwrap_or_default().to_owned()
    };
    let mut command = Command::new("git");
    command.arg("http-backend").env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command.env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1");
    command.env("REQUEST_METHOD", head.split(' ').next().unwrap());
    command.env("PATH_INFO", path).env("QUERY_STRING", query).env("REMOTE_USER", "a");
    command.env("CONTENT_TYPE", header("Content-Type: "));
    command.env("GIT_PROTOCOL", header("Git-Protocol: "));
    command.env("CONTENT_LENGTH", body.len().to_string());
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(body.as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap().stdout;
    let at = memchr::memmem::find(&output, b"\r\n\r\n").unwrap();
    let body = &output[at + 4..];
    let head = String::from_utf8_lossy(&output[..at]);
    let status = head.lines().find_map(|line| line.strip_prefix("Status: "));
    let status = status.unwrap_or("200 OK");
    let head = format!("HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}
