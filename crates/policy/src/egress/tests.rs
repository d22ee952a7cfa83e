//! Tables and properties of the judgement of egress.

use super::host::Host;
use super::words::{self, PackagePlace};
use super::*;
use proptest::prelude::*;
use std::num::NonZeroU16;

fn packages() -> Vec<PackagePlace> {
    [("packages.test", 443), ("mirror.test", 80)]
        .map(|(host, port)| PackagePlace {
            host: Host::parse(host.as_bytes()).unwrap(),
            port: NonZeroU16::new(port).unwrap(),
            internal: Internal::No,
        })
        .to_vec()
}

fn bare(rule: &Rule) -> String {
    Rule { words: String::new(), ..rule.clone() }.to_string()
}

#[test]
fn words_become_the_rules_of_the_table() {
    for line in include_str!("words.txt").lines().filter(|line| !line.starts_with('#')) {
        let (words, expected) = line.split_once("=>").unwrap();
        let expected = expected.trim();
        match words::parse(words, &packages()) {
            Ok(rules) => {
                let got: Vec<String> = rules.iter().map(bare).collect();
                assert_eq!(got.join(" | "), expected, "{words}");
                assert!(rules.iter().all(|rule| rule.words == words.trim()));
            }
            Err(error) => {
                let expected = expected.strip_prefix("! ");
                let expected = expected.unwrap_or_else(|| panic!("{words}: {error}"));
                assert!(error.to_string().contains(expected), "{words}: {error}");
            }
        }
    }
}

#[test]
fn the_examples_that_errors_show_are_understood() {
    let error = words::parse("gibberish", &packages()).unwrap_err().to_string();
    let examples: Vec<&str> =
        error.split('“').skip(2).filter_map(|e| e.split('”').next()).collect();
    assert_eq!(examples.len(), 7, "{error}");
    for example in examples {
        words::parse(example, &packages()).unwrap();
    }
}

#[test]
fn without_sources_packages_is_an_error() {
    let error = words::parse("packages", &[]).unwrap_err();
    assert_eq!(error.problem, words::Problem::NoPackages);
}

#[test]
fn requests_are_judged_as_in_the_table() {
    for line in include_str!("judge.txt").lines().filter(|line| !line.starts_with('#')) {
        let parts: Vec<&str> = line.splitn(3, "=>").map(str::trim).collect();
        let [rules, request, expected] = parts[..] else { panic!("{line}") };
        let mut own = Vec::new();
        let mut managed = Vec::new();
        for rule in rules.split('|').map(str::trim).filter(|rule| !rule.is_empty()) {
            match rule.strip_prefix("managed ") {
                Some(rule) => managed.push(rule.parse().unwrap()),
                None => own.push(rule.parse().unwrap()),
            }
        }
        let rules = Rules::new(own).tightened(&Rules::new(managed));
        let (method, target) = request.split_once(' ').unwrap();
        let (authority, path) = target.split_at(target.find('/').unwrap_or(target.len()));
        let (host, port) = Host::parse_with_port(authority.as_bytes()).unwrap();
        let what = match method {
            "TUNNEL" => What::Tunnel,
            method => {
                let (method, account) = match method.split_once('@') {
                    Some((method, account)) => (method, Some(account)),
                    None => (method, None),
                };
                let (method, body) = match method.split_once('+') {
                    None => (method, Body::None),
                    Some((method, "fetch")) => (method, Body::GitFetch),
                    Some((method, "push")) => (method, Body::GitPush),
                    Some((method, _)) => (method, Body::Other),
                };
                What::Http { method, path, body, account }
            }
        };
        let got = match judge(&rules, &Request { host: &host, port: port.unwrap(), what }) {
            Verdict::Ask(asked) if asked.inspect => "ask inspect".to_owned(),
            Verdict::Ask(_) => "ask".to_owned(),
            Verdict::Allow(allowed) if allowed.inspect => "allow inspect".to_owned(),
            Verdict::Allow(_) => "allow".to_owned(),
            Verdict::Deny(denial) => format!("deny {denial}"),
        };
        match expected.starts_with("deny") {
            true => assert!(got.starts_with(expected), "{line}: {got}"),
            false => assert_eq!(got, expected, "{line}"),
        }
    }
}

#[test]
fn addresses_that_are_not_public_need_the_right_words() {
    let cases: &[(&str, &str, bool, bool)] = &[
        ("internal", "10.0.0.1", false, true),
        ("internal", "fd12::1", false, true),
        ("internal", "203.0.113.1", false, true),
        ("internal", "224.0.0.1", false, false),
        ("internal", "127.0.0.1", false, false),
        ("internal", "169.254.169.254", false, false),
        ("internal", "10.0.0.1", true, false),
        ("internal within 10.0.0.0/8", "10.0.0.1", false, true),
        ("internal within 10.0.0.0/8", "10.0.0.1", true, false),
        ("internal within 10.0.0.1", "10.0.0.1", true, true),
        ("internal within 10.0.0.0/8", "192.168.0.1", false, false),
        ("internal within 0.0.0.0/0", "127.0.0.1", false, true),
        ("internal within 127.0.0.0/8", "127.0.0.1", true, true),
        ("internal within 169.254.0.0/16", "169.254.1.1", false, true),
        ("internal within 169.254.0.0/16", "169.254.169.254", false, false),
        ("internal within 169.254.169.254", "169.254.169.254", false, true),
        ("internal within 0.0.0.0/1", "10.0.0.1", false, true),
        ("internal within 96.0.0.0/3", "127.0.0.1", false, false),
    ];
    for (text, address, is_own, expected) in cases {
        let rule: Rule = format!("allow everything to x.test {text}").parse().unwrap();
        let got = rule.internal.permits(address.parse().unwrap(), *is_own);
        assert_eq!(got, *expected, "{text}: {address}");
    }
}

fn name() -> impl Strategy<Value = host::Name> {
    "[a-z]{1,8}(\\.[a-z][a-z0-9_]{0,5}[a-z]){1,3}"
        .prop_map(|text| host::Name::parse(text.as_bytes()).unwrap())
}

fn net() -> impl Strategy<Value = address::Cidr> {
    prop_oneof![
        any::<u32>().prop_map(|bits| address::Cidr::single(std::net::IpAddr::V4(bits.into()))),
        any::<u128>().prop_map(|bits| address::Cidr::single(std::net::IpAddr::V6(bits.into()))),
        Just("10.0.0.0/8".parse().unwrap()),
        Just("2001:db8::/32".parse().unwrap()),
    ]
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        name().prop_map(Place::Exact),
        name().prop_map(Place::Below),
        name().prop_map(Place::AtOrBelow),
        net().prop_map(Place::Net),
        Just(Place::Everywhere),
    ]
}

fn reach() -> impl Strategy<Value = Reach> {
    let methods = proptest::collection::vec("[A-Z]{1,8}", 1..4).prop_filter_map("none", |names| {
        Methods::new(names.iter().filter_map(|name| Method::parse(name)).collect())
    });
    prop_oneof![
        Just(Reach::Everything),
        Just(Reach::Reading),
        Just(Reach::Packages),
        Just(Reach::Ssh),
        Just(Reach::Pushing),
        Just(Reach::Writing),
        methods.prop_map(Reach::Methods),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let internal =
        prop_oneof![Just(Internal::No), Just(Internal::Any), net().prop_map(Internal::Within)];
    let account = "[A-Za-z0-9._-]{1,9}".prop_filter_map("a name", |text| Account::parse(&text));
    let path = "(/[A-Za-z0-9._~!$&'()*+,;=:@-]{1,6}){1,3}/?"
        .prop_filter_map("plain", |text| PathPrefix::parse(&text));
    (
        (any::<bool>(), reach(), place(), any::<bool>(), internal, proptest::option::of(account)),
        proptest::collection::vec(path, 0..3),
        proptest::collection::vec(any::<NonZeroU16>(), 0..4),
        (proptest::option::of(any::<u64>()), proptest::option::of(any::<u64>()), any::<String>()),
    )
        .prop_map(|(first, paths, ports, (upload_bytes_max, requests_max, words))| {
            let (allows, reach, place, inspect, internal, account) = first;
            let stance = if allows { Stance::Allow } else { Stance::Deny };
            Rule {
                paths,
                ports,
                account,
                inspect,
                internal,
                upload_bytes_max,
                requests_max,
                words,
                ..Rule::new(stance, reach, place)
            }
        })
}

proptest! {
    #[test]
    fn a_rule_is_read_as_it_was_written(rule in rule()) {
        let text = rule.to_string();
        let is_one_line = !text.contains(['\n', '\r', '\u{1b}', '\u{202e}']);
        prop_assert!(is_one_line);
        prop_assert_eq!(text.parse::<Rule>(), Ok(rule));
    }

    #[test]
    fn what_is_read_as_a_rule_is_written_the_same(
        words in proptest::collection::vec(prop_oneof![
            Just("allow"), Just("deny"), Just("everything"), Just("reading"), Just("from"),
            Just("to"), Just("example.com"), Just("port"), Just("80"), Just("and"), Just("below"),
            Just("/v1"), Just("internal"), Just("at"), Just("most"), Just("GET"), Just(""),
        ], 0..12)
    ) {
        let text = words.join(" ");
        if let Ok(rule) = text.parse::<Rule>() {
            prop_assert_eq!(rule.to_string().parse::<Rule>(), Ok(rule));
        }
    }

    #[test]
    fn any_text_is_a_rule_or_an_error(text in any::<String>()) {
        let _ = text.parse::<Rule>().map_err(|error| error.to_string());
        let _ = words::parse(&text, &packages()).map_err(|error| error.to_string());
    }

    #[test]
    fn any_words_are_rules_or_an_error(words in proptest::collection::vec(prop_oneof![
        Just("read"), Just("write"), Just("not"), Just("packages"), Just("web"), Just("nothing"),
        Just("everything"), Just("at"), Just("most"), Just("5"), Just("MB"), Just("port"),
        Just("80"), Just("and"), Just(","), Just("a.example"), Just("only"), Just("internal"),
        Just("within"), Just("as"), Just("org"), Just("github.com"), Just("push"),
        Just("10.0.0.0/8"), Just("5é"), Just("**."), Just("x.test:1/a"),
    ], 0..12)) {
        let text = words.join(" ");
        match words::parse(&text, &packages()) {
            Ok(rules) => for rule in rules {
                prop_assert_eq!(rule.to_string().parse::<Rule>(), Ok(rule));
            },
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn any_bytes_are_a_host_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok((host, _)) = Host::parse_with_port(&bytes) {
            let text = host.to_string();
            prop_assert!(text.bytes().all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase()));
            prop_assert_eq!(Host::parse(text.as_bytes()), Ok(host));
        }
    }
}

#[test]
fn words_list_no_more_than_a_rule_may() {
    let many = |count: usize, one: &dyn Fn(usize) -> String| {
        (1..=count).map(one).collect::<Vec<_>>().join(", ")
    };
    let read_back = |text: &str| {
        let rules = words::parse(text, &[]).map_err(|error| error.to_string())?;
        let same = |rule: &Rule| rule.to_string().parse::<Rule>() == Ok(rule.clone());
        assert!(rules.iter().all(same), "{text}");
        Ok(rules)
    };
    let of = |count| format!("push to github.com {}", many(count, &|n| format!("org acme{n}")));
    assert_eq!(read_back(&of(32)).unwrap()[0].paths.len(), 32);
    let why: Result<Vec<Rule>, String> = read_back(&of(33));
    assert!(why.as_ref().is_err_and(|why| why.contains("more than 32")), "{why:?}");
    let of = |count| format!("read a.example ports {}", many(count, &|n| n.to_string()));
    assert_eq!(read_back(&of(32)).unwrap()[0].ports.len(), 32);
    assert!(read_back(&of(33)).is_err());
    // What is said twice counts once.
    let twice = "push to github.com org acme, org acme";
    assert_eq!(read_back(twice).unwrap()[0].paths.len(), 1);
}

#[test]
fn a_place_that_only_a_content_named_is_asked_about_under_a_broad_rule() {
    let rules = |lines: &[&str]| {
        let rules = lines.iter().map(|line| line.parse().expect(line)).collect();
        Rules::new(rules).doubting(vec!["evil.test".to_owned(), "192.0.2.7".to_owned()])
    };
    let judged = |lines: &[&str], host: &str| {
        let host = Host::parse(host.as_bytes()).expect(host);
        let what = What::Http { method: "GET", path: "/", body: Body::None, account: None };
        match judge(&rules(lines), &Request { host: &host, port: 443, what }) {
            Verdict::Allow(_) => "allow",
            Verdict::Ask(_) => "ask",
            Verdict::Deny(_) => "deny",
        }
    };
    let everywhere = "allow reading from everywhere";
    assert_eq!(judged(&[everywhere], "good.test"), "allow");
    assert_eq!(judged(&[everywhere], "notevil.test"), "allow");
    assert_eq!(judged(&[everywhere], "evil.test"), "ask");
    assert_eq!(judged(&[everywhere], "a.b.evil.test"), "ask");
    assert_eq!(judged(&[everywhere, "allow reading from evil.test"], "evil.test"), "allow");
    assert_eq!(judged(&["allow reading from 192.0.2.0/24"], "192.0.2.7"), "ask");
    assert_eq!(judged(&["allow reading from 192.0.2.7"], "192.0.2.7"), "allow");
}
