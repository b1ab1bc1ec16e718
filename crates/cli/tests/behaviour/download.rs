//! `whywait compare download --url`: real servers, on loopback, that do what servers do.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket};
use whywait::tls::rustls::ServerConfig;
use whywait::tls::rustls::crypto::ring;
use whywait::tls::rustls::pki_types::PrivateKeyDer;
use whywait_report::{Comparison, Status};

use crate::web_server::{WebServer, body};
use crate::whywait::{Ended, Whywait, entries};

/// Models of each kind: overlapping and not, threads and processes.
const MODELS: &str = "blocking,nonblocking,offload,select,poll,epoll,uring,threads,\
                      thread-pool:2,processes:2,epoll-threads:2,uring-processes:2,auto";

/// A comparison of downloads, each model once.
fn download(models: &str, arguments: &[&str]) -> Whywait {
    let fixed = ["compare", "download", "--repeat", "1", "--format", "json", "--dir", "work"];
    let models = ["--models", models];
    Whywait::new(fixed.iter().chain(&models).chain(arguments))
}

/// Downloads what cannot be had; gives why not, as each of the models said.
fn refusals(arguments: &[&str]) -> Vec<String> {
    let comparison = download(MODELS, arguments).run().expect_code(1).comparison();
    let runs = comparison.runs.iter().filter(|run| run.status != Status::Skipped);
    let reasons: Vec<_> = runs.map(|run| run.reason.clone().unwrap_or_default()).collect();
    assert!(reasons.len() >= 10, "{reasons:?}");
    reasons
}

#[track_caller]
fn all_say(reasons: &[String], words: &[&str]) {
    for reason in reasons {
        for word in words {
            assert!(reason.contains(word), "no {word:?} in {reason}");
        }
    }
}

#[track_caller]
fn expect_equal(comparison: &Comparison) {
    let done: Vec<_> = comparison.runs.iter().filter(|run| run.status == Status::Ok).collect();
    assert!(done.len() >= 10, "{} models ran", done.len());
    assert!(done.iter().all(|run| run.digest == done[0].digest && run.digest.is_some()));
}

fn read(ended: &Ended, name: &str) -> Vec<u8> {
    fs::read(ended.home().join("kept").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_model_downloads_the_same_and_it_is_saved_once() {
    let server = WebServer::start(None);
    let url = |path: &str| format!("http://{}{path}", server.address());
    let (ok, large) = (url("/ok/1000"), url("/ok/300000"));
    let (redirected, chunked) = (url("/redirect/3"), url("/chunked"));
    let urls = ["--url", &ok, &large, &redirected, &chunked, &ok, "--save", "kept"];
    let ended = download(MODELS, &urls).run().expect_code(0);
    expect_equal(&ended.comparison());
    assert_eq!(read(&ended, "1000"), body(1000));
    assert_eq!(read(&ended, "1000-1"), body(1000));
    assert_eq!(read(&ended, "300000"), body(300_000));
    assert_eq!(read(&ended, "3"), body(100), "named after the URL that was asked for");
    assert_eq!(read(&ended, "chunked"), b"abcde");
    assert_eq!(entries(&ended.home().join("kept")).len(), 5);
    assert_eq!(ended.stderr().matches("saved ").count(), 5, "{}", ended.stderr());
}

#[test]
fn https_is_trusted_by_ssl_cert_file() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let server = WebServer::start(Some(Arc::new(config)));
    let port = server.address().port();
    let url = |path: &str| format!("https://localhost:{port}{path}");
    let (ok, redirected) = (url("/ok/70000"), url("/redirect/1"));
    let asking = |urls: &[&str]| {
        let asking = download(MODELS, urls);
        fs::write(asking.home().join("trusted.pem"), made.cert.pem()).unwrap();
        let trusted = asking.home().join("trusted.pem");
        asking.with_env("SSL_CERT_FILE", trusted.to_str().unwrap())
    };
    expect_equal(&asking(&["--url", &ok, &redirected]).run().expect_code(0).comparison());

    let stranger = ["--url", &format!("https://127.0.0.1:{port}/ok/1")];
    let ended = asking(&stranger).run().expect_code(1);
    assert!(ended.stdout().contains("not valid for name"), "{}", ended.stdout());
    let plain = WebServer::start(None);
    let away = url(&format!("/to/http://{}/ok/1", plain.address()));
    let ended = asking(&["--url", &away]).run().expect_code(1);
    assert!(ended.stdout().contains("would not be encrypted"), "{}", ended.stdout());
    assert_eq!(plain.connections(), 0);
}

#[test]
fn a_broken_download_names_its_url_and_what_was_missing_and_saves_nothing() {
    let server = WebServer::start(None);
    let url = |path: &str| format!("http://{}{path}", server.address());
    for (path, words) in [
        ("/too-short", &["10 of 100 bytes", "90 were missing"][..]),
        ("/garbage", &["not HTTP"]),
        ("/missing", &["404 Not Found"]),
        ("/redirect/11", &["more than 10 redirects"]),
        ("/to/ftp://example.org/a", &["ftp://example.org/a", "neither http nor https"]),
        ("/hang-up", &["before an answer", "3 attempts"]),
    ] {
        let (good, bad) = (url("/ok/10"), url(path));
        let urls = ["--url", &good, &bad, "--save", "kept"];
        let ended = download("blocking,epoll,uring", &urls).run().expect_code(1);
        let comparison = ended.comparison();
        let reasons: Vec<_> = comparison.runs.iter().filter_map(|run| run.reason.clone()).collect();
        all_say(&reasons, &["flow 1, step 1 (`get`)", &bad]);
        all_say(&reasons, words);
        assert_eq!(entries(&ended.home().join("kept")), Vec::<&Path>::new(), "{path}");
    }
}

#[test]
fn what_comes_behind_a_body_is_no_part_of_it() {
    let server = WebServer::start(None);
    let url = format!("http://{}/too-long", server.address());
    let ended = download("blocking,epoll", &["--url", &url, "--save", "kept"]).run().expect_code(0);
    assert_eq!(read(&ended, "too-long"), &body(100)[..10]);
}

#[test]
fn a_stall_ends_at_the_timeout() {
    let server = WebServer::start(None);
    let url = format!("http://{}/stall", server.address());
    let reasons = refusals(&["--url", &url, "--timeout", "1 s"]);
    all_say(&reasons, &[&url, "not done after 1 s", "10 of 100 bytes"]);
}

#[test]
fn a_server_that_is_not_there_is_tried_again() {
    // Nobody else can have the port, and nobody listens there.
    let bound = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&bound, &SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = SocketAddr::try_from(getsockname(&bound).unwrap()).unwrap();
    let url = format!("http://{address}/");
    all_say(&refusals(&["--url", &url]), &[&url, "Connection refused", "3 attempts"]);
}

#[test]
fn names_from_urls_stay_in_the_directory_and_spare_what_is_there() {
    let server = WebServer::start(None);
    let url = |path: &str| format!("http://{}/ok/7/{path}", server.address());
    let urls =
        [url("%2e%2e%2fescaped"), url("%2Fetc%2Fpasswd"), url("a%00b"), url(".hidden"), url("")];
    let asking = download("epoll", &["--urls", "list.txt", "--save", "kept"]);
    fs::write(asking.home().join("list.txt"), format!("# ours\n\n{}\n", urls.join("\n"))).unwrap();
    fs::create_dir(asking.home().join("kept")).unwrap();
    fs::write(asking.home().join("kept/a_b"), "precious").unwrap();
    let ended = asking.run().expect_code(0);
    assert_eq!(read(&ended, "a_b"), b"precious");
    for name in ["_._escaped", "_etc_passwd", "a_b-1", "_hidden", "index"] {
        assert_eq!(read(&ended, name), body(7), "{name}");
    }
    let mut there: Vec<_> = entries(ended.home());
    there.sort();
    let names: Vec<_> =
        there.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["kept", "list.txt", "work"]);
}

#[test]
fn wrong_options_are_told() {
    for (arguments, words) in [
        (&["--url", "ftp://a/b"][..], "http:// or https://"),
        (&["--url", "http://a/b", "--requests", "3"], "--requests"),
        (&["--urls", "nowhere.txt"], "nowhere.txt"),
        (&["--save", "kept"], "saves nothing"),
        (&["--url", "http://a/b", "--timeout", "0 s"], "--timeout"),
    ] {
        let ended = download("epoll", arguments).run().expect_code(2);
        assert!(ended.stderr().contains(words), "{arguments:?}: {}", ended.stderr());
    }
}
