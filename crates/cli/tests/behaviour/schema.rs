//! A document, held against its schema.
//!
//! Left out on purpose: which types it is read as.

use serde_json::Value;

/// The document in `text`, once it is known to keep to `schema`.
#[track_caller]
pub(crate) fn keeping_to(schema: &str, text: &str) -> Value {
    let schema = serde_json::from_str(schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let document = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let faults: Vec<_> = validator.iter_errors(&document).map(|fault| fault.to_string()).collect();
    assert_eq!(faults, [""; 0], "{text}");
    document
}
