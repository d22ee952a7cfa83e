//! Programs that are fed while they run, with and without a terminal.

#[path = "yard/mod.rs"]
mod yard;

use machine::{Feed, Happening, Jail};
use std::sync::Mutex;
use tokio::sync::{Notify, mpsc};
use wire::{Exec, ExecInput, Output, Reply, Request, Terminal};
use yard::{Yard, shell};

const SIZE: Terminal = Terminal { columns: 91, rows: 33 };

fn fed(script: &str, terminal: Option<Terminal>) -> Request {
    let argv = ["/bin/sh", "-c", script].map(String::from).into();
    let environment = vec![("TERM".to_owned(), "xterm".to_owned())];
    let exec = Exec::new(argv, "/folders/work", 60_000);
    Request::Exec(Exec { input: ExecInput::Stream, terminal, environment, ..exec })
}

/// Runs it; after each word that is awaited in its output, it is fed what goes with that.
async fn talk(jail: &Jail, request: Request, mut script: Vec<(&str, Feed)>) -> (Reply, String) {
    let (text, more) = (Mutex::new(String::new()), Notify::new());
    let (sender, feed) = mpsc::channel(4);
    let heard = |happening| {
        if let Happening::Output(Output::Stdout(bytes) | Output::Stderr(bytes)) = happening {
            text.lock().expect("whole").push_str(&String::from_utf8_lossy(&bytes));
            more.notify_one();
        }
    };
    let speak = async {
        script.reverse();
        while let Some((word, bytes)) = script.pop() {
            while !text.lock().expect("whole").contains(word) {
                more.notified().await;
            }
            // It may have ended by now.
            let _ = sender.send(bytes).await;
        }
        drop(sender);
    };
    let (reply, ()) = tokio::join!(jail.call_fed(request, feed, heard), speak);
    (reply.expect("it answers"), text.into_inner().expect("whole"))
}

fn bytes(text: &str) -> Feed {
    Feed::Bytes(text.as_bytes().to_vec())
}

fn code(reply: &Reply) -> i32 {
    match reply {
        Reply::Exited { code, .. } => *code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn input_comes_in_order_and_ends() {
    let yard = Yard::new();
    let jail = yard.start().await;
    let script = vec![("", bytes("one\n")), ("one", bytes("two\n"))];
    let (reply, text) = talk(&jail, fed("cat; echo end", None), script).await;
    assert_eq!((code(&reply), text.as_str()), (0, "one\ntwo\nend\n"));
    let large = "x".repeat(3_000_000);
    let (reply, text) = talk(&jail, fed("wc -c", None), vec![("", bytes(&large))]).await;
    assert_eq!((code(&reply), text.trim()), (0, "3000000"));
    // Who does not read its input is not waited for.
    let (reply, text) =
        talk(&jail, fed("exec <&-; echo deaf", None), vec![("deaf", bytes("x"))]).await;
    assert_eq!((code(&reply), text.as_str()), (0, "deaf\n"));
    let reply = jail.call(fed("cat; echo end", None), |_| {}).await;
    assert!(matches!(reply, Ok(Reply::Exited { code: 0, .. })), "nobody feeds it: {reply:?}");
    jail.stop().await;
}

#[tokio::test]
async fn a_shell_has_a_terminal_of_the_machines_own() {
    let yard = Yard::new();
    let jail = yard.start().await;
    let resize = Feed::Resize(Terminal { columns: 50, rows: 20 });
    let script = vec![
        ("$ ", bytes("tty; stty size; echo $TERM; ps -o sid= -p $$ 2>/dev/null; echo a$((1+1))\n")),
        ("a2", resize),
        ("a2", bytes("trap 'echo hit' INT; stty size; echo b$((1+1))\n")),
        // Only a program that speaks is surely the one in front; before that, the key could reach
        // the shell instead, which would wait for the sleep to end.
        ("b2", bytes("bash -c 'echo r$((1+1)); exec sleep 600'\n")),
        ("r2", bytes("\x03")),
        ("hit", bytes("echo c$((1+1)); exit 7\n")),
    ];
    let (reply, text) = talk(&jail, fed("PS1='$ ' exec bash --norc -i", Some(SIZE)), script).await;
    assert_eq!(code(&reply), 7, "{text}");
    for want in ["/dev/pts/0", "33 91", "xterm", "20 50", "^C", "c2"] {
        assert!(text.contains(want), "{want}: {text}");
    }
    assert!(!text.contains("no job control") && !text.contains("cannot set"), "{text}");
    jail.stop().await;
}

#[tokio::test]
async fn a_terminal_ends_with_its_program_and_with_its_input() {
    let yard = Yard::new();
    let jail = yard.start().await;
    let (reply, text) =
        talk(&jail, fed("cat; echo end", Some(SIZE)), vec![("", bytes("hi\n"))]).await;
    assert_eq!((code(&reply), text.as_str()), (0, "hi\r\nhi\r\nend\r\n"));
    let left = "trap '' HUP; sleep 700 & echo on";
    let (reply, _) = talk(&jail, fed(left, Some(SIZE)), vec![]).await;
    assert_eq!(code(&reply), 0);
    let answer = shell(&jail, "ls /dev/pts; ls /proc | grep -c '^[0-9]'").await;
    assert_eq!(answer.code(), 0);
    let text = answer.text;
    // The guest, the shell, ls and grep: nothing of the terminal's session is left.
    assert!(text.starts_with("ptmx\n") && !text.contains('9'), "{text}");
    jail.stop().await;
}

#[test]
fn all_of_it_as_an_ordinary_user() {
    yard::again_as_an_ordinary_user("all_of_it_as_an_ordinary_user");
}
