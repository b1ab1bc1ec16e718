//! URLs, and paths of requests, in which `{flow}` stands for the flow's number.
//!
//! Left out on purpose: what a URL means to a client. Here it is made sure that a request line
//! can be made of it, and that nobody's password gets into a plan.

use crate::limits::{FLOWS_MAX, URL_BYTES_MAX};
use crate::placeholder::{PlaceholderMistake, check_placeholders, written_out};

/// A URL, or the path of a request, in which `{flow}` stands for the flow's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UrlTemplate {
    text: String,
}

impl UrlTemplate {
    /// Checks a whole URL.
    pub(crate) fn url(text: &str) -> Result<Self, UrlMistake> {
        let after_scheme =
            ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme));
        let rest = after_scheme.ok_or(UrlMistake::Scheme)?;
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(UrlMistake::UserInfo);
        }
        let template = Self::checked(text)?;
        check_authority(&written_out(authority, 0))?;
        check_target(&rest[authority.len()..])?;
        Ok(template)
    }

    /// Checks the path of a request, with its query if it has one.
    pub(crate) fn path(text: &str) -> Result<Self, UrlMistake> {
        if !text.starts_with('/') {
            return Err(UrlMistake::NoSlash);
        }
        let template = Self::checked(text)?;
        check_target(text)?;
        Ok(template)
    }

    /// The text for one flow: visible ASCII.
    pub(crate) fn expand(&self, flow: u32) -> String {
        written_out(&self.text, flow)
    }

    /// The template as written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    fn checked(text: &str) -> Result<Self, UrlMistake> {
        check_placeholders(text)?;
        // The largest number is as long as any.
        let longest = written_out(text, FLOWS_MAX);
        if longest.len() > URL_BYTES_MAX {
            return Err(UrlMistake::Long { bytes: longest.len(), most: URL_BYTES_MAX });
        }
        match longest.chars().find(|character| !may_stand(*character)) {
            Some('#') => Err(UrlMistake::Fragment),
            Some(character) => Err(UrlMistake::Character { character }),
            None => Ok(Self { text: text.to_owned() }),
        }
    }
}

/// Why a text is not a URL, or not the path of a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlMistake {
    /// It starts with no scheme that is spoken here.
    #[error("it does not start with http:// or https://")]
    Scheme,
    /// A path does not start at the root.
    #[error("it does not start with /")]
    NoSlash,
    /// Nothing stands where the host should.
    #[error("it names no host")]
    NoHost,
    /// What stands behind the host is no port.
    #[error("{port:?} is not a port, a number from 1 to 65535")]
    Port {
        /// What stands there.
        port: String,
    },
    /// It has a user's name, or a password.
    #[error("it has a user's name or password, which is not sent")]
    UserInfo,
    /// It has a fragment.
    #[error("it has a part behind `#`, which servers never see")]
    Fragment,
    /// It has a character that no request line may have.
    #[error("it has the character {character:?}, which must be written with %")]
    Character {
        /// The first such character.
        character: char,
    },
    /// It is longer than servers take.
    #[error("it is {bytes} bytes long; the most is {most}")]
    Long {
        /// How long it is for the highest flow number.
        bytes: usize,
        /// How long it may be.
        most: usize,
    },
    /// Its braces are not those of `{flow}`.
    #[error(transparent)]
    Placeholder(#[from] PlaceholderMistake),
}

/// RFC 3986: unreserved and reserved characters but `#`, and the `%` of others.
fn may_stand(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._~:/?[]@!$&'()*+,;=%".contains(character)
}

fn check_authority(authority: &str) -> Result<(), UrlMistake> {
    // An IPv6 address stands in brackets, and has colons of its own.
    let after_address = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let (host, port) = match authority[after_address..].find(':') {
        Some(colon) => {
            let (host, port) = authority.split_at(after_address + colon);
            (host, Some(&port[1..]))
        }
        None => (authority, None),
    };
    match port {
        _ if host.is_empty() || host == "[]" => Err(UrlMistake::NoHost),
        Some(port) if !port.parse::<u16>().is_ok_and(|port| port > 0) => {
            Err(UrlMistake::Port { port: port.to_owned() })
        }
        _ => Ok(()),
    }
}

/// What may stand in a host and not behind it, and a `%` that writes no character: RFC 3986, 2.1
/// and 3.3. `{flow}` is no part of such, as its length differs.
fn check_target(target: &str) -> Result<(), UrlMistake> {
    let is_written = |behind: &str| {
        let digits = behind.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let percent = target.split('%').skip(1).any(|behind| !is_written(behind)).then_some('%');
    let character = target.chars().find(|character| "[]".contains(*character)).or(percent);
    character.map_or(Ok(()), |character| Err(UrlMistake::Character { character }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn takes_what_servers_take() {
        for text in [
            "http://localhost",
            "https://example.org/a/b?c=d&e=%20f",
            "http://127.0.0.1:8080/{flow}",
            "http://[::1]:80/",
            "http://host{flow}.example:1{flow}/",
        ] {
            assert!(UrlTemplate::url(text).is_ok(), "{text}");
        }
        let template = UrlTemplate::url("http://host{flow}.example/{flow}").expect("a URL");
        assert_eq!(template.expand(17), "http://host17.example/17");
        assert_eq!(UrlTemplate::path("/a?{flow}").expect("a path").expand(3), "/a?3");
    }

    #[test]
    fn refuses_the_rest_and_says_why() {
        let long = format!("http://x/{}", "y".repeat(URL_BYTES_MAX));
        for (text, mistake) in [
            ("", UrlMistake::Scheme),
            ("ftp://x/", UrlMistake::Scheme),
            ("example.org", UrlMistake::Scheme),
            ("http://", UrlMistake::NoHost),
            ("http:///a", UrlMistake::NoHost),
            ("http://:80/", UrlMistake::NoHost),
            ("http://[]:80/", UrlMistake::NoHost),
            ("http://x:/", UrlMistake::Port { port: String::new() }),
            ("http://x:0/", UrlMistake::Port { port: "0".to_owned() }),
            ("http://x:65536/", UrlMistake::Port { port: "65536".to_owned() }),
            ("http://me:secret@x/", UrlMistake::UserInfo),
            ("http://x/#top", UrlMistake::Fragment),
            ("http://x/a b", UrlMistake::Character { character: ' ' }),
            ("http://x/\r\nHost: y", UrlMistake::Character { character: '\r' }),
            ("http://é.example/", UrlMistake::Character { character: 'é' }),
            ("http://x/100%", UrlMistake::Character { character: '%' }),
            ("http://x/%{flow}", UrlMistake::Character { character: '%' }),
            ("http://x/a[0]", UrlMistake::Character { character: '[' }),
            (&long, UrlMistake::Long { bytes: URL_BYTES_MAX + 9, most: URL_BYTES_MAX }),
            ("http://x/{n}", PlaceholderMistake::Unknown { name: "n".to_owned() }.into()),
            ("http://x/}", PlaceholderMistake::LoneBrace.into()),
        ] {
            assert_eq!(UrlTemplate::url(text), Err(mistake), "{text:?}");
        }
        assert_eq!(UrlTemplate::path("a"), Err(UrlMistake::NoSlash));
        assert_eq!(UrlTemplate::path("/%"), Err(UrlMistake::Character { character: '%' }));
    }

    proptest! {
        #[test]
        fn an_accepted_text_makes_one_request_line(text in "(http://)?[ -~\\r\\n]{0,30}|http://([:/\\[\\]@?x0-9]|\\{flow\\}){0,12}") {
            for template in [UrlTemplate::url(&text), UrlTemplate::path(&text)].into_iter().flatten() {
                prop_assert!(template.expand(7).chars().all(|c| c.is_ascii_graphic()));
            }
        }
    }
}
