//! The models that the documents list are those of the const table `MODELS`.
//!
//! Left out on purpose: the other columns of the documents' tables; `whywait models` prints them
//! from `MODELS` itself.

use syn::visit::Visit;

use super::markdown_tables::MarkdownTable;
use super::repository::Repository;
use super::violation::Violation;

/// Where `MODELS` stands.
const SOURCE: &str = "crates/runtime/src/model/models.rs";

/// The document that must list every model, in a table whose first column is headed *model*.
const COMPLETE: &str = "ARCHITECTURE.md";

const WHY: &str = "readers type the names that they see";

/// Checks every Markdown table of models against `MODELS`.
pub(super) fn check(repository: &Repository) -> Vec<Violation> {
    let models = names_in(repository.text(SOURCE).unwrap_or(""));
    if models.is_empty() {
        let what = "no const `MODELS` whose rows have a `name`";
        return vec![violation(SOURCE, 1, what.into(), "tell this rule where the table went")];
    }
    let mut violations = Vec::new();
    let mut listed = Vec::new();
    for (path, text) in repository.texts(&["md"]) {
        let tables = MarkdownTable::all(text).into_iter();
        for (line, name) in tables.filter(|table| table.of == "model").flat_map(|table| table.names)
        {
            let name = name.split(':').next().unwrap_or(&name).to_owned();
            if !models.contains(&name) {
                let what = format!("there is no model `{name}`");
                violations.push(violation(path, line, what, "name one of `MODELS`"));
            } else if path == COMPLETE {
                listed.push(name);
            }
        }
    }
    let missing = models.iter().filter(|name| !listed.contains(name));
    violations.extend(missing.map(|name| {
        let what = format!("model `{name}` is in no table headed `model`");
        violation(COMPLETE, 1, what, "add a row for it")
    }));
    violations
}

fn violation(path: &str, line: usize, what: String, remedy: &str) -> Violation {
    Violation { path: path.to_owned(), line, what, why: WHY, remedy: remedy.to_owned() }
}

/// The `name: "…"` fields within the const `MODELS` of a source.
fn names_in(source: &str) -> Vec<String> {
    let Ok(file) = syn::parse_file(source) else { return Vec::new() };
    let mut names = Names::default();
    for item in &file.items {
        if let syn::Item::Const(item) = item
            && item.ident == "MODELS"
        {
            names.visit_expr(&item.expr);
        }
    }
    names.found
}

#[derive(Default)]
struct Names {
    found: Vec<String>,
}

impl<'ast> Visit<'ast> for Names {
    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        let named = matches!(&field.member, syn::Member::Named(member) if member == "name");
        if let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &field.expr
            && named
        {
            self.found.push(text.value());
        }
        syn::visit::visit_field_value(self, field);
    }
}

#[cfg(test)]
mod tests {
    use super::{COMPLETE, SOURCE, check};
    use crate::tidy::repository::Repository;

    const MODELS: &str =
        "pub const MODELS: &[Row] = &[Row { name: \"a\", x: 1 }, Row { name: \"b\" }];";

    fn said(source: &str, page: &str) -> Vec<String> {
        let repository = Repository::of(&[(SOURCE, source), (COMPLETE, page)]);
        check(&repository).into_iter().map(|violation| violation.what).collect()
    }

    #[test]
    fn an_unknown_and_a_missing_model_are_named() {
        let found = said(MODELS, "| model |\n|---|\n| `a:2`, `c` |\n");
        assert_eq!(found, ["there is no model `c`", "model `b` is in no table headed `model`"]);
    }

    #[test]
    fn a_complete_table_passes_and_other_tables_are_not_read() {
        let page = "| model |\n|---|\n| `a`, `b` |\n\n| crate |\n|---|\n| `c` |\n";
        assert_eq!(said(MODELS, page), [""; 0]);
    }

    #[test]
    fn a_source_without_models_is_a_violation() {
        assert_eq!(said("", "").len(), 1);
    }
}
