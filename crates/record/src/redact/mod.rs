//! Redaction: a record without the words that only its owner knows.
//!
//! Every path, argument, name, address and function is replaced by a placeholder, except for the
//! words in `public-words.txt`. The same text becomes the same placeholder everywhere in the
//! record, different texts become different placeholders, and a redacted record is judged as the
//! original is: the number of path components, file extensions, address families, numbers at the
//! end of thread names and module depth stay.
//!
//! Placeholders are numbered in the order in which the texts appear. That makes redaction
//! idempotent, and it means that placeholders of different records have nothing in common:
//! [merge](crate::merge()) records first, then redact the sum.

mod argument;
mod endpoint;
mod fields;
mod function;
mod machine;
mod path;
mod placeholders;
#[cfg(test)]
mod tests;
mod thread_name;
mod words;

use std::collections::HashMap;

use placeholders::Placeholders;
use words::Words;

use crate::Record;

/// Replaces every text of the record that is not public by a placeholder.
///
/// Numbers stay: times, counts, process and thread ids, descriptor numbers, addresses of code.
pub fn redact(record: &mut Record) {
    Redactor::new().record(record);
}

/// Redacts the texts of one record. Its methods are in a file for each kind of text.
struct Redactor {
    placeholders: Placeholders,
    words: &'static Words,
    /// What became of the paths in stacks. The same few are in thousands of frames.
    paths: HashMap<String, String>,
    /// What became of the functions in stacks.
    functions: HashMap<String, String>,
}

impl Redactor {
    fn new() -> Self {
        Self {
            placeholders: Placeholders::default(),
            words: Words::get(),
            paths: HashMap::new(),
            functions: HashMap::new(),
        }
    }

    /// What a path in a stack becomes.
    fn stack_path(&mut self, path: &str) -> String {
        self.once(|own| &mut own.paths, path, Self::file_path)
    }

    /// What a function in a stack becomes.
    fn stack_function(&mut self, name: &str) -> String {
        self.once(|own| &mut own.functions, name, Self::function_name)
    }

    /// What a text becomes that comes again and again; it is kept where `known` says.
    fn once(
        &mut self,
        known: fn(&mut Self) -> &mut HashMap<String, String>,
        text: &str,
        redacted: fn(&mut Self, &str) -> String,
    ) -> String {
        if let Some(known) = known(self).get(text) {
            return known.clone();
        }
        let redacted = redacted(self, text);
        known(self).insert(text.to_owned(), redacted.clone());
        redacted
    }
}
