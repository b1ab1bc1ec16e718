//! Marks on tasks, by which the programs in the kernel know whom to begin with.
//!
//! A task is named by a pidfd, which means the same one whatever pid namespace whywait runs in, and
//! whatever becomes of its number.
//!
//! Left out on purpose: reading task storage; rows of threads are read by their numbers.
#![expect(unsafe_code, reason = "aya has no type for maps of this kind")]

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use aya::maps::{Map, MapData};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// How a marked task is to be watched; the numbers are those of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Mark {
    /// From when it next executes a program.
    AtExec = 0xffff_fffe,
    /// With its whole process, from the next look at all tasks on.
    AtSeed = 0xffff_fffd,
}

/// The map in which tasks have their rows' numbers, or marks.
#[derive(Debug)]
pub(super) struct TaskStorage {
    map: MapData,
}

impl TaskStorage {
    /// The map; none if it is of another kind.
    pub(super) fn new(map: Map) -> Option<Self> {
        match map {
            Map::Unsupported(map) => Some(Self { map }),
            _ => None,
        }
    }

    /// Marks the first thread of a process, unless it is marked or watched already.
    ///
    /// # Errors
    /// What pidfd_open(2) and bpf(2) say; ESRCH if the process is gone.
    pub(super) fn mark(&mut self, pid: u32, mark: Mark) -> io::Result<()> {
        let number =
            i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::NotFound)?;
        let pidfd = pidfd_open(number, PidfdFlags::empty())?;
        match self.insert(&pidfd, mark as u32) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            result => result,
        }
    }

    fn insert(&mut self, pidfd: &OwnedFd, value: u32) -> io::Result<()> {
        /// `BPF_MAP_UPDATE_ELEM`, and the part of `union bpf_attr` that it reads.
        const UPDATE: libc::c_long = 2;
        /// `BPF_NOEXIST`: what is there stays.
        const INSERT_ONLY: u64 = 1;
        #[repr(C)]
        struct Update {
            map: u32,
            unused: u32,
            key: u64,
            value: u64,
            flags: u64,
        }
        let key: u32 = pidfd.as_raw_fd().cast_unsigned();
        let request = Update {
            map: self.map.fd().as_fd().as_raw_fd().cast_unsigned(),
            unused: 0,
            key: std::ptr::from_ref(&key).addr() as u64,
            value: std::ptr::from_ref(&value).addr() as u64,
            flags: INSERT_ONLY,
        };
        let size = size_of::<Update>();
        // SAFETY: the kernel reads `size` bytes of the request, and behind its two addresses four
        // bytes each, the sizes of this map's keys and values; all of them live until it returns.
        let result = unsafe { libc::syscall(libc::SYS_bpf, UPDATE, &raw const request, size) };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}
