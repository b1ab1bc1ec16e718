//! Two sleeps at once: `asyncio.gather`, under the I/O model that you name.
//!
//! ```text
//! cargo run -p whywait --example gather                       two sleeps of 2 s take 2 s
//! cargo run -p whywait --example gather blocking              the same program takes 4 s
//! cargo run -p whywait --example gather epoll --delay 0.5     another model, other sleeps
//! ```
//!
//! Compare the two outputs: the lines come in the same order under every model, and only the
//! time differs. The order of work is the program's, which is written asynchronously: `join`
//! starts the second task when the first one waits. Who waits, and whether two waits can
//! overlap, is the model's: under `blocking` the thread sleeps the first sleep to its end before
//! it can begin the second.

mod failure;

use std::time::{Duration, Instant};

use whywait::{Model, Runtime, join, time};

use crate::failure::Failure;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (model, seconds) = match words[..] {
        [] => ("auto", "2"),
        [model] => (model, "2"),
        ["--delay", seconds] => ("auto", seconds),
        [model, "--delay", seconds] => (model, seconds),
        _ => return Err("usage: gather [MODEL] [--delay SECONDS]".into()),
    };
    let delay = Duration::try_from_secs_f64(seconds.parse()?)?;

    let runtime = Runtime::new(model.parse::<Model>()?)?;
    let started = Instant::now();
    runtime.block_on(async {
        println!("A");
        join(task(1, delay), task(2, delay)).await;
        println!("B");
    });
    println!("{:.3} s under {}", started.elapsed().as_secs_f64(), runtime.resolved().model);
    Ok(())
}

async fn task(number: u32, delay: Duration) {
    println!("task {number} starts");
    time::sleep(delay).await;
    println!("task {number} ends");
}
