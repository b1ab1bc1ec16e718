//! A runtime under one I/O model.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use whywait_driver::{Config, Counters, DriverKind, Limits};

use crate::executor::{Deadlocks, OpLatencies, OwnedExecutor};
use crate::serve::{self, Server, Service};
use crate::workers::{self, PlainFlow, Work, WorkerSetup, run_plain};
use crate::{Error, FlowFn, Flows, HandlerFn, Model, Resolved, ServeControl, Served, Travel};

/// Runs futures under one I/O model.
///
/// The thread that made it is its first worker: [`block_on`](Runtime::block_on) runs there.
/// [`run_flows`](Runtime::run_flows) uses all the model's workers.
pub struct Runtime {
    resolved: Resolved,
    setup: WorkerSetup,
    executor: OwnedExecutor,
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").field("resolved", &self.resolved).finish_non_exhaustive()
    }
}

impl Runtime {
    /// A runtime under `model`, with the defaults of [`Builder`].
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the model's driver cannot run here. Only `auto` takes another
    /// one then.
    pub fn new(model: Model) -> Result<Self, Error> {
        Builder::new(model).build()
    }

    /// Sets up a runtime under `model` with other than the defaults.
    #[must_use]
    pub fn builder(model: Model) -> Builder {
        Builder::new(model)
    }

    /// What runs, and why if that was a choice.
    #[must_use]
    pub fn resolved(&self) -> &Resolved {
        &self.resolved
    }

    /// Runs `future` to its end on the calling thread, and the tasks that it spawns beside it.
    /// Tasks that are left when it ends wait for the next call.
    ///
    /// A waker may be used on any thread. Under a model that does not overlap, a wake that comes
    /// while an operation is carried out takes effect when that ends.
    ///
    /// # Errors
    /// What `future` itself gives is in the inner type; see [`Runtime::try_block_on`] to learn
    /// of a deadlock without a panic.
    ///
    /// # Panics
    /// When the driver cannot wait, and on a [`Deadlock`](crate::Deadlock) where such are detected.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        match self.try_block_on(future) {
            Ok(output) => output,
            Err(error) => panic!("{error}"),
        }
    }

    /// As [`Runtime::block_on`], with a deadlock as an error.
    ///
    /// # Errors
    /// [`Error::Deadlock`] when nothing can happen any more, under a runtime that was built with
    /// [`Builder::detect_deadlock`]; [`Error::Wait`] when the driver could not wait.
    pub fn try_block_on<F: Future>(&self, future: F) -> Result<F::Output, Error> {
        Ok(self.executor.block_on(future)?)
    }

    /// Runs a flow for each job, on the model's workers, and gives their results in the order of
    /// the jobs. The flows must not depend on one another.
    ///
    /// The future is made on the worker that runs it, so only jobs and results travel. Under a
    /// model with processes they are serialised, `main` must begin with
    /// [`worker_entry`](crate::worker_entry), and a flow whose worker process died is run again:
    /// make it repeatable.
    ///
    /// # Errors
    /// When workers cannot be started, wait in a deadlock, or die again and again.
    ///
    /// # Panics
    /// With a flow's own panic, where flows run in this process.
    pub fn run_flows<J, R, Fut>(
        &self,
        jobs: impl IntoIterator<Item = J>,
        flow: fn(J) -> Fut,
    ) -> Result<Vec<R>, Error>
    where
        J: Travel,
        R: Travel,
        Fut: Future<Output = R> + 'static,
    {
        let flows = self.measure_flows(PlainFlow::new(flow), jobs, run_plain::<J, Fut>)?;
        Ok(flows.results)
    }

    /// As [`Runtime::run_flows`], with a `context` that all flows share, sent once to each
    /// worker, and with what the run cost.
    ///
    /// # Errors
    /// As [`Runtime::run_flows`].
    ///
    /// # Panics
    /// As [`Runtime::run_flows`].
    pub fn measure_flows<C, J, R, Fut>(
        &self,
        context: C,
        jobs: impl IntoIterator<Item = J>,
        flow: FlowFn<C, J, Fut>,
    ) -> Result<Flows<R>, Error>
    where
        C: Travel,
        J: Travel,
        R: Travel,
        Fut: Future<Output = R> + 'static,
    {
        let work = Work {
            context: Arc::new(context),
            jobs: jobs.into_iter().collect(),
            flow,
            setup: self.setup.clone(),
        };
        workers::run(self.resolved.model, work)
    }

    /// Listens at `address` and runs `handler` for each connection, until the stop of `control`
    /// is used. The model decides who accepts and who waits:
    ///
    /// - One worker whose driver overlaps serves all connections at once; one whose driver does
    ///   not (`blocking`, `offload`) serves one at a time, and the others wait to be accepted.
    /// - `threads` starts a thread for each connection, `process-per-connection` a process.
    /// - `thread-pool:N` and `processes:N` serve N connections at a time, from one listening
    ///   socket. `epoll-threads`, `uring-processes` and the like have a loop and a listening socket
    ///   for each worker, and the kernel spreads the connections over them.
    ///
    /// Port 0 is one port that the kernel chooses, for all workers. [`Builder::max_flows`] is the
    /// most connections at once. Under a model with processes the context is serialised, the
    /// handler is found by its place in the executable, and `main` must begin with
    /// [`worker_entry`](crate::worker_entry); a worker process that dies takes its connections
    /// with it and is replaced.
    ///
    /// An error or a panic of the handler ends its connection and no other. Where the system has no
    /// descriptor or no memory left for one more connection, accepting pauses and goes on by itself;
    /// what waited in the meantime is not lost.
    ///
    /// At the stop, connections that are still in progress after
    /// [`ServeControl::drain`](crate::ServeControl::drain) are dropped, whatever their handlers wait
    /// for: a thread that is blocked on a socket sees it shut down, a sleep ends. Only a handler
    /// that computes, or is in a call on a file, is waited for. A handler hears of the stop by
    /// [`stopping`](crate::stopping).
    ///
    /// A handler that needs several tasks to advance at once is refused under a model that cannot:
    /// see [`ServeControl::needs_concurrency`](crate::ServeControl::needs_concurrency).
    ///
    /// ```
    /// use std::io;
    /// use std::sync::Arc;
    /// use whywait::net::TcpStream;
    /// use whywait::{Runtime, ServeControl, ServeStop};
    ///
    /// async fn echo(_: Arc<()>, stream: TcpStream) -> io::Result<()> {
    ///     loop {
    ///         let received = stream.recv_pooled().await?;
    ///         if received.is_empty() {
    ///             return Ok(());
    ///         }
    ///         stream.send_all(received).await?;
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let runtime = Runtime::new("epoll".parse()?)?;
    /// let stop = ServeStop::new()?;
    /// let control = ServeControl::new(&stop).on_ready(|address| {
    ///     println!("listening at {address}");
    ///     stop.stop(); // a real server is stopped by another thread, or in a signal handler
    /// });
    /// let served = runtime.serve("127.0.0.1:0".parse()?, (), echo, control)?;
    /// println!("{} connections", served.connections);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it cannot listen, when workers cannot be started, and when accepting fails for good.
    pub fn serve<C, Fut>(
        &self,
        address: SocketAddr,
        context: C,
        handler: HandlerFn<C, Fut>,
        control: ServeControl<'_>,
    ) -> Result<Served, Error>
    where
        C: Travel,
        Fut: Future<Output = io::Result<()>> + 'static,
    {
        let service = Service { context: Arc::new(context), handler };
        let server = Server { address, service, setup: self.setup.clone(), control };
        serve::run(self.resolved.model, &self.executor, server)
    }

    /// As [`Runtime::serve`], with a context that need not be serialised, such as one that holds a
    /// channel or a cache: for models whose workers are threads of this process.
    ///
    /// # Errors
    /// [`Error::ContextCannotTravel`] under a model with processes; else as [`Runtime::serve`].
    pub fn serve_local<C, Fut>(
        &self,
        address: SocketAddr,
        context: Arc<C>,
        handler: HandlerFn<C, Fut>,
        control: ServeControl<'_>,
    ) -> Result<Served, Error>
    where
        C: Send + Sync + 'static,
        Fut: Future<Output = io::Result<()>> + 'static,
    {
        let service = Service { context, handler };
        let server = Server { address, service, setup: self.setup.clone(), control };
        serve::run_local(self.resolved.model, &self.executor, server)
    }

    /// What this thread's driver can promise.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.executor.limits()
    }

    /// What this thread's driver has done.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.executor.counters()
    }
}

/// Sets up a [`Runtime`].
#[derive(Clone, Debug)]
pub struct Builder {
    model: Model,
    config: Config,
    latencies: OpLatencies,
    deadlocks: Deadlocks,
    max_flows: Option<usize>,
}

impl Builder {
    /// A runtime under `model`.
    #[must_use]
    pub fn new(model: Model) -> Self {
        let config = Config::default();
        Self {
            model,
            config,
            latencies: OpLatencies::Ignored,
            deadlocks: Deadlocks::Ignored,
            max_flows: None,
        }
    }

    /// Helper threads of drivers that have such; 4 unless set.
    #[must_use]
    pub fn helpers(mut self, helpers: usize) -> Self {
        self.config.helpers = helpers.max(1);
        self
    }

    /// Most operations in flight on one worker; more wait for their turn.
    #[must_use]
    pub fn max_in_flight(mut self, operations: usize) -> Self {
        self.config.max_in_flight = operations.max(1);
        self
    }

    /// Most flows in progress at once, over all workers; all of them unless set.
    #[must_use]
    pub fn max_flows(mut self, flows: usize) -> Self {
        self.max_flows = Some(flows.max(1));
        self
    }

    /// Records how long operations take, at two looks at the clock each.
    #[must_use]
    pub fn record_op_latencies(mut self) -> Self {
        self.latencies = OpLatencies::Recorded;
        self
    }

    /// Reports a [`Deadlock`](crate::Deadlock) when nothing is runnable, no operation is in flight
    /// and no timer is set. Default: the worker waits for a wake from another thread.
    ///
    /// A program whose tasks are woken by other threads says so by
    /// [`expect_external_wake`](crate::expect_external_wake).
    #[must_use]
    pub fn detect_deadlock(mut self) -> Self {
        self.deadlocks = Deadlocks::Detected;
        self
    }

    /// Opens the driver.
    ///
    /// # Errors
    /// As [`Runtime::new`].
    pub fn build(self) -> Result<Runtime, Error> {
        let resolved = self.model.resolve();
        let driver: &'static DriverKind =
            resolved.model.driver().expect("a resolved model has a driver");
        let setup = WorkerSetup {
            driver,
            config: self.config,
            latencies: self.latencies,
            deadlocks: self.deadlocks,
            max_flows: self.max_flows,
        };
        let executor = setup.open()?;
        Ok(Runtime { resolved, setup, executor })
    }
}
