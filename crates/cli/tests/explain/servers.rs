//! Servers that others wrote, against what their documentation says that they are.
//!
//! Left out on purpose: servers that this machine lacks; where nothing may be left out (`CI=true`),
//! a missing one is a test that fails.

use std::env;
use std::process::{Command, Stdio};

use whywait_report::Shape;

use crate::load::{Conversation, free_address};
use crate::server::{Server, Way, complaints, summary};
use crate::turn::turn;

/// What pages end with, so that a client knows when it has one.
const END: &str = "that was the page\n";

const PAGES: Conversation = Conversation {
    request: b"GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n",
    answer_end: b"that was the page\n",
    questions: 100,
};

const PINGS: Conversation =
    Conversation { request: b"PING\r\n", answer_end: b"+PONG\r\n", questions: 1000 };

/// Whether `program` can be run here; says so if not. It is run once, so that none of it has to come
/// from a disk while it is watched.
fn is_there(program: &str) -> bool {
    let mut command = Command::new(program);
    let there = command.arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !there {
        assert!(env::var_os("CI").is_none_or(|ci| ci != "true"), "{program} is missing");
        eprintln!("LEFT OUT: {program} is missing");
    }
    there
}

/// Asserts what a server is called, and that nothing is said to be wrong with it.
#[track_caller]
fn assert_healthy(server: &Server<'_>, shapes: &[Shape]) {
    let Some(turn) = turn() else { return };
    for way in [Way::Started, Way::Attached] {
        let diagnosis = server.watch(&turn, way);
        let said = summary(&diagnosis);
        assert!(shapes.contains(&diagnosis.shape), "{way:?}, expected {shapes:?}: {said}");
        assert_eq!(complaints(&diagnosis), [""; 0], "{way:?}: {said}");
    }
}

/// "nginx has one master process and several worker processes … nginx employs event-based model":
/// its beginner's guide.
#[test]
fn nginx_is_processes_with_an_event_loop_each() {
    if !is_there("nginx") {
        return;
    }
    let address = free_address();
    let configuration = format!(
        "daemon off; master_process on; worker_processes 2; pid nginx.pid; user root;\n\
         error_log stderr;\n\
         events {{ worker_connections 256; }}\n\
         http {{\n\
             access_log off;\n\
             client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;\n\
             uwsgi_temp_path t4; scgi_temp_path t5;\n\
             server {{ listen {address}; location / {{ root .; }} }}\n\
         }}\n"
    );
    let server = Server {
        name: "nginx",
        words: vec!["nginx", "-p", ".", "-e", "stderr", "-c", "nginx.conf"],
        files: vec![("nginx.conf", configuration), ("page", "word ".repeat(2000) + END)],
        address,
        conversation: PAGES,
    };
    assert_healthy(&server, &[Shape::PreforkEventLoops]);
}

/// "Redis is, mostly, a single-threaded server … a technique called multiplexing": its pages on
/// latency. The threads for slow tasks in the background have nothing to do here.
#[test]
fn redis_is_an_event_loop() {
    if !is_there("redis-server") {
        return;
    }
    let address = free_address();
    let port = address.port().to_string();
    let server = Server {
        name: "redis",
        words: vec![
            "redis-server",
            "--port",
            &port,
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--daemonize",
            "no",
        ],
        files: Vec::new(),
        address,
        conversation: PINGS,
    };
    assert_healthy(&server, &[Shape::EventLoop]);
}

/// "Node.js … a single-threaded event loop", with a pool of threads for files and names: its page
/// on not blocking the event loop. Here the pool has nothing to do.
#[test]
fn node_is_an_event_loop_while_its_pool_rests() {
    if !is_there("node") {
        return;
    }
    let page = format!("answer.end({END:?});");
    let (address, script) = node_server(&page);
    let server = Server {
        name: "node",
        words: vec!["node", "server.js"],
        files: vec![("server.js", script)],
        address,
        conversation: PAGES,
    };
    assert_healthy(&server, &[Shape::EventLoop]);
}

#[test]
fn node_is_an_event_loop_and_a_pool_when_it_reads_files() {
    if !is_there("node") {
        return;
    }
    let page = "require('fs').readFile('page', (error, text) => answer.end(error ? '' : text));";
    let (address, script) = node_server(page);
    let server = Server {
        name: "node-files",
        words: vec!["node", "server.js"],
        files: vec![("server.js", script), ("page", "word ".repeat(2000) + END)],
        address,
        conversation: PAGES,
    };
    assert_healthy(&server, &[Shape::EventLoopAndPool]);
}

/// A server in Node that answers each request by `answering`, and where it listens.
fn node_server(answering: &str) -> (std::net::SocketAddr, String) {
    let address = free_address();
    let script = format!(
        "require('http').createServer((request, answer) => {{ {answering} }})\n\
         .listen({}, '127.0.0.1');\n",
        address.port()
    );
    (address, script)
}
