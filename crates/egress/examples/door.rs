//! Opens a door by hand: `door WORDS…` prints the rules that the words become, listens on a port of
//! loopback as an HTTP proxy, writes the task's certificate into a file, and prints every decision.
//!
//! `packages` stands for what this computer's own package managers are configured for.

use egress::registries::{Registries, Surroundings};
use egress::{
    Audit, Door, Gate, GateSpec, Origin, Record, Resolve, SystemResolver, rules_from_words,
};
use policy::egress::Rules;
use std::error::Error;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

struct Shown;

impl Audit for Shown {
    fn record(&self, record: Record) {
        say(&format!("{record:?}"));
    }
}

fn say(text: &str) {
    // Who closed the output does not want to know.
    let _ = writeln!(io::stdout(), "{text}");
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let words = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
    let env = std::env::vars().collect();
    let home = std::env::home_dir().ok_or("no home")?;
    let around = Surroundings { root: Path::new("/"), home: &home, env: &env };
    let registries = Registries::read(&around);
    for note in &registries.notes {
        say(&format!("note: {note}"));
    }
    let resolver: Arc<dyn Resolve> = Arc::new(SystemResolver::default());
    let rules = rules_from_words(&words, &registries.places_resolved(&*resolver).await)?;
    for rule in &rules {
        say(&format!("rule: {rule}"));
    }
    let gate = Gate::new(GateSpec {
        rules: Rules::new(rules),
        bytes_max: None,
        upstream: None,
        authorities: Vec::new(),
        secrets: Vec::new(),
        resolver,
        ask: None,
        audit: Arc::new(Shown),
        also_public: Vec::new(),
    })?;
    let pem = std::env::temp_dir().join(format!("door-{}.pem", std::process::id()));
    std::fs::write(&pem, gate.certificate_pem())?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    say(&format!("proxy: http://{} certificate: {}", listener.local_addr()?, pem.display()));
    let mut served = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        let gate = gate.clone();
        let origin = Origin { door: Door::HttpProxy, program: None };
        served.spawn(async move { gate.serve(origin, stream).await });
        while served.try_join_next().is_some() {}
    }
}
