//! N worker processes serve.
//!
//! Those that wait for many connections at once listen with a socket each, over which the kernel
//! spreads who connects; those that serve one at a time share the parent's. The parent serves
//! nobody: it puts another worker in the place of one that died, and ends them all at the stop.

use std::future::Future;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use whywait_driver::{BindShare, Handle};

use super::accept::{address_of, listen, reserve};
use super::backoff::Backoff;
use super::stop::timespec;
use super::tally::Tally;
use super::terms::{Role, Terms};
use super::{ServeStop, Served, Server};
use crate::Error;
use crate::executor::Executor;
use crate::measure::{Cost, ProcessStatus, ProcessUsage};
use crate::workers::message::{FromWorker, Introduction, ToWorker};
use crate::workers::window::UsageWindow;
use crate::workers::worker_process::{Life, Stage, WorkerProcess};
use crate::workers::{Travel, serve_entry, was_entered};

/// How long a worker may take to end when its connections' time is over.
const GRACE: Duration = Duration::from_secs(5);

/// Workers in a row that may fail to begin, while there is no other, before the server gives up.
const MOST_FAILED_STARTS: u32 = 10;

pub(super) fn run<C, Fut>(
    executor: &Rc<Executor>,
    server: Server<'_, C, Fut>,
    workers: usize,
) -> Result<Served, Error>
where
    C: Travel,
    Fut: Future<Output = io::Result<()>> + 'static,
{
    if !was_entered() {
        return Err(Error::NoWorkerEntry);
    }
    let Server { address, service, setup, control } = server;
    let (listening, role) = if setup.driver.overlaps {
        (reserve(executor, address)?, Role::Listen)
    } else {
        (listen(executor, address, control.backlog, BindShare::Alone)?, Role::Share)
    };
    let address = address_of(&listening, address)?;
    let terms = Terms { address, backlog: control.backlog, drain: control.drain, role };
    let introduction = serve_entry::introduce(&setup, &service, &terms)?;
    let windows = setup.windows(usize::MAX, workers);
    let workers = windows.len();
    let shared = (role == Role::Share).then(|| listening.clone());
    let mut crew = Crew::start(introduction, windows, shared)?;
    let usage = UsageWindow::open();
    (control.on_ready)(address);
    crew.serve(&control.stop)?;
    crew.finish(control.drain)?;
    let Crew { tally, mut cost, lost, .. } = crew;
    usage.close(&mut cost, ProcessUsage::now());
    cost.threads += ProcessStatus::now().threads;
    Served::new(tally, cost, workers, lost)
}

/// The worker processes.
struct Crew {
    posts: Vec<Post>,
    introduction: Introduction,
    /// Most connections at once, on each worker.
    windows: Vec<usize>,
    /// The socket that they accept from together, if they do.
    shared: Option<Handle>,
    tally: Tally,
    cost: Cost,
    lost: u32,
    failed_starts: u32,
    backoff: Backoff,
    last_words: String,
}

/// A worker's place.
enum Post {
    Manned(Box<WorkerProcess>),
    /// Its worker died, and the next one comes at this time.
    Vacant(Instant),
}

impl Crew {
    /// Starts the workers and waits until all listen.
    fn start(
        introduction: Introduction,
        windows: Vec<usize>,
        shared: Option<Handle>,
    ) -> Result<Self, Error> {
        let mut crew = Self {
            posts: Vec::with_capacity(windows.len()),
            introduction,
            windows,
            shared,
            tally: Tally::default(),
            cost: Cost::default(),
            lost: 0,
            failed_starts: 0,
            backoff: Backoff::default(),
            last_words: String::new(),
        };
        for index in 0..crew.windows.len() {
            let failed =
                |source| Error::WorkerStart { worker: "a worker process", started: index, source };
            let worker = crew.start_worker(index).map_err(failed)?;
            crew.posts.push(Post::Manned(worker));
        }
        while crew.manned().any(|worker| worker.stage == Stage::Starting) {
            crew.listen(None, None)?;
            if crew.lost > 0 {
                return Err(Error::WorkerRefused(crew.last_words));
            }
        }
        Ok(crew)
    }

    fn start_worker(&mut self, index: usize) -> io::Result<Box<WorkerProcess>> {
        self.introduction.window = self.windows[index];
        let worker = WorkerProcess::start(&self.introduction)?;
        if let Some(listener) = &self.shared {
            worker.give(listener)?;
        }
        Ok(Box::new(worker))
    }

    fn manned(&self) -> impl Iterator<Item = &WorkerProcess> {
        self.posts.iter().filter_map(|post| match post {
            Post::Manned(worker) => Some(&**worker),
            Post::Vacant(_) => None,
        })
    }

    /// Puts workers in the places of those that die, until the stop.
    fn serve(&mut self, stop: &ServeStop) -> Result<(), Error> {
        loop {
            let due = self.posts.iter().filter_map(|post| match post {
                Post::Vacant(until) => Some(*until),
                Post::Manned(_) => None,
            });
            if self.listen(Some(stop), due.min())? || self.tally.refusal.is_some() {
                return Ok(());
            }
            self.replace()?;
        }
    }

    /// Fills the places whose time has come.
    fn replace(&mut self) -> Result<(), Error> {
        let now = Instant::now();
        for index in 0..self.posts.len() {
            match self.posts[index] {
                Post::Vacant(until) if until <= now => {}
                _ => continue,
            }
            match self.start_worker(index) {
                Ok(worker) => self.posts[index] = Post::Manned(worker),
                Err(error) => {
                    self.last_words = error.to_string();
                    self.vacate(index);
                }
            }
        }
        let alone = !self.manned().any(|worker| worker.stage == Stage::Working);
        if alone && self.failed_starts >= MOST_FAILED_STARTS {
            let why = std::mem::take(&mut self.last_words);
            return Err(Error::WorkerFailed(format!("no worker can be kept ({why})")));
        }
        Ok(())
    }

    /// Notes that the place at `index` has no worker, and when to try again.
    fn vacate(&mut self, index: usize) {
        self.failed_starts += 1;
        self.posts[index] = Post::Vacant(Instant::now() + self.backoff.pause());
    }

    /// Tells the workers to stop, and waits for what they report: as long as connections may go
    /// on, and a little. Those that have not ended then are killed.
    fn finish(&mut self, drain: Duration) -> Result<(), Error> {
        for post in &mut self.posts {
            if let Post::Manned(worker) = post
                && worker.stage != Stage::Ended
            {
                worker.stage = Stage::Finishing;
                // One that has died cannot be told, and is noted when its end is read.
                let _ = worker.send(&ToWorker::<()>::Finish);
            }
        }
        let deadline = drain.checked_add(GRACE).and_then(|time| Instant::now().checked_add(time));
        while self.manned().any(|worker| worker.stage != Stage::Ended) {
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                self.lost +=
                    self.manned().filter(|worker| worker.stage != Stage::Ended).count() as u32;
                break;
            }
            self.listen(None, deadline)?;
        }
        Ok(())
    }

    /// Waits until a worker says something, the stop is used or it is `until`; listens to all that
    /// have something to say. Says whether the stop was used.
    fn listen(&mut self, stop: Option<&ServeStop>, until: Option<Instant>) -> Result<bool, Error> {
        let timeout = until.map(|until| until.saturating_duration_since(Instant::now()));
        let open = self.manned().filter(|worker| worker.stage != Stage::Ended);
        let mut watched: Vec<_> = open.map(|worker| PollFd::new(worker, PollFlags::IN)).collect();
        watched.extend(stop.map(|stop| PollFd::new(stop, PollFlags::IN)));
        match poll(&mut watched, timeout.map(timespec).as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(Error::Wait(error.into())),
        }
        for index in 0..self.posts.len() {
            self.listen_to(index)?;
        }
        Ok(stop.is_some_and(ServeStop::is_stopped))
    }

    fn listen_to(&mut self, index: usize) -> Result<(), Error> {
        let Post::Manned(worker) = &mut self.posts[index] else { return Ok(()) };
        if worker.stage == Stage::Ended {
            return Ok(());
        }
        let life = worker.read().map_err(protocol)?;
        while let Some(message) = worker.next_message().map_err(protocol)? {
            match message {
                FromWorker::Ready => {
                    worker.stage = Stage::Working;
                    self.failed_starts = 0;
                    self.backoff.reset();
                }
                FromWorker::Results(tallies) => {
                    tallies.into_iter().for_each(|(_, tally)| self.tally.add(tally));
                }
                FromWorker::Finished(cost) => {
                    self.cost += &cost;
                    worker.stage = Stage::Ended;
                }
                FromWorker::Refused(why) | FromWorker::Failed(why) | FromWorker::Panicked(why) => {
                    self.last_words = why;
                }
            }
        }
        if life == Life::Alive || worker.stage == Stage::Ended {
            return Ok(());
        }
        self.lost += 1;
        let end = worker.describe_end();
        if self.last_words.is_empty() {
            self.last_words = end;
        }
        if worker.stage == Stage::Finishing {
            worker.stage = Stage::Ended;
        } else {
            self.vacate(index);
        }
        Ok(())
    }
}

fn protocol(error: io::Error) -> Error {
    Error::Protocol(error.to_string())
}
