//! Reads a completion, and fails the check where it is not what it should be.

use rustix::io::Errno;
use whywait_driver::{Buffer, Completion, Datagram, Handle, Stat, Value};

/// The file or socket that was opened or accepted.
#[track_caller]
pub(crate) fn opened(completion: Completion) -> Handle {
    match completion.result {
        Ok(Value::Opened(handle) | Value::Accepted(handle, _)) => handle,
        other => panic!("expected a handle, got {other:?}"),
    }
}

/// Asserts success that gives nothing.
#[track_caller]
pub(crate) fn done(completion: &Completion) {
    assert!(matches!(completion.result, Ok(Value::Done)), "got {:?}", completion.result);
}

/// How many bytes were transferred.
#[track_caller]
pub(crate) fn count(completion: &Completion) -> usize {
    match completion.result {
        Ok(Value::Count(count)) => count,
        ref other => panic!("expected a count, got {other:?}"),
    }
}

/// What a datagram was.
#[track_caller]
pub(crate) fn datagram(completion: &Completion) -> Datagram {
    match &completion.result {
        Ok(Value::Datagram(datagram)) => Datagram::clone(datagram),
        other => panic!("expected a datagram, got {other:?}"),
    }
}

/// What a file is.
#[track_caller]
pub(crate) fn stat(completion: &Completion) -> Stat {
    match completion.result {
        Ok(Value::Stat(stat)) => stat,
        ref other => panic!("expected a stat, got {other:?}"),
    }
}

/// With what error the op ended.
#[track_caller]
pub(crate) fn errno(completion: &Completion) -> Errno {
    match &completion.result {
        Err(error) => Errno::from_io_error(error)
            .unwrap_or_else(|| panic!("{error:?} is not an error of the system's")),
        Ok(value) => panic!("expected an error, got {value:?}"),
    }
}

/// The op's buffer.
#[track_caller]
pub(crate) fn buffer(completion: Completion) -> Buffer {
    completion.returned.buffer.expect("the op gives a buffer back")
}
