//! Pages through a door that is ours: what becomes text, what is refused, and in which words.

use super::Place;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;
use wire::{FailKind, GuestTool};

/// A door that gives these answers, one for each connection, and tells what it was asked.
fn door(answers: &[&str]) -> (Place, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut place = Place::new();
    place.view.proxy = listener.local_addr().expect("an address").port();
    let answers: Vec<String> = answers.iter().map(|it| (*it).to_owned()).collect();
    let serving = std::thread::spawn(move || {
        let serve = |answer: String| {
            let (mut stream, _) = listener.accept().expect("somebody asks");
            let mut head = vec![];
            let mut byte = [0; 1];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|it| it > 0) {
                head.push(byte[0]);
            }
            stream.write_all(answer.as_bytes()).expect("it is taken");
            String::from_utf8(head).expect("text")
        };
        answers.into_iter().map(serve).collect()
    });
    (place, serving)
}

fn page(kind: &str, more: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{more}Content-Length: {length}\r\n\r\n{body}"
    )
}

fn fetch(answers: &[&str], url: &str) -> (Result<Value, (FailKind, String)>, Vec<String>) {
    let (place, serving) = door(answers);
    let fetched = place.call(GuestTool::WebFetch, &json!({ "url": url }));
    (fetched, serving.join().expect("no panic"))
}

#[test]
fn a_page_becomes_text_with_its_links() {
    let html = "<html><title>Prices</title><h1>Tea</h1><p>See <a href='../b?c=d#e'>more</a>";
    let answer = page("text/html; charset=utf-8", "", html);
    let (fetched, asked) = fetch(&[&answer], "https://a.test:8443/x/y?q=a b#part");
    let fetched = fetched.expect("a page");
    assert_eq!(fetched["text"], "# Tea\n\nSee more (https://a.test:8443/b?c=d#e)");
    assert_eq!(fetched["title"], "Prices");
    assert_eq!(fetched["url"], "https://a.test:8443/x/y?q=a%20b");
    let head = "GET https://a.test:8443/x/y?q=a%20b HTTP/1.1\r\nHost: a.test:8443\r\n";
    assert!(asked[0].starts_with(head), "{}", asked[0]);
}

#[test]
fn other_texts_and_documents_are_read_too() {
    let chunked = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: \
                   chunked\r\n\r\n4\r\n{\"a\"\r\n3;x=y\r\n:1}\r\n0\r\n\r\n";
    let cases = [
        (chunked.to_owned(), "{\"a\":1}"),
        (page("text/plain; charset=iso-8859-1", "", "a\nb"), "a\nb"),
        (page("text/csv", "", "a;b\n1;2\n"), "a   b\n1   2"),
        (page("application/octet-stream", "", "{\\rtf1 Hello}"), "Hello"),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/markdown\r\n\r\n# A".to_owned(), "# A"),
        ("HTTP/1.1 204 No\r\n\r\n".to_owned(), ""),
        (
            page("text/html", "", "<html><script>x</script>"),
            "(the page holds no text; it may need scripts)",
        ),
    ];
    for (answer, text) in cases {
        let (fetched, _) = fetch(&[&answer], "a.test/x");
        assert_eq!(fetched.expect(text)["text"], text, "{answer}");
    }
    let gone = page("text/html", "", "<html><p>Nothing here").replace("200 OK", "404 Not Found");
    let (fetched, _) = fetch(&[&gone], "https://a.test/");
    let fetched = fetched.expect("an answer is one");
    assert_eq!((&fetched["status"], &fetched["text"]), (&json!(404), &json!("Nothing here")));
}

#[test]
fn what_cannot_be_read_is_told_in_words() {
    let refused = "HTTP/1.1 403 Legwork: no\r\nlegwork-refused: 1\r\nContent-Length: 9\r\n\r\n\
                   Why: no.\n";
    let cases = [
        (refused.to_owned(), "Why: no."),
        (page("image/png", "", "\u{1}\u{0}\u{2}\u{0}\u{3}"), "`run_command` with `curl -o`"),
        (page("text/html", "Content-Encoding: gzip\r\n", "x"), "compressed"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort".to_owned(), "broke before"),
        ("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n".to_owned(), "an odd length"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_owned(), "odd pieces"),
        ("SSH-2.0-x\r\n\r\n".to_owned(), "as no web server does"),
        (String::new(), "broke before"),
    ];
    for (answer, words) in cases {
        let (fetched, _) = fetch(&[&answer], "https://a.test/x.png");
        let (_, why) = fetched.expect_err(words);
        assert!(why.contains(words), "{answer}: {why}");
    }
    for (url, words) in [
        ("ftp://a.test/", "only http and https"),
        ("file:///etc/passwd", "only http and https"),
        ("https://me:secret@a.test/", "holds a login"),
        ("https://", "no address of a page"),
        (&*format!("https://a.test/{}", "x".repeat(9_000)), "too long"),
    ] {
        let (fetched, _) = fetch(&[], url);
        let (kind, why) = fetched.expect_err(words);
        assert!(kind == FailKind::Arguments && why.contains(words), "{url}: {why}");
    }
}

#[test]
fn a_page_that_moved_is_followed_and_not_for_ever() {
    let to = |place: &str| {
        format!("HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n")
    };
    let (first, second, end) = (to("/b"), to("https://c.test/d"), page("text/plain", "", "here"));
    let (fetched, asked) = fetch(&[&first, &second, &end], "http://a.test/");
    let fetched = fetched.expect("followed");
    assert_eq!((&fetched["url"], &fetched["text"]), (&json!("https://c.test/d"), &json!("here")));
    let lines: Vec<&str> = asked.iter().map(|it| it.lines().next().unwrap_or_default()).collect();
    assert_eq!(lines[1..], ["GET http://a.test/b HTTP/1.1", "GET https://c.test/d HTTP/1.1"]);
    let round = to("/again");
    for (answers, words) in [
        (vec![to("http://a.test/")], "anybody on the way"),
        (vec![to("file:///etc/passwd")], "only http and https"),
        (vec![round; 6], "moves on and on"),
    ] {
        let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
        let (fetched, _) = fetch(&answers, "https://a.test/");
        let (_, why) = fetched.expect_err(words);
        assert!(why.contains(words), "{why}");
    }
}

#[test]
fn a_search_is_told_as_what_it_found() {
    let body = r#"{"web":{"results":[{"title":"A\nB","url":"https://a.test/","description":"x"},
        {"title":"no address"}, 7]}}"#;
    let args = json!({"url": "https://find.test/s?q=tea", "headers": [["X-Key", "standin1"]],
        "results": "/web/results", "fields": ["title", "url", "description"]});
    let search = |answer: &str| {
        let (place, serving) = door(&[answer]);
        let found = place.call(GuestTool::WebSearch, &args);
        (found, serving.join().expect("no panic"))
    };
    let (found, asked) = search(&page("application/json", "", body));
    let told = json!({"results": [{"title": "A B", "url": "https://a.test/", "text": "x"}]});
    assert_eq!(found.expect("results"), told);
    assert!(asked[0].contains("\r\nX-Key: standin1\r\n"), "{}", asked[0]);
    for (answer, words) in [
        ("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "did not accept the key"),
        ("HTTP/1.1 302 No\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", "sends to https://find"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "no list at /web/results"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n<", "no JSON"),
        // As Brave answers a wrong key, one search too many in a second, and one in a month.
        (BAD_KEY, "did not accept the key"),
        (TOO_FAST, "a pause of 1 s"),
        ("HTTP/1.1 429 No\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n", "a pause of 30 s"),
        ("HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n", "wait a little"),
        ("HTTP/1.1 402 No\r\nContent-Length: 0\r\n\r\n", "nothing is left"),
        ("HTTP/1.1 502 No\r\nContent-Length: 6\r\n\r\n<html>", "a fault of its own (status 502)"),
        ("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "status 404"),
    ] {
        let (found, _) = search(answer);
        let (_, why) = found.expect_err(words);
        assert!(why.contains(words), "{why}");
    }
}

const BAD_KEY: &str = "HTTP/1.1 422 No\r\nContent-Type: application/json\r\n\
    Content-Length: 138\r\n\r\n\
    {\"error\":{\"code\":\"SUBSCRIPTION_TOKEN_INVALID\",\"detail\":\"The provided subscription \
    token is invalid.\",\"status\":422},\"type\":\"ErrorResponse\"}";
const TOO_FAST: &str = "HTTP/1.1 429 No\r\nX-RateLimit-Limit: 1, 2000\r\n\
    X-RateLimit-Reset: 1, 1419704\r\nContent-Length: 0\r\n\r\n";

/// Without a key, as a SearXNG of one's own is asked.
#[test]
fn a_service_of_ones_own_says_what_it_lacks() {
    let args = json!({"url": "http://find.test/search?q=tea&format=json",
        "results": "/results", "fields": ["title", "url", "content"]});
    let search = |answer: &str| {
        let (place, serving) = door(&[answer]);
        let found = place.call(GuestTool::WebSearch, &args);
        serving.join().expect("no panic");
        found
    };
    let found = r#"{"query":"tea","number_of_results":0,"results":[{"url":"https://a.test/",
        "title":"<b>Tea</b> &amp; &#x27;more&#39;","content":"<em>tea</em> x &lt;1","engine":"b"}],
        "answers":[],"unresponsive_engines":[["google","CAPTCHA"]]}"#;
    let told = json!({"results":
        [{"title": "Tea & 'more'", "url": "https://a.test/", "text": "tea x <1"}]});
    assert_eq!(search(&page("application/json", "", found)).expect("results"), told);
    let none = r#"{"query":"tea","results":[],"unresponsive_engines":[["google","CAPTCHA"]]}"#;
    let (_, why) = search(&page("application/json", "", none)).expect_err("none");
    assert!(why.contains("not all that the service asks answered: google"), "{why}");
    let none = r#"{"query":"tea","results":[],"unresponsive_engines":[]}"#;
    assert_eq!(search(&page("application/json", "", none)).expect("none"), json!({"results": []}));
    let shut = "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n";
    let (_, why) = search(shut).expect_err("shut");
    assert!(why.contains("`formats` in its settings.yml"), "{why}");
}

/// Brave leaves the list out when nothing was found.
#[test]
fn a_search_that_finds_nothing_is_no_fault() {
    let args = json!({"url": "https://find.test/s?q=tea", "headers": [["X-Key", "standin1"]],
        "results": "/web/results", "fields": ["title", "url", "description"], "always": "/query"});
    let body = r#"{"query":{"original":"tea"},"mixed":{"type":"mixed","main":[]},"type":"search"}"#;
    let (place, serving) = door(&[&page("application/json", "", body)]);
    let found = place.call(GuestTool::WebSearch, &args);
    serving.join().expect("no panic");
    assert_eq!(found.expect("none"), json!({"results": []}));
}
