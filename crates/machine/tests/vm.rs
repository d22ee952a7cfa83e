//! A VM's life: programs, tools, folders in and out, restores that share nothing, ends.

mod vm_yard;

use std::path::{Path, PathBuf};
use vm_yard::{VmYard, shell};

/// The static guest, or a sentence that says how to get it.
pub(crate) fn guest() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    #[expect(clippy::disallowed_methods, reason = "tests read their environment")]
    let given = |name| std::env::var_os(name).map(PathBuf::from);
    let target = given("CARGO_TARGET_DIR").unwrap_or_else(|| root.join("target"));
    let built = target.join("x86_64-unknown-linux-gnu/guest/legwork-guest");
    let guest = given("LEGWORK_GUEST").unwrap_or(built);
    std::fs::canonicalize(guest).expect("the static guest is built: `make guest`")
}

#[tokio::test]
async fn programs_of_the_image_work_inside() {
    let yard = VmYard::new();
    let vm = yard.start().await;
    let scripts = [
        ("cat a.txt | tr a-z A-Z", "FIRST"),
        ("pwd; id -u; echo $HOME; hostname", "/folders/work\n0\n/home\nmachine"),
        ("cat /base/work/sub/b.txt /folders/tools/c.txt", "second\ntool"),
        ("python3 -c 'print(6*7)'", "42"),
        ("echo x > /usr/local/x && cat /usr/local/x && rm /usr/bin/perl && test ! -e /usr/bin/perl", "x"),
    ];
    for (script, want) in scripts {
        let answer = shell(&vm, script).await;
        assert!(answer.code() == 0 && answer.text.trim().ends_with(want), "{script}: {answer:?}");
    }
    vm.stop().await.expect("what was written comes home");
}
