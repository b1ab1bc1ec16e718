//! The calling thread serves everybody.

use std::future::Future;
use std::io;

use whywait_driver::{BindShare, Interruption};

use super::accept::{address_of, listen};
use super::{Served, Server, Site, work};
use crate::Error;
use crate::workers::meter::Worked;
use crate::workers::window::UsageWindow;

pub(super) fn run<C, Fut>(server: Server<'_, C, Fut>) -> Result<Served, Error>
where
    C: 'static,
    Fut: Future<Output = io::Result<()>> + 'static,
{
    let control = server.control;
    // One of its own: when it goes, the connections in progress go with it.
    let executor = server.setup.open_interruptible(Interruption::default())?;
    let listener = listen(&executor, server.address, control.backlog, BindShare::Alone)?;
    let address = address_of(&listener, server.address)?;
    let site = Site::open(&executor, listener, &control.stop, control.drain)?;
    let usage = UsageWindow::open();
    (control.on_ready)(address);
    let window = server.setup.windows(usize::MAX, 1)[0];
    let (tally, Worked { mut cost, used }) = work(&executor, site, &server.service, window)?;
    usage.close(&mut cost, used);
    Served::new(tally, cost, 1, 0)
}
