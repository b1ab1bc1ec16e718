//! Downloads as steps.
//!
//! Left out on purpose: HTTP, and under which name a body is kept in the end.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use whywait::fs::File;
use whywait_plan::{GetTarget, SaveAs};

use super::Flow;
use super::failure::{Failure, at};
use crate::download::{self, Request, Sink, Teller};
use crate::{PeerAddress, RunPart};

impl Flow<'_> {
    pub(super) async fn download(
        &mut self,
        target: GetTarget<'_>,
        save: Option<SaveAs>,
        limit: Duration,
    ) -> Result<(), Failure> {
        let (url, address) = match target {
            GetTarget::Url(url) => (url, None),
            GetTarget::Peer { peer, path } => match self.address_of(peer)? {
                PeerAddress::Tcp(address) => (format!("http://{peer}{path}"), Some(*address)),
                // Plans have HTTP over TCP only.
                PeerAddress::Unix(_) | PeerAddress::Udp(_) => {
                    return Err(Failure::Impossible("HTTP is spoken over TCP"));
                }
            },
        };
        let bodies = self.context.bodies.as_ref().filter(|_| save.is_some());
        let place = bodies.map(|bodies| bodies.join(body_name(self.number, self.downloads)));
        self.downloads += 1;
        let request = Request { url: &url, address, timeout: limit };
        let mut body = Body { flow: self, place, file: None, teller: None };
        let got = download::get(&request, &mut body).await;
        let ended = got.map_err(|error| Failure::Peer(error.to_string()));
        body.end().await?;
        ended
    }
}

/// What the body of a flow's download is called until it is kept; both are counted from 0.
pub(crate) fn body_name(flow: u32, download: u32) -> String {
    format!("{flow}-{download}")
}

/// A body on its way into a flow.
struct Body<'a, 'b> {
    flow: &'a mut Flow<'b>,
    /// Where it is put down, if somebody wants to keep it.
    place: Option<PathBuf>,
    file: Option<File>,
    /// In a run that is not measured.
    teller: Option<Teller>,
}

impl Sink for Body<'_, '_> {
    async fn begin(&mut self, length: Option<u64>) -> io::Result<()> {
        self.flow.note_first_bytes();
        if self.flow.context.part == RunPart::Verify {
            self.teller = Some(Teller::new(self.flow.number, length));
        }
        if let Some(place) = &self.place {
            let file = File::create(place).await;
            self.file = Some(file.map_err(|error| name(place, &error))?);
        }
        Ok(())
    }

    async fn take(&mut self, piece: Bytes) -> io::Result<()> {
        self.flow.moved.read_bytes += piece.len() as u64;
        self.flow.digest(&piece);
        if let Some(teller) = &mut self.teller {
            teller.came(piece.len());
        }
        let (Some(file), Some(place)) = (&self.file, &self.place) else { return Ok(()) };
        file.write_all(piece).await.map_err(|error| name(place, &error))
    }
}

impl Body<'_, '_> {
    async fn end(self) -> Result<(), Failure> {
        if let Some(teller) = self.teller {
            teller.done();
        }
        match (self.file, self.place) {
            (Some(file), Some(place)) => at(place, file.close().await),
            _ => Ok(()),
        }
    }
}

/// Names the file in an error.
fn name(place: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", place.display()))
}
