//! The head of an HTTP/1.1 request, read strictly.
//!
//! Left out on purpose: all that an origin for GET needs not know. What it does not know it
//! refuses.

/// What a request head asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestHead {
    /// The path with its query, as it stands in the request line.
    pub(super) target: String,
    /// Whether the connection ends with the answer.
    pub(super) closes: bool,
}

/// The status line's rest for a request that is refused.
pub(super) type Refusal = &'static str;

const BAD_REQUEST: Refusal = "400 Bad Request";
const NOT_ALLOWED: Refusal = "405 Method Not Allowed";
pub(super) const TOO_LARGE: Refusal = "431 Request Header Fields Too Large";
const WRONG_VERSION: Refusal = "505 HTTP Version Not Supported";

impl RequestHead {
    /// Reads a head, with the empty line that ends it.
    pub(super) fn parse(head: &[u8]) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(head).map_err(|_| BAD_REQUEST)?;
        let text = text.strip_suffix("\r\n\r\n").ok_or(BAD_REQUEST)?;
        let mut lines = text.split("\r\n");
        let target = request_line(lines.next().unwrap_or_default())?;
        let (mut hosts, mut closes) = (0, false);
        for line in lines {
            let (name, value) = line.split_once(':').ok_or(BAD_REQUEST)?;
            if name.is_empty() || name.contains(char::is_whitespace) {
                return Err(BAD_REQUEST);
            }
            match name.to_ascii_lowercase().as_str() {
                "host" => hosts += 1,
                "connection" => {
                    closes |=
                        value.split(',').any(|word| word.trim().eq_ignore_ascii_case("close"));
                }
                // A GET has no body here, and what is not read would be taken for a request.
                "content-length" if value.trim() != "0" => return Err(BAD_REQUEST),
                "transfer-encoding" => return Err(BAD_REQUEST),
                _ => {}
            }
        }
        // RFC 9112, 3.2: exactly one.
        if hosts == 1 { Ok(Self { target, closes }) } else { Err(BAD_REQUEST) }
    }
}

fn request_line(line: &str) -> Result<String, Refusal> {
    let words: Vec<_> = line.split(' ').collect();
    let [method, target, version] = words[..] else { return Err(BAD_REQUEST) };
    if version != "HTTP/1.1" {
        return Err(if version.starts_with("HTTP/") { WRONG_VERSION } else { BAD_REQUEST });
    }
    if method != "GET" {
        return Err(NOT_ALLOWED);
    }
    let is_visible = target.bytes().all(|byte| byte.is_ascii_graphic());
    if target.starts_with('/') && is_visible { Ok(target.into()) } else { Err(BAD_REQUEST) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &str) -> Result<RequestHead, Refusal> {
        RequestHead::parse(lines.replace('\n', "\r\n").as_bytes())
    }

    #[test]
    fn a_get_is_read() {
        let head = parse("GET /a?b HTTP/1.1\nHost: x\nAccept: */*\n\n").unwrap();
        assert_eq!(head, RequestHead { target: "/a?b".into(), closes: false });
        let head = parse("GET / HTTP/1.1\nHOST: x\nConnection: foo, Close\n\n").unwrap();
        assert!(head.closes);
    }

    #[test]
    fn everything_else_is_refused() {
        for (head, refusal) in [
            ("GET / HTTP/1.1\n\n", BAD_REQUEST),
            ("GET / HTTP/1.1\nHost: x\nHost: y\n\n", BAD_REQUEST),
            ("GET / HTTP/1.1\nHost : x\n\n", BAD_REQUEST),
            ("GET / HTTP/1.1\nHost: x\nContent-Length: 3\n\n", BAD_REQUEST),
            ("GET / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n", BAD_REQUEST),
            ("GET  / HTTP/1.1\nHost: x\n\n", BAD_REQUEST),
            ("GET http://x/ HTTP/1.1\nHost: x\n\n", BAD_REQUEST),
            ("GET / HTTP/1.0\nHost: x\n\n", WRONG_VERSION),
            ("POST / HTTP/1.1\nHost: x\n\n", NOT_ALLOWED),
            ("\u{0}\n\n", BAD_REQUEST),
            ("GET / HTTP/1.1\nHost: x\n", BAD_REQUEST),
        ] {
            assert_eq!(parse(head), Err(refusal), "{head:?}");
        }
    }
}
