//! The functions in which a server executes its instructions, named by binutils' addr2line(1).

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use super::stepper::Counts;
use crate::failure::Failure;

/// How places in the standard library begin.
const STANDARD_LIBRARY: &str = "/rustc/";

/// One sample's instructions by address.
#[derive(Debug)]
pub(super) struct HotSpots {
    /// `/proc/PID/maps` of the server.
    pub(super) mappings: String,
    pub(super) counts: Counts,
    pub(super) round_trips: usize,
}

/// A file that is mapped into a process, and where its first byte is or would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mapped<'a> {
    file: &'a str,
    base: u64,
}

impl HotSpots {
    /// Instructions per round trip by function. Those of an inlined function are its own, and those
    /// of the standard library belong to the function that called it.
    ///
    /// # Errors
    /// When addr2line is not installed.
    pub(super) fn by_function(&self) -> Result<BTreeMap<String, f64>, Failure> {
        let mut by_file: BTreeMap<&str, Vec<(u64, u64)>> = BTreeMap::new();
        let mut by_function: BTreeMap<String, f64> = BTreeMap::new();
        let mut add = |name: String, count: u64| {
            *by_function.entry(name).or_default() += count as f64 / self.round_trips as f64;
        };
        for (&address, &count) in &self.counts {
            match mapped_at(&self.mappings, address) {
                Some(Mapped { file, base }) if file.starts_with('/') => {
                    by_file.entry(file).or_default().push((address - base, count));
                }
                other => add(other.map_or("?", |mapped| mapped.file).to_owned(), count),
            }
        }
        for (file, offsets) in by_file {
            let names = functions_at(file, offsets.iter().map(|(offset, _)| *offset))?;
            for ((_, count), name) in offsets.iter().zip(names) {
                add(name, *count);
            }
        }
        Ok(by_function)
    }
}

/// What is mapped at an address.
fn mapped_at(mappings: &str, address: u64) -> Option<Mapped<'_>> {
    let mut first = None;
    for line in mappings.lines() {
        let mut words = line.split_whitespace();
        let (from, to) = words.next()?.split_once('-')?;
        let [from, to] = [from, to].map(|word| u64::from_str_radix(word, 16).ok());
        let (from, to) = (from?, to?);
        let Some(file) = words.nth(4) else { continue };
        // A file's segments follow one another; the first begins where its first byte is.
        if first.is_none_or(|first: Mapped<'_>| first.file != file) {
            first = Some(Mapped { file, base: from });
        }
        if (from..to).contains(&address) {
            return first;
        }
    }
    None
}

/// The function at each offset of a file.
fn functions_at(file: &str, offsets: impl Iterator<Item = u64>) -> Result<Vec<String>, Failure> {
    let mut command = Command::new("addr2line");
    command.args(["--functions", "--demangle", "--inlines", "--addresses", "--exe", file]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("addr2line, of binutils: {error}"))?;
    let mut input = child.stdin.take().ok_or("no input")?;
    let text: String = offsets.map(|offset| format!("{offset:#x}\n")).collect();
    let writes = thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output()?;
    writes.join().map_err(|_| "the thread that writes to addr2line panicked")??;
    Ok(parse_functions(&String::from_utf8_lossy(&output.stdout)))
}

/// Reads what addr2line says: for each address a line with it, and then, from the innermost
/// function outwards, a line with the function and one with the place in its source.
fn parse_functions(output: &str) -> Vec<String> {
    let mut functions = Vec::new();
    let mut lines = output.lines().peekable();
    while lines.next().is_some() {
        let mut frames = Vec::new();
        while let Some(function) = lines.next_if(|line| !line.starts_with("0x")) {
            frames.push((function, lines.next().unwrap_or("?")));
        }
        let own = frames.iter().find(|(_, place)| !place.starts_with(STANDARD_LIBRARY));
        let (function, place) = own.or(frames.last()).unwrap_or(&("?", "?"));
        functions.push(format!("{function} ({})", source(place)));
    }
    functions
}

/// The source file of a place, by its name and its directory's.
fn source(place: &str) -> &str {
    let path = place.rsplit_once(':').map_or(place, |(path, _)| path);
    let mut slashes = path.rmatch_indices('/').map(|(index, _)| index);
    slashes.nth(1).map_or(path, |index| &path[index + 1..])
}

#[cfg(test)]
mod tests {
    use super::{Mapped, mapped_at, parse_functions};

    const MAPPINGS: &str = "\
1000-2000 r--p 00000000 fe:00 7   /bin/server
2000-5000 r-xp 00001000 fe:00 7   /bin/server
5000-6000 rw-p 00000000 00:00 0
7000-8000 r-xp 00000000 00:00 0   [vdso]
";

    #[test]
    fn an_address_counts_from_the_first_byte_of_its_file() {
        let server = Mapped { file: "/bin/server", base: 0x1000 };
        assert_eq!(mapped_at(MAPPINGS, 0x2abc), Some(server));
        assert_eq!(mapped_at(MAPPINGS, 0x7001), Some(Mapped { file: "[vdso]", base: 0x7000 }));
        assert_eq!(mapped_at(MAPPINGS, 0x9000), None);
    }

    #[test]
    fn the_standard_library_counts_for_its_caller() {
        let output = "0x10\nnext<u8>\n/rustc/1/library/core/src/iter.rs:7\nreap\n/a/src/uring/ending.rs:5\n\
                      0x14\n??\n??:0\n";
        assert_eq!(parse_functions(output), ["reap (uring/ending.rs)", "?? (??)"]);
    }
}
