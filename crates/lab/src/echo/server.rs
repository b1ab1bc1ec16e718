//! An echo server in a fresh process, seen from whoever starts it.

use std::net::SocketAddr;
use std::time::Instant;

use super::entry::SERVER_NAME;
use super::message::{EchoServed, ServerCommand, ServerMessage, ServerRequest};
use super::usage::{ServerMemory, ServerUsage};
use crate::Stop;
use crate::companion::{Companion, Silence};
use crate::run_entry::was_entered;

/// A server that serves. Its processes end when this is dropped.
pub(super) struct EchoServer<'a> {
    companion: Companion,
    deadline: Option<Instant>,
    stop: &'a Stop,
    /// Where it listens.
    pub(super) address: SocketAddr,
}

/// Why there is no server any more.
#[derive(Debug, thiserror::Error)]
pub(super) enum ServerEnd {
    /// The model cannot serve here.
    #[error("{0}")]
    Unable(String),
    /// It broke off.
    #[error("the server broke off: {0}")]
    Broken(String),
    /// Its process says nothing.
    #[error("the server: {0}")]
    Silent(#[from] Silence),
}

impl<'a> EchoServer<'a> {
    /// Starts one, and waits until it listens.
    pub(super) fn start(
        request: &ServerRequest,
        deadline: Option<Instant>,
        stop: &'a Stop,
    ) -> Result<Self, ServerEnd> {
        if !was_entered() {
            let missing = "servers execute this program again, and `whywait_lab::run_entry()` was \
                           never called";
            return Err(ServerEnd::Broken(missing.into()));
        }
        let companion = Companion::start(SERVER_NAME, request).map_err(Silence::from)?;
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut server = Self { companion, deadline, stop, address: nowhere };
        match server.listen()? {
            ServerMessage::Listening(address) => server.address = address,
            other => return Err(unexpected(other)),
        }
        Ok(server)
    }

    /// What it has used so far.
    pub(super) fn usage(&mut self) -> Result<ServerUsage, ServerEnd> {
        match self.ask(ServerCommand::Usage)? {
            ServerMessage::Usage(usage) => Ok(usage),
            other => Err(unexpected(other)),
        }
    }

    /// How large it is.
    pub(super) fn memory(&mut self) -> Result<ServerMemory, ServerEnd> {
        match self.ask(ServerCommand::Memory)? {
            ServerMessage::Memory(memory) => Ok(memory),
            other => Err(unexpected(other)),
        }
    }

    /// Stops it; gives what came of serving.
    pub(super) fn stop(mut self) -> Result<EchoServed, ServerEnd> {
        match self.ask(ServerCommand::Stop)? {
            ServerMessage::Served(served) => Ok(*served),
            other => Err(unexpected(other)),
        }
    }

    fn ask(&mut self, command: ServerCommand) -> Result<ServerMessage, ServerEnd> {
        self.companion.say(&command).map_err(Silence::from)?;
        self.listen()
    }

    fn listen(&mut self) -> Result<ServerMessage, ServerEnd> {
        Ok(self.companion.listen(self.deadline, self.stop)?)
    }
}

fn unexpected(message: ServerMessage) -> ServerEnd {
    match message {
        ServerMessage::Unable(why) => ServerEnd::Unable(why),
        ServerMessage::Broken(why) => ServerEnd::Broken(why),
        other => ServerEnd::Broken(format!("it said {other:?}")),
    }
}
