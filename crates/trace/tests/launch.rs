//! Starting programs behind the gate. This program executes itself as a watcher, which can then
//! be started in special circumstances, and killed.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::{TempDir, tempdir};
use whywait_record::Ending;
use whywait_trace::Error;
use whywait_trace::launch::{Held, Launched};

/// So long a test waits for what must happen, before it says that it hangs.
const HANGS_AFTER: Duration = Duration::from_secs(60);

/// As the first argument, it makes this program a watcher; the program to watch follows.
const WATCH: &str = "--watch";
/// A watcher that never releases its program.
const HOLD: &str = "--hold";
/// A watcher that tells the number of the program and never asks how it ended.
const LEAVE: &str = "--leave";

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let role = arguments.next().and_then(|role| role.into_string().ok()).unwrap_or_default();
    let program: Vec<OsString> = arguments.collect();
    match role.as_str() {
        WATCH => watch(&program),
        HOLD => {
            let held = Held::start(&program).expect("it starts");
            println!("{}", held.pid());
            forever()
        }
        LEAVE => {
            let launched = Held::start(&program).and_then(Held::release).expect("it starts");
            println!("{}", launched.pid());
            forever()
        }
        // One after the other: while one trial writes a script, another's child would have it open
        // for writing, and it could not be executed.
        _ => {
            let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
            libtest_mimic::run(&arguments, trials()).exit_code()
        }
    }
}

/// Watches as a front end does: with handlers for signals, and files of its own.
fn watch(program: &[OsString]) -> ExitCode {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).expect("a handler");
    }
    let _files: Vec<_> = (0..8).map(|_| fs::File::open("/dev/null").expect("a file")).collect();
    match Held::start(program).and_then(Held::release).map(end) {
        Ok(Ending::Exited(status)) => ExitCode::from(u8::try_from(status).expect("a status")),
        Ok(Ending::Signalled(signal)) => ExitCode::from(128 + u8::try_from(signal).expect("one")),
        Err(error) => ExitCode::from(error.exit_status()),
    }
}

fn forever() -> ! {
    loop {
        thread::park();
    }
}

fn trials() -> Vec<Trial> {
    let tests: [(&str, fn()); 16] = [
        ("an_exit_status_is_told", an_exit_status_is_told),
        ("a_signal_is_told", a_signal_is_told),
        ("a_program_that_does_not_exist_is_not_found", a_program_that_does_not_exist_is_not_found),
        ("what_cannot_be_executed_is_refused", what_cannot_be_executed_is_refused),
        (
            "a_script_without_an_interpreter_is_run_by_sh",
            a_script_without_an_interpreter_is_run_by_sh,
        ),
        ("an_empty_command_is_refused", an_empty_command_is_refused),
        ("an_argument_with_a_zero_in_it_is_refused", an_argument_with_a_zero_in_it_is_refused),
        (
            "the_number_is_known_before_the_program_begins",
            the_number_is_known_before_the_program_begins,
        ),
        ("a_dropped_program_never_begins", a_dropped_program_never_begins),
        ("a_process_killed_at_the_gate_is_told", a_process_killed_at_the_gate_is_told),
        ("a_deadline_ends_waiting_only", a_deadline_ends_waiting_only),
        ("many_at_once_do_not_hold_each_other_up", many_at_once_do_not_hold_each_other_up),
        (
            "the_program_gets_what_whywait_was_started_with",
            the_program_gets_what_whywait_was_started_with,
        ),
        (
            "endings_are_told_even_where_sigchld_was_ignored",
            endings_are_told_even_where_sigchld_was_ignored,
        ),
        (
            "a_killed_watcher_takes_the_held_process_along",
            a_killed_watcher_takes_the_held_process_along,
        ),
        ("a_killed_watcher_leaves_the_program_alone", a_killed_watcher_leaves_the_program_alone),
    ];
    let trial = |(name, test): (&str, fn())| {
        Trial::test(name, move || {
            test();
            Ok::<(), Failed>(())
        })
    };
    tests.into_iter().map(trial).collect()
}

fn an_exit_status_is_told() {
    assert_eq!(end(launch(&["sh", "-c", "exit 7"])), Ending::Exited(7));
}

fn a_signal_is_told() {
    assert_eq!(end(launch(&["sh", "-c", "kill -KILL $$"])), Ending::Signalled(9));
}

fn a_program_that_does_not_exist_is_not_found() {
    let directory = tempdir().expect("a directory");
    let orphan = script(&directory, "orphan", "#!/no/such/interpreter\n");
    for program in ["no-such-program-anywhere", "/no/such/program", "", &orphan] {
        let refused = held(&[program]).release();
        assert!(
            matches!(&refused, Err(Error::NotFound { program: named }) if named == program),
            "{program}: {refused:?}"
        );
    }
}

fn what_cannot_be_executed_is_refused() {
    let directory = tempdir().expect("a directory");
    let plain = script(&directory, "plain", "echo never\n");
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o644)).expect("a mode");
    let place = directory.path().to_str().expect("UTF-8").to_owned();
    for program in [plain.clone(), place, plain + "/below"] {
        let refused = held(&[&program]).release();
        assert!(matches!(&refused, Err(Error::NotExecutable { .. })), "{program}: {refused:?}");
    }
}

fn a_script_without_an_interpreter_is_run_by_sh() {
    let directory = tempdir().expect("a directory");
    let bare = script(&directory, "bare", "exit 5\n");
    assert_eq!(end(launch(&[&bare])), Ending::Exited(5));
}

fn an_empty_command_is_refused() {
    assert!(matches!(Held::start(&[]), Err(Error::EmptyCommand)));
}

fn an_argument_with_a_zero_in_it_is_refused() {
    let refused = Held::start(&words(&["true", "a\0b"]));
    assert!(matches!(&refused, Err(Error::NotStarted { .. })), "{refused:?}");
}

fn the_number_is_known_before_the_program_begins() {
    let directory = tempdir().expect("a directory");
    let file = path(&directory, "number");
    let held = held(&["sh", "-c", &format!("echo $$ > {file}")]);
    let pid = held.pid();
    assert!(!Path::new(&file).exists());
    assert_eq!(end(held.release().expect("sh")), Ending::Exited(0));
    assert_eq!(fs::read_to_string(&file).expect("written").trim(), pid.to_string());
}

fn a_dropped_program_never_begins() {
    let directory = tempdir().expect("a directory");
    let file = path(&directory, "begun");
    let held = held(&["touch", &file]);
    let pid = held.pid();
    drop(held);
    // Neither the process nor what is left of it when nobody has asked for its ending.
    assert!(test_kill_process(number(pid)).is_err());
    assert!(!Path::new(&file).exists());
}

fn a_process_killed_at_the_gate_is_told() {
    let held = held(&["true"]);
    kill_process(number(held.pid()), Signal::KILL).expect("it is there");
    assert_eq!(end(held.release().expect("it did not fail to execute")), Ending::Signalled(9));
}

fn a_deadline_ends_waiting_only() {
    let mut launched = launch(&["sleep", "1000"]);
    let deadline = Instant::now() + Duration::from_millis(20);
    assert_eq!(launched.wait_until(deadline).expect("it can be waited for"), None);
    assert_eq!(launched.try_ending().expect("it can be asked"), None);
    kill_process(number(launched.pid()), Signal::TERM).expect("it still runs");
    assert_eq!(end(launched), Ending::Signalled(15));
}

fn many_at_once_do_not_hold_each_other_up() {
    thread::scope(|scope| {
        for index in 0..16 {
            scope.spawn(move || {
                let held = held(&["sh", "-c", &format!("exit {index}")]);
                if index % 4 == 0 {
                    drop(held);
                } else {
                    assert_eq!(end(held.release().expect("sh")), Ending::Exited(index));
                }
            });
        }
    });
}

/// The same command, started by a shell in special circumstances, directly and by way of a
/// watcher, sees the same.
fn the_program_gets_what_whywait_was_started_with() {
    let circumstances = [
        "exec",
        "trap '' PIPE INT HUP; exec",
        "trap '' CHLD USR1; exec env --block-signal=USR2,TERM",
        "exec env --default-signal=PIPE",
        "exec <&-; exec",
        "exec 0</dev/null 2>&- 7</dev/null; exec",
        "cd /; umask 027; ulimit -n 100; ulimit -c 0; exec env -i A=1 B=' x' nice -n 3",
    ];
    let inspections = [
        "grep -E '^(Sig(Ign|Cgt|Blk)|Umask|NoNewPrivs|Cpus_allowed):' /proc/self/status",
        "ls -l /proc/self/fd | sed 's/.* \\([0-9]* ->\\)/\\1/; s/[0-9]*]$//; s,/proc/[0-9]*/fd,,'",
        "env | sort; pwd; umask; ulimit -a; nice; cut -d' ' -f5-8 /proc/self/stat",
    ];
    let own = env::current_exe().expect("this program");
    let own = own.to_str().expect("UTF-8");
    let seen = |prefix: &str, inspection: &str| {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{prefix} sh -c \"$0\""), inspection]);
        let output = shell.stdin(Stdio::null()).output().expect("a shell");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    for circumstance in circumstances {
        for inspection in inspections {
            let directly = seen(circumstance, inspection);
            let watched = seen(&format!("{circumstance} {own} {WATCH}"), inspection);
            assert!(!directly.is_empty(), "{circumstance}: {inspection}");
            assert_eq!(directly, watched, "{circumstance}: {inspection}");
        }
    }
}

fn endings_are_told_even_where_sigchld_was_ignored() {
    let own = env::current_exe().expect("this program");
    let status = Command::new("env")
        .args(["--ignore-signal=CHLD", own.to_str().expect("UTF-8"), WATCH, "sh", "-c", "exit 3"])
        .status()
        .expect("env");
    assert_eq!(status.code(), Some(3));
}

fn a_killed_watcher_takes_the_held_process_along() {
    let directory = tempdir().expect("a directory");
    let file = path(&directory, "begun");
    let (mut watcher, pid) = watcher(HOLD, &["touch", &file]);
    watcher.kill().expect("it runs");
    watcher.wait().expect("it ends");
    until("the held process ends", || has_ended(pid));
    assert!(!Path::new(&file).exists());
}

fn a_killed_watcher_leaves_the_program_alone() {
    let directory = tempdir().expect("a directory");
    let [fifo, file] = ["fifo", "file"].map(|name| path(&directory, name));
    let made = Command::new("mkfifo").arg(&fifo).status().expect("mkfifo");
    assert!(made.success());
    let program = format!("read line < {fifo}; echo $line $$ > {file}.part; mv {file}.part {file}");
    let (mut watcher, pid) = watcher(LEAVE, &["sh", "-c", &program]);
    watcher.kill().expect("it runs");
    watcher.wait().expect("it ends");
    assert!(!has_ended(pid));
    fs::write(&fifo, "still\n").expect("somebody reads");
    until("the program writes its file", || Path::new(&file).exists());
    assert_eq!(fs::read_to_string(&file).expect("written"), format!("still {pid}\n"));
}

fn held(command: &[&str]) -> Held {
    Held::start(&words(command)).expect("it starts")
}

fn launch(command: &[&str]) -> Launched {
    held(command).release().expect("it can be executed")
}

fn end(mut launched: Launched) -> Ending {
    let ending = launched.wait_until(Instant::now() + HANGS_AFTER).expect("it can be waited for");
    ending.expect("it ends")
}

/// Starts a watcher in that role, and waits until it tells the number of its program.
fn watcher(role: &str, command: &[&str]) -> (Child, u32) {
    let own = env::current_exe().expect("this program");
    let mut watcher = Command::new(own)
        .arg(role)
        .args(command)
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program");
    let output: Box<dyn Read> = Box::new(watcher.stdout.take().expect("a pipe"));
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).expect("a line");
    (watcher, line.trim().parse().expect("a number"))
}

/// Whether a process is gone, or has ended and waits for whoever is its parent now.
fn has_ended(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_none_or(|rest| rest.trim().is_empty() || rest.starts_with(" Z"))
}

fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < HANGS_AFTER, "{what} does not happen");
        thread::sleep(Duration::from_millis(2));
    }
}

fn script(directory: &TempDir, name: &str, text: &str) -> String {
    let path = path(directory, name);
    fs::write(&path, text).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
    path
}

fn path(directory: &TempDir, name: &str) -> String {
    directory.path().join(name).to_str().expect("UTF-8").to_owned()
}

fn words(command: &[&str]) -> Vec<OsString> {
    command.iter().map(OsString::from).collect()
}

fn number(pid: u32) -> Pid {
    Pid::from_raw(pid.cast_signed()).expect("not zero")
}
