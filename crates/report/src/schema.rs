//! The JSON Schema of the documents.
//!
//! Left out on purpose: refusing fields that are not known. Documents may gain fields without a
//! new version, and a reader ignores those that it does not know.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};

use crate::Comparison;

/// What a document is, and its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Schema {
    /// A comparison, first version.
    #[serde(rename = "whywait.compare/1")]
    Compare1,
}

/// The JSON Schema (draft 2020-12) of the document that `compare --format json` prints, as
/// `docs/compare.schema.json` has it.
///
/// It is the schema of what is *written*, so it requires every field that always is.
#[must_use]
pub fn comparison_schema() -> serde_json::Value {
    schema_of::<Comparison>()
}

/// The schema of what is written of a type.
pub(crate) fn schema_of<Document: JsonSchema>() -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.into_root_schema_for::<Document>().into()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use proptest::prelude::{ProptestConfig, any, prop, prop_assert_eq, proptest};
    use serde_json::{Value, json};

    use super::comparison_schema;
    use crate::{Comparison, Run, Sample, example};

    fn docs(file: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file)
    }

    pub(crate) fn docs_page(file: &str) -> String {
        fs::read_to_string(docs(file)).expect("the docs are committed")
    }

    fn document(comparison: &Comparison) -> Value {
        serde_json::to_value(comparison).expect("a comparison is plain data")
    }

    /// Checks that a schema is the one in `docs/`, or writes it there.
    pub(crate) fn check_committed(file: &str, schema: &Value) {
        let path = docs(file);
        let schema = serde_json::to_string_pretty(schema).expect("plain data") + "\n";
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            fs::write(&path, &schema).expect("docs/ can be written");
        }
        let committed = fs::read_to_string(&path).expect("the schema is committed");
        assert!(
            committed == schema,
            "docs/{file} is out of date: UPDATE_SCHEMA=1 cargo test -p whywait-report"
        );
    }

    /// Checks that a document is valid under a schema.
    pub(crate) fn check_valid(schema: &Value, name: &str, document: &Value) {
        let validator = jsonschema::validator_for(schema).expect("a valid schema");
        let errors: Vec<_> = validator
            .iter_errors(document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, [""; 0], "{name}");
    }

    /// Checks that a document is valid, and no longer is after each of these changes.
    pub(crate) fn check_breaks(schema: &Value, good: &Value, breaks: &[(&str, Value)]) {
        check_valid(schema, "unbroken", good);
        let validator = jsonschema::validator_for(schema).expect("a valid schema");
        for (pointer, value) in breaks {
            let mut broken = good.clone();
            *broken.pointer_mut(pointer).expect("the field is there") = value.clone();
            assert!(!validator.is_valid(&broken), "{pointer}");
        }
    }

    /// Checks that a page of `docs/` has every field of a schema.
    pub(crate) fn check_defined(file: &str, schema: &Value) {
        let text = docs_page(file);
        let definitions = schema["$defs"].as_object().expect("definitions");
        let mut fields: Vec<&str> = Vec::new();
        for part in definitions.values().chain([schema]) {
            fields.extend(
                part["properties"].as_object().into_iter().flatten().map(|(name, _)| &**name),
            );
        }
        assert!(fields.contains(&"wall_s") && fields.len() > 20, "{fields:?}");
        let missing: Vec<_> =
            fields.iter().filter(|field| !text.contains(&format!("`{field}`"))).collect();
        assert!(missing.is_empty(), "docs/{file} does not define {missing:?}");
    }

    /// Set `UPDATE_SCHEMA=1` to rewrite the file when the types have changed.
    #[test]
    fn the_committed_schema_is_that_of_the_types() {
        check_committed("compare.schema.json", &comparison_schema());
    }

    #[test]
    fn documents_of_every_kind_are_valid() {
        for (name, comparison) in example::all() {
            check_valid(&comparison_schema(), name, &document(&comparison));
        }
    }

    #[test]
    fn a_document_that_breaks_the_contract_is_not_valid() {
        let good = document(&example::files());
        let breaks = [
            ("/schema", json!("whywait.compare/2")),
            ("/runs/0/status", json!("fine")),
            ("/runs/0/wall_s", json!(0.1)),
            ("/runs/0/wall_s/median", json!("0.1")),
            ("/best", json!([])),
        ];
        check_breaks(&comparison_schema(), &good, &breaks);
        let validator = jsonschema::validator_for(&comparison_schema()).expect("a valid schema");
        let mut short = good;
        short["runs"][0].as_object_mut().expect("a run").remove("syscalls");
        assert!(!validator.is_valid(&short), "a run without syscalls");
    }

    #[test]
    fn a_reader_ignores_what_it_does_not_know() {
        let comparison = example::files();
        let mut later = document(&comparison);
        later["colour"] = json!("green");
        later["runs"][0]["colour"] = json!({ "hue": 3 });
        let validator = jsonschema::validator_for(&comparison_schema()).expect("a valid schema");
        assert!(validator.is_valid(&later));
        let read: Comparison = serde_json::from_value(later).expect("unknown fields are ignored");
        assert_eq!(read, comparison);
    }

    #[test]
    fn every_field_is_defined_in_the_docs() {
        check_defined("compare-json.md", &comparison_schema());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_document_is_read_back_as_it_was_written(
            times in prop::collection::vec((0.0..1e6_f64, 0.0..1e6_f64, any::<u64>()), 0..4),
            metrics in prop::collection::btree_map("[a-z_]{1,9}_s", -1e300..1e300_f64, 0..4),
            reason in prop::option::of(any::<String>()),
            workers_lost in any::<u64>(),
        ) {
            let mut comparison = example::everything();
            let samples = times.iter().map(|(wall_s, blocked_s, syscalls)| Sample {
                wall_s: *wall_s,
                blocked_s: *blocked_s,
                syscalls: *syscalls,
                ..Sample::default()
            });
            let contestant = comparison.runs[0].contestant.clone();
            let run = Run::measured(contestant, samples.collect());
            comparison.runs.push(Run { metrics, reason, workers_lost, ..run });
            let comparison = comparison.finish();
            let text = serde_json::to_string(&comparison).expect("plain data");
            let read: Comparison = serde_json::from_str(&text).expect("it was just written");
            prop_assert_eq!(read, comparison);
        }
    }
}
