//! The format `text`: for people, on a terminal.
//!
//! The verdict comes first, as in the plan of a query; then who waited, where, what is wrong, and
//! last what it cost to know that. Every string of the watched program is escaped here.
//!
//! Left out on purpose: the environment (whether there is a terminal, how wide it is and whether it
//! wants colour is the caller's to find out), and a picture of the recording over time.

mod findings;
mod heading;
mod naming;
mod shares;
mod threads;
mod waits;
mod watching;
mod why;

use std::io;

use crate::page::{Page, Role};
use crate::{Appearance, Diagnosis};

/// The parts, in their order. Those that are always there, but the first, have their name above.
const PARTS: &[Part] = &[
    Part { head: "", write: heading::write },
    Part { head: "Threads", write: threads::write },
    Part { head: "Where it waits", write: waits::write },
    Part { head: "Findings", write: findings::write },
    Part { head: "Watching", write: watching::write },
    Part { head: "", write: why::write },
];

/// A part of the text.
struct Part {
    head: &'static str,
    write: fn(&Diagnosis, &mut Page),
}

/// Writes all parts.
pub(crate) fn render(
    diagnosis: &Diagnosis,
    appearance: Appearance,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut page = Page::new(appearance);
    for part in PARTS {
        if !part.head.is_empty() {
            page.blank();
            page.line(Role::Heading, part.head);
        }
        (part.write)(diagnosis, &mut page);
    }
    out.write_all(page.finish().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::render;
    use crate::paragraph::width;
    use crate::{Appearance, Colour, Diagnosis, Subject};

    fn rendered(diagnosis: &Diagnosis, columns: usize, colour: Colour) -> String {
        let mut bytes = Vec::new();
        render(diagnosis, Appearance { columns, colour }, &mut bytes).expect("memory takes all");
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn a_healthy_loop() {
        insta::assert_snapshot!(rendered(&example::healthy_loop(), 80, Colour::Plain));
    }

    #[test]
    fn a_stalled_loop() {
        insta::assert_snapshot!(rendered(&example::stalled_loop(), 100, Colour::Plain));
    }

    #[test]
    fn a_wide_terminal() {
        insta::assert_snapshot!(rendered(&example::stalled_loop(), 160, Colour::Plain));
    }

    #[test]
    fn a_narrow_terminal() {
        insta::assert_snapshot!(rendered(&example::stalled_loop(), 48, Colour::Plain));
    }

    #[test]
    fn in_colour() {
        let text = rendered(&example::stalled_loop(), 80, Colour::Ansi);
        insta::assert_snapshot!(text.replace('\u{1b}', "␛"));
    }

    #[test]
    fn two_hundred_threads() {
        insta::assert_snapshot!(rendered(&example::two_hundred_threads(), 100, Colour::Plain));
    }

    #[test]
    fn prefork() {
        insta::assert_snapshot!(rendered(&example::prefork(), 100, Colour::Plain));
    }

    #[test]
    fn nothing_seen() {
        insta::assert_snapshot!(rendered(&example::nothing_seen(), 80, Colour::Plain));
    }

    #[test]
    fn losses() {
        insta::assert_snapshot!(rendered(&example::losses(), 80, Colour::Plain));
    }

    #[test]
    fn light() {
        insta::assert_snapshot!(rendered(&example::light(), 80, Colour::Plain));
    }

    #[test]
    fn many_processes() {
        insta::assert_snapshot!(rendered(&example::many_processes(), 80, Colour::Plain));
    }

    #[test]
    fn why_of_each_thread() {
        insta::assert_snapshot!(rendered(&example::explained(), 80, Colour::Plain));
    }

    #[test]
    fn why_of_one_thread_has_every_rule_and_fact() {
        let mut diagnosis = example::explained();
        let why = diagnosis.why.as_mut().expect("it is explained");
        why.explained.retain(|one| one.subject != Subject::Shape);
        insta::assert_snapshot!(rendered(&diagnosis, 80, Colour::Plain));
    }

    #[test]
    fn why_of_a_thread_that_was_not_seen() {
        let mut diagnosis = example::explained();
        diagnosis.why.as_mut().expect("it is explained").explained.clear();
        let text = rendered(&diagnosis, 80, Colour::Plain);
        assert!(text.ends_with("Why\nNo thread of that number was seen.\n"), "{text}");
    }

    #[test]
    fn hostile_names() {
        let evil = "\u{1b}[2J\u{9b}1m\r\n\u{202e}\u{200b}";
        insta::assert_snapshot!(rendered(&example::hostile(evil), 100, Colour::Plain));
    }

    #[test]
    fn not_one_escape_of_the_program_comes_out() {
        for evil in ["\u{1b}[31m", "\u{9b}31m", "\u{7}", "\u{202e}", "\u{2066}", "\u{feff}"] {
            let text = rendered(&example::hostile(evil), 100, Colour::Plain);
            let lines = text.lines().map(|line| (line, crate::escaped(line)));
            let harmful = lines.into_iter().find(|(line, escaped)| line != escaped);
            assert_eq!(harmful, None, "{evil:?}");
        }
        let coloured = rendered(&example::hostile("\u{1b}[35m"), 100, Colour::Ansi);
        assert!(coloured.contains('\u{1b}') && !coloured.contains("\u{1b}[35m"));
    }

    #[test]
    fn no_string_of_the_program_begins_a_line() {
        let evils = ["\n", "\r\n", "\r", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"];
        for evil in evils.map(|separator| format!("{separator}FORGED")) {
            for columns in [48, 80, 120, 200] {
                let text = rendered(&example::hostile(&evil), columns, Colour::Plain);
                assert!(text.contains("FORGED"));
                let forged = text.lines().find(|line| line.starts_with("FORGED"));
                assert_eq!(forged, None, "{evil:?} at {columns}");
            }
        }
    }

    #[test]
    fn every_line_fits() {
        for (name, diagnosis) in example::all() {
            for columns in (60..=200).step_by(7) {
                for line in rendered(&diagnosis, columns, Colour::Plain).lines() {
                    // A word is not cut in two, however long it is.
                    let one_word = line.split_whitespace().count() == 1;
                    assert!(width(line) <= columns || one_word, "{name} at {columns}: {line}");
                    assert_eq!(line, line.trim_end(), "{name} at {columns}");
                }
            }
        }
    }

    #[test]
    fn colour_changes_nothing_else() {
        for (name, diagnosis) in example::all() {
            let plain = rendered(&diagnosis, 80, Colour::Plain);
            let coloured = rendered(&diagnosis, 80, Colour::Ansi);
            assert!(!plain.contains('\u{1b}'), "{name}");
            let mut stripped = String::new();
            for (part, text) in coloured.split('\u{1b}').enumerate() {
                let text = if part == 0 { text } else { text.split_once('m').expect("an SGR").1 };
                stripped.push_str(text);
            }
            assert_eq!(stripped, plain, "{name}");
        }
    }
}
