//! How a value is spelled in a plan's canonical form.
//!
//! Every value stands on one line, so that a delimiter such as `"\r\n"` shows what it is; the
//! `toml` crate would break its text over two.

use std::fmt::Write as _;

use toml::Value;

/// The value on one line: text in double quotes, tables inline.
pub(crate) fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Table(table) => {
            let fields = table.iter().map(|(key, value)| format!("{key} = {}", value_text(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            control if control.is_control() => {
                // Writing to a string cannot fail; no control character is above U+009F.
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_back(text: &str) -> Value {
        let table: toml::Table = toml::from_str(&format!("x = {text}")).expect("it is TOML");
        table["x"].clone()
    }

    #[test]
    fn line_ends_show() {
        assert_eq!(value_text(&"\r\n\t\"\\é\u{1}".into()), r#""\r\n\t\"\\é\u0001""#);
    }

    proptest! {
        #[test]
        fn any_text_reads_back(text: String) {
            let value = Value::from(text);
            let spelled = value_text(&value);
            prop_assert!(!spelled.contains(['\n', '\r']));
            prop_assert_eq!(read_back(&spelled), value);
        }

        #[test]
        fn any_table_reads_back(text: String, number: i64, truth: bool) {
            let mut table = toml::Table::new();
            table.insert("text".to_owned(), text.into());
            table.insert("number".to_owned(), number.into());
            table.insert("truth".to_owned(), truth.into());
            let value = Value::Table(table);
            prop_assert_eq!(read_back(&value_text(&value)), value);
        }
    }
}
