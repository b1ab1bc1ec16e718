//! Real stacks of programs that gcc makes, down to the lines of their source.
//!
//! Left out on purpose: programs that are watched; here a stack is all that is asked for.

mod waiting;

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use whywait_trace::symbols::{RawStack, Symbols};

use waiting::Waiting;
use whywait_record::Frame;

const SOURCE: &str = include_str!("calls.c");

/// Ways to wait, by the program's argument, and the functions that make the call.
const WAYS: &[(&str, &str)] =
    &[("read", "wait_in_read"), ("sleep", "wait_in_sleep"), ("stdio", "wait_in_stdio")];

/// Makes `calls.c` into a program; none, and it says so, where there is no gcc.
fn program(flags: &[&str], name: &str) -> Option<(TempDir, PathBuf)> {
    let folder = tempfile::tempdir().expect("a directory");
    let source = folder.path().join("calls.c");
    std::fs::write(&source, SOURCE).expect("room for the source");
    let path = folder.path().join(name);
    match Command::new("gcc").args(flags).arg(&source).arg("-o").arg(&path).status() {
        Ok(status) => assert!(status.success(), "gcc {flags:?}"),
        Err(error) => {
            eprintln!("left out: gcc cannot be run: {error}");
            return None;
        }
    }
    Some((folder, path))
}

/// The line of the source with that comment.
fn line_of(comment: &str) -> u32 {
    let comment = format!("/* {comment} */");
    let index = SOURCE.lines().position(|line| line.contains(&comment));
    u32::try_from(index.expect("a comment of the source") + 1).expect("few lines")
}

fn frames_of(raw: &RawStack) -> Vec<Frame> {
    let mut symbols = Symbols::new();
    let located = symbols.locate(raw);
    symbols.frames(&[located]).remove(0)
}

/// The functions and lines of `calls.c` in `frames`.
fn places(frames: &[Frame]) -> Vec<(String, u32)> {
    let placed = frames.iter().filter_map(|frame| Some((frame, frame.place.as_ref()?)));
    let placed = placed.map(|(frame, place)| {
        assert!(place.file.ends_with("/calls.c"), "{}", place.file);
        (frame.function.clone().unwrap_or_default(), place.line)
    });
    placed.collect()
}

/// Asserts that the stack of each way to wait begins with `depth` right lines of the program.
fn assert_lines(flags: &[&str], depth: usize, take: fn(&Waiting) -> RawStack) {
    let Some((_folder, path)) = program(flags, "calls") else { return };
    for (way, function) in WAYS {
        let waiting = Waiting::start(&path, way);
        let frames = frames_of(&take(&waiting));
        let expected = [
            ((*function).to_owned(), line_of(&format!("line: {way}"))),
            ("serve".to_owned(), line_of(&format!("caller: {way}"))),
            ("main".to_owned(), line_of("line: main")),
        ];
        let found = places(&frames);
        let found = &found[..depth.min(found.len())];
        assert_eq!(found, &expected[..depth], "{flags:?} {way}: {frames:#?}");
    }
}

#[test]
fn the_line_is_found_without_frame_pointers() {
    assert_lines(&["-g", "-O2", "-fomit-frame-pointer"], 3, Waiting::stack);
}

#[test]
fn the_line_is_found_with_frame_pointers() {
    assert_lines(&["-g", "-O1", "-fno-omit-frame-pointer"], 1, Waiting::stack);
}

#[test]
fn frame_pointers_lead_to_the_callers() {
    let flags = ["-g", "-O1", "-fno-omit-frame-pointer"];
    let Some((_folder, path)) = program(&flags, "calls") else { return };
    let waiting = Waiting::start(&path, "read");
    let found = places(&frames_of(&waiting.stack_with_frame_pointers()));
    assert_eq!(found.first(), Some(&("wait_in_read".into(), line_of("line: read"))));
    assert_eq!(found.last(), Some(&("main".into(), line_of("line: main"))));
}

#[test]
fn the_line_is_found_in_code_that_is_not_optimised() {
    assert_lines(&["-g", "-O0"], 1, Waiting::stack);
}

#[test]
fn the_line_is_found_at_a_fixed_address() {
    assert_lines(&["-g", "-O2", "-no-pie", "-fno-pie"], 3, Waiting::stack);
}

#[test]
fn the_line_is_found_in_static_programs() {
    assert_lines(&["-g", "-O2", "-static"], 3, Waiting::stack);
    assert_lines(&["-g", "-O2", "-static-pie"], 3, Waiting::stack);
}

#[test]
fn the_line_is_found_by_calls_through_a_register_or_memory() {
    assert_lines(&["-g", "-O2", "-fno-plt"], 3, Waiting::stack);
}

#[test]
fn the_line_is_found_in_compressed_debugging_information() {
    assert_lines(&["-g", "-O2", "-gz=zlib"], 3, Waiting::stack);
}

#[test]
fn the_line_is_found_by_older_dwarf() {
    assert_lines(&["-gdwarf-4", "-O2"], 3, Waiting::stack);
}

#[test]
fn return_addresses_are_found_without_tables() {
    let flags = ["-g", "-O2", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables"];
    assert_lines(&flags, 1, Waiting::stack);
}

#[test]
fn a_function_that_was_inlined_comes_before_the_one_it_is_in() {
    let Some((_folder, path)) = program(&["-g", "-O2"], "calls") else { return };
    let waiting = Waiting::start(&path, "inlined");
    let found = places(&frames_of(&waiting.stack()));
    let expected = [
        ("inlined".to_owned(), line_of("line: inlined")),
        ("serve".to_owned(), line_of("caller: inlined")),
        ("main".to_owned(), line_of("line: main")),
    ];
    assert_eq!(found, expected);
}

#[test]
fn functions_are_named_without_debugging_information() {
    let Some((_folder, path)) = program(&["-O2"], "calls") else { return };
    let waiting = Waiting::start(&path, "read");
    let frames = frames_of(&waiting.stack());
    assert_eq!(places(&frames), []);
    let functions: Vec<&str> =
        frames.iter().filter_map(|frame| frame.function.as_deref()).collect();
    let expected = ["wait_in_read", "serve", "main"];
    assert!(functions.windows(3).any(|window| window == expected), "{frames:#?}");
    assert_eq!(frames[0].object.as_deref().and_then(file_name), Some("libc.so.6"));
}

fn file_name(path: &str) -> Option<&str> {
    Path::new(path).file_name()?.to_str()
}

#[test]
fn a_program_whose_file_was_deleted_still_has_lines() {
    let Some((_folder, path)) = program(&["-g", "-O2"], "calls") else { return };
    let waiting = Waiting::start(&path, "read");
    std::fs::remove_file(&path).expect("our own file");
    // A different file at the same path must not be taken for it.
    std::fs::copy("/proc/self/exe", &path).expect("room for a program");
    let by_mapping = std::fs::metadata(format!("/proc/{}/map_files", std::process::id()));
    let found = places(&frames_of(&waiting.stack()));
    if by_mapping.is_ok() && rustix::process::geteuid().is_root() {
        assert_eq!(found.first(), Some(&("wait_in_read".into(), line_of("line: read"))));
    } else {
        assert_eq!(found, [], "only root may open a mapping's file");
    }
}

#[test]
fn what_is_called_like_an_interpreter_has_functions_and_no_lines() {
    let Some((_folder, path)) = program(&["-g", "-O2"], "python3.11") else { return };
    let waiting = Waiting::start(&path, "read");
    let frames = frames_of(&waiting.stack());
    assert_eq!(places(&frames), []);
    let named = frames.iter().any(|frame| frame.function.as_deref() == Some("wait_in_read"));
    assert!(named, "{frames:#?}");
}

#[test]
fn a_process_that_is_gone_leaves_addresses() {
    let Some((_folder, path)) = program(&["-g", "-O2"], "calls") else { return };
    let waiting = Waiting::start(&path, "read");
    let raw = waiting.stack();
    waiting.end();
    let frames = frames_of(&raw);
    assert_eq!(frames, [Frame { address: raw.instruction, ..Frame::default() }]);
}

#[test]
fn a_process_that_ends_after_its_stack_was_located_has_lines() {
    let Some((_folder, path)) = program(&["-g", "-O2"], "calls") else { return };
    let waiting = Waiting::start(&path, "read");
    let mut symbols = Symbols::new();
    let located = symbols.locate(&waiting.stack());
    symbols.forget(waiting.end());
    std::fs::remove_file(&path).expect("our own file");
    let frames = symbols.frames(&[located]);
    assert_eq!(places(&frames[0])[0], ("wait_in_read".into(), line_of("line: read")));
}

#[test]
fn stacks_of_many_moments_keep_their_order() {
    let Some((_folder, path)) = program(&["-g", "-O2"], "calls") else { return };
    let waiting: Vec<Waiting> = WAYS.iter().map(|(way, _)| Waiting::start(&path, way)).collect();
    let mut symbols = Symbols::new();
    let located: Vec<_> = waiting.iter().map(|each| symbols.locate(&each.stack())).collect();
    let frames = symbols.frames(&located);
    let first: Vec<String> = frames.iter().map(|frames| places(frames)[0].0.clone()).collect();
    let expected: Vec<&str> = WAYS.iter().map(|(_, function)| *function).collect();
    assert_eq!(first, expected);
}
