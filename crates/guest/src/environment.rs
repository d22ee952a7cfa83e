//! The environment of every program in the machine: the guest's own, what leads to the doors, and
//! what the host adds. Nothing is inherited.

use crate::limits::ENVIRONMENT_BYTES_MAX;
use crate::{system, trust};
use std::path::Path;
use wire::Setup;

pub(crate) type Pair = (String, String);

const ALWAYS: [(&str, &str); 11] = [
    ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    ("HOME", "/home"),
    ("USER", "root"),
    ("LOGNAME", "root"),
    ("SHELL", "/bin/sh"),
    ("LANG", "C.UTF-8"),
    ("TERM", "dumb"),
    ("PAGER", "cat"),
    ("TMPDIR", "/tmp"),
    // The machine's user looks like root to tar, which then insists on owners that do not exist.
    ("TAR_OPTIONS", "--no-same-owner"),
    // Looking for leaks takes tracing, which no program may; without it the rest works.
    ("ASAN_OPTIONS", "detect_leaks=0"),
];

/// What native modules of Node are built with, if the distribution has put them beside its `node`.
/// They would be asked for at Node's own place else, which is no source of packages.
const NODE_HEADERS: &str = "/usr";

/// How `node-gyp` is told, and how it was before npm began to warn of that.
const NODE_GYP: &str = "/usr/lib/node_modules/npm/node_modules/node-gyp/lib/node-gyp.js";
const NODE_GYP_WORDS: [&str; 2] = ["npm_package_config_node_gyp_", "npm_config_"];

const HTTP: &str = "http://127.0.0.1:3128";
const SOCKS: &str = "socks5h://127.0.0.1:1080";
const DIRECT: &str = "localhost,127.0.0.1,127.0.1.1,::1,machine";

const DOORS: [(&str, &str); 11] = [
    ("HTTP_PROXY", HTTP),
    ("http_proxy", HTTP),
    ("HTTPS_PROXY", HTTP),
    ("https_proxy", HTTP),
    ("ALL_PROXY", SOCKS),
    ("all_proxy", SOCKS),
    ("NO_PROXY", DIRECT),
    ("no_proxy", DIRECT),
    ("NODE_USE_ENV_PROXY", "1"),
    // The view's own program speaks to the proxy. The machine has no memory of hosts it knew, and
    // whom it reaches is the host's decision, so a host that is new is no question.
    (
        "GIT_SSH_COMMAND",
        "ssh -o 'ProxyCommand=/reader connect %h %p' -o StrictHostKeyChecking=accept-new",
    ),
    ("GIT_TERMINAL_PROMPT", "0"),
];

/// What programs of all kinds call the file of certificates that they trust.
const CERTIFICATES: [&str; 9] = [
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
    "CARGO_HTTP_CAINFO",
    "NIX_SSL_CERT_FILE",
    "AWS_CA_BUNDLE",
];

/// That of all programs, or why the host's part does not fit.
pub(crate) fn of_all(setup: &Setup) -> Result<Vec<Pair>, String> {
    check(&setup.environment)?;
    let own = |pairs: &[(&str, &str)]| -> Vec<Pair> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let mut all = own(&ALWAYS);
    all.extend(system::environment().map(|(name, value)| (name.to_owned(), value)));
    all.extend(node_headers(&all));
    if let Some(doors) = &setup.doors {
        all.extend(own(&DOORS));
        if doors.authority.is_some() {
            all.extend(own(&CERTIFICATES.map(|name| (name, trust::BUNDLE))));
        }
    }
    all.extend(setup.environment.iter().cloned());
    Ok(all)
}

fn node_headers(all: &[Pair]) -> Option<Pair> {
    let (_, path) = all.iter().rfind(|(name, _)| name == "PATH")?;
    let node = path.split(':').map(|at| Path::new(at).join("node")).find(|it| it.exists())?;
    let is_its = node.starts_with("/usr/bin") && Path::new("/usr/include/node/node.h").exists();
    let source = std::fs::read_to_string(NODE_GYP).unwrap_or_default();
    let prefix = NODE_GYP_WORDS.into_iter().find(|it| source.contains(it)).filter(|_| is_its)?;
    Some((format!("{prefix}nodedir"), NODE_HEADERS.to_owned()))
}

/// Whether these can be given to a program.
pub(crate) fn check(pairs: &[Pair]) -> Result<(), String> {
    let bytes: usize = pairs.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    if bytes > ENVIRONMENT_BYTES_MAX {
        return Err(format!("the environment has {bytes} bytes; {ENVIRONMENT_BYTES_MAX} fit"));
    }
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with(|letter: char| letter.is_ascii_digit())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    match pairs.iter().find(|(name, value)| !is_name(name) || value.contains('\0')) {
        Some((name, _)) => Err(format!("{name:?} cannot be set for a program")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn only_what_a_program_can_be_given_is_taken() {
        let pair = |name: &str, value: &str| [(name.to_owned(), value.to_owned())];
        for (name, value) in [("A", ""), ("_a1", "b=c\n")] {
            assert_eq!(check(&pair(name, value)), Ok(()));
        }
        let long = "x".repeat(70_000);
        for (name, value) in [("", "x"), ("1A", "x"), ("A=B", "x"), ("A", "\0"), ("A", &long)] {
            assert!(check(&pair(name, value)).is_err(), "{name}");
        }
    }
}
