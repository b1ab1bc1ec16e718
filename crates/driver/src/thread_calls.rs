//! System calls that a thread makes beside its driver: closes of dropped handles, socket options.
//!
//! No op carries them, so no driver sees them. They are counted for the thread that makes them,
//! and whoever owns the driver of that thread adds them to what the driver counted.

use std::cell::Cell;

thread_local! {
    static MADE: Cell<u64> = const { Cell::new(0) };
}

/// Makes one system call beside the driver of the calling thread, and counts it.
pub fn counted_call<T>(call: impl FnOnce() -> T) -> T {
    MADE.set(MADE.get() + 1);
    call()
}

/// How many calls the calling thread has made by [`counted_call`] since it was started.
#[must_use]
pub fn thread_calls() -> u64 {
    MADE.get()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Handle;

    #[test]
    fn the_close_of_the_last_reference_is_one_call() {
        let file = || Handle::new(std::fs::File::open("/dev/null").unwrap().into());
        let (first, second) = (file(), file());
        let before = thread_calls();
        let shared = first.clone();
        drop(first);
        assert_eq!(thread_calls() - before, 0, "another reference is left");
        drop(shared);
        assert_eq!(thread_calls() - before, 1);
        let descriptor = second.into_descriptor();
        assert_eq!(thread_calls() - before, 1, "the caller closes it");
        assert!(descriptor.is_some());
    }
}
