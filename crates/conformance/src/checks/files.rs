//! What ops on files and paths do besides moving bytes.

use std::ffi::CString;

use bytes::Bytes;
use rustix::io::Errno;
use whywait_driver::{FileKind, Fill, Handle, Op, OpenMode};

use crate::expect;
use crate::stage::Stage;

fn read(handle: &Handle) -> Op {
    Op::Read { handle: handle.clone(), into: Fill::Own(Vec::with_capacity(64)) }
}

fn contents(stage: &mut Stage, name: &str) -> Vec<u8> {
    let path = stage.path(name);
    let completion = stage.run(Op::ReadFile { path, into: Fill::Own(Vec::new()) });
    expect::buffer(completion).to_vec()
}

pub(super) fn open_modes(stage: &mut Stage) {
    let write =
        |handle: &Handle| Op::Write { handle: handle.clone(), data: Bytes::from_static(b"!") };
    stage.make_file("file", b"text");
    let reader = stage.open("file", OpenMode::Read);
    assert_eq!(expect::errno(&stage.run(write(&reader))), Errno::BADF);
    let writer = stage.open("file", OpenMode::Write);
    assert_eq!(expect::errno(&stage.run(read(&writer))), Errno::BADF);
    assert_eq!(expect::count(&stage.run(write(&writer))), 1);
    assert_eq!(contents(stage, "file"), b"!ext", "`Write` starts at the front, and keeps the rest");
    let appender = stage.open("file", OpenMode::Append);
    assert_eq!(expect::count(&stage.run(write(&appender))), 1);
    assert_eq!(contents(stage, "file"), b"!ext!");
    let both = stage.open("file", OpenMode::ReadWrite);
    assert_eq!(expect::count(&stage.run(write(&both))), 1);
    let rest = |into, _| Op::Read { handle: both.clone(), into };
    assert_eq!(stage.collect(usize::MAX, rest), b"ext!");

    let (path, mode) = (stage.path("file"), OpenMode::CreateNew);
    assert_eq!(expect::errno(&stage.run(Op::Open { path, mode })), Errno::EXIST);
    stage.open("new", OpenMode::CreateNew);
    stage.open("file", OpenMode::Create);
    assert_eq!(contents(stage, "file"), b"", "`Create` empties");
}

/// A name, what is asked of it, and the error.
type Refusal = (&'static str, fn(CString) -> Op, Errno);

pub(super) fn paths(stage: &mut Stage) {
    stage.make_file("file", b"text");
    let mkdir = |path| Op::Mkdir { path };
    let unlink = |path| Op::Unlink { path };
    let open = |path| Op::Open { path, mode: OpenMode::Read };
    expect::done(&stage.run(Op::Mkdir { path: stage.path("directory") }));
    let cases: [Refusal; 11] = [
        ("directory", mkdir, Errno::EXIST),
        ("file", mkdir, Errno::EXIST),
        ("missing/directory", mkdir, Errno::NOENT),
        ("file/directory", mkdir, Errno::NOTDIR),
        ("directory", unlink, Errno::ISDIR),
        ("missing", unlink, Errno::NOENT),
        ("missing", open, Errno::NOENT),
        ("file/inside", open, Errno::NOTDIR),
        ("file/", open, Errno::NOTDIR),
        ("missing", |path| Op::Stat { path }, Errno::NOENT),
        ("directory", |path| Op::Open { path, mode: OpenMode::Write }, Errno::ISDIR),
    ];
    for (name, op, error) in cases {
        let op = op(stage.path(name));
        let what = op.name();
        assert_eq!(expect::errno(&stage.run(op)), error, "{what} {name}");
    }
    let long = stage.path(&"x".repeat(256));
    assert_eq!(expect::errno(&stage.run(open(long))), Errno::NAMETOOLONG);
    let directory = stage.open("directory", OpenMode::Read);
    assert_eq!(expect::errno(&stage.run(read(&directory))), Errno::ISDIR);
    expect::done(&stage.run(unlink(stage.path("file"))));
    assert_eq!(expect::errno(&stage.run(open(stage.path("file")))), Errno::NOENT);
}

pub(super) fn stat(stage: &mut Stage) {
    stage.make_file("file", &[0; 12_345]);
    let path = stage.path("file");
    let file = expect::stat(&stage.run(Op::Stat { path }));
    assert_eq!((file.len, file.kind), (12_345, FileKind::File));
    assert_eq!(file.permissions & 0o600, 0o600, "its owner may read and write it");
    let path = stage.path("");
    let directory = expect::stat(&stage.run(Op::Stat { path }));
    assert_eq!(directory.kind, FileKind::Directory);
}

pub(super) fn unlinked_file_lives(stage: &mut Stage) {
    stage.make_file("file", b"still here");
    let handle = stage.open("file", OpenMode::Read);
    expect::done(&stage.run(Op::Unlink { path: stage.path("file") }));
    let rest = |into, _| Op::Read { handle: handle.clone(), into };
    assert_eq!(stage.collect(usize::MAX, rest), b"still here");
}

pub(super) fn fsync(stage: &mut Stage) {
    let handle = stage.open("file", OpenMode::Create);
    stage.transfer_all(b"text", |data| Op::Write { handle: handle.clone(), data });
    expect::done(&stage.run(Op::Fsync { handle }));
    assert_eq!(contents(stage, "file"), b"text");
}
