//! Counting every echo server's instructions under one load, once a round.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::hot_spots::HotSpots;
use super::lockstep_load::LockstepLoad;
use super::stepper::{Counts, Stepping, step_until_end};
use crate::builds::Builds;
use crate::column::{Figure, Heading};
use crate::cpus::{CpuPair, keep_to};
use crate::echo::{ServerProcess, Shape, server_names};
use crate::failure::Failure;
use crate::race::Discipline;

/// The instructions of a round trip in one shape.
#[derive(Debug)]
pub(super) struct InstructionsRace {
    builds: Builds,
    shape: Shape,
    /// Round trips of a sample, rounded up to whole rounds of the load.
    round_trips: usize,
    cpus: CpuPair,
    hot_spots: Rc<RefCell<BTreeMap<(String, String), HotSpots>>>,
}

/// Rounds of the load before the server is stepped, and before its steps count.
const WARM_UP: usize = 100;
const STEPPED_WARM_UP: usize = 3;
/// A server whose threads have slept and taken no step for so long waits for the load.
const IDLE: Duration = Duration::from_micros(500);
/// A server that is still not idle polls without a pause.
const IDLE_LIMIT: Duration = Duration::from_secs(10);

impl InstructionsRace {
    /// Counts about `round_trips` of each contestant and keeps where the instructions were, by the
    /// title of the column and the contestant.
    ///
    /// # Errors
    /// When no CPU is allowed.
    pub(super) fn new(
        builds: Builds,
        shape: Shape,
        round_trips: usize,
        hot_spots: Rc<RefCell<BTreeMap<(String, String), HotSpots>>>,
    ) -> Result<Self, Failure> {
        Ok(Self { builds, shape, round_trips, cpus: CpuPair::find()?, hot_spots })
    }

    fn title(&self) -> String {
        format!("instructions {}", self.shape)
    }

    /// The instructions of a server, and the round trips in which it executed them.
    fn count(&self, server: ServerProcess) -> Result<(Counts, usize), Failure> {
        let Shape { connections, active } = self.shape;
        let mut load = LockstepLoad::connect(server.address, connections, active)?;
        load.run(WARM_UP, || Ok(()))?;
        let stepping = Stepping::default();
        let process = server.id();
        thread::scope(|scope| {
            let (attached, is_attached) = channel();
            let (cpu, stepping) = (self.cpus.server, &stepping);
            let tracer = scope.spawn(move || step_on(cpu, process, stepping, &attached));
            let counted = match is_attached.recv() {
                Ok(()) => self.load_counted(&mut load, &server, stepping),
                // The tracer says why it could not attach.
                Err(_) => Ok(0),
            };
            // Ends the stepping.
            drop(server);
            let counts = tracer.join().map_err(|_| "the thread that steps panicked")??;
            Ok((counts, counted?))
        })
    }

    /// Runs the load while instructions count, from one moment in which the server waits to another.
    fn load_counted(
        &self,
        load: &mut LockstepLoad,
        server: &ServerProcess,
        stepping: &Stepping,
    ) -> Result<usize, Failure> {
        let mut until_idle = || wait_until_idle(server, stepping);
        load.run(STEPPED_WARM_UP, &mut until_idle)?;
        stepping.counts.store(true, Ordering::Release);
        let round_trips = load.run(self.round_trips.div_ceil(self.shape.active), until_idle)?;
        stepping.counts.store(false, Ordering::Release);
        Ok(round_trips)
    }
}

/// Steps on the CPU of the server, as each waits for the other.
fn step_on(
    cpu: usize,
    process: u32,
    stepping: &Stepping,
    attached: &Sender<()>,
) -> Result<Counts, Failure> {
    keep_to(cpu)?;
    step_until_end(process, stepping, || {
        // The receiver waits for this.
        let _ = attached.send(());
    })
}

/// Waits until all threads of the server sleep in system calls.
fn wait_until_idle(server: &ServerProcess, stepping: &Stepping) -> Result<(), Failure> {
    let began = Instant::now();
    loop {
        let before = stepping.steps.load(Ordering::Relaxed);
        let slept = all_sleep(server.id())?;
        thread::sleep(IDLE);
        let steps = stepping.steps.load(Ordering::Relaxed);
        if slept && steps == before && all_sleep(server.id())? {
            return Ok(());
        }
        if began.elapsed() > IDLE_LIMIT {
            return Err(format!("it is not idle {IDLE_LIMIT:?} after the last answer").into());
        }
    }
}

fn all_sleep(process: u32) -> Result<bool, Failure> {
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let stat = fs::read_to_string(thread?.path().join("stat"))?;
        // proc_pid_stat(5): the state follows the name, which may have spaces in it.
        if !stat.rsplit_once(')').is_some_and(|(_, rest)| rest.starts_with(" S")) {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Discipline for InstructionsRace {
    fn headings(&self) -> Vec<Heading> {
        let about = "executed by the server in user space per round trip";
        vec![Heading { title: self.title(), unit: "count", about }]
    }

    fn contestants(&self) -> Vec<String> {
        self.builds.contestants(server_names())
    }

    fn sample(&self, contestant: &str, _round: usize) -> Result<Vec<Figure>, Failure> {
        let server = ServerProcess::of(&self.builds, contestant, self.cpus.server)?;
        let mappings = fs::read_to_string(format!("/proc/{}/maps", server.id()))?;
        let (counts, round_trips) = self.count(server)?;
        let value = counts.values().sum::<u64>() as f64 / round_trips as f64;
        let hot_spots = HotSpots { mappings, counts, round_trips };
        let key = (self.title(), contestant.to_owned());
        self.hot_spots.borrow_mut().insert(key, hot_spots);
        Ok(vec![Figure { value, nearness: None }])
    }
}
