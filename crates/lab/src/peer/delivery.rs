//! Sends what a peer answers: no faster than its bandwidth, and up to its fault.

use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use whywait::time::sleep;
use whywait_plan::{Fault, Peer};

use super::answer::Answer;
use crate::connection::Connection;

/// Most bytes that are sent at once: so many connections may wait for slow readers.
const PIECE_BYTES: u64 = 16 << 10;

/// Pieces that a second of a bandwidth is cut into.
const PIECES_PER_SECOND: u64 = 100;

/// What is sent on one connection.
pub(super) struct Delivery {
    bandwidth_bytes_per_s: Option<u64>,
    fault: Option<Fault>,
    /// Bytes sent so far, over all answers.
    sent: u64,
}

impl Delivery {
    pub(super) fn of(peer: &Peer) -> Self {
        let bandwidth_bytes_per_s = peer.bandwidth_bytes_per_s.map(|bandwidth| bandwidth.max(1));
        Self { bandwidth_bytes_per_s, fault: peer.fault, sent: 0 }
    }

    /// Sends an answer with a header before it, which takes none of the bandwidth. Gives the
    /// fault that is due now, if one is.
    ///
    /// # Errors
    /// What sending failed with: the flow is gone.
    pub(super) async fn send(
        &mut self,
        connection: &Connection,
        header: &[u8],
        answer: &Answer,
    ) -> io::Result<Option<Fault>> {
        let left = self.fault.map_or(u64::MAX, |fault| fault.after_bytes() - self.sent);
        let end = answer.len().min(left);
        if left == 0 {
            return Ok(self.fault);
        }
        match self.bandwidth_bytes_per_s {
            None => send_at_once(connection, header, answer, end).await?,
            Some(bandwidth) => {
                connection.send_all(Bytes::copy_from_slice(header)).await?;
                send_slowly(connection, answer, end, bandwidth).await?;
            }
        }
        self.sent += end;
        Ok(self.fault.filter(|fault| fault.after_bytes() == self.sent))
    }
}

async fn send_at_once(
    connection: &Connection,
    header: &[u8],
    answer: &Answer,
    end: u64,
) -> io::Result<()> {
    let mut begin = PIECE_BYTES.min(end);
    // One packet rather than two for a short answer.
    let first = if header.is_empty() {
        answer.piece(0, begin)
    } else {
        [header, &answer.piece(0, begin)].concat().into()
    };
    connection.send_all(first).await?;
    while begin < end {
        let piece_end = end.min(begin + PIECE_BYTES);
        connection.send_all(answer.piece(begin, piece_end)).await?;
        begin = piece_end;
    }
    Ok(())
}

/// Sends each piece when its last byte is due.
async fn send_slowly(
    connection: &Connection,
    answer: &Answer,
    end: u64,
    bandwidth_bytes_per_s: u64,
) -> io::Result<()> {
    let piece_bytes = (bandwidth_bytes_per_s / PIECES_PER_SECOND).clamp(1, PIECE_BYTES);
    let started = Instant::now();
    let mut begin = 0;
    while begin < end {
        let piece_end = end.min(begin + piece_bytes);
        let due = Duration::from_secs_f64(piece_end as f64 / bandwidth_bytes_per_s as f64);
        sleep(due.saturating_sub(started.elapsed())).await;
        connection.send_all(answer.piece(begin, piece_end)).await?;
        begin = piece_end;
    }
    Ok(())
}
