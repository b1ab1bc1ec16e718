//! The JSON Schema of a diagnosis.
//!
//! Left out on purpose: refusing fields that are not known, see [`crate::schema`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Diagnosis;
use crate::schema::schema_of;

/// That a document is a diagnosis, and its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DiagnosisSchema {
    /// The first version.
    #[serde(rename = "whywait.explain/1")]
    Explain1,
}

/// The JSON Schema (draft 2020-12) of the document that `explain --format json` prints, as
/// `docs/explain.schema.json` has it.
///
/// It is the schema of what is *written*, so it requires every field that always is.
#[must_use]
pub fn diagnosis_schema() -> serde_json::Value {
    schema_of::<Diagnosis>()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, any, prop, prop_assert_eq, proptest};
    use serde_json::{Value, json};

    use super::super::example;
    use super::diagnosis_schema;
    use crate::schema::tests::{
        check_breaks, check_committed, check_defined, check_valid, docs_page,
    };
    use crate::{Diagnosis, LedgerSeconds, Shape, ThreadModel};

    fn document(diagnosis: &Diagnosis) -> Value {
        serde_json::to_value(diagnosis).expect("a diagnosis is plain data")
    }

    /// Set `UPDATE_SCHEMA=1` to rewrite the file when the types have changed.
    #[test]
    fn the_committed_schema_of_a_diagnosis_is_that_of_the_types() {
        check_committed("explain.schema.json", &diagnosis_schema());
    }

    #[test]
    fn documents_of_every_kind_are_valid_and_read_back() {
        for (name, diagnosis) in example::all() {
            let written = document(&diagnosis);
            check_valid(&diagnosis_schema(), name, &written);
            let read: Diagnosis = serde_json::from_value(written).expect("it was just written");
            assert_eq!(read, diagnosis, "{name}");
        }
    }

    #[test]
    fn a_document_that_breaks_the_contract_is_not_valid() {
        let breaks = [
            ("/schema", json!("whywait.explain/2")),
            ("/shape", json!("round")),
            ("/detail", json!("some")),
            ("/processes/0/threads/0/model", json!("event_loop")),
            ("/processes/0/threads/0/ledger_s/data", json!("1 s")),
            ("/waits/0/category", json!("epoll")),
            ("/findings/0/severity", json!("low")),
            ("/findings/0/at", json!("server.py:41")),
        ];
        check_breaks(&diagnosis_schema(), &document(&example::stalled_loop()), &breaks);
    }

    #[test]
    fn a_reader_ignores_what_it_does_not_know() {
        let diagnosis = example::stalled_loop();
        let mut later = document(&diagnosis);
        later["colour"] = json!("green");
        later["processes"][0]["threads"][0]["mood"] = json!({ "good": true });
        check_valid(&diagnosis_schema(), "later", &later);
        let read: Diagnosis = serde_json::from_value(later).expect("unknown fields are ignored");
        assert_eq!(read, diagnosis);
    }

    #[test]
    fn every_field_is_defined_in_the_docs() {
        check_defined("explain-json.md", &diagnosis_schema());
    }

    /// The names are written twice, for serde and for people, and must be the same.
    #[test]
    fn names_are_those_of_the_document() {
        let schema = diagnosis_schema();
        let named = |definition: &str| -> Vec<String> {
            let variants = schema["$defs"][definition]["oneOf"].as_array().expect("documented");
            let names = variants.iter().map(|variant| variant["const"].as_str().expect("a name"));
            names.map(str::to_owned).collect()
        };
        let (shapes, models) = (named("Shape"), named("ThreadModel"));
        assert_eq!((shapes.len(), models.len()), (23, 13));
        let page = docs_page("explain.md");
        let missing =
            shapes.iter().chain(&models).find(|name| !page.contains(&format!("`{name}`")));
        assert_eq!(missing, None, "docs/explain.md does not define it");
        for name in shapes {
            let shape: Shape = serde_json::from_value(json!(name)).expect("a shape");
            assert_eq!(shape.name(), name);
        }
        for name in models {
            let model: ThreadModel = serde_json::from_value(json!(name)).expect("a model");
            assert_eq!(model.name(), name);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_document_is_read_back_as_it_was_written(
            seconds in prop::array::uniform4(-1e300..1e300_f64),
            texts in prop::array::uniform3(any::<String>()),
            status in any::<Option<i32>>(),
            count in any::<u64>(),
        ) {
            let mut diagnosis = example::hostile(&texts[0]);
            let [cpu_user, data, wall_s, share] = seconds;
            diagnosis.wall_s = wall_s;
            diagnosis.program.exit_status = status;
            let [_, verdict, path] = texts;
            diagnosis.verdict = verdict;
            diagnosis.waits[0].path = Some(path);
            diagnosis.waits[0].count = count;
            diagnosis.findings[0].share = share;
            let ledger_s = LedgerSeconds { cpu_user, data, ..LedgerSeconds::default() };
            diagnosis.processes[0].threads[0].ledger_s = ledger_s;
            let text = serde_json::to_string(&diagnosis).expect("plain data");
            let read: Diagnosis = serde_json::from_str(&text).expect("it was just written");
            prop_assert_eq!(read, diagnosis);
        }
    }
}
