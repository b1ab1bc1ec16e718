//! Rust source as a flat list of tokens, so that rules see code and neither comments nor strings.
//!
//! Left out on purpose: meaning. A rule that needs the syntax tree parses with `syn`.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One token, or one end of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or keyword.
    Word(String),
    /// One character of punctuation; groups open and close with `(`, `)` and so on.
    Mark(char),
    /// A number, a character or a string.
    Literal,
}

/// Every token of `source` with its line, counted from 1; nothing where it does not lex.
pub(super) fn tokens(source: &str) -> Vec<(usize, Token)> {
    let mut found = Vec::new();
    if let Ok(stream) = source.parse::<TokenStream>() {
        flatten(stream, &mut found);
    }
    found
}

fn flatten(stream: TokenStream, found: &mut Vec<(usize, Token)>) {
    for tree in stream {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Ident(word) => found.push((line, Token::Word(word.to_string()))),
            TokenTree::Punct(mark) => found.push((line, Token::Mark(mark.as_char()))),
            TokenTree::Literal(_) => found.push((line, Token::Literal)),
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ('(', ')'),
                    Delimiter::Brace => ('{', '}'),
                    Delimiter::Bracket => ('[', ']'),
                    Delimiter::None => (' ', ' '),
                };
                found.push((line, Token::Mark(open)));
                flatten(group.stream(), found);
                found.push((group.span_close().end().line, Token::Mark(close)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Token, tokens};

    #[test]
    fn sees_code_but_no_comments_or_strings() {
        let found = tokens("// unsafe\nf(\n\"unsafe\");");
        let expected = [
            (2, Token::Word("f".into())),
            (2, Token::Mark('(')),
            (3, Token::Literal),
            (3, Token::Mark(')')),
            (3, Token::Mark(';')),
        ];
        assert_eq!(found, expected);
    }
}
