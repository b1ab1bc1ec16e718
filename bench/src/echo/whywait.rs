//! whywait: `Runtime::serve` under the model that is named, with a handler that sends from the
//! pooled buffer into which it received.
//!
//! Left out on purpose: models of several workers, as every server here has one CPU.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use ::whywait::net::TcpStream;
use ::whywait::{Model, Runtime, ServeControl, ServeStop};

use super::listen::announce;
use crate::failure::Failure;

/// Serves until the process ends.
///
/// # Errors
/// When the model cannot run here, or accepting fails for good.
pub(crate) fn serve(model: &str) -> Result<(), Failure> {
    let runtime = Runtime::new(model.parse::<Model>()?)?;
    let stop = ServeStop::new()?;
    let mut announced = Ok(());
    let control = ServeControl::new(&stop).on_ready(|address| announced = announce(address));
    runtime.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), (), echo, control)?;
    Ok(announced?)
}

async fn echo(_: Arc<()>, stream: TcpStream) -> io::Result<()> {
    let mut incoming = stream.recv_many();
    loop {
        let received = incoming.next().await?;
        if received.is_empty() {
            return Ok(());
        }
        stream.send_all(received).await?;
    }
}
