//! What follows from the numbers, in sentences.
//!
//! A kind of sentence is a row of [`SENTENCES`] and a file beside this one. A sentence claims no
//! difference that the spread does not bear out.
//!
//! Left out on purpose: what no number of the document shows. A sentence that needs to know more
//! about a plan needs a field in the document first.

mod choice;
mod fastest;
mod interruption;
mod least;
mod lost;
mod nonblocking;
mod offload;
mod processes;
mod results;
mod time;
mod versus;

use crate::Comparison;

/// A kind of sentence: a row of [`SENTENCES`].
#[derive(Debug)]
pub struct Sentence {
    /// What it is about.
    pub name: &'static str,
    /// The sentences of this kind; none where it has nothing to say.
    pub say: fn(&Comparison) -> Vec<String>,
}

/// Every kind of sentence, in the order in which a verdict has them.
pub const SENTENCES: &[Sentence] = &[
    Sentence { name: "interruption", say: interruption::say },
    Sentence { name: "results that differ", say: results::differ },
    Sentence { name: "the fastest", say: fastest::say },
    Sentence { name: "where the time went", say: time::say },
    Sentence { name: "what auto chose", say: choice::say },
    Sentence { name: "asking in vain", say: nonblocking::say },
    Sentence { name: "handing off and waiting", say: offload::say },
    Sentence { name: "processes against threads", say: processes::say },
    Sentence { name: "least CPU and memory", say: least::say },
    Sentence { name: "lost workers", say: lost::say },
    Sentence { name: "results that are equal", say: results::equal },
];

#[cfg(test)]
mod tests {
    use super::SENTENCES;
    use crate::example;

    #[test]
    fn the_document_has_the_sentences_in_the_table_s_order() {
        let comparison = example::everything();
        let said: Vec<_> =
            SENTENCES.iter().flat_map(|sentence| (sentence.say)(&comparison)).collect();
        assert_eq!(comparison.verdict, said);
    }

    #[test]
    fn every_kind_is_said_of_some_example() {
        for sentence in SENTENCES {
            let mut examples = example::all().into_iter();
            assert!(
                examples.any(|(_, comparison)| !(sentence.say)(&comparison).is_empty()),
                "{}",
                sentence.name
            );
        }
    }

    #[test]
    fn every_sentence_ends_in_a_full_stop() {
        for (name, comparison) in example::all() {
            assert!(!comparison.verdict.is_empty(), "{name}");
            for sentence in comparison.verdict {
                assert!(sentence.ends_with('.') && !sentence.contains(".."), "{name}: {sentence}");
            }
        }
    }
}
