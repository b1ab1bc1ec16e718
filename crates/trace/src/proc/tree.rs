//! The threads of a process, and the processes that come from it.
//!
//! Left out on purpose: `/proc/PID/task/TID/children`, which leaves children out when others end
//! while it is read (`proc_tid_children(5)`).

use std::collections::{BTreeSet, HashMap};
use std::fs;

use super::Stat;

/// The threads of a process, in the order of their numbers; empty if it is gone.
#[must_use]
pub fn threads(pid: u32) -> Vec<u32> {
    numbers(&format!("/proc/{pid}/task"))
}

/// The children of a process, their children, and so on, without the process itself, in the order
/// of their numbers. Those that have ended are left out, and so is whywait, which may come from
/// the process that it is to watch. One whose parent has ended is another's child by then, and not
/// found.
#[must_use]
pub fn descendants(pid: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut ended = BTreeSet::new();
    for number in numbers("/proc") {
        let Some(stat) = Stat::of_process(number) else { continue };
        children.entry(stat.parent_pid).or_default().push(number);
        if stat.has_ended() {
            ended.insert(number);
        }
    }
    let own = std::process::id();
    let mut found = BTreeSet::new();
    let mut unasked = vec![pid];
    while let Some(parent) = unasked.pop() {
        let mut new = children.remove(&parent).unwrap_or_default();
        // Numbers that are used again while this reads could make a circle.
        new.retain(|child| *child != pid && *child != own && found.insert(*child));
        unasked.extend(new);
    }
    found.difference(&ended).copied().collect()
}

/// The entries of a directory that are numbers, in their order.
pub(super) fn numbers<N: std::str::FromStr + Ord>(directory: &str) -> Vec<N> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut numbers: Vec<N> =
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn this_thread_is_one_of_this_process() {
        let own = rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned();
        assert!(threads(std::process::id()).contains(&own));
        assert!(threads(u32::MAX).is_empty());
    }

    #[test]
    fn grandchildren_are_descendants_and_whoever_asks_is_not() {
        // The inner shell tells its number, and both wait for the end of their input.
        let mut child = Command::new("sh")
            .args(["-c", "sh -c 'echo $$; read end; :'; :"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut line = String::new();
        let output = child.stdout.take().expect("a pipe");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let grandchild: u32 = line.trim().parse().expect("a number");
        let own = std::process::id();
        let found = descendants(own);
        assert!(found.contains(&child.id()) && found.contains(&grandchild), "{found:?}");
        assert!(!found.contains(&own));
        let ancestor = std::os::unix::process::parent_id();
        assert!(!descendants(ancestor).contains(&own));
        assert_eq!(descendants(child.id()), [grandchild]);
        drop(child.stdin.take());
        child.wait().expect("its status");
        assert!(descendants(child.id()).is_empty());
    }
}
