//! `get = { peer, path }` or `get = { url }`: an HTTP request.

use std::sync::Arc;

use toml::Table;

use crate::entry::{Entry, Fields};
use crate::mistake::{Mistake, MistakeAt};
use crate::timeout::Timeout;
use crate::url_template::UrlTemplate;
use crate::{Action, Declares, GetTarget, NetworkUse, PathTemplate, SaveAs, Step, StepKind};

/// Asks a peer, or a server out there, by an HTTP GET, and reads the body.
#[derive(Debug)]
pub(crate) struct Get {
    target: Target,
    save: Option<Save>,
    timeout: Timeout,
}

/// Whom the request is for.
#[derive(Debug)]
pub(crate) enum Target {
    Peer { peer: String, path: UrlTemplate },
    Url(UrlTemplate),
}

/// Where the body is kept.
#[derive(Debug)]
pub(crate) enum Save {
    UrlName,
    Path(PathTemplate),
}

pub(crate) const KIND: StepKind = StepKind {
    name: "get",
    summary: "Asks a peer, or a server out there, by an HTTP GET, and reads the body.",
    example: "{ get = { peer = \"origin\", path = \"/{flow}\" } }",
    parse,
};

impl Get {
    /// A request whose body is not kept.
    pub(crate) fn new(target: Target, timeout: Timeout) -> Self {
        Self { target, save: None, timeout }
    }

    /// A request to a server out there, whose body is kept under its URL's name.
    pub(crate) fn saving(url: UrlTemplate, timeout: Timeout) -> Self {
        Self { target: Target::Url(url), save: Some(Save::UrlName), timeout }
    }
}

impl Step for Get {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn action(&self, flow: u32) -> Action<'_> {
        let target = match &self.target {
            Target::Peer { peer, path } => GetTarget::Peer { peer, path: path.expand(flow) },
            Target::Url(url) => GetTarget::Url(url.expand(flow)),
        };
        let save = self.save.as_ref().map(|save| match save {
            Save::UrlName => SaveAs::UrlName,
            Save::Path(path) => SaveAs::Path(path.expand(flow)),
        });
        Action::Get { target, save, timeout: self.timeout.get() }
    }

    fn declares(&self) -> Declares<'_> {
        let peer = match &self.target {
            Target::Peer { peer, .. } => Some(peer.as_str()),
            Target::Url(_) => None,
        };
        // What is saved is kept apart from the run's files, and so no path that a flow works on.
        Declares {
            network: NetworkUse::Gets(peer),
            timeout: self.timeout.get(),
            ..Declares::default()
        }
    }

    fn to_value(&self) -> toml::Value {
        let mut table = Table::new();
        match &self.target {
            Target::Peer { peer, path } => {
                table.insert("peer".to_owned(), peer.as_str().into());
                table.insert("path".to_owned(), path.as_str().into());
            }
            Target::Url(url) => {
                table.insert("url".to_owned(), url.as_str().into());
            }
        }
        match &self.save {
            Some(Save::UrlName) => {
                table.insert("save".to_owned(), true.into());
            }
            Some(Save::Path(path)) => {
                table.insert("save".to_owned(), path.as_str().into());
            }
            None => {}
        }
        self.timeout.write(None, table)
    }
}

fn parse(entry: Entry<'_>) -> Result<Arc<dyn Step>, MistakeAt> {
    let expected = "a table such as { peer = \"origin\", path = \"/{flow}\" } or \
                    { url = \"https://example.org/{flow}\" }";
    let fields = entry.fields(&["peer", "path", "url", "save", Timeout::KEY], expected)?;
    let target = target_of(&fields)?;
    let save = fields.get("save").map(save_of).transpose()?;
    Ok(Arc::new(Get { target, save, timeout: Timeout::from_fields(&fields)? }))
}

fn target_of(fields: &Fields<'_>) -> Result<Target, MistakeAt> {
    match (fields.get("peer"), fields.get("url")) {
        (Some(peer), None) => Ok(Target::Peer {
            peer: peer.text("a peer's name such as \"origin\"")?.to_owned(),
            path: fields.required("path", "add `path = \"/{flow}\"`")?.request_path()?,
        }),
        (None, Some(url)) => {
            fields.only_with("path", "peer")?;
            Ok(Target::Url(url.url()?))
        }
        (Some(_), Some(url)) => Err(url.mistake(Mistake::Contradiction {
            what: "a `get` has either a `peer` or a `url`, not both".to_owned(),
            advice: "leave one out; a peer is emulated, and a URL is a server out there",
        })),
        (None, None) => Err(fields.missing("peer", "say whom: `peer = \"origin\"`, or a `url`")),
    }
}

fn save_of(entry: Entry<'_>) -> Result<Save, MistakeAt> {
    if entry.is_bool() {
        entry.only_true().map(|()| Save::UrlName)
    } else {
        entry.path().map(Save::Path)
    }
}
