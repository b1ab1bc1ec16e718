//! The programs in the kernel: loading them, and hooking them in.
//!
//! Left out on purpose: what they do; see `bpf/whywait.bpf.c`. They are unhooked and unloaded by
//! the kernel itself as soon as nobody holds their descriptors, so that nothing stays behind
//! however whywait ends.

use std::fs;
use std::io::Read;
use std::path::Path;

use aya::maps::{Map, MapError};
use aya::programs::perf_event::{PerfEventConfig, PerfEventScope, SamplePolicy, SoftwareEvent};
use aya::programs::{BtfTracePoint, Iter, PerfEvent, Program, ProgramError};
use aya::util::online_cpus;
use aya::{Btf, Ebpf, EbpfLoader, VerifierLogLevel, include_bytes_aligned};
use whywait_record::{Detail, Feature};

use super::refusal::{BTF_PATH, is_forbidden, no_maps, no_types, not_loaded, refused};
use super::sites::{Hook, SEED, SETTLE, SITES, Site, Variant};
use super::task_storage::TaskStorage;
use crate::proc::Status;
use crate::{Error, Options};

/// The compiled `bpf/whywait.bpf.c`; `cargo xtask bpf` makes it.
static OBJECT: &[u8] = include_bytes_aligned!("../../bpf/whywait.bpf.o");

/// How often a second the sampling timer looks at each CPU, in light detail. Not a divisor of what
/// programs use as periods, so that it does not fall into step with them.
const SAMPLES_PER_S: u64 = 199;

/// The programs in the kernel, with their maps. All are gone when this is dropped.
#[derive(Debug)]
pub(super) struct Programs {
    ebpf: Ebpf,
    /// What the kernel took.
    loaded: Vec<Variant>,
    /// What it did not take, and what the report therefore lacks.
    lacks: Vec<Feature>,
}

impl Programs {
    /// Loads what that detail needs. Nothing is watched yet.
    pub(super) fn load(options: &Options) -> Result<Self, Error> {
        // Of what the verifier may print, only the reason of a refusal is of use, and a log of all
        // that it walks through takes long.
        let ebpf = make_tables(options, VerifierLogLevel::STATS)?;
        // aya reads the kernel's types for itself and keeps them as long as its loader lives. They
        // take tens of MiB, so they are never held twice.
        let btf = kernel_types()?;
        let mut programs = Self { ebpf, loaded: Vec::new(), lacks: Vec::new() };
        for site in SITES.iter().filter(|site| site.is_in(options.detail)) {
            programs.load_site(site, options, &btf)?;
        }
        Ok(programs)
    }

    /// Loads the first variant that the kernel takes.
    fn load_site(&mut self, site: &Site, options: &Options, btf: &Btf) -> Result<(), Error> {
        let forgone =
            |feature: Option<Feature>| feature.is_some_and(|f| options.forgo.contains(&f));
        let mut refusal = None;
        if !forgone(site.without) {
            for variant in site.variants.iter().filter(|variant| !forgone(variant.needs)) {
                match load(&mut self.ebpf, variant, btf) {
                    Ok(()) => {
                        self.loaded.push(*variant);
                        return Ok(());
                    }
                    Err(error) if is_forbidden(&error) => return Err(not_loaded(variant, &error)),
                    Err(error) => refusal = Some(not_loaded(variant, &error)),
                }
            }
        }
        match (site.without, refusal) {
            (Some(feature), _) => self.lacks.push(feature),
            (None, Some(refusal)) => return Err(refusal),
            (None, None) => unreachable!("a site that is needed has a variant for Linux 5.14"),
        }
        Ok(())
    }

    /// What the kernel lacks or was told to be without, and the report lacks with it.
    pub(super) fn lacks(&self) -> &[Feature] {
        &self.lacks
    }

    /// Hooks everything in: from now on, watched threads are watched.
    pub(super) fn attach(&mut self) -> Result<(), Error> {
        for variant in std::mem::take(&mut self.loaded) {
            match variant.hook {
                Hook::Tracepoint(_) => {
                    let tracepoint: &mut BtfTracePoint = program(&mut self.ebpf, variant.program);
                    tracepoint.attach().map_err(|error| refused(ATTACHING, &error))?;
                }
                Hook::Tasks => {}
                Hook::Sampler => self.attach_sampler(variant.program)?,
            }
            self.loaded.push(variant);
        }
        Ok(())
    }

    fn attach_sampler(&mut self, name: &str) -> Result<(), Error> {
        let cpus = online_cpus().map_err(|(_, source)| Error::Io {
            tried: "read which CPUs there are".into(),
            source,
        })?;
        let sampler: &mut PerfEvent = program(&mut self.ebpf, name);
        for cpu in cpus {
            let config = PerfEventConfig::Software(SoftwareEvent::CpuClock);
            let scope = PerfEventScope::AllProcessesOneCpu { cpu };
            let sampled =
                sampler.attach(config, scope, SamplePolicy::Frequency(SAMPLES_PER_S), false);
            match sampled {
                Ok(_) => {}
                Err(error) if is_forbidden(&error) => {
                    return Err(refused("sample what runs on each CPU", &error));
                }
                Err(_) => {
                    self.lacks.push(Feature::Sampling);
                    break;
                }
            }
        }
        Ok(())
    }

    /// Begins with every task of marked processes, and finds out in which pid namespace whywait is.
    pub(super) fn seed(&mut self) -> Result<(), Error> {
        self.iterate(SEED)
    }

    /// Closes the account of every watched thread that is alive.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        self.iterate(SETTLE)
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
pub(super) fn make_tables(options: &Options, log: VerifierLogLevel) -> Result<Ebpf, Error> {
    if !Path::new(BTF_PATH).exists() {
        return Err(Error::NoBtf { path: BTF_PATH });
    }
    let light = u32::from(options.detail == Detail::Light);
    let timeline = u32::from(options.timeline.is_some());
    let levels_above = levels_above();
    let slow_ns = u64::try_from(options.slow_call.as_nanos()).unwrap_or(u64::MAX);
    let forgo_registers = u32::from(options.forgo.contains(&Feature::TaskRegisters));
    let mut loader = EbpfLoader::new();
    loader
        // Task storage, which aya makes and has no type for; only the programs use it.
        .allow_unsupported_maps()
        .override_global("light", &light, true)
        .override_global("timeline", &timeline, true)
        .override_global("levels_above", &levels_above, true)
        .override_global("slow_ns", &slow_ns, true)
        .override_global("forgo_registers", &forgo_registers, true)
        .verifier_log_level(log);
    if options.timeline.is_none() {
        loader.map_max_entries("sleeps_recorded", SMALLEST_RING_BYTES);
    }
    loader.load(OBJECT).map_err(|error| no_maps(&error))
}

/// The kernel's description of its types.
pub(super) fn kernel_types() -> Result<Btf, Error> {
    Btf::from_sys_fs().map_err(|error| no_types(&error))
}

/// Has the kernel verify and take a program.
pub(super) fn load(ebpf: &mut Ebpf, variant: &Variant, btf: &Btf) -> Result<(), ProgramError> {
    match variant.hook {
        Hook::Tracepoint(name) => program::<BtfTracePoint>(ebpf, variant.program).load(name, btf),
        Hook::Tasks => program::<Iter>(ebpf, variant.program).load("task", btf),
        Hook::Sampler => program::<PerfEvent>(ebpf, variant.program).load(),
    }
}

/// How many pid namespaces lie between whywait and the one whose numbers are those in its `/proc`:
/// `NSpid` has a number for each, from the latter to the former.
fn levels_above() -> u32 {
    let status = fs::read("/proc/self/status").ok().and_then(|status| Status::parse(&status));
    let levels = status.map_or(0, |status| status.numbers.len().saturating_sub(1));
    u32::try_from(levels).unwrap_or(0)
}

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
