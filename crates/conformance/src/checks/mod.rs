//! The table of the checks.

mod attempt;
mod cancel;
mod crowd;
mod datagrams;
mod deadlines;
mod drop;
mod end_of_stream;
mod errors;
mod files;
mod leaks;
mod multishot;
mod notify;
mod order;
mod partial_io;
mod pool;
mod queue;
mod round_trip;
mod sharing;
mod sleep;
mod unix_names;
mod unix_queues;
mod unix_streams;
mod whole_files;

use crate::check::{Check, Need};
use Need::{AnyDescriptor, InterruptsRunning, Overlap};

/// Every check of the suite.
pub const CHECKS: &[Check] = &[
    Check::of_every_driver("file_round_trip", round_trip::file),
    Check::of_every_driver("connect_round_trip", round_trip::connect),
    Check::of_every_driver("accept_round_trip", round_trip::accept),
    Check::of_every_driver("whole_file_round_trip", whole_files::round_trip),
    Check::of_every_driver("whole_file_errors", whole_files::errors),
    Check::of_every_driver("whole_file_appends_to_own_buffer", whole_files::appends),
    Check::of_every_driver("partial_file_io", partial_io::files),
    Check::of_every_driver("partial_recv", partial_io::receive),
    Check::of_every_driver("send_past_socket_buffer", partial_io::send_all),
    Check::needing("short_send", &[Overlap], partial_io::short, partial_io::send_waits_inside),
    Check::of_every_driver("end_of_file", end_of_stream::file),
    Check::of_every_driver("end_of_stream", end_of_stream::stream),
    Check::of_every_driver("half_close", end_of_stream::half_close),
    Check::of_every_driver("reset", end_of_stream::reset),
    Check::of_every_driver("data_before_reset", end_of_stream::data_before_reset),
    Check::of_every_driver("connect_refused", errors::connect_refused),
    Check::of_every_driver("socket_errors", errors::sockets),
    Check::of_every_driver("full_buffer_is_invalid", errors::full_buffer),
    Check::of_every_driver("offset_of_no_file", errors::offset_of_no_file),
    Check::of_every_driver("open_modes", files::open_modes),
    Check::of_every_driver("paths", files::paths),
    Check::of_every_driver("stat", files::stat),
    Check::of_every_driver("unlinked_file_lives", files::unlinked_file_lives),
    Check::of_every_driver("fsync", files::fsync),
    Check::of_every_driver("write_order", order::writes),
    Check::of_every_driver("read_order", order::reads),
    Check::of_every_driver("recv_order", order::receives),
    Check::of_every_driver("send_order", order::sends),
    Check::of_every_driver("two_accepts", order::accepts),
    Check::of_every_driver("attempt_keeps_its_turn", attempt::in_turn),
    Check::needing("both_directions", &[Overlap], order::both, order::both_in_turn),
    Check::needing("one_op_per_wait", &[Overlap], order::overlap, order::one_per_wait),
    Check::needing("cancel_before_start", &[Overlap], cancel::before, cancel::queued),
    Check::needing("cancel_running", &[InterruptsRunning], cancel::running, cancel::queued),
    Check::needing("cancel_send", &[InterruptsRunning], cancel::blocked_send, cancel::queued),
    Check::of_every_driver("cancel_finished", cancel::finished),
    Check::of_every_driver("cancel_spares_the_next_op", cancel::spares_the_next_op),
    Check::of_every_driver("cancel_races", cancel::races),
    Check::of_every_driver("deadline_of_recv", deadlines::receive_again),
    Check::of_every_driver("deadline_of_accept", deadlines::accept),
    Check::of_every_driver("deadline_of_connect", deadlines::connect),
    Check::of_every_driver("deadline_of_send", deadlines::send),
    Check::of_every_driver("deadline_of_sleep", deadlines::sleep),
    Check::of_every_driver("deadline_past", deadlines::past),
    Check::of_every_driver("deadline_not_reached", deadlines::not_reached),
    Check::of_every_driver("deadline_ends_with_its_op", deadlines::ends_with_its_op),
    Check::of_every_driver("full_queue", queue::full),
    Check::of_every_driver("sleep_lasts", sleep::lasts),
    Check::needing("sleeps_overlap", &[Overlap], sleep::overlap, sleep::in_turn),
    Check::of_every_driver("notify_before_wait", notify::before),
    Check::of_every_driver("notify_during_wait", notify::during),
    Check::needing(
        "notify_with_recv_in_flight",
        &[InterruptsRunning],
        notify::with_recv_in_flight,
        notify::before_next_op,
    ),
    Check::of_every_driver("notifications_merge", notify::merge),
    Check::of_every_driver("wait_until_deadline", notify::wait_until_deadline),
    Check::of_every_driver("wait_in_the_past_looks", notify::wait_in_the_past),
    Check::of_every_driver("pool_leases", pool::leases),
    Check::of_every_driver("lease_outlives_driver", pool::outlives),
    Check::of_every_driver("leases_return", pool::returned),
    Check::of_every_driver("recv_many", multishot::receives),
    Check::of_every_driver("recv_many_holds_many_leases", multishot::holds_leases),
    Check::of_every_driver("recv_many_ends_when_cancelled", multishot::cancelled_receive),
    Check::of_every_driver("accept_many", multishot::accepts),
    Check::of_every_driver("accept_many_ends_when_cancelled", multishot::cancelled_accept),
    Check::needing("waiting_recv_holds_no_buffer", &[Overlap], pool::waiting, pool::leases),
    Check::of_every_driver("ipv6", round_trip::ipv6),
    Check::of_every_driver("datagram_round_trip", datagrams::round_trip),
    Check::of_every_driver("datagram_boundaries", datagrams::boundaries),
    Check::of_every_driver("datagram_cut", datagrams::cut),
    Check::of_every_driver("empty_datagram", datagrams::empty),
    Check::needing("datagram_order", &[Overlap], datagrams::order, datagrams::order_in_turn),
    Check::of_every_driver("connected_datagrams", datagrams::connected),
    Check::of_every_driver("datagram_errors", datagrams::errors),
    Check::of_every_driver("datagram_to_nobody", datagrams::nobody_there),
    Check::needing("cancel_recv_from", &[InterruptsRunning], datagrams::cancelled, datagrams::late),
    Check::of_every_driver("unix_round_trip", unix_streams::round_trip),
    Check::of_every_driver("unix_half_close", unix_streams::half_close),
    Check::of_every_driver("unix_peer_closes", unix_streams::peer_closes),
    Check::of_every_driver("unix_stream_errors", unix_streams::errors),
    Check::of_every_driver("unix_path_in_use", unix_names::in_use),
    Check::of_every_driver("unix_names_refused", unix_names::refused),
    Check::of_every_driver("unix_names_without_a_file", unix_names::without_a_file),
    Check::needing(
        "unix_connect_waits_for_room",
        &[Overlap],
        unix_queues::connects,
        unix_queues::connects_in_turn,
    ),
    Check::needing(
        "unix_send_to_waits_for_room",
        &[Overlap],
        unix_queues::sends,
        unix_queues::sends_in_turn,
    ),
    Check::of_every_driver("shared_listeners", sharing::listeners),
    Check::of_every_driver("shared_datagrams", sharing::datagrams),
    Check::of_every_driver("address_of_one", sharing::alone),
    Check::of_every_driver("drop_with_ops_in_flight", drop::in_flight).alone(),
    Check::of_every_driver("no_leak_of_files", leaks::files).alone(),
    Check::of_every_driver("no_leak_of_connections", leaks::connections).alone(),
    Check::of_every_driver("no_leak_of_datagram_sockets", leaks::datagrams).alone(),
    Check::of_every_driver("descriptor_reuse", leaks::reuse).alone(),
    Check::needing("crowd", &[Overlap], crowd::at_once, crowd::in_turn).alone(),
    Check::needing("high_descriptors", &[AnyDescriptor], crowd::high, crowd::refused).alone(),
];
