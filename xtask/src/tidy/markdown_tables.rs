//! Tables in Markdown, as far as rules need them: which names stand in the first column.
//!
//! Left out on purpose: the other columns, which are prose.

/// A table: what its first column is called, and the names in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MarkdownTable {
    /// The first cell of the header, in lower case.
    pub(super) of: String,
    /// The header's line, counted from 1.
    pub(super) line: usize,
    /// Each name between backticks in the first cell of a row, with its line.
    pub(super) names: Vec<(usize, String)>,
}

impl MarkdownTable {
    /// Every table of a text.
    pub(super) fn all(text: &str) -> Vec<Self> {
        let mut tables: Vec<Self> = Vec::new();
        let mut inside = false;
        for (index, row) in text.lines().enumerate() {
            let line = index + 1;
            let Some(cell) = first_cell(row) else {
                inside = false;
                continue;
            };
            match tables.last_mut().filter(|_| inside) {
                Some(table) => table.names.extend(names(cell).map(|name| (line, name))),
                None => {
                    tables.push(Self { of: cell.to_lowercase(), line, names: Vec::new() });
                }
            }
            inside = true;
        }
        tables
    }
}

fn first_cell(row: &str) -> Option<&str> {
    row.trim_start().strip_prefix('|')?.split('|').next().map(str::trim)
}

/// What stands between backticks.
fn names(cell: &str) -> impl Iterator<Item = String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::MarkdownTable;

    #[test]
    fn finds_tables_and_the_names_of_their_first_columns() {
        let text = "x\n| Model | y |\n|---|---|\n| `a`, `b` | `no` |\n\n| other |\n|---|\n| c |\n";
        let names = vec![(4, "a".to_owned()), (4, "b".to_owned())];
        let expected = [
            MarkdownTable { of: "model".into(), line: 2, names },
            MarkdownTable { of: "other".into(), line: 6, names: vec![] },
        ];
        assert_eq!(MarkdownTable::all(text), expected);
    }
}
