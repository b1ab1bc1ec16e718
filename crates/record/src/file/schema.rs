//! The JSON Schema of a line.

use schemars::generate::SchemaSettings;

use super::line::Line;

/// The JSON Schema (draft 2020-12) of a line of a file, as `docs/record.schema.json` has it.
#[must_use]
pub fn schema() -> serde_json::Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Line>().into()
}
