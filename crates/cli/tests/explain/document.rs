//! The document of a diagnosis, read back.
//!
//! Left out on purpose: what it should say.

use whywait_report::Diagnosis;

use crate::schema;

/// The document in `text`, once it is known to keep to its schema.
#[track_caller]
pub(crate) fn diagnosis(text: &str) -> Diagnosis {
    let schema = include_str!("../../../../docs/explain.schema.json");
    let document = schema::keeping_to(schema, text);
    serde_json::from_value(document).expect("what keeps to the schema can be read")
}
