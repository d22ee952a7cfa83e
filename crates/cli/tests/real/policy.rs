//! What an administrator set, in the real daemon: it starts where `/etc` has a policy, as on a
//! company's computer. There is no other way to name one.

use crate::models::Desk;
use std::os::unix::fs::PermissionsExt;

fn anthropic() -> &'static str {
    "anthropic/claude-x"
}

/// A desk whose daemon runs under this policy; `{home}` is the person's home.
fn under(policy: &str) -> (Desk, std::path::PathBuf) {
    let desk = Desk::new(anthropic(), vec![]);
    let denied = desk.world.path("Payroll/2026");
    std::fs::create_dir_all(&denied).expect("as arranged");
    let home = desk.world.path("").to_str().expect("text").trim_end_matches('/').to_owned();
    let policy = policy.replace("{home}", &home);
    let path = desk.world.serve_under(&policy, &desk.command(&["list"]));
    (desk, path)
}

const ALL: &str = r#"
[egress]
rules = ["deny everything to **.rival.test", "packages"]
proxy = "http://someone:hunter2hunter2@127.0.0.1:9"
reason = "network rule seven"
[machine]
least = "vm"
reason = "audit of machines"
[models]
allowed = ["anthropic/claude-*"]
reason = "contract with a provider"
[folders]
denied = ["{home}/Payroll"]
reason = "wages are secret"
[memory]
off = true
reason = "nothing is kept"
[phone]
off = true
reason = "no radios"
[budget]
cents = 50
reason = "the third quarter"
"#;

#[test]
fn each_section_holds_and_says_why() {
    let (desk, _) = under(ALL);
    let folder = desk.folder.to_str().unwrap().to_owned();
    let payroll = desk.world.path("Payroll/2026").to_str().unwrap().to_owned();
    let home_of_it = desk.world.path("Payroll/../Notes/../Payroll");
    let home_of_it = home_of_it.to_str().unwrap();
    let run = |folder, more: &[&'static str]| {
        let args: Vec<String> = ["run", "Sum it up", "--folder", folder, "--detach"]
            .iter()
            .chain(more)
            .map(|it| (*it).to_owned())
            .collect();
        args
    };
    let cases = [
        (run(&folder, &["--model", "openai/gpt-x"]), "policy-model", "contract with a provider"),
        // The name is allowed; the address is not the one that belongs to it.
        (run(&folder, &["--model", anthropic()]), "policy-model", "contract with a provider"),
        (run(&folder, &["--machine", "jail"]), "policy-machine", "audit of machines"),
        (run(&payroll, &["--playbook", "tidy-folder"]), "policy-folder", "wages are secret"),
        (run(home_of_it, &["--playbook", "tidy-folder"]), "policy-folder", "wages are secret"),
    ];
    for (args, code, reason) in cases {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let (status, said) = desk.said(&args);
        assert_eq!(status, 4, "{args:?}: {said}");
        assert!(said.contains(code) && said.contains(reason), "{args:?}: {said}");
    }
    for (args, code, reason) in [
        (&["memory"][..], "policy-memory", "nothing is kept"),
        (&["settings", "phone.address", "127.0.0.1:7443"], "policy-locked", "no radios"),
        (&["settings", "budget.cents", "51"], "", "50"),
        (&["settings", "network.proxy", "http://a.test:1"], "policy-locked", "network rule seven"),
        (&["settings", "models.default", "openai/x"], "policy-model", "contract with a provider"),
    ] {
        let (status, said) = desk.said(args);
        assert_ne!(status, 0, "{args:?}: {said}");
        assert!(said.contains(code) && said.contains(reason), "{args:?}: {said}");
    }
    // Less is always allowed.
    assert_eq!(desk.said(&["settings", "budget.cents", "40"]).0, 0);
    let (_, doctor) = desk.said(&["doctor"]);
    let (_, settings) = desk.said(&["settings"]);
    let reasons = ["network rule seven", "audit of machines", "contract with a provider"];
    let more = ["wages are secret", "nothing is kept", "no radios", "the third quarter"];
    // Lines are broken where the terminal ends.
    let flat = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (doctor, settings) = (flat(doctor), flat(settings));
    for reason in reasons.iter().chain(&more) {
        assert!(doctor.contains(reason), "{reason}: {doctor}");
        assert!(settings.contains(reason), "{reason}: {settings}");
    }
    assert!(!(doctor + &settings).contains("hunter2"), "a password is nobody's to read");
}

#[test]
fn a_policy_that_cannot_be_used_closes_everything() {
    let (desk, policy) = under("[memory]\noff = true\n");
    assert!(desk.said(&["memory"]).1.contains("policy-memory"));
    let folder = desk.folder.to_str().unwrap().to_owned();
    type Break = fn(&std::path::Path);
    let breaks: [(&str, Break, &str); 4] = [
        ("no TOML", |path| std::fs::write(path, "[egress").unwrap(), ""),
        ("a new key", |path| std::fs::write(path, "[egress]\nrulez = []\n").unwrap(), "rulez"),
        ("bad bytes", |path| std::fs::write(path, [0xff, 0xfe, 0x00]).unwrap(), ""),
        (
            "a folder",
            |path| {
                std::fs::remove_file(path).unwrap();
                std::fs::create_dir(path).unwrap();
            },
            "",
        ),
    ];
    for (name, spoil, hint) in breaks {
        spoil(&policy);
        for args in [
            &["run", "Sum it up", "--folder", &folder, "--detach", "--model", desk.name][..],
            &["run", "Tidy up this folder", "--folder", &folder, "--detach"],
            &["memory"],
            &["settings"],
            &["settings", "budget.cents", "5"],
        ] {
            let (status, said) = desk.said(args);
            assert_ne!(status, 0, "{name} {args:?}: {said}");
            assert!(
                said.contains("policy-broken") && said.contains(hint),
                "{name} {args:?}: {said}"
            );
        }
        let (status, doctor) = desk.said(&["doctor"]);
        assert_eq!(status, 1, "{name}: {doctor}");
        assert!(doctor.contains("/etc/legwork/policy.toml"), "{name}: {doctor}");
    }
    // Mended, it holds again; and taken away, nothing is set.
    std::fs::remove_dir(&policy).unwrap();
    assert_eq!(desk.said(&["memory"]).0, 0);
    std::fs::write(&policy, "[memory]\noff = true\n").unwrap();
    assert!(desk.said(&["memory"]).1.contains("policy-memory"));
    // Nobody but root is kept from a file by its mode.
    std::fs::set_permissions(&policy, PermissionsExt::from_mode(0o000)).unwrap();
    if std::fs::read(&policy).is_err() {
        assert!(desk.said(&["memory"]).1.contains("policy-broken"));
    }
}
