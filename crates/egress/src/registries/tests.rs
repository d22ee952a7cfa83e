//! Computers made of files, and what is learnt from them.

use super::*;

struct Computer {
    dir: tempfile::TempDir,
    env: BTreeMap<String, String>,
}

impl Computer {
    fn new(files: &[(&str, &str)], env: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Self { dir, env }
    }

    fn read(&self) -> Registries {
        let home = self.dir.path().join("home/u");
        Registries::read(&Surroundings { root: self.dir.path(), home: &home, env: &self.env })
    }
}

fn lines(sources: &[Source]) -> Vec<String> {
    let line = |s: &Source| format!("{} {}:{} {}", s.client, s.host, s.port, s.learnt_from);
    sources.iter().map(line).collect()
}

fn file<'r>(found: &'r Registries, path: &str) -> &'r str {
    &found.files.iter().find(|file| file.path == path).unwrap().text
}

#[test]
fn nothing_configured_is_said() {
    let found = Computer::new(&[], &[]).read();
    assert_eq!(found.sources, []);
    assert_eq!(found.notes.len(), 4, "{:?}", found.notes);
}

#[test]
fn apt_is_read_in_both_forms() {
    let computer = Computer::new(
        &[
            (
                "etc/apt/sources.list",
                "# deb http://old.test/ x main\n\
                 deb [arch=amd64 signed-by=/x y] http://u:pw@mirror.test:8080/debian stable main\n\
                 deb-src https://src.test/debian stable main\ndeb cdrom:[x]/ x main\n\
                 debug http://no.test/ x\n",
            ),
            ("etc/apt/sources.list.d/more.list", "deb\thttp://more.test/ ./\n"),
            (
                "etc/apt/sources.list.d/new.sources",
                "Types: deb\nURIs: https://one.test/debian\n  https://two.test/\nSuites: stable\n\n\
                 # x\nTypes: deb\nEnabled: no\nURIs: https://off.test/\n\n\
                 Types: deb\nURIs: file:/srv/x\n",
            ),
            ("etc/apt/sources.list.d/off.list.bak", "deb http://bak.test/ x\n"),
            (
                "etc/apt/apt.conf.d/99proxy",
                "Acquire::http::Proxy \"http://p:q@proxy.test:3128/\"; // x\n\
                 Acquire { https { Proxy \"http://other.test:3129\"; }; Retries \"3\"; };\n\
                 Acquire::http::Proxy::direct.test DIRECT;\n",
            ),
        ],
        &[],
    );
    let found = computer.read();
    assert_eq!(
        lines(&found.sources),
        [
            "apt mirror.test:8080 /etc/apt/sources.list",
            "apt more.test:80 /etc/apt/sources.list.d/more.list",
            "apt one.test:443 /etc/apt/sources.list.d/new.sources",
            "apt src.test:443 /etc/apt/sources.list",
            "apt two.test:443 /etc/apt/sources.list.d/new.sources",
        ]
    );
    assert_eq!(
        lines(&found.proxies),
        [
            "apt other.test:3129 /etc/apt/apt.conf.d/99proxy",
            "apt proxy.test:3128 /etc/apt/apt.conf.d/99proxy",
        ]
    );
    let list = file(&found, "/etc/apt/sources.list");
    assert!(list.contains("http://mirror.test:8080/debian") && !list.contains("pw"), "{list}");
    assert!(!format!("{found:?}").contains("pw"));
}

#[test]
fn apt_is_read_from_where_it_is_told_to_look() {
    let config = "Dir::Etc { sourcelist \"/own/list\"; SourceParts \"-\"; };\n";
    let computer = Computer::new(
        &[
            ("etc/apt/sources.list", "deb http://usual.test/ x\n"),
            ("etc/apt/sources.list.d/a.list", "deb http://part.test/ x\n"),
            ("own/apt.conf", config),
            ("own/list", "deb [trusted=yes] https://own.test:8443/apt ./\n"),
        ],
        &[("APT_CONFIG", "/own/apt.conf")],
    );
    let found = computer.read();
    assert_eq!(lines(&found.sources), ["apt own.test:8443 /own/list"]);
    assert!(file(&found, "/etc/apt/sources.list").contains("https://own.test:8443/apt ./"));
    assert_eq!(
        file(&found, "/etc/apt/apt.conf.d/99legwork"),
        "Acquire::https::CaInfo \"/etc/legwork/certificates.pem\";\n\
         Dir::Etc::sourceparts \"-\";\n"
    );
}

#[test]
fn pip_is_read_and_the_last_word_counts() {
    let computer = Computer::new(
        &[
            ("etc/pip.conf", "[global]\nindex-url = https://system.test/simple\n"),
            (
                "home/u/.config/pip/pip.conf",
                "[global]\nindex_url: https://u:pw@mine.test:8443/simple\n\
                 find-links =\n    https://links.test/a\n    /srv/wheels\n[install]\nno-deps = x\n",
            ),
        ],
        &[("PIP_EXTRA_INDEX_URL", "https://a.test/s http://b.test/s")],
    );
    let found = computer.read();
    assert_eq!(
        lines(&found.sources),
        [
            "pip a.test:443 PIP_EXTRA_INDEX_URL",
            "pip b.test:80 PIP_EXTRA_INDEX_URL",
            "pip links.test:443 ~/.config/pip/pip.conf",
            "pip mine.test:8443 ~/.config/pip/pip.conf",
        ]
    );
    let conf = file(&found, "/etc/pip.conf");
    assert!(conf.contains("index-url = https://mine.test:8443/simple\n"), "{conf}");
    assert!(!format!("{found:?}").contains("pw"));
}

#[test]
fn npm_is_read_without_its_tokens() {
    let computer = Computer::new(
        &[
            (
                "home/u/.npmrc",
                "registry=https://${HOST}/npm/\n@ours:registry = \"http://u:pw@ours.test:4873/\"\n\
                 //ours.test/:_authToken=npm_pw\n_auth=pw\nemail=x@y.test\n; c\nhttps-proxy=http://p.test:1\n",
            ),
            ("etc/npmrc", "registry=https://global.test/\n"),
        ],
        &[("HOST", "npm.test")],
    );
    let found = computer.read();
    assert_eq!(lines(&found.sources), ["npm npm.test:443 ~/.npmrc", "npm ours.test:4873 ~/.npmrc"]);
    assert_eq!(lines(&found.proxies), ["npm p.test:1 ~/.npmrc"]);
    assert_eq!(
        file(&found, "~/.npmrc"),
        "registry=https://npm.test/npm/\n@ours:registry=http://ours.test:4873/\n\
         cafile=/etc/legwork/certificates.pem\n"
    );
    let found = Computer::new(&[], &[("NPM_CONFIG_REGISTRY", "https://env.test")]).read();
    assert_eq!(lines(&found.sources), ["npm env.test:443 NPM_CONFIG_REGISTRY"]);
}

#[test]
fn cargo_is_read_with_its_replacements() {
    let config = "[source.x]\nreplace-with = 'mirror'\n[source.mirror]\nregistry = 'sparse+https://u:pw@mirror.test/index/'\n\
                  [registries.ours]\nindex = 'https://git.test/index'\ntoken = 'pw'\n\
                  [http]\nproxy = 'proxy.test:3128'\n[build]\nrustc-wrapper = 'x'\n";
    let index = "home/u/.cargo/registry/index";
    let used = format!("{index}/mirror.test-0123456789abcdef/config.json");
    let old = format!("{index}/old.test-0123456789abcdef/config.json");
    let json = r#"{"dl": "https://files.test/{crate}", "api": "https://api.test"}"#;
    let computer =
        Computer::new(&[("home/u/.cargo/config.toml", config), (&used, json), (&old, json)], &[]);
    let found = computer.read();
    assert_eq!(
        lines(&found.sources),
        [
            "cargo mirror.test:443 ~/.cargo/config.toml",
            "cargo files.test:443 ~/.cargo/registry/index/mirror.test-0123456789abcdef/config.json",
            "cargo git.test:443 ~/.cargo/config.toml",
        ]
        .iter()
        .copied()
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
    );
    assert_eq!(lines(&found.proxies), ["cargo proxy.test:3128 ~/.cargo/config.toml"]);
    let text = file(&found, "~/.cargo/config.toml");
    assert!(text.contains("sparse+https://mirror.test/index/") && !text.contains("pw"), "{text}");
    assert!(!text.contains("wrapper"), "{text}");
}

#[test]
fn cargo_without_a_configuration_remembers_what_it_used() {
    let index = "cargo/registry/index/used.test-0123456789abcdef/config.json";
    let computer = Computer::new(
        &[(index, r#"{"dl": "https://files.test/x"}"#), ("cargo/registry/index/odd/x", "")],
        &[("CARGO_HOME", "/cargo"), ("CARGO_REGISTRIES_OURS_INDEX", "sparse+http://ours.test:81/")],
    );
    let found = computer.read();
    let hosts: Vec<String> =
        found.places().iter().map(|p| format!("{}:{}", p.host, p.port)).collect();
    assert_eq!(hosts, ["files.test:443", "ours.test:81", "used.test:443"]);
}

#[test]
fn odd_files_are_noted_and_do_no_harm() {
    let computer = Computer::new(
        &[
            ("home/u/.cargo/config.toml", "[source"),
            ("etc/apt/sources.list", "deb\ndeb [\ndeb [x] \ndeb http:// x\ndeb http://a@@b/ x\n"),
            ("etc/apt/sources.list.d/x.sources", ":\n::\nURIs\n URIs: x\n"),
            ("etc/apt/apt.conf", "{{{\"\n};;;Acquire::http::Proxy"),
            ("home/u/.npmrc", "=\nregistry\nregistry=${\n@:registry=://\n"),
            ("etc/pip.conf", "  x\n=\nindex-url\n"),
        ],
        &[],
    );
    std::fs::write(computer.dir.path().join("home/u/.pip"), [0xff, 0xfe]).unwrap();
    let found = computer.read();
    assert_eq!(lines(&found.sources), ["apt b:80 /etc/apt/sources.list"]);
    assert!(found.notes.iter().any(|note| note.contains("is no TOML")), "{:?}", found.notes);
}

#[test]
fn what_is_built_in_counts_where_nothing_is_configured() {
    let index = "class PackageIndex:\n    pass\n\nMain = PackageIndex(\"https://index.test/\", \
                 file_storage_domain=\"files.test\")\nTest = PackageIndex(\n    \"https://no.test/\"\n)\n";
    let definitions = "  proxy: new Definition('proxy', {\n    default: null,\n  }),\n\
                       registry: new Definition('registry', {\n    default: 'https://npm.test/',\n";
    let npm = "usr/lib/node_modules/npm/node_modules/@npmcli/config/lib/definitions/definitions.js";
    for pip in [
        "usr/lib/python3/dist-packages/pip/_internal/models/index.py",
        "usr/local/lib/python3.12/site-packages/pip/_internal/models/index.py",
        "home/u/.pyenv/versions/3.12.1/lib/python3.12/site-packages/pip/_internal/models/index.py",
    ] {
        let found = Computer::new(&[(pip, index), (npm, definitions)], &[]).read();
        let hosts: Vec<String> = found.places().iter().map(|p| p.host.to_string()).collect();
        assert_eq!(hosts, ["files.test", "index.test", "npm.test"]);
        assert_eq!(found.notes.len(), 2, "{:?}", found.notes);
    }
    let set =
        [("PIP_INDEX_URL", "https://mine.test/"), ("npm_config_registry", "https://mine.test/")];
    let pip = "usr/lib/python3/dist-packages/pip/_internal/models/index.py";
    let found = Computer::new(&[(pip, index), (npm, definitions)], &set).read();
    assert_eq!(found.places().len(), 1);
}

struct Names;

impl Resolve for Names {
    fn resolve(
        &self,
        host: &str,
        _: u16,
    ) -> futures_util::future::BoxFuture<'static, std::io::Result<Vec<std::net::SocketAddr>>> {
        let addresses: &[&str] = match host {
            "public.test" => &["1.1.1.1:0", "[2606:4700::1]:0"],
            "company.test" => &["10.1.2.3:0", "10.1.2.4:0"],
            "cache.test" => &["127.0.0.1:0"],
            _ => &[],
        };
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        Box::pin(async move { Ok(addresses) })
    }
}

#[tokio::test]
async fn a_source_on_the_local_network_is_marked() {
    let text = "deb http://public.test/ x\ndeb http://company.test/ x\ndeb http://cache.test/ x\n\
                deb http://gone.test/ x\ndeb http://192.168.1.1/ x\n";
    let found = Computer::new(&[("etc/apt/sources.list", text)], &[]).read();
    let places = found.places_resolved(&Names).await;
    let rules = policy::egress::words::parse("packages", &places).unwrap();
    let texts: Vec<String> =
        rules.iter().map(|r| format!("{} {:?}", r.place, r.internal)).collect();
    let within = format!("{:?}", Internal::Within("127.0.0.1".parse().unwrap()));
    assert_eq!(
        texts,
        [
            format!("cache.test {within}"),
            "company.test Any".to_owned(),
            "gone.test No".to_owned(),
            "public.test No".to_owned(),
            "192.168.1.1 Any".to_owned(),
        ]
    );
}
