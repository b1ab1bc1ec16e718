//! One worker's part: takes jobs and runs their flows, as many at once as its driver overlaps.
//!
//! A lane is a task that runs one flow after another. A worker has as many lanes as flows may be
//! in progress, so that a flow costs no task of its own.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};

use futures_util::FutureExt;

use super::FlowFn;
use super::due_flow::DueFlow;
use super::meter::{Meter, Worked};
use crate::Error;
use crate::executor::Executor;
use crate::measure::{FlowTimes, Moment, ThreadMark};

/// Where a worker's jobs come from and its results go.
pub(super) trait Desk<J, R>: 'static {
    /// The worker begins. Flows that have no due time of their own are due when the first worker
    /// begins.
    fn open(&self, _at: Moment) {}

    /// The next flow; none when there are no more.
    fn next(&self) -> impl Future<Output = Option<DueFlow<J>>>;

    /// Takes a flow's result.
    fn put(&self, flow: u32, result: R);

    /// The part of a worker's life, from `began` to `ended`, in which it had flows to run;
    /// none if it never had any.
    fn working(&self, began: ThreadMark, ended: ThreadMark) -> Option<(ThreadMark, ThreadMark)> {
        Some((began, ended))
    }
}

/// Runs flows from `desk` until it has no more, up to `window` at once.
pub(super) fn run<C, J, R, Fut, D>(
    executor: &Rc<Executor>,
    desk: &Rc<D>,
    context: &Arc<C>,
    flow: FlowFn<C, J, Fut>,
    window: usize,
) -> Result<Worked, Error>
where
    C: 'static,
    J: 'static,
    R: 'static,
    Fut: Future<Output = R> + 'static,
    D: Desk<J, R>,
{
    let times = Rc::new(RefCell::new(FlowTimes::default()));
    let lane = || lane(Rc::clone(desk), Arc::clone(context), flow, Rc::clone(&times));
    let meter = Meter::start(executor);
    desk.open(meter.began_at());
    executor.block_on(async {
        if window == 1 {
            return lane().await;
        }
        // Not joined one by one: a hundred thousand lanes are as many handles.
        let open = Rc::new(OpenLanes { count: Cell::new(window), waiting: Cell::new(None) });
        for _ in 0..window {
            let open = Rc::clone(&open);
            executor.spawn_detached(lane().map(move |()| open.close_one()), Location::caller());
        }
        open.all_closed().await;
    })?;
    let mut worked = meter.stop(executor, |began, ended| desk.working(began, ended));
    times.take().pour_into(&mut worked.cost);
    Ok(worked)
}

/// The lanes of one worker that have not ended.
struct OpenLanes {
    count: Cell<usize>,
    waiting: Cell<Option<Waker>>,
}

impl OpenLanes {
    fn close_one(&self) {
        self.count.set(self.count.get() - 1);
        if self.count.get() == 0
            && let Some(waker) = self.waiting.take()
        {
            waker.wake();
        }
    }

    fn all_closed(&self) -> impl Future<Output = ()> {
        poll_fn(|context| {
            if self.count.get() == 0 {
                return Poll::Ready(());
            }
            self.waiting.set(Some(context.waker().clone()));
            Poll::Pending
        })
    }
}

async fn lane<C, J, R, Fut, D>(
    desk: Rc<D>,
    context: Arc<C>,
    flow: FlowFn<C, J, Fut>,
    times: Rc<RefCell<FlowTimes>>,
) where
    Fut: Future<Output = R>,
    D: Desk<J, R>,
{
    while let Some(DueFlow { number, due, job }) = desk.next().await {
        let began = Moment::now();
        let result = flow(Arc::clone(&context), job).await;
        times.borrow_mut().record(due, began, Moment::now());
        desk.put(number, result);
    }
}
