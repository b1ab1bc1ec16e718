//! Where a re-executed program becomes a worker.

#![expect(unsafe_code, reason = "functions are found again by their place in the executable")]

use std::future::Future;
use std::io;
use std::os::unix::net::UnixStream;
use std::panic::{self, AssertUnwindSafe};
use std::process;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{Mode, OFlags};

use super::channel::{decode, receive, send};
use super::function::FunctionPlace;
use super::inbox::{Inbox, WorkerDesk};
use super::message::{FromWorker, Introduction};
use super::meter::Worked;
use super::window::UsageWindow;
use super::{FlowFn, Travel, lanes, secure};
use crate::measure::Cost;

/// The name under which worker processes are started and show in `ps`.
pub(crate) const WORKER_NAME: &str = "whywait-worker";

/// Whether this program gives its worker processes a place to begin.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// Reads the rest of what a worker needs, for the types that it was made for.
pub(super) type ServeFn = fn(UnixStream, Introduction) -> io::Result<()>;

/// Lets this program's worker processes begin; the first thing in `main`.
///
/// The models with processes start workers by executing the program again. In such a worker this
/// function runs flows and does not return; everywhere else it does nothing but note that it was
/// called. A set-user-ID program, or one with capabilities, refuses to be a worker.
pub fn worker_entry() {
    ENTERED.store(true, Ordering::Relaxed);
    if std::env::args_os().next().is_some_and(|name| name == WORKER_NAME) {
        let served = check_rights().and_then(|()| take_channel()).and_then(begin);
        if let Err(error) = &served {
            eprintln!("{WORKER_NAME}: {error}");
        }
        process::exit(i32::from(served.is_err()));
    }
}

/// Whether [`worker_entry`] was called.
pub(crate) fn was_entered() -> bool {
    ENTERED.load(Ordering::Relaxed)
}

/// Refuses to be a worker for a caller that has fewer rights than this program: whoever executes
/// it chooses its name, what stands on its standard input, and so what it would call.
fn check_rights() -> io::Result<()> {
    if secure::is_privileged() {
        let text = "a program with rights that its caller has not can have no worker processes";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    Ok(())
}

/// Takes the channel to the parent from standard input, which becomes empty.
fn take_channel() -> io::Result<UnixStream> {
    let channel = rustix::io::fcntl_dupfd_cloexec(io::stdin(), 3)?;
    let null = rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(null)?;
    Ok(channel.into())
}

fn begin(channel: UnixStream) -> io::Result<()> {
    let introduction: Introduction =
        receive(&channel)?.ok_or_else(|| io::Error::other("the parent said nothing"))?;
    // SAFETY: the introduction comes from the process that executed us, which is this very
    // executable, and its `serve` is made from a `ServeFn`.
    let serve = unsafe { introduction.serve.resolve::<ServeFn>() };
    let serve = serve.ok_or_else(|| io::Error::other("the function to serve with is not here"))?;
    serve(channel, introduction)
}

/// Runs flows for the parent until it says that there are no more.
pub(super) fn serve<C, J, R, Fut>(channel: UnixStream, introduction: Introduction) -> io::Result<()>
where
    C: Travel,
    J: Travel,
    R: Travel,
    Fut: Future<Output = R> + 'static,
{
    let refuse = |why: String| send(&channel, &FromWorker::<R>::Refused(why));
    if introduction.types != types::<C, J, R, Fut>() {
        return refuse(format!("it serves {}", types::<C, J, R, Fut>()));
    }
    // SAFETY: the parent made the place from a flow function of the types whose names were
    // compared above, in this executable.
    let flow = unsafe { introduction.flow.resolve::<FlowFn<C, J, Fut>>() };
    let (Some(flow), Some(setup)) = (flow, introduction.worker_setup()) else {
        return refuse("the flow's function or the driver is not in this executable".into());
    };
    let context: Arc<C> = Arc::new(decode(&introduction.context)?);
    let executor = match setup.open() {
        Ok(executor) => executor,
        Err(error) => return refuse(error.to_string()),
    };
    let inbox = Inbox::open(channel.try_clone()?)?;
    send(&channel, &FromWorker::<R>::Ready)?;

    let usage = UsageWindow::open_from(introduction.usage_from);
    let desk = Rc::new(WorkerDesk::new(inbox, channel.try_clone()?));
    let work = || lanes::run(&executor, &desk, &context, flow, introduction.window);
    let last: FromWorker<R> = match panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(worked)) => FromWorker::Finished(close(usage, worked)),
        Ok(Err(error)) => FromWorker::Failed(error.to_string()),
        Err(payload) => FromWorker::Panicked(panic_text(&*payload)),
    };
    desk.flush()?;
    send(&channel, &last)
}

fn close(usage: UsageWindow, Worked { mut cost, used }: Worked) -> Box<Cost> {
    usage.close(&mut cost, used);
    Box::new(cost)
}

/// The types that travel, by name.
pub(super) fn types<C, J, R, Fut>() -> String {
    std::any::type_name::<(C, J, R, Fut)>().into()
}

/// The place of [`serve`] for these types; none if it is not in the executable.
pub(super) fn place_of_serve<C, J, R, Fut>() -> Option<FunctionPlace>
where
    C: Travel,
    J: Travel,
    R: Travel,
    Fut: Future<Output = R> + 'static,
{
    FunctionPlace::of(serve::<C, J, R, Fut> as ServeFn as usize)
}

pub(crate) fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").into()
}
