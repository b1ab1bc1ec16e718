//! Ops that are carried out at once, where the driver does so.

use bytes::Bytes;
use whywait_driver::simulated::Act;
use whywait_driver::{Attempt, Fill, Handle, Op, Token};

use crate::expect;
use crate::stage::Stage;

/// No op in flight has it: an attempt leaves nothing in flight.
const TOKEN: Token = Token { index: u32::MAX, generation: 0 };

fn receive(handle: &Handle) -> Op {
    Op::Recv { handle: handle.clone(), into: Fill::Own(Vec::with_capacity(6)) }
}

/// An attempt does the work and gives everything back, or gives the op back; and it overtakes no op
/// that waits in its line.
pub(super) fn in_turn(stage: &mut Stage) {
    let answer = Bytes::from_static(b"answer");
    let acts = vec![Act::Receive(4), Act::Await, Act::Send(answer.clone()), Act::ReceiveToEnd];
    let (handle, peer) = stage.connect_to(acts);
    let call = Op::Send { handle: handle.clone(), data: Bytes::from_static(b"call").into() };
    match stage.driver().attempt(TOKEN, call) {
        Attempt::Completed(completion) => {
            assert_eq!(expect::count(&completion), 4);
            assert_eq!(completion.returned.handle.as_ref(), Some(&handle));
            assert!(!completion.more && completion.returned.buffer.is_some());
        }
        Attempt::NotNow(_) => stage.send_all(&handle, b"call"),
    }
    let first = stage.start(receive(&handle));
    match stage.driver().attempt(TOKEN, receive(&handle)) {
        Attempt::NotNow(Op::Recv { .. }) => {}
        other => panic!("it came before the one in line: {other:?}"),
    }
    stage.let_go_on(&peer);
    let mut heard = expect::buffer(stage.finish(first)).to_vec();
    heard.extend(stage.receive(&handle, answer.len() - heard.len()));
    assert_eq!(heard, answer);
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
}
