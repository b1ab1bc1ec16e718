//! What is written to a file or sent to a peer.
//!
//! A *text* says all by itself. Otherwise there are two shapes and two sources. A *size* is that
//! many characters; *lines* are lines of equal length, each ended by a newline. *Fixed* content is the 62 letters and digits over and over,
//! from the start in every line, and is made once for all flows. *Random* content is made by the
//! worker that writes it, from the seed and the flow's number alone, so that it is equal on every
//! worker and machine.
//!
//! # How random characters are made
//! A xoshiro256++ generator is seeded by `seed_from_u64` (SplitMix64) with
//! `seed × 0xD1B54A32D192ED03 + flow` modulo 2⁶⁴. Each draw of 64 bits gives four characters:
//! first from its low, then from its high half `h`, the pair of number `h × 3844 >> 32`, where
//! pair `p` is the characters `p / 62` and `p % 62` of `0-9A-Za-z`. What is left over of a draw
//! at the end of a line is dropped. A pair's chance is off by less than one in a million. This is
//! part of the plan format: results of different versions stay comparable.

use std::fmt;
use std::sync::OnceLock;

use bytes::Bytes;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use toml::{Table, Value};

use crate::entry::{Entry, Fields};
use crate::limits::{CONTENT_BYTES_MAX, SEED_MAX};
use crate::mistake::{Mistake, MistakeAt};
use crate::size::size_text;

/// What a step writes or sends: how much, and how it is made.
///
/// At most [`CONTENT_BYTES_MAX`] bytes.
#[derive(Clone)]
pub struct Content {
    shape: Shape,
    kind: ContentKind,
    shared: OnceLock<Bytes>,
}

/// How content is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentKind {
    /// The same bytes for every flow, a pattern or a text, made once.
    Fixed,
    /// Characters of each flow's own, made where they are written.
    Random {
        /// At most [`SEED_MAX`].
        seed: u64,
    },
}

#[derive(Clone, Debug)]
enum Shape {
    Text(Bytes),
    Size(usize),
    Lines { lines: u32, line_length: u32 },
}

impl Content {
    /// `bytes` characters without a newline.
    ///
    /// # Errors
    /// Gives the size back when it is above [`CONTENT_BYTES_MAX`].
    pub fn sized(bytes: u64, kind: ContentKind) -> Result<Self, u64> {
        checked_len(bytes).map(|len| Self::new(Shape::Size(len), kind))
    }

    /// `lines` lines of `line_length` characters and a newline each.
    ///
    /// # Errors
    /// Gives the size in bytes back when it is above [`CONTENT_BYTES_MAX`].
    pub fn lines(lines: u32, line_length: u32, kind: ContentKind) -> Result<Self, u64> {
        checked_len(u64::from(lines).saturating_mul(u64::from(line_length) + 1))?;
        Ok(Self::new(Shape::Lines { lines, line_length }, kind))
    }

    /// These characters, for every flow alike.
    ///
    /// # Errors
    /// Gives the size in bytes back when it is above [`CONTENT_BYTES_MAX`].
    pub fn text(text: &str) -> Result<Self, u64> {
        checked_len(text.len() as u64)?;
        Ok(Self::new(Shape::Text(Bytes::copy_from_slice(text.as_bytes())), ContentKind::Fixed))
    }

    /// How many bytes there are, for every flow alike.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "content is a description, not a collection")]
    pub fn len(&self) -> usize {
        match self.shape {
            Shape::Text(ref text) => text.len(),
            Shape::Size(len) => len,
            Shape::Lines { lines, line_length } => lines as usize * (line_length as usize + 1),
        }
    }

    /// How it is made.
    #[must_use]
    pub fn kind(&self) -> ContentKind {
        self.kind
    }

    /// The bytes, where they are the same for all flows: made at the first call, then shared.
    ///
    /// `None` for random content, which [`fill`](Self::fill) makes.
    #[must_use]
    pub fn shared(&self) -> Option<Bytes> {
        match (&self.shape, self.kind) {
            (_, ContentKind::Random { .. }) => None,
            (Shape::Text(text), ContentKind::Fixed) => Some(text.clone()),
            (_, ContentKind::Fixed) => Some(self.shared.get_or_init(|| self.pattern()).clone()),
        }
    }

    /// Replaces what is in `into` by this flow's bytes, of either kind.
    ///
    /// A buffer that is used again is not cleared in between, so that making random content
    /// costs one pass.
    pub fn fill(&self, flow: u32, into: &mut Vec<u8>) {
        into.resize(self.len(), 0);
        match self.kind {
            ContentKind::Fixed => self.for_each_line(into, write_pattern),
            ContentKind::Random { seed } => {
                let start = seed.wrapping_mul(SEED_STRIDE).wrapping_add(u64::from(flow));
                let mut random = Xoshiro256PlusPlus::seed_from_u64(start);
                self.for_each_line(into, |line| write_random(&mut random, line));
            }
        }
    }

    /// Whether these bytes can stand somewhere in the content, as far as its shape tells.
    pub(crate) fn may_contain(&self, bytes: &[u8]) -> bool {
        let characters = |line_ends: &[u8]| {
            bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || line_ends.contains(byte))
        };
        bytes.len() <= self.len()
            && match &self.shape {
                Shape::Text(text) => text.windows(bytes.len().max(1)).any(|window| window == bytes),
                Shape::Size(_) => characters(b""),
                Shape::Lines { .. } => characters(b"\n"),
            }
    }

    /// The bytes that have to be drawn, by which a plan's CPU time is estimated.
    pub(crate) fn random_bytes(&self) -> u64 {
        match self.kind {
            ContentKind::Fixed => 0,
            ContentKind::Random { .. } => self.len() as u64,
        }
    }

    fn new(shape: Shape, kind: ContentKind) -> Self {
        Self { shape, kind, shared: OnceLock::new() }
    }

    fn pattern(&self) -> Bytes {
        let mut bytes = Vec::new();
        self.fill(0, &mut bytes);
        bytes.into()
    }

    fn for_each_line(&self, bytes: &mut [u8], mut write: impl FnMut(&mut [u8])) {
        match &self.shape {
            Shape::Text(text) => bytes.copy_from_slice(text),
            Shape::Size(_) => write(bytes),
            Shape::Lines { line_length, .. } => {
                for line in bytes.chunks_exact_mut(*line_length as usize + 1) {
                    let (characters, newline) = line.split_at_mut(*line_length as usize);
                    write(characters);
                    newline[0] = b'\n';
                }
            }
        }
    }
}

/// Reading and writing the plan file's form.
impl Content {
    /// The keys that describe content in a step's table.
    pub(crate) const KEYS: [&str; 6] = ["size", "lines", "line_length", "content", "seed", "text"];

    /// Reads `"10 KiB"` or a table.
    pub(crate) fn from_entry(entry: Entry<'_>) -> Result<Self, MistakeAt> {
        if entry.is_table() {
            return Self::from_fields(&entry.fields(&Self::KEYS, EXPECTED)?);
        }
        let bytes = entry.size(0, CONTENT_BYTES_MAX)?;
        Self::sized(bytes, ContentKind::Fixed).map_err(|bytes| too_large(entry, bytes))
    }

    /// Reads the keys of content that stand among a step's others.
    pub(crate) fn from_fields(fields: &Fields<'_>) -> Result<Self, MistakeAt> {
        if let Some(entry) = fields.get("text") {
            return text_of(fields, entry);
        }
        let kind = kind_of(fields)?;
        match (fields.get("size"), fields.get("lines")) {
            (Some(size), None) => {
                fields.only_with("line_length", "lines")?;
                Self::sized(size.size(0, CONTENT_BYTES_MAX)?, kind)
                    .map_err(|bytes| too_large(size, bytes))
            }
            (None, Some(lines)) => {
                let line_length = fields
                    .required("line_length", "add `line_length = 100`")?
                    .integer(0, u32::MAX)?;
                Self::lines(lines.integer(0, u32::MAX)?, line_length, kind)
                    .map_err(|bytes| too_large(lines, bytes))
            }
            (Some(_), Some(lines)) => Err(lines.mistake(Mistake::Contradiction {
                what: "a content has either a `size` or `lines`, not both".to_owned(),
                advice: "leave one out; the size of lines is lines × (line_length + 1)",
            })),
            (None, None) => Err(fields.missing("size", SIZE_ADVICE)),
        }
    }

    /// The form of a step's value that is content alone.
    pub(crate) fn to_value(&self) -> Value {
        let mut table = self.to_table();
        match (table.len(), table.remove("size")) {
            (1, Some(size)) => size,
            _ => Value::Table(self.to_table()),
        }
    }

    /// The size as it can stand alone, if there is no more to say than that.
    pub(crate) fn short_form(&self) -> Option<Value> {
        Some(self.to_value()).filter(Value::is_str)
    }

    /// The keys of content, to which a step adds its own.
    pub(crate) fn to_table(&self) -> Table {
        let mut table = Table::new();
        match &self.shape {
            Shape::Text(text) => {
                // It was made of text; nothing is replaced.
                table.insert("text".to_owned(), (&*String::from_utf8_lossy(text)).into());
            }
            Shape::Size(len) => {
                table.insert("size".to_owned(), size_text(*len as u64).into());
            }
            Shape::Lines { lines, line_length } => {
                table.insert("lines".to_owned(), (*lines).into());
                table.insert("line_length".to_owned(), (*line_length).into());
            }
        }
        if let ContentKind::Random { seed } = self.kind {
            table.insert("content".to_owned(), "random".into());
            table.insert("seed".to_owned(), Value::Integer(seed.min(SEED_MAX).cast_signed()));
        }
        table
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("shape", &self.shape)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

pub(crate) const EXPECTED: &str = "a size such as \"10 KiB\", or a table such as { size = \"10 KiB\", content = \"random\" }, \
     { lines = 100, line_length = 100 } or { text = \"PING\\r\\n\" }";
const SIZE_ADVICE: &str =
    "say how much: `size = \"10 KiB\"`, or `lines` and `line_length`, or a `text`";
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PAIRS: [[u8; 2]; 62 * 62] = pairs();
/// Odd, so that no two seeds start alike, and not SplitMix64's own stride, by which neighbouring
/// seeds would share most of their state.
const SEED_STRIDE: u64 = 0xD1B5_4A32_D192_ED03;

const fn pairs() -> [[u8; 2]; 62 * 62] {
    let mut pairs = [[0; 2]; 62 * 62];
    let mut number = 0;
    while number < pairs.len() {
        pairs[number] = [ALPHABET[number / 62], ALPHABET[number % 62]];
        number += 1;
    }
    pairs
}

fn write_pattern(line: &mut [u8]) {
    for piece in line.chunks_mut(ALPHABET.len()) {
        piece.copy_from_slice(&ALPHABET[..piece.len()]);
    }
}

fn write_random(random: &mut Xoshiro256PlusPlus, line: &mut [u8]) {
    let mut fours = line.chunks_exact_mut(4);
    for four in &mut fours {
        four.copy_from_slice(&draw(random));
    }
    let rest = fours.into_remainder();
    if !rest.is_empty() {
        let len = rest.len();
        rest.copy_from_slice(&draw(random)[..len]);
    }
}

fn draw(random: &mut Xoshiro256PlusPlus) -> [u8; 4] {
    let bits = random.next_u64();
    let [first, second] = pair_of(bits & 0xFFFF_FFFF);
    let [third, fourth] = pair_of(bits >> 32);
    [first, second, third, fourth]
}

fn pair_of(half: u64) -> [u8; 2] {
    PAIRS[((half * PAIRS.len() as u64) >> 32) as usize]
}

fn checked_len(bytes: u64) -> Result<usize, u64> {
    if bytes > CONTENT_BYTES_MAX {
        return Err(bytes);
    }
    usize::try_from(bytes).map_err(|_| bytes)
}

fn too_large(entry: Entry<'_>, bytes: u64) -> MistakeAt {
    entry.mistake(Mistake::OutOfRange {
        what: "the size of the content".to_owned(),
        value: size_text(bytes),
        least: size_text(0),
        most: size_text(CONTENT_BYTES_MAX),
    })
}

fn text_of(fields: &Fields<'_>, entry: Entry<'_>) -> Result<Content, MistakeAt> {
    for other in Content::KEYS.into_iter().filter(|key| *key != "text") {
        if let Some(other) = fields.get(other) {
            return Err(other.mistake(Mistake::Contradiction {
                what: format!("a content with a `text` has no `{}`", other.key()),
                advice: "leave one out; a text says all by itself",
            }));
        }
    }
    let text = entry.text("text in quotes, such as \"PING\\r\\n\"")?;
    Content::text(text).map_err(|bytes| too_large(entry, bytes))
}

fn kind_of(fields: &Fields<'_>) -> Result<ContentKind, MistakeAt> {
    let word = match fields.get("content") {
        Some(entry) => entry.word(&["fixed", "random"])?,
        None => "fixed",
    };
    if word == "random" {
        let seed = fields.get("seed").map_or(Ok(1), |seed| seed.integer(0, SEED_MAX))?;
        return Ok(ContentKind::Random { seed });
    }
    match fields.get("seed") {
        None => Ok(ContentKind::Fixed),
        Some(seed) => Err(seed.mistake(Mistake::Contradiction {
            what: "fixed content has no `seed`".to_owned(),
            advice: "add `content = \"random\"`, or leave `seed` out",
        })),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filled(content: &Content, flow: u32) -> Vec<u8> {
        let mut bytes = vec![b'?'; 3];
        content.fill(flow, &mut bytes);
        bytes
    }

    /// The module's description, word by word, without the table.
    fn as_described(seed: u64, flow: u32, line_lengths: &[usize]) -> Vec<Vec<u8>> {
        let start = seed.wrapping_mul(0xD1B5_4A32_D192_ED03).wrapping_add(u64::from(flow));
        let mut random = Xoshiro256PlusPlus::seed_from_u64(start);
        let characters: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
        let mut lines = Vec::new();
        for length in line_lengths {
            let mut line = Vec::new();
            while line.len() < *length {
                let bits = random.next_u64();
                for half in [bits % (1 << 32), bits / (1 << 32)] {
                    let pair = (half * 3844 / (1 << 32)) as usize;
                    line.push(characters[pair / 62] as u8);
                    line.push(characters[pair % 62] as u8);
                }
            }
            line.truncate(*length);
            lines.push(line);
        }
        lines
    }

    #[test]
    fn the_notes_file_is_10_100_bytes() {
        for kind in [ContentKind::Fixed, ContentKind::Random { seed: 1 }] {
            let content = Content::lines(100, 100, kind).expect("small");
            let bytes = filled(&content, 3);
            assert_eq!((content.len(), bytes.len()), (10_100, 10_100));
            let lines: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
            assert_eq!(lines.len(), 101);
            assert!(lines[..100].iter().all(|line| line.len() == 100));
            assert!(lines[..100].concat().iter().all(u8::is_ascii_alphanumeric));
        }
    }

    #[test]
    fn random_content_is_the_same_for_ever() {
        let content = Content::lines(100, 100, ContentKind::Random { seed: 1 }).expect("small");
        // All of this was also computed by another program, from the description alone.
        assert!(filled(&content, 0).starts_with(b"YQOLjjenuZW4yrxocA9P"));
        assert!(filled(&content, 4999).starts_with(b"gL9YSv5son7hQtgUDRsb"));
        assert_eq!(
            blake3::hash(&filled(&content, 0)).to_hex().as_str(),
            "0fcd17b460d171595aef3eaa12e35aac156cdf7ee6a8bde631127c4e6111f844"
        );
        assert_eq!(
            blake3::hash(&filled(&content, 4999)).to_hex().as_str(),
            "3dd29fd71de645ea0dd509d10cf91e88a019bce9e9a87a36a38c5bce10ace372"
        );
    }

    #[test]
    fn flows_and_seeds_differ() {
        let sized = |seed| Content::sized(64, ContentKind::Random { seed }).expect("small");
        let all = [filled(&sized(1), 0), filled(&sized(1), 1), filled(&sized(2), 0)];
        assert!(all[0] != all[1] && all[0] != all[2] && all[1] != all[2]);
    }

    #[test]
    fn every_character_is_about_as_frequent() {
        let content = Content::sized(62_000, ContentKind::Random { seed: 7 }).expect("small");
        let mut counts = [0_u32; 256];
        filled(&content, 0).iter().for_each(|byte| counts[usize::from(*byte)] += 1);
        for character in ALPHABET {
            // 1000 are expected, with a standard deviation of 31; the bytes never change.
            let count = counts[usize::from(*character)];
            assert!((850..1150).contains(&count), "{} × {count}", char::from(*character));
        }
    }

    #[test]
    fn fixed_content_is_made_once_and_filled_alike() {
        let content = Content::sized(100, ContentKind::Fixed).expect("small");
        let (first, second) = (content.shared().expect("fixed"), content.shared().expect("fixed"));
        assert_eq!(first.as_ptr(), second.as_ptr());
        assert_eq!(first, filled(&content, 9));
        assert_eq!(&first[..62], ALPHABET);
        assert_eq!(&first[62..], &ALPHABET[..38]);
        assert!(
            Content::sized(1, ContentKind::Random { seed: 1 }).expect("small").shared().is_none()
        );
    }

    #[test]
    fn a_text_is_what_it_says() {
        let content = Content::text("é\r\n").expect("small");
        assert_eq!((content.len(), filled(&content, 3)), (4, "é\r\n".as_bytes().to_vec()));
        assert_eq!(content.shared().expect("fixed"), filled(&content, 0));
    }

    #[test]
    fn what_cannot_be_in_it_is_told_from_the_shape() {
        let text = Content::text("GET / HTTP/1.1\r\n\r\n").expect("small");
        assert!(text.may_contain(b"\r\n\r\n") && !text.may_contain(b"\n\n"));
        let sized = Content::sized(10, ContentKind::Fixed).expect("small");
        assert!(sized.may_contain(b"0123") && !sized.may_contain(b"\n"));
        let lines = Content::lines(2, 10, ContentKind::Random { seed: 1 }).expect("small");
        assert!(lines.may_contain(b"\n") && !lines.may_contain(b"\r\n"));
        assert!(!lines.may_contain(&[b'a'; 23]));
    }

    #[test]
    fn too_much_content_is_refused() {
        assert!(Content::sized(CONTENT_BYTES_MAX, ContentKind::Fixed).is_ok());
        let size = Content::sized(CONTENT_BYTES_MAX + 1, ContentKind::Fixed);
        assert_eq!(size.map(|content| content.len()), Err(CONTENT_BYTES_MAX + 1));
        assert!(Content::lines(u32::MAX, u32::MAX, ContentKind::Fixed).is_err());
    }

    proptest! {
        #[test]
        fn random_content_is_as_described(seed: u64, flow: u32, lines in 0..5_usize, length in 0..20_usize) {
            let kind = ContentKind::Random { seed };
            let content = Content::lines(lines as u32, length as u32, kind).expect("small");
            let mut expected = Vec::new();
            for line in as_described(seed, flow, &vec![length; lines]) {
                expected.extend(line);
                expected.push(b'\n');
            }
            prop_assert_eq!(filled(&content, flow), expected);
            let content = Content::sized(length as u64, kind).expect("small");
            prop_assert_eq!(filled(&content, flow), as_described(seed, flow, &[length]).concat());
        }

        #[test]
        fn len_is_what_is_filled(lines in 0..50_u32, length in 0..50_u32, size in 0..5000_u64) {
            for content in [
                Content::lines(lines, length, ContentKind::Fixed),
                Content::sized(size, ContentKind::Random { seed: 3 }),
            ] {
                let content = content.expect("small");
                prop_assert_eq!(filled(&content, 1).len(), content.len());
            }
        }
    }
}
