//! The programs in the kernel: loading them, and hooking them in.
//!
//! Left out on purpose: what they do; see `bpf/whywait.bpf.c`. They are unhooked and unloaded by
//! the kernel itself as soon as nobody holds their descriptors, so that nothing stays behind
//! however whywait ends.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use aya::maps::{Map, MapError};
use aya::programs::perf_event::{PerfEventConfig, PerfEventScope, SamplePolicy, SoftwareEvent};
use aya::programs::{BtfTracePoint, Iter, PerfEvent, Program, ProgramError};
use aya::util::online_cpus;
use aya::{Btf, BtfError, Ebpf, EbpfLoader, include_bytes_aligned};
use rustix::system::uname;

use super::task_storage::TaskStorage;
use crate::permission::lacking;
use crate::proc::Status;
use crate::{Detail, Error, Options};

/// The compiled `bpf/whywait.bpf.c`; `cargo xtask bpf` makes it.
static OBJECT: &[u8] = include_bytes_aligned!("../../bpf/whywait.bpf.o");

/// Where the kernel describes its types.
const BTF_PATH: &str = "/sys/kernel/btf/vmlinux";

/// How often a second the sampling timer looks at each CPU, in light detail. Not a divisor of what
/// programs use as periods, so that it does not fall into step with them.
const SAMPLES_PER_S: u64 = 199;

/// A program that is hooked to a tracepoint.
struct Hook {
    program: &'static str,
    tracepoint: &'static str,
    in_light: bool,
    /// Kernels may lack it; then what it counts is missing.
    needed: bool,
}

/// Every hook; those of lives first, so that no thread is seen before its beginning.
const HOOKS: &[Hook] = &[
    Hook { program: "on_new_task", tracepoint: "task_newtask", in_light: true, needed: true },
    Hook { program: "on_switch", tracepoint: "sched_switch", in_light: true, needed: true },
    Hook { program: "on_waking", tracepoint: "sched_waking", in_light: true, needed: true },
    Hook { program: "on_exit", tracepoint: "sys_exit", in_light: false, needed: true },
    Hook { program: "on_enter", tracepoint: "sys_enter", in_light: false, needed: true },
    Hook {
        program: "on_request",
        tracepoint: "io_uring_submit_req",
        in_light: false,
        needed: false,
    },
    Hook {
        program: "on_punt",
        tracepoint: "io_uring_queue_async_work",
        in_light: false,
        needed: false,
    },
    Hook { program: "on_exec", tracepoint: "sched_process_exec", in_light: true, needed: true },
];

/// The programs in the kernel, with their maps. All are gone when this is dropped.
#[derive(Debug)]
pub(super) struct Programs {
    ebpf: Ebpf,
    detail: Detail,
}

impl Programs {
    /// Loads what that detail needs. Nothing is watched yet.
    pub(super) fn load(options: &Options) -> Result<Self, Error> {
        let ebpf = make_tables(options)?;
        // aya reads the kernel's types for itself and keeps them as long as its loader lives. They
        // take tens of MiB, so they are never held twice.
        let btf = Btf::from_sys_fs().map_err(|error| btf_error(&error))?;
        let mut programs = Self { ebpf, detail: options.detail };
        programs.load_hooks(&btf)?;
        for name in ["on_seed", "on_settle"] {
            let iterator: &mut Iter = program(&mut programs.ebpf, name);
            iterator.load("task", &btf).map_err(|error| refused(LOADING, &error))?;
        }
        Ok(programs)
    }

    fn load_hooks(&mut self, btf: &Btf) -> Result<(), Error> {
        for hook in self.hooks() {
            let tracepoint: &mut BtfTracePoint = program(&mut self.ebpf, hook.program);
            match tracepoint.load(hook.tracepoint, btf) {
                Err(_) if !hook.needed => {}
                Err(ProgramError::Btf(_)) => return Err(lacks(hook.tracepoint)),
                result => result.map_err(|error| refused(LOADING, &error))?,
            }
        }
        if self.detail == Detail::Light {
            let sampler: &mut PerfEvent = program(&mut self.ebpf, "on_sample");
            sampler.load().map_err(|error| refused(LOADING, &error))?;
        }
        Ok(())
    }

    fn hooks(&self) -> impl Iterator<Item = &'static Hook> + use<> {
        let light = self.detail == Detail::Light;
        HOOKS.iter().filter(move |hook| hook.in_light || !light)
    }

    /// Hooks everything in: from now on, watched threads are watched.
    pub(super) fn attach(&mut self) -> Result<(), Error> {
        for hook in self.hooks() {
            let tracepoint: &mut BtfTracePoint = program(&mut self.ebpf, hook.program);
            match tracepoint.attach() {
                Err(ProgramError::NotLoaded) if !hook.needed => {}
                result => {
                    result.map_err(|error| refused(ATTACHING, &error))?;
                }
            }
        }
        if self.detail == Detail::Light { self.attach_sampler() } else { Ok(()) }
    }

    fn attach_sampler(&mut self) -> Result<(), Error> {
        let cpus = online_cpus().map_err(|(_, source)| Error::Io {
            tried: "read which CPUs there are".into(),
            source,
        })?;
        let sampler: &mut PerfEvent = program(&mut self.ebpf, "on_sample");
        for cpu in cpus {
            let config = PerfEventConfig::Software(SoftwareEvent::CpuClock);
            let scope = PerfEventScope::AllProcessesOneCpu { cpu };
            sampler
                .attach(config, scope, SamplePolicy::Frequency(SAMPLES_PER_S), false)
                .map_err(|error| refused("sample what runs on each CPU", &error))?;
        }
        Ok(())
    }

    /// Begins with every task of marked processes, and finds out in which pid namespace whywait is.
    pub(super) fn seed(&mut self) -> Result<(), Error> {
        self.iterate("on_seed")
    }

    /// Closes the account of every watched thread that is alive.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        self.iterate("on_settle")
    }

    /// Runs a program over all tasks, once.
    fn iterate(&mut self, name: &str) -> Result<(), Error> {
        let iterator: &mut Iter = program(&mut self.ebpf, name);
        let tried = "look at all tasks";
        let link = iterator.attach().map_err(|error| refused(tried, &error))?;
        let link = iterator.take_link(link).map_err(|error| refused(tried, &error))?;
        let mut file = link.into_file().map_err(|error| refused(tried, &error))?;
        // It writes nothing; reading is what runs it.
        file.read_to_end(&mut Vec::new()).map_err(|error| refused(tried, &error))?;
        Ok(())
    }

    /// The map of that name, which is task storage.
    pub(super) fn take_task_storage(&mut self, name: &str) -> TaskStorage {
        self.ebpf
            .take_map(name)
            .and_then(TaskStorage::new)
            .unwrap_or_else(|| unreachable!("the object has task storage {name}, as a test says"))
    }

    /// Takes all out of the kernel: first what sees calls, so that no call is seen whose sleeps are
    /// not.
    pub(super) fn take_out(mut self) {
        for name in ["on_exit", "on_enter"] {
            // One that was not loaded, or is not there, is out already.
            let _ = program::<BtfTracePoint>(&mut self.ebpf, name).unload();
        }
    }

    /// A map, as what it is declared.
    pub(super) fn take_map<T: TryFrom<Map, Error = MapError>>(&mut self, name: &str) -> T {
        self.ebpf.take_map(name).and_then(|map| T::try_from(map).ok()).unwrap_or_else(|| {
            unreachable!("the object has a map {name} of that type, as a test says")
        })
    }
}

/// Makes the maps, and sets right in the programs what depends on the kernel and on `options`.
fn make_tables(options: &Options) -> Result<Ebpf, Error> {
    if !Path::new(BTF_PATH).exists() {
        return Err(Error::NoBtf { path: BTF_PATH });
    }
    let light = u32::from(options.detail == Detail::Light);
    let timeline = u32::from(options.timeline.is_some());
    let levels_above = levels_above();
    let slow_ns = u64::try_from(options.slow_call.as_nanos()).unwrap_or(u64::MAX);
    let mut loader = EbpfLoader::new();
    loader
        // Task storage, which aya makes and has no type for; only the programs use it.
        .allow_unsupported_maps()
        .override_global("light", &light, true)
        .override_global("timeline", &timeline, true)
        .override_global("levels_above", &levels_above, true)
        .override_global("slow_ns", &slow_ns, true);
    if options.timeline.is_none() {
        loader.map_max_entries("sleeps_recorded", SMALLEST_RING_BYTES);
    }
    loader.load(OBJECT).map_err(|error| refused("make tables in the kernel", &error))
}

/// How many pid namespaces lie between whywait and the one whose numbers are those in its `/proc`:
/// `NSpid` has a number for each, from the latter to the former.
fn levels_above() -> u32 {
    let status = fs::read("/proc/self/status").ok().and_then(|status| Status::parse(&status));
    let levels = status.map_or(0, |status| status.numbers.len().saturating_sub(1));
    u32::try_from(levels).unwrap_or(0)
}

const LOADING: &str = "load programs into the kernel";
const ATTACHING: &str = "hook programs into the kernel";

/// A ring of which nothing is used must be a page at least (bpf(2)).
const SMALLEST_RING_BYTES: u32 = 4096;

/// A program, as what it is declared.
fn program<'a, T>(ebpf: &'a mut Ebpf, name: &str) -> &'a mut T
where
    &'a mut T: TryFrom<&'a mut Program, Error = ProgramError>,
{
    ebpf.program_mut(name).and_then(|program| program.try_into().ok()).unwrap_or_else(|| {
        unreachable!("the object has a program {name} of that type, as a test says")
    })
}

/// Why the kernel refused, from the first cause that is an error of the system.
fn refused(tried: &str, error: &(dyn std::error::Error + 'static)) -> Error {
    let mut cause = Some(error);
    while let Some(this) = cause {
        if let Some(ProgramError::LoadError { verifier_log, .. }) = this.downcast_ref()
            && !verifier_log.to_string().is_empty()
        {
            // It was allowed to try; what it tried is what this kernel does not know.
            return lacks_what(format!("room for what watching needs ({})", with_causes(this)));
        }
        if let Some(source) = this.downcast_ref::<io::Error>() {
            return by_errno(tried, source, error);
        }
        cause = this.source();
    }
    Error::Io { tried: tried.into(), source: io::Error::other(with_causes(error)) }
}

/// How many lines of what the verifier printed are passed on.
const VERIFIER_LINES: usize = 6;

/// aya says what failed, and its causes why. Of what the verifier printed only the end is of use.
fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    if let Some(ProgramError::LoadError { io_error, verifier_log }) = error.downcast_ref() {
        let log = verifier_log.to_string();
        let lines: Vec<&str> = log.lines().rev().take(VERIFIER_LINES).collect();
        let end: Vec<&str> = lines.into_iter().rev().collect();
        return format!("{io_error}; the kernel's verifier says: {}", end.join("; "));
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(this) = cause {
        let reason = this.to_string();
        if !text.contains(&reason) {
            text = format!("{text}: {reason}");
        }
        cause = this.source();
    }
    text
}

fn by_errno(tried: &str, source: &io::Error, whole: &(dyn std::error::Error + 'static)) -> Error {
    match source.kind() {
        io::ErrorKind::PermissionDenied => {
            Error::NoPermission { tried: tried.into(), lacking: lacking() }
        }
        kind => Error::Io { tried: tried.into(), source: io::Error::new(kind, with_causes(whole)) },
    }
}

fn btf_error(error: &BtfError) -> Error {
    match error {
        BtfError::FileError { error, .. } if error.kind() == io::ErrorKind::NotFound => {
            Error::NoBtf { path: BTF_PATH }
        }
        other => refused("read the kernel's description of its types", other),
    }
}

fn lacks(tracepoint: &str) -> Error {
    lacks_what(format!("tracepoint {tracepoint} that programs can be hooked to"))
}

fn lacks_what(feature: String) -> Error {
    Error::Unsupported { feature, release: uname().release().to_string_lossy().into_owned() }
}
