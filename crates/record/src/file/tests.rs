//! What is written is read back, and what is no whole record is an error.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ReadError, read, read_lines, schema, write};
use crate::Record;
use crate::example::{everything, record};

fn written(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(record, &mut bytes).unwrap();
    bytes
}

fn text(bytes: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    text
}

fn packed(text: &str) -> Vec<u8> {
    let mut bytes = GzEncoder::new(Vec::new(), Compression::fast());
    bytes.write_all(text.as_bytes()).unwrap();
    bytes.finish().unwrap()
}

/// The file of a record with its text changed.
fn changed(change: impl Fn(String) -> String) -> Result<Record, ReadError> {
    read(&*packed(&change(text(&written(&everything())))))
}

#[test]
fn a_record_is_read_back_as_it_was_written() {
    let record = everything();
    assert!(record.timeline.is_some() && !record.wakes.is_empty());
    let bytes = written(&record);
    assert_eq!(read(&*bytes).unwrap(), record);
    assert_eq!(read_lines(text(&bytes).as_bytes()).unwrap(), record);
}

#[test]
fn every_line_is_valid_under_the_schema() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for line in text(&written(&everything())).lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let errors: Vec<_> = validator.iter_errors(&line).map(|error| error.to_string()).collect();
        assert_eq!(errors, [""; 0], "{line}");
    }
    assert!(!validator.is_valid(&json!({ "header": { "format": 1 } })));
}

/// Set `UPDATE_SCHEMA=1` to rewrite the file when the types have changed.
#[test]
fn the_committed_schema_of_a_record_is_that_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/record.schema.json");
    let schema = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &schema).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap();
    let advice =
        "docs/record.schema.json is out of date: UPDATE_SCHEMA=1 cargo test -p whywait-record";
    assert!(committed == schema, "{advice}");
}

#[test]
fn fields_and_lines_of_a_later_version_are_ignored() {
    let later = changed(|text| {
        let text = text.replace("{\"thread\":{", "{\"thread\":{\"colour\":[1,{\"a\":2}],");
        let (before, end) = text.trim_end().rsplit_once('\n').unwrap();
        let lines = before.lines().count();
        let end = end.replace(&lines.to_string(), &(lines + 1).to_string());
        format!("{before}\n{{\"weather\":{{\"wind\":3}}}}\n{end}\n")
    });
    assert_eq!(later.unwrap(), everything());
}

#[test]
fn a_newer_format_is_named() {
    let error = changed(|text| text.replace("whywait.record/1", "whywait.record/2")).unwrap_err();
    assert!(matches!(&error, ReadError::Newer { format, .. } if format == "whywait.record/2"));
    assert!(error.to_string().contains("reads whywait.record/1"), "{error}");
}

#[test]
fn another_architecture_is_named() {
    let error = changed(|text| text.replace("\"x86_64\"", "\"riscv64\"")).unwrap_err();
    assert!(error.to_string().contains("made on riscv64"), "{error}");
}

#[test]
fn a_file_that_is_cut_off_is_an_error_wherever_it_is_cut() {
    let bytes = written(&everything());
    for length in 0..bytes.len() {
        let error = read(&bytes[..length]).unwrap_err();
        let expected = matches!(error, ReadError::CutOff { .. } | ReadError::NotARecord { .. });
        assert!(expected, "{length} of {}: {error}", bytes.len());
    }
    let error = changed(|text| text.lines().take(3).map(|line| format!("{line}\n")).collect());
    assert!(matches!(error, Err(ReadError::CutOff { lines: 3 })), "{error:?}");
}

#[test]
fn a_bit_that_flipped_is_an_error() {
    let bytes = written(&everything());
    // The header of gzip has a time and a system, which mean nothing.
    for index in 10..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[index] ^= 1 << (index % 8);
        // Where the compressed bits do not fill their last byte, those left mean nothing.
        if let Ok(record) = read(&*damaged) {
            assert_eq!(record, everything(), "byte {index}");
            assert_eq!(index + 9, bytes.len(), "the last byte before the checksum and the length");
        }
    }
}

#[test]
fn what_is_no_record_is_told() {
    for bytes in [&b""[..], b"hello", &packed(""), &packed("{}\n"), &packed("{\"header\":{}}\n")] {
        let error = read(bytes).unwrap_err();
        let expected = matches!(error, ReadError::NotARecord { .. } | ReadError::CutOff { .. });
        assert!(expected, "{bytes:?}: {error}");
    }
    let foreign = packed("{\"header\":{\"format\":\"trace/9\"}}\n");
    assert!(matches!(read(&*foreign), Err(ReadError::NotARecord { .. })));
}

#[test]
fn lines_that_do_not_belong_there_are_an_error() {
    let line_of = |field: &str| {
        let text = text(&written(&everything()));
        let line = text.lines().find(|line| line.starts_with(&format!("{{\"{field}\""))).unwrap();
        format!("{line}\n")
    };
    for (lines, expected) in [
        (line_of("header") + &line_of("thread"), "no process"),
        (line_of("header") + &line_of("edge"), "no timeline"),
        (line_of("header") + &line_of("header"), "second header"),
        (line_of("header") + &line_of("timeline") + &line_of("timeline"), "second timeline"),
        (line_of("header") + "{\"end\":{\"lines\":7}}\n", "it had 7 lines"),
        (line_of("header") + "{\"end\":{\"lines\":1}}\n{}\n", "goes on after its end"),
    ] {
        let error = read(&*packed(&lines)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let twice = [written(&record()), b"more".to_vec()].concat();
    assert!(read(&*twice).unwrap_err().to_string().contains("goes on after its end"));
}

#[test]
fn a_small_file_cannot_become_a_large_line() {
    let spaces = " ".repeat(super::MOST_LINE_BYTES as usize + 1);
    let bytes = packed(&spaces);
    assert!(bytes.len() < 100_000);
    let error = read(&*bytes).unwrap_err();
    assert!(matches!(error, ReadError::TooLarge { .. }), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&*bytes);
    }

    #[test]
    fn no_text_makes_the_reader_panic(lines in prop::collection::vec("\\PC{0,60}", 0..6)) {
        let _ = read(&*packed(&(lines.join("\n") + "\n")));
    }

    #[test]
    fn numbers_and_names_of_any_kind_are_read_back(
        name in any::<String>(), wall_ns: u64, cost in 0.0..1e9_f64, counts in prop::collection::vec(any::<u64>(), 32),
    ) {
        let mut record = everything();
        record.wall_ns = wall_ns;
        record.cost.per_foreign_call_ns = Some(cost);
        let thread = &mut record.processes[0].threads[0];
        thread.name = name;
        thread.waits[0].latency.buckets.copy_from_slice(&counts);
        prop_assert_eq!(read(&*written(&record)).unwrap(), record);
    }
}
