//! A function fits on a screen.
//!
//! Left out on purpose: functions inside macro calls, which `syn` does not see, and complexity,
//! which clippy counts.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::Visit;

use super::repository::Repository;
use super::violation::Violation;

/// Lines from `fn` to the closing brace, both counted.
const LONGEST: usize = 70;

/// Checks every function of every Rust file.
pub(super) fn check(repository: &Repository) -> Vec<Violation> {
    repository.texts(&["rs"]).flat_map(|(path, text)| check_file(path, text)).collect()
}

fn check_file(path: &str, text: &str) -> Vec<Violation> {
    let mut functions = Functions::default();
    match syn::parse_file(text) {
        Ok(file) => functions.visit_file(&file),
        Err(error) => return vec![unreadable(path, &error)],
    }
    let long = functions.found.into_iter().filter(|function| function.lines > LONGEST);
    long.map(|Function { name, line, lines }| Violation {
        path: path.to_owned(),
        line,
        what: format!("`{name}` has {lines} lines, {} too many", lines - LONGEST),
        why: "a function must be seen whole to be understood",
        remedy: "give a part of it a name of its own".into(),
    })
    .collect()
}

fn unreadable(path: &str, error: &syn::Error) -> Violation {
    Violation {
        path: path.to_owned(),
        line: error.span().start().line,
        what: format!("this is no Rust: {error}"),
        why: "rules can only be checked on source that parses",
        remedy: "mend the file".into(),
    }
}

#[derive(Default)]
struct Functions {
    found: Vec<Function>,
}

struct Function {
    name: String,
    line: usize,
    lines: usize,
}

impl Functions {
    fn add(&mut self, signature: &syn::Signature, end: Span) {
        let line = signature.span().start().line;
        let lines = end.end().line - line + 1;
        self.found.push(Function { name: signature.ident.to_string(), line, lines });
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig, item.block.span());
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig, item.block.span());
        syn::visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.add(&item.sig, block.span());
        }
        syn::visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, check_file};

    fn function(lines: usize) -> String {
        format!("fn f() {{\n{}}}\n", "    g();\n".repeat(lines - 2))
    }

    #[test]
    fn the_longest_passes_and_one_line_more_does_not() {
        assert!(check_file("a.rs", &function(LONGEST)).is_empty());
        let violations = check_file("a.rs", &function(LONGEST + 1));
        assert_eq!(violations[0].what, "`f` has 71 lines, 1 too many");
    }

    #[test]
    fn methods_and_nested_functions_count() {
        let body = function(LONGEST + 1);
        for text in [
            format!("impl X {{ {body} }}"),
            format!("trait X {{ {body} }}"),
            format!("mod x {{ {body} }}"),
        ] {
            assert_eq!(check_file("a.rs", &text).len(), 1, "{text}");
        }
    }

    #[test]
    fn a_file_that_does_not_parse_is_a_violation() {
        assert!(check_file("a.rs", "fn {").first().is_some_and(|v| v.what.contains("no Rust")));
    }
}
