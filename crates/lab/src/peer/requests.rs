//! Tells where one request ends and the next begins.

use std::io;

use whywait_plan::Request;

use crate::connection::Connection;

/// The longest request that is waited for where its length is not known before.
const LONGEST_BYTES: usize = 16 << 20;

/// What has come on a connection and belongs to no request yet.
#[derive(Default)]
pub(super) struct Requests {
    unread: Vec<u8>,
}

impl Requests {
    /// Waits for the next request; says whether one came before the flow ended what it sends.
    ///
    /// # Errors
    /// What receiving failed with.
    pub(super) async fn next(
        &mut self,
        connection: &Connection,
        request: &Request,
    ) -> io::Result<bool> {
        match request {
            Request::Content(content) => self.skip(connection, content.len()).await,
            Request::Until(delimiter) => {
                let request = self.ended(connection, delimiter.as_bytes(), LONGEST_BYTES).await?;
                Ok(request.is_some())
            }
        }
    }

    /// What comes up to `delimiter` and with it; none when it does not come within the first
    /// `most` bytes or so.
    pub(super) async fn ended(
        &mut self,
        connection: &Connection,
        delimiter: &[u8],
        most: usize,
    ) -> io::Result<Option<Vec<u8>>> {
        let mut seen = 0;
        loop {
            let mut windows = self.unread[seen..].windows(delimiter.len().max(1));
            if let Some(place) = windows.position(|window| window == delimiter) {
                let rest = self.unread.split_off(seen + place + delimiter.len());
                return Ok(Some(std::mem::replace(&mut self.unread, rest)));
            }
            // The delimiter may have begun already.
            seen = (self.unread.len() + 1).saturating_sub(delimiter.len().max(1));
            if self.holds_over(most) || !self.receive(connection).await? {
                return Ok(None);
            }
        }
    }

    /// Whether more than so many bytes have come that belong to no request yet.
    pub(super) fn holds_over(&self, bytes: usize) -> bool {
        self.unread.len() > bytes
    }

    async fn skip(&mut self, connection: &Connection, bytes: usize) -> io::Result<bool> {
        // A request of no bytes could not be told from none.
        let mut left = bytes.max(1);
        while left > 0 {
            if self.unread.is_empty() && !self.receive(connection).await? {
                return Ok(false);
            }
            let count = left.min(self.unread.len());
            self.unread.drain(..count);
            left -= count;
        }
        Ok(true)
    }

    /// Whether more came.
    async fn receive(&mut self, connection: &Connection) -> io::Result<bool> {
        let received = connection.recv().await?;
        self.unread.extend_from_slice(&received);
        Ok(!received.is_empty())
    }
}
