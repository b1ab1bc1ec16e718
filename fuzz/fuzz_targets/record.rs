//! A record from bytes that may be anything, and from lines of text that may be anything, is read or
//! refused; one that is read can be redacted, merged, written, and judged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use whywait_record::file::{read, read_lines, write};
use whywait_record::{merge, redact};

fuzz_target!(|bytes: &[u8]| {
    let records = [read(bytes), read_lines(bytes)];
    for mut record in records.into_iter().flatten() {
        let _ = whywait_insight::diagnose(&record);
        redact(&mut record);
        let _ = merge([record.clone(), record.clone()]);
        let mut file = Vec::new();
        write(&record, &mut file).expect("memory can be written to");
        assert!(read(&*file).is_ok());
    }
});
