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
mod metrics;
mod nonblocking;
mod offload;
mod overlap;
mod page_cache;
mod processes;
mod results;
mod time;
mod versus;

use crate::Comparison;
use crate::yardstick::Yardstick;

/// A kind of sentence: a row of [`SENTENCES`].
#[derive(Debug)]
pub struct Sentence {
    /// What it is about.
    pub name: &'static str,
    /// Of what kind of work it is said.
    pub of: Work,
    /// The sentences of this kind; none where it has nothing to say.
    pub say: fn(&Comparison) -> Vec<String>,
}

/// Of what kind of work something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Of any.
    Any,
    /// Of work that is over when it is done, so that less time is better. Work whose models a
    /// metric ranks ([`Role::Ranks`](crate::Role::Ranks)) sets its own time.
    Finite,
}

impl Sentence {
    /// The sentences of this kind that a comparison gives rise to.
    #[must_use]
    pub fn said_of(&self, comparison: &Comparison) -> Vec<String> {
        let finite = matches!(comparison.yardstick(), Yardstick::Wall);
        let fits = self.of == Work::Any || finite;
        if fits { (self.say)(comparison) } else { Vec::new() }
    }
}

/// Every kind of sentence, in the order in which a verdict has them.
pub const SENTENCES: &[Sentence] = &[
    Sentence { name: "interruption", of: Work::Any, say: interruption::say },
    Sentence { name: "results that differ", of: Work::Any, say: results::differ },
    Sentence { name: "the fastest", of: Work::Finite, say: fastest::say },
    Sentence { name: "the best by each metric", of: Work::Any, say: metrics::say },
    Sentence { name: "where the time went", of: Work::Finite, say: time::say },
    Sentence { name: "the page cache", of: Work::Finite, say: page_cache::say },
    Sentence { name: "waits that overlap", of: Work::Any, say: overlap::say },
    Sentence { name: "what auto chose", of: Work::Finite, say: choice::say },
    Sentence { name: "asking in vain", of: Work::Any, say: nonblocking::say },
    Sentence { name: "handing off and waiting", of: Work::Finite, say: offload::say },
    Sentence { name: "processes against threads", of: Work::Finite, say: processes::say },
    Sentence { name: "least CPU and memory", of: Work::Finite, say: least::say },
    Sentence { name: "lost workers", of: Work::Any, say: lost::say },
    Sentence { name: "results that are equal", of: Work::Any, say: results::equal },
];

#[cfg(test)]
mod tests {
    use super::{SENTENCES, Work};
    use crate::example;

    #[test]
    fn the_document_has_the_sentences_in_the_table_s_order() {
        let comparison = example::everything();
        let said: Vec<_> =
            SENTENCES.iter().flat_map(|sentence| sentence.said_of(&comparison)).collect();
        assert_eq!(comparison.verdict, said);
    }

    #[test]
    fn wall_times_are_not_compared_where_the_work_sets_its_own() {
        let comparison = example::echo();
        assert!(comparison.runs.iter().any(|run| run.wall().is_some()));
        for sentence in SENTENCES.iter().filter(|sentence| sentence.of == Work::Finite) {
            assert_eq!(sentence.said_of(&comparison), [""; 0], "{}", sentence.name);
        }
    }

    #[test]
    fn every_kind_is_said_of_some_example() {
        for sentence in SENTENCES {
            let mut examples = example::all().into_iter();
            assert!(
                examples.any(|(_, comparison)| !sentence.said_of(&comparison).is_empty()),
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
