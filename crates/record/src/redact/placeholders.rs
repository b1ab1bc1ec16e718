//! Placeholders, numbered in the order in which the texts that they replace appear.

use std::collections::HashMap;

/// What a placeholder stands for. Each kind is numbered from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// A path component that is a directory.
    Directory,
    /// The last component of a path, without its extension.
    File,
    /// An argument, or a word of a process title.
    Argument,
    /// The name of an option on a command line.
    Flag,
    /// A thread's name, without the number at its end.
    Thread,
    /// A number of more than three digits at the end of a thread's name.
    LongNumber,
    /// A namespace, package or class that a function is in.
    Module,
    /// A type in the signature of a function.
    Type,
    /// A function.
    Function,
    /// A host by name.
    Host,
    /// A word of the name of a kernel or CPU.
    Machine,
    /// An IPv4 address of a private network.
    PrivateV4,
    /// Any other IPv4 address.
    PublicV4,
    /// An IPv6 address of a private network.
    PrivateV6,
    /// Any other IPv6 address.
    PublicV6,
    /// A port from 1024 to 32767.
    RegisteredPort,
    /// A port from 32768 on: Linux takes the port of an outgoing connection from these.
    EphemeralPort,
}

/// Which texts got which numbers.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    numbers: HashMap<Kind, HashMap<String, u32>>,
}

impl Placeholders {
    /// The number of that text among those of its kind, from 1.
    pub(super) fn number(&mut self, kind: Kind, text: &str) -> u32 {
        let numbers = self.numbers.entry(kind).or_default();
        if let Some(number) = numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(numbers.len() + 1).unwrap_or(u32::MAX);
        numbers.insert(text.to_owned(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Placeholders};

    #[test]
    fn a_text_has_one_number_for_each_kind() {
        let mut placeholders = Placeholders::default();
        let numbers = [
            (Kind::File, "a"),
            (Kind::File, "b"),
            (Kind::Directory, "b"),
            (Kind::File, "a"),
            (Kind::File, "b"),
        ];
        let numbers = numbers.map(|(kind, text)| placeholders.number(kind, text));
        assert_eq!(numbers, [1, 2, 1, 1, 2]);
    }
}
