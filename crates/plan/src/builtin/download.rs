//! `download`: asks a slow server for many things, each of them a flow; or real servers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{BuiltIn, BuiltInOption, Choices, OptionsError};
use crate::duration::duration_text;
use crate::limits::{
    BANDWIDTH_BYTES_PER_S_MAX, CONTENT_BYTES_MAX, DURATION_MAX, FILE_BYTES_MAX, FLOWS_MAX,
    STEPS_MAX,
};
use crate::steps::get::{Get, Target};
use crate::timeout::Timeout;
use crate::url_template::UrlTemplate;
use crate::{Content, ContentKind, FlowGroup, Peer, Plan, Protocol, Reply, Step, Transport};

pub(super) const BUILTIN: BuiltIn = BuiltIn {
    name: "download",
    summary: "Asks a slow server for many things at once, each of them a flow.",
    options: &[REQUESTS, DELAY, SIZE, BANDWIDTH, TIMEOUT, URL],
    plan,
};

fn plan(choices: &Choices<'_>) -> Result<Plan, OptionsError> {
    let timeout = timeout(choices)?;
    if choices.said(&URL).is_some() {
        return of_urls(choices, timeout);
    }
    let path = UrlTemplate::path("/{flow}").expect("the path is plain");
    let target = Target::Peer { peer: ORIGIN.to_owned(), path };
    let step: Arc<dyn Step> = Arc::new(Get::new(target, timeout));
    let count = choices.number(&REQUESTS, 1, FLOWS_MAX)?;
    Ok(Plan {
        name: BUILTIN.name.to_owned(),
        peers: BTreeMap::from([(ORIGIN.to_owned(), origin(choices)?)]),
        setup: Vec::new(),
        flows: vec![FlowGroup { count, steps: vec![step] }],
        needs_concurrency: 1,
        max_in_flight: None,
    })
}

/// A flow for each URL.
fn of_urls(choices: &Choices<'_>, timeout: Timeout) -> Result<Plan, OptionsError> {
    if [REQUESTS, DELAY, SIZE, BANDWIDTH].iter().any(|option| choices.said(option).is_some()) {
        return Err(OptionsError::Contradiction {
            what: "--requests, --delay, --size and --bandwidth are of the server that whywait \
                   starts itself, and --url names others",
            advice: "leave the one or the others out",
        });
    }
    // Each is a step of its own, and the plan has to be one that can be read again.
    let count = choices.all_said(&URL).count();
    check_most("the number of URLs", count, STEPS_MAX)?;
    let flows = choices.all_said(&URL).map(|url| {
        let template = UrlTemplate::url(url).map_err(|reason| OptionsError::Url {
            option: URL.name,
            url: url.to_owned(),
            reason,
        })?;
        let step: Arc<dyn Step> = Arc::new(Get::saving(template, timeout));
        Ok(FlowGroup { count: 1, steps: vec![step] })
    });
    let plan = Plan {
        name: BUILTIN.name.to_owned(),
        peers: BTreeMap::new(),
        setup: Vec::new(),
        flows: flows.collect::<Result<_, _>>()?,
        needs_concurrency: 1,
        max_in_flight: Some(URLS_AT_ONCE),
    };
    let what = "the length of the URLs, written as a plan file, in bytes";
    check_most(what, plan.to_toml().len(), FILE_BYTES_MAX)?;
    Ok(plan)
}

fn check_most(what: &str, value: usize, most: usize) -> Result<(), OptionsError> {
    if value <= most {
        return Ok(());
    }
    Err(OptionsError::OutOfRange {
        what: what.to_owned(),
        value: value.to_string(),
        least: "1".to_owned(),
        most: most.to_string(),
    })
}

fn timeout(choices: &Choices<'_>) -> Result<Timeout, OptionsError> {
    let longest = choices.duration(&TIMEOUT)?;
    if longest.is_zero() {
        return Err(OptionsError::OutOfRange {
            what: format!("--{}", TIMEOUT.name),
            value: duration_text(longest),
            least: "1 ns".to_owned(),
            most: duration_text(DURATION_MAX),
        });
    }
    Ok(Timeout::new(longest))
}

/// The server that is emulated where no real one is asked.
fn origin(choices: &Choices<'_>) -> Result<Peer, OptionsError> {
    let bytes = choices.size(&SIZE, 0, CONTENT_BYTES_MAX)?;
    let body = Content::sized(bytes, ContentKind::Fixed).expect("the size was checked");
    let bandwidth = choices.said(&BANDWIDTH);
    Ok(Peer {
        transport: Transport::Tcp,
        protocol: Protocol::Http,
        request: None,
        delay: choices.duration(&DELAY)?,
        reply: Reply::Content(body),
        bandwidth_bytes_per_s: bandwidth
            .map(|_| choices.size(&BANDWIDTH, 1, BANDWIDTH_BYTES_PER_S_MAX))
            .transpose()?,
        fault: None,
    })
}

const ORIGIN: &str = "origin";

const REQUESTS: BuiltInOption = BuiltInOption {
    name: "requests",
    value_name: "N",
    help: "How many requests",
    default: Some("10"),
};

const DELAY: BuiltInOption = BuiltInOption {
    name: "delay",
    value_name: "T",
    help: "How long the server takes to answer, such as \"300 ms\"",
    default: Some("300 ms"),
};

const SIZE: BuiltInOption = BuiltInOption {
    name: "size",
    value_name: "S",
    help: "How long each answer is, such as \"10 KiB\"",
    default: Some("10 KiB"),
};

const BANDWIDTH: BuiltInOption = BuiltInOption {
    name: "bandwidth",
    value_name: "S",
    help: "What the server sends in a second on each connection, at most, such as \"1 MiB\"",
    default: None,
};

/// Flows in progress at once where real servers are asked, which others use too.
const URLS_AT_ONCE: usize = 64;

const TIMEOUT: BuiltInOption = BuiltInOption {
    name: "timeout",
    value_name: "T",
    help: "The longest that each download may take, redirects and retries with it",
    default: Some("30 s"),
};

const URL: BuiltInOption = BuiltInOption {
    name: "url",
    value_name: "U…",
    help: "Download these instead, each URL a flow",
    default: None,
};
