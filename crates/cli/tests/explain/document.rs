//! The document of a diagnosis, read back.
//!
//! Left out on purpose: what it should say.

use whywait_report::Diagnosis;

/// The document in `text`, once it is known to keep to its schema.
#[track_caller]
pub(crate) fn diagnosis(text: &str) -> Diagnosis {
    let schema = include_str!("../../../../docs/explain.schema.json");
    let schema = serde_json::from_str(schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let document = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let faults: Vec<_> = validator.iter_errors(&document).map(|fault| fault.to_string()).collect();
    assert_eq!(faults, [""; 0], "{text}");
    serde_json::from_value(document).expect("what keeps to the schema can be read")
}
