//! What any engine of the ledger must do, as scripts: an engine conforms when all of them hold.
//!
//! One line is one call and what must come of it:
//! ```text
//! append TASK EXPECTED [BODY…] -> LAST | conflict FOUND | too large
//! read TASK AFTER LIMIT        -> SEQ:BODY …
//! tasks                        -> TASK@FIRST_AT_MS:LAST …
//! verify TASK                  -> ok
//! ```
//! The clock of a script stands at 1000 and gains 1 with each event offered.

/// An engine under test. Each script gets a fresh one.
pub(crate) trait Engine: Sync {
    fn append(&self, task: &str, expected: u64, events: Vec<(u64, Vec<u8>)>) -> Appended;
    fn read(&self, task: &str, after: u64, limit: usize) -> Vec<Event>;
    fn tasks(&self) -> Vec<(String, u64, u64)>;
    fn verify(&self, task: &str) -> bool;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Appended {
    Last(u64),
    Conflict { found: u64 },
    TooLarge,
}

/// An event as an engine gives it back: position, time, hash, body.
pub(crate) type Event = (u64, u64, [u8; 32], Vec<u8>);

pub(crate) const SCRIPTS: &[(&str, &str)] = &[
    (
        "an empty ledger has nothing",
        "tasks ->
         read a 0 10 ->
         verify a -> ok",
    ),
    (
        "events come back in order, and only theirs",
        "append a 0 one two -> 2
         append b 0 uno -> 1
         append a 2 three -> 3
         read a 0 10 -> 1:one 2:two 3:three
         read b 0 10 -> 1:uno
         verify a -> ok
         verify b -> ok",
    ),
    (
        "a wrong position changes nothing",
        "append a 1 one -> conflict 0
         tasks ->
         append a 0 one two -> 2
         append a 0 three -> conflict 2
         append a 1 three -> conflict 2
         append a 3 three -> conflict 2
         append a 18446744073709551615 three -> conflict 2
         read a 0 10 -> 1:one 2:two",
    ),
    (
        "appending nothing checks the position",
        "append a 0 -> 0
         append a 1 -> conflict 0
         append a 0 one -> 1
         append a 1 -> 1
         append a 0 -> conflict 1
         tasks -> a@1000:1",
    ),
    (
        "reading takes a position and a limit",
        "append a 0 one two three -> 3
         read a 1 10 -> 2:two 3:three
         read a 1 1 -> 2:two
         read a 0 0 ->
         read a 3 10 ->
         read a 9 10 ->
         read a 18446744073709551615 10 ->",
    ),
    (
        "names are compared by their bytes",
        "append a 0 one -> 1
         append A 0 two -> 1
         append ä 0 three -> 1
         append a% 0 four -> 1
         read a 0 10 -> 1:one
         read A 0 10 -> 1:two
         read a% 0 10 -> 1:four
         tasks -> a%@1003:1 ä@1002:1 A@1001:1 a@1000:1",
    ),
    (
        "tasks are listed from the latest begun",
        "append b 0 one -> 1
         append a 0 two -> 1
         append b 1 three -> 2
         tasks -> a@1001:1 b@1000:2",
    ),
    (
        "a name over the limit is refused",
        "append 0123456789012345678901234567890123456789012345678901234567890123 0 one -> 1
         append 01234567890123456789012345678901234567890123456789012345678901234 0 one -> too large",
    ),
];

/// Runs one script and returns what was seen, line by line as it was expected.
pub(crate) fn run(engine: &dyn Engine, script: &str) -> String {
    let mut now = 1000;
    let lines = script.lines().map(|line| {
        let call = line.trim().split("->").next().unwrap_or_default().trim();
        let words: Vec<&str> = call.split_whitespace().collect();
        format!("{call} -> {}", perform(engine, &words, &mut now)).trim().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The script with its blanks evened out, to be compared with what was seen.
pub(crate) fn expected(script: &str) -> String {
    script.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

fn perform(engine: &dyn Engine, words: &[&str], now: &mut u64) -> String {
    let number = |index: usize| words[index].parse::<u64>().expect("a number");
    match words[0] {
        "append" => {
            let event = |body: &&str| {
                *now += 1;
                (*now - 1, body.as_bytes().to_vec())
            };
            let events = words[3..].iter().map(event).collect();
            match engine.append(words[1], number(2), events) {
                Appended::Last(last) => last.to_string(),
                Appended::Conflict { found } => format!("conflict {found}"),
                Appended::TooLarge => "too large".to_owned(),
            }
        }
        "read" => {
            let events =
                engine.read(words[1], number(2), number(3).try_into().unwrap_or(usize::MAX));
            let show =
                |(seq, _, _, body): &Event| format!("{seq}:{}", String::from_utf8_lossy(body));
            events.iter().map(show).collect::<Vec<_>>().join(" ")
        }
        "tasks" => {
            let show = |(task, at, last): &(String, u64, u64)| format!("{task}@{at}:{last}");
            engine.tasks().iter().map(show).collect::<Vec<_>>().join(" ")
        }
        "verify" => if engine.verify(words[1]) { "ok" } else { "broken" }.to_owned(),
        other => panic!("a script has no call {other:?}"),
    }
}

/// Eight writers fight for one task, each with a task of its own beside it. Every position is
/// given once, nothing that was acknowledged is missing, and the chains hold.
pub(crate) fn writers_at_once(engine: &dyn Engine) {
    const WRITERS: u64 = 8;
    const EACH: u64 = 20;
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            scope.spawn(move || {
                let own = format!("own{writer}");
                let (mut shared_last, mut written) = (0, 0);
                while written < EACH {
                    let body = format!("{writer}.{written}").into_bytes();
                    match engine.append("shared", shared_last, vec![(1, body)]) {
                        Appended::Last(last) => (shared_last, written) = (last, written + 1),
                        Appended::Conflict { found } => shared_last = found,
                        Appended::TooLarge => panic!("it is not"),
                    }
                }
                for seq in 0..EACH {
                    let last = engine.append(&own, seq, vec![(2, b"own".to_vec())]);
                    assert_eq!(last, Appended::Last(seq + 1));
                }
            });
        }
    });
    let shared = engine.read("shared", 0, usize::MAX);
    let seqs: Vec<u64> = shared.iter().map(|event| event.0).collect();
    assert_eq!(seqs, (1..=WRITERS * EACH).collect::<Vec<_>>());
    let mut bodies: Vec<String> =
        shared.iter().map(|event| String::from_utf8_lossy(&event.3).into_owned()).collect();
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len() as u64, WRITERS * EACH, "each body is there once");
    assert!(engine.verify("shared"));
    for writer in 0..WRITERS {
        assert_eq!(engine.read(&format!("own{writer}"), 0, usize::MAX).len() as u64, EACH);
    }
}
