//! Tasks, deadlines and deadlocks, under the models that need one thread.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use futures_util::{AsyncReadExt, AsyncWriteExt};
use whywait::net::{TcpListener, TcpStream};
use whywait::time::{Elapsed, sleep, timeout};
use whywait::{
    Error, JoinError, MODELS, Model, NoConcurrency, Runtime, WorkersKind, expect_external_wake,
    join_all, spawn, spawn_concurrent,
};

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

fn runtimes() -> impl Iterator<Item = (Model, Runtime)> {
    let single = MODELS.iter().filter(|row| row.workers == WorkersKind::One);
    single.map(|row| {
        let model: Model = row.name.parse().unwrap();
        (model, Runtime::new(model).unwrap_or_else(|error| panic!("{model}: {error}")))
    })
}

fn overlapping() -> impl Iterator<Item = (Model, Runtime)> {
    runtimes().filter(|(_, runtime)| runtime.limits().overlap)
}

#[test]
fn a_spawned_task_gives_its_output_to_its_handle() {
    for (model, runtime) in runtimes() {
        let sum = runtime.block_on(async {
            let tasks: Vec<_> = (0..100)
                .map(|n| {
                    spawn(async move {
                        sleep(Duration::from_micros(10)).await;
                        n
                    })
                })
                .collect();
            join_all(tasks).await.into_iter().map(Result::unwrap).sum::<u32>()
        });
        assert_eq!(sum, 4950, "{model}");
    }
}

#[test]
fn a_dropped_handle_lets_its_task_go_on() {
    for (model, runtime) in overlapping() {
        let done = Rc::new(Cell::new(false));
        let (set, seen) = (Rc::clone(&done), Rc::clone(&done));
        let went_on = runtime.block_on(async move {
            drop(spawn(async move {
                sleep(Duration::from_millis(1)).await;
                set.set(true);
            }));
            yield_until(move || seen.get()).await
        });
        assert!(went_on, "{model}");
    }
}

#[test]
fn a_cancelled_task_drops_what_it_holds() {
    for (model, runtime) in overlapping() {
        let held = Rc::new(());
        let in_task = Rc::clone(&held);
        let outcome = runtime.block_on(async move {
            let task = spawn(async move {
                let _held = in_task;
                sleep(Duration::from_secs(3600)).await;
            });
            sleep(Duration::from_millis(1)).await;
            task.cancel();
            task.await
        });
        assert!(matches!(outcome, Err(JoinError::Cancelled)), "{model}: {outcome:?}");
        assert_eq!(Rc::strong_count(&held), 1, "{model}");
    }
}

#[test]
fn dropping_a_future_cancels_its_operation() {
    for (model, runtime) in overlapping() {
        runtime.block_on(async {
            let listener = TcpListener::bind(LOOPBACK).await.unwrap();
            let waiting = timeout(Duration::from_millis(2), listener.accept()).await;
            assert_eq!(waiting.map(drop), Err(Elapsed), "{model}");
            // The accept that was dropped must not take this connection.
            let address = listener.local_address().unwrap();
            let (client, accepted) =
                futures_util::join!(TcpStream::connect(address), listener.accept());
            client.unwrap();
            accepted.unwrap();
        });
    }
}

#[test]
fn a_timeout_ends_a_wait_under_every_model() {
    for (model, runtime) in runtimes() {
        let started = Instant::now();
        let ended = runtime.block_on(async {
            let listener = TcpListener::bind(LOOPBACK).await.unwrap();
            timeout(Duration::from_millis(20), listener.accept()).await.map(drop)
        });
        assert_eq!(ended, Err(Elapsed), "{model}");
        assert!(started.elapsed() >= Duration::from_millis(20), "{model}");
    }
}

#[test]
fn a_timeout_that_is_not_needed_changes_nothing() {
    for (model, runtime) in runtimes() {
        let output = runtime.block_on(timeout(Duration::from_secs(3600), async {
            sleep(Duration::from_millis(1)).await;
            7
        }));
        assert_eq!(output, Ok(7), "{model}");
    }
}

#[test]
fn concurrency_is_refused_where_there_is_none() {
    for (model, runtime) in runtimes() {
        let overlap = runtime.limits().overlap;
        let spawned = runtime.block_on(async { spawn_concurrent(async { 1 }).map(drop) });
        let expected = if overlap { Ok(()) } else { Err(NoConcurrency { capacity: 1 }) };
        assert_eq!(spawned, expected, "{model}");
    }
}

#[test]
fn a_server_and_its_client_share_one_worker() {
    for (model, runtime) in overlapping() {
        let echoed = runtime.block_on(async {
            let listener = TcpListener::bind(LOOPBACK).await.unwrap();
            let address = listener.local_address().unwrap();
            let server = spawn_concurrent(async move {
                let (stream, _) = listener.accept().await.unwrap();
                loop {
                    let received = stream.recv_pooled().await.unwrap();
                    if received.is_empty() {
                        return;
                    }
                    stream.send_all(received.to_vec()).await.unwrap();
                }
            })
            .unwrap();
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(b"through the traits of futures").await.unwrap();
            client.flush().await.unwrap();
            client.shutdown(std::net::Shutdown::Write).await.unwrap();
            let mut text = String::new();
            client.read_to_string(&mut text).await.unwrap();
            server.await.unwrap();
            text
        });
        assert_eq!(echoed, "through the traits of futures", "{model}");
    }
}

/// As `runtimes`, with deadlocks detected.
fn watchful() -> impl Iterator<Item = (Model, Runtime)> {
    runtimes().map(|(model, _)| {
        let runtime = Runtime::builder(model).detect_deadlock().build().unwrap();
        (model, runtime)
    })
}

#[test]
fn a_deadlock_names_the_tasks_that_wait() {
    for (model, runtime) in watchful() {
        let error = runtime
            .try_block_on(async {
                let first = spawn(std::future::pending::<()>());
                first.await
            })
            .unwrap_err();
        let Error::Deadlock(deadlock) = &error else { panic!("{model}: {error}") };
        assert_eq!(deadlock.waiting().len(), 1, "{model}");
        let text = error.to_string();
        assert!(text.contains("tests/executor.rs"), "{model}: {text}");
        assert!(text.contains("expect_external_wake"), "{model}: {text}");
    }
}

#[test]
fn a_deadlock_is_reported_where_block_on_was_called() {
    let (_, runtime) = watchful().next().unwrap();
    let (told, places) = std::sync::mpsc::channel();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let _ = told.send(info.location().map(|place| place.file().to_owned()));
        before(info);
    }));
    let blocked = AssertUnwindSafe(|| runtime.block_on(std::future::pending::<()>()));
    assert!(catch_unwind(blocked).is_err());
    let mut files = places.try_iter().flatten();
    assert!(files.any(|file| file.ends_with("tests/executor.rs")));
}

/// What another thread gives this long after it was asked.
fn from_another_thread(delay: Duration) -> impl Future<Output = u32> {
    let shared = Arc::new(Mutex::new((None, None::<Waker>)));
    let set = Arc::clone(&shared);
    std::thread::spawn(move || {
        std::thread::sleep(delay);
        let mut shared = set.lock().unwrap();
        shared.0 = Some(42);
        if let Some(waker) = shared.1.take() {
            waker.wake();
        }
    });
    std::future::poll_fn(move |context| {
        let mut shared = shared.lock().unwrap();
        shared.1 = Some(context.waker().clone());
        shared.0.map_or(Poll::Pending, Poll::Ready)
    })
}

#[test]
fn a_wake_from_another_thread_needs_no_announcement() {
    for (model, runtime) in runtimes() {
        let delay = Duration::from_millis(5);
        assert_eq!(runtime.block_on(from_another_thread(delay)), 42, "{model}");
        let in_a_task = runtime.block_on(async move { spawn(from_another_thread(delay)).await });
        assert_eq!(in_a_task.unwrap(), 42, "{model}");
    }
}

#[test]
fn a_wake_from_another_thread_is_no_deadlock_when_it_is_announced() {
    for (model, runtime) in watchful() {
        let answer = runtime.block_on(async {
            let _expected = expect_external_wake();
            from_another_thread(Duration::from_millis(5)).await
        });
        assert_eq!(answer, 42, "{model}");
    }
}

#[test]
fn a_timeout_ends_a_wait_for_no_operation() {
    for (model, runtime) in runtimes().chain(watchful()) {
        let limit = Duration::from_millis(20);
        let started = Instant::now();
        let nobody = runtime.block_on(timeout(limit, std::future::pending::<()>()));
        assert_eq!(nobody, Err(Elapsed), "{model}");
        assert!(started.elapsed() >= limit, "{model}");
        let task = runtime.block_on(timeout(limit, async {
            spawn(std::future::pending::<()>()).await.map_err(drop)
        }));
        assert_eq!(task, Err(Elapsed), "{model}");
    }
}

#[test]
fn a_timeout_comes_before_a_wake_from_another_thread_that_is_later() {
    for (model, runtime) in runtimes() {
        let late = from_another_thread(Duration::from_secs(2));
        let waited = runtime.block_on(timeout(Duration::from_millis(20), late));
        assert_eq!(waited, Err(Elapsed), "{model}");
    }
}

#[test]
fn a_panic_in_a_task_is_its_handles_error_and_the_others_go_on() {
    for (model, runtime) in runtimes() {
        let (outcome, other) = runtime.block_on(async {
            let other = spawn(async {
                sleep(Duration::from_millis(1)).await;
                7
            });
            let task = spawn(async {
                sleep(Duration::from_micros(10)).await;
                panic!("on purpose");
            });
            drop(spawn(async { panic!("and nobody asks") }));
            (task.await, other.await)
        });
        let Err::<(), _>(JoinError::Panicked(panicked)) = outcome else {
            panic!("{model}: {outcome:?}")
        };
        assert_eq!(panicked.to_string(), "on purpose", "{model}");
        assert!(panicked.into_payload().is::<&str>(), "{model}");
        assert_eq!(other.unwrap(), 7, "{model}");
        assert_eq!(runtime.block_on(async { spawn(async { 1 }).await.unwrap() }), 1, "{model}");
    }
}

#[test]
fn more_operations_than_the_driver_holds_wait_for_their_turn() {
    let single = MODELS.iter().filter(|row| row.workers == WorkersKind::One);
    for row in single {
        let model: Model = row.name.parse().unwrap();
        let runtime = Runtime::builder(model).max_in_flight(2).build().unwrap();
        let order = Rc::new(RefCell::new(Vec::new()));
        let noted = Rc::clone(&order);
        runtime.block_on(async move {
            let naps = (0..10).map(|n| {
                let noted = Rc::clone(&noted);
                async move {
                    sleep(Duration::from_micros(50)).await;
                    noted.borrow_mut().push(n);
                }
            });
            join_all(naps).await;
        });
        let mut ended = order.take();
        ended.sort_unstable();
        assert_eq!(ended, (0..10).collect::<Vec<_>>(), "{model}");
    }
}

#[test]
fn processes_need_an_entry_in_main() {
    // libtest's main has none.
    async fn flow(number: u32) -> u32 {
        number
    }
    let runtime = Runtime::new("processes:2".parse().unwrap()).unwrap();
    let error = runtime.run_flows(0..2, flow).unwrap_err();
    assert!(matches!(error, Error::NoWorkerEntry), "{error}");
}

/// A thread that keeps a waker until it is told to use it.
fn woken_from_another_thread() -> impl Future<Output = ()> {
    let mut woken = false;
    std::future::poll_fn(move |context| {
        if std::mem::replace(&mut woken, true) {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        std::thread::spawn(move || waker.wake()).join().unwrap();
        Poll::Pending
    })
}

/// Gives up the worker once, and wants to go on.
fn yield_once() -> impl Future<Output = ()> {
    let mut yielded = false;
    std::future::poll_fn(move |context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Yields until `done`. What never comes would hang the test: it gives up after a time in which
/// even the busiest machine gets to everybody.
async fn yield_until(done: impl Fn() -> bool) -> bool {
    let patience = Instant::now() + Duration::from_secs(30);
    while !done() {
        if Instant::now() >= patience {
            return false;
        }
        yield_once().await;
    }
    true
}

#[test]
fn a_task_that_always_wants_to_run_holds_back_no_wake_from_another_thread() {
    for (model, runtime) in runtimes() {
        let came = Rc::new(Cell::new(false));
        let (set, seen) = (Rc::clone(&came), Rc::clone(&came));
        let outcome = runtime.block_on(async move {
            drop(spawn(async move {
                woken_from_another_thread().await;
                set.set(true);
            }));
            spawn(yield_until(move || seen.get())).await
        });
        assert!(matches!(outcome, Ok(true)), "{model}: {outcome:?}");
    }
}

#[test]
fn a_task_that_always_wants_to_run_holds_back_no_operation() {
    for (model, runtime) in runtimes() {
        let came = Rc::new(Cell::new(false));
        let (set, seen) = (Rc::clone(&came), Rc::clone(&came));
        let outcome = runtime.block_on(async move {
            drop(spawn(async move {
                whywait::fs::stat("/").await.unwrap();
                set.set(true);
            }));
            spawn(yield_until(move || seen.get())).await
        });
        assert!(matches!(outcome, Ok(true)), "{model}: {outcome:?}");
    }
}

#[test]
fn dropping_a_runtime_drops_the_tasks_that_wait() {
    for (model, runtime) in runtimes() {
        let held = Rc::new(());
        let in_task = Rc::clone(&held);
        runtime.block_on(async move {
            drop(spawn(async move {
                let _held = in_task;
                sleep(Duration::from_secs(3600)).await;
            }));
            yield_once().await;
        });
        drop(runtime);
        assert_eq!(Rc::strong_count(&held), 1, "{model}");
    }
}

#[test]
fn a_task_that_blocks_on_its_own_runtime_misses_no_wake() {
    for (model, runtime) in runtimes() {
        let runtime = Rc::new(runtime);
        let inner = Rc::clone(&runtime);
        let waker = Rc::new(RefCell::new(None::<Waker>));
        let outcome = runtime.block_on(async move {
            let (kept, woken) = (Rc::clone(&waker), Rc::new(Cell::new(false)));
            let seen = Rc::clone(&woken);
            let task = spawn(std::future::poll_fn(move |context| {
                if seen.get() {
                    return Poll::Ready(());
                }
                *kept.borrow_mut() = Some(context.waker().clone());
                inner.block_on(async {
                    // Woken while it runs, and then everybody has a turn.
                    if let Some(waker) = kept.borrow_mut().take() {
                        seen.set(true);
                        waker.wake();
                    }
                    yield_once().await;
                    yield_once().await;
                });
                Poll::Pending
            }));
            task.await
        });
        assert!(outcome.is_ok(), "{model}: {outcome:?}");
    }
}

#[test]
fn no_time_is_too_long() {
    for (model, runtime) in runtimes() {
        let output = runtime.block_on(timeout(Duration::MAX, async { 7 }));
        assert_eq!(output, Ok(7), "{model}");
    }
}

#[test]
fn what_came_in_time_is_not_lost_because_the_worker_was_busy() {
    for (model, runtime) in overlapping() {
        let received = runtime.block_on(async {
            let listener = TcpListener::bind(LOOPBACK).await.unwrap();
            let address = listener.local_address().unwrap();
            let client = TcpStream::connect(address).await.unwrap();
            let (server, _) = listener.accept().await.unwrap();
            client.send_all("in time").await.unwrap();
            client.shutdown(std::net::Shutdown::Write).await.unwrap();
            let limit = Duration::from_millis(50);
            let started = Instant::now();
            let task = spawn(async move {
                let first = timeout(limit, server.recv_pooled()).await;
                // Where the time was over before anything came, it is still to be had.
                match first {
                    Ok(received) => received.unwrap().to_vec(),
                    Err(Elapsed) => server.recv_pooled().await.unwrap().to_vec(),
                }
            });
            // The task submits its receive, which ends; then the worker is busy for too long.
            yield_once().await;
            while started.elapsed() <= 2 * limit {
                std::hint::spin_loop();
            }
            task.await.unwrap()
        });
        assert_eq!(String::from_utf8_lossy(&received), "in time", "{model}");
    }
}
