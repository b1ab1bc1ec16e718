//! Whole-file ops transfer the whole, into every kind of buffer, and fail as their parts would.

use bytes::Bytes;
use rustix::io::Errno;
use whywait_driver::{Fill, Op};

use crate::expect;
use crate::stage::Stage;

pub(super) fn round_trip(stage: &mut Stage) {
    let past_pool = 3 * stage.pool().buffer_bytes() + 17;
    for length in [0, 1, 10_100, 1 << 20, past_pool] {
        let text: Vec<u8> = (0..length).map(|index| (index % 253) as u8).collect();
        let path = stage.path(&format!("whole-{length}"));
        let write = Op::WriteFile { path: path.clone(), data: Bytes::from(text.clone()) };
        assert_eq!(expect::count(&stage.run(write)), length);
        let buffers = [
            Fill::Own(Vec::new()),
            Fill::Own(Vec::with_capacity(length)),
            Fill::Own(Vec::with_capacity(length + 1)),
            Fill::Pool,
        ];
        for into in buffers {
            let completion = stage.run(Op::ReadFile { path: path.clone(), into });
            assert_eq!(expect::count(&completion), length);
            let read = completion.returned.buffer.map_or(Vec::new(), |buffer| buffer.to_vec());
            assert!(read == text, "{length} bytes are read as they were written");
        }
        // A second write leaves nothing of the first.
        stage.make_file(&format!("whole-{length}"), b"short");
        let read = stage.run(Op::ReadFile { path, into: Fill::Own(Vec::new()) });
        assert_eq!(&*expect::buffer(read), b"short");
    }
}

pub(super) fn errors(stage: &mut Stage) {
    stage.make_file("file", b"x");
    let path = stage.path("directory");
    expect::done(&stage.run(Op::Mkdir { path }));
    let cases = [
        ("missing", Errno::NOENT, None),
        ("missing/file", Errno::NOENT, Some(Errno::NOENT)),
        ("file/file", Errno::NOTDIR, Some(Errno::NOTDIR)),
        ("directory", Errno::ISDIR, Some(Errno::ISDIR)),
    ];
    for (name, read_error, write_error) in cases {
        for into in [Fill::Own(Vec::with_capacity(10)), Fill::Pool] {
            let path = stage.path(name);
            let read = stage.run(Op::ReadFile { path, into });
            assert_eq!(expect::errno(&read), read_error, "reading {name}");
        }
        if let Some(error) = write_error {
            let (path, data) = (stage.path(name), Bytes::from_static(b"x"));
            let write = stage.run(Op::WriteFile { path, data });
            assert_eq!(expect::errno(&write), error, "writing {name}");
        }
    }
}

pub(super) fn appends(stage: &mut Stage) {
    stage.make_file("file", b"read");
    let path = stage.path("file");
    let completion = stage.run(Op::ReadFile { path, into: Fill::Own(b"had ".to_vec()) });
    assert_eq!(expect::count(&completion), 4);
    assert_eq!(&*expect::buffer(completion), b"had read");
}
