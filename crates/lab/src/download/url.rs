//! A URL that can be fetched.

use std::fmt;

use fluent_uri::component::Scheme;
use fluent_uri::{IriRef, Uri};
use hyper::header::HeaderValue;
use whywait::tls::rustls::pki_types::ServerName;

const HTTP: &Scheme = Scheme::new_or_panic("http");
const HTTPS: &Scheme = Scheme::new_or_panic("https");

/// A URL with `http` or `https`, a host, and no fragment, of which every part is known to fit
/// into a request.
#[derive(Clone, Debug)]
pub(crate) struct Url {
    uri: Uri<String>,
    /// Without the brackets of an IPv6 address.
    host: String,
    port: u16,
    target: hyper::Uri,
    host_header: HeaderValue,
    /// For `https`.
    server_name: Option<ServerName<'static>>,
}

/// Why a text is no URL that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UrlMistake {
    /// It breaks the rules of RFC 3986.
    #[error("it is not a URL: {0}")]
    Syntax(String),
    /// Another scheme.
    #[error("`{0}` is neither http nor https")]
    Scheme(String),
    /// No host, or one that can't be.
    #[error("it names no host that can be: {0:?}")]
    Host(String),
    /// A port that can't be.
    #[error("{0:?} is not a port")]
    Port(String),
    /// A name or password, which would get into reports.
    #[error("it has a user's name or password, which are not sent")]
    UserInfo,
}

impl Url {
    /// Reads an absolute URL; a fragment is cut off, which is not for servers.
    pub(crate) fn parse(text: &str) -> Result<Self, UrlMistake> {
        let uri = Uri::parse(text.to_owned());
        Self::of(uri.map_err(|(error, _)| UrlMistake::Syntax(error.to_string()))?)
    }

    /// Where a `Location` leads from here: RFC 9110, 10.2.2. Characters beyond ASCII are taken
    /// as if they were encoded, as browsers do.
    pub(super) fn join(&self, location: &str) -> Result<Self, UrlMistake> {
        let reference = IriRef::parse(location.trim());
        let reference = reference.map_err(|error| UrlMistake::Syntax(error.to_string()))?;
        let resolved = reference.to_uri_ref().resolve_against(&self.uri);
        Self::of(resolved.map_err(|error| UrlMistake::Syntax(error.to_string()))?)
    }

    fn of(mut uri: Uri<String>) -> Result<Self, UrlMistake> {
        uri.set_fragment(None);
        let is_secure = match uri.scheme() {
            scheme if scheme == HTTPS => true,
            scheme if scheme == HTTP => false,
            other => return Err(UrlMistake::Scheme(other.to_string())),
        };
        let authority = uri.authority().ok_or_else(|| UrlMistake::Host(String::new()))?;
        if authority.has_userinfo() {
            return Err(UrlMistake::UserInfo);
        }
        let bad_host = || UrlMistake::Host(authority.host().to_owned());
        let bare = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if bare.is_empty() {
            return Err(bad_host());
        }
        let server_name = is_secure.then(|| ServerName::try_from(bare.clone())).transpose();
        let server_name = server_name.map_err(|_| bad_host())?;
        let bad_port =
            || UrlMistake::Port(authority.port().map_or_else(String::new, |port| port.to_string()));
        let named = authority.port_to_u16().map_err(|_| bad_port())?;
        let default = if is_secure { 443 } else { 80 };
        let host_header = match named {
            Some(port) if port != default => format!("{}:{port}", authority.host()),
            _ => authority.host().to_owned(),
        };
        let path = if uri.path().is_empty() { "/" } else { uri.path().as_str() };
        let target = match uri.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        let target = target
            .parse()
            .map_err(|error: hyper::http::uri::InvalidUri| UrlMistake::Syntax(error.to_string()))?;
        Ok(Self {
            host: bare,
            port: named.unwrap_or(default),
            target,
            host_header: host_header.parse().map_err(|_| bad_host())?,
            server_name,
            uri,
        })
    }

    /// The whole URL.
    pub(super) fn as_str(&self) -> &str {
        self.uri.as_str()
    }

    pub(super) fn is_secure(&self) -> bool {
        self.server_name.is_some()
    }

    /// A name, or an address without brackets.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Path and query, as the request line has them.
    pub(super) fn request_target(&self) -> hyper::Uri {
        self.target.clone()
    }

    pub(super) fn host_header(&self) -> HeaderValue {
        self.host_header.clone()
    }

    /// What the server's certificate has to be made out to; none without TLS.
    pub(super) fn server_name(&self) -> Option<ServerName<'static>> {
        self.server_name.clone()
    }

    /// The last part of the path, decoded: whatever bytes somebody put there.
    pub(super) fn last_segment(&self) -> Vec<u8> {
        let last = self.uri.path().split('/').next_back();
        last.map(|segment| segment.decode().to_bytes().into_owned()).unwrap_or_default()
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
