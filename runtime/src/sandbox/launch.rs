//! The launcher's course: read the plan, enter the sandbox, start the function, kill it when the lifeline breaks.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use super::children::{Children, hold_lifeline};
use super::{Command, Limits, PLAN_BYTES_MAX, Plan, Report, system};

/// Where reports go: the launcher's first standard output, kept from the function.
pub(super) struct Control(File);

impl Control {
    pub(super) fn send(&mut self, report: &Report) {
        if let Ok(mut line) = serde_json::to_vec(report) {
            line.push(b'\n');
            // A server that cannot be told is gone; then the lifeline ends this process.
            let _ = self.0.write_all(&line);
        }
    }
}

pub(super) fn run() -> ExitCode {
    let control = match take_control() {
        Ok(control) => control,
        Err(error) => {
            eprintln!("sandbox: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut control = Control(control);
    match read_plan().and_then(|plan| launch(plan, &mut control)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            control.send(&Report::SetUpFailed(error.to_string()));
            ExitCode::FAILURE
        }
    }
}

/// Keeps the standard output for reports, and lets the function's output go where its errors go.
fn take_control() -> io::Result<File> {
    let control = io::stdout().as_fd().try_clone_to_owned()?;
    nix::unistd::dup2_stdout(io::stderr().as_fd())?;
    Ok(File::from(control))
}

fn read_plan() -> io::Result<Plan> {
    // Unbuffered: what follows the plan on this pipe is its end.
    let mut input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > PLAN_BYTES_MAX {
        return Err(io::Error::other("the plan is too large"));
    }
    let mut plan = vec![0; length as usize];
    input.read_exact(&mut plan)?;
    Ok(serde_json::from_slice(&plan)?)
}

fn launch(plan: Plan, control: &mut Control) -> io::Result<()> {
    // Here, where the host's files are.
    let log = plan.extensions.as_ref().map(|extensions| File::options().write(true).open(&extensions.log));
    let log = log.transpose()?;
    #[cfg(target_os = "linux")]
    if plan.view.is_some() {
        super::namespaces::enter(plan.network.is_some())?;
        if let Some(network) = &plan.network {
            super::network::build(network)?;
        }
        let init = system::spawn(|| init(&plan, log.as_ref(), control))?;
        waitpid(init, None)?;
        return Ok(());
    }
    #[cfg(not(target_os = "linux"))]
    if plan.view.is_some() {
        return Err(io::Error::other("namespaces exist on Linux only"));
    }
    launch_plain(&plan, log.as_ref(), control)
}

/// The first process of the sandbox's process namespace: builds the view, starts the function, buries orphans. When it
/// ends, the kernel kills whatever is left inside.
#[cfg(target_os = "linux")]
fn init(plan: &Plan, log: Option<&File>, control: &mut Control) -> i32 {
    let Some(view) = &plan.view else { return 1 };
    let prepared = super::view::build(view)
        .and_then(|()| limit_processes(&plan.limits))
        .and_then(|()| super::privileges::drop_all())
        .and_then(|()| system::close_on_exec_from(3));
    if let Err(error) = prepared {
        control.send(&Report::SetUpFailed(error.to_string()));
        return 1;
    }
    let Some(command) = &plan.command else {
        control.send(&Report::Ready);
        return 0;
    };
    let confine = || {
        apply(&plan.limits)?;
        super::filter::install()
    };
    let mut children = match start_all(plan, command, log, &confine, control) {
        Ok(Some(children)) => children,
        Ok(None) => return 0,
        Err(error) => {
            control.send(&Report::SetUpFailed(error.to_string()));
            return 0;
        }
    };
    // Here and not in the launcher: who has left for new process namespaces cannot start threads.
    match hold_lifeline(|| std::process::exit(1)) {
        Ok(()) => children.attend(control),
        Err(error) => control.send(&Report::SetUpFailed(error.to_string())),
    }
    0
}

/// Starts extensions, and then the function; nothing where the server does not want it any more. Nobody else has threads yet.
fn start_all(
    plan: &Plan,
    command: &Command,
    log: Option<&File>,
    confine: &dyn Fn() -> io::Result<()>,
    control: &mut Control,
) -> io::Result<Option<Children>> {
    let mut children = Children::default();
    if let Some((extensions, log)) = plan.extensions.as_ref().zip(log) {
        let confine = || {
            nix::unistd::dup2_stdout(log)?;
            nix::unistd::dup2_stderr(log)?;
            confine()
        };
        for extension in &extensions.commands {
            let started = system::spawn(|| execute(extension, confine, Report::ExtensionFailed, control))?;
            children.extensions.push(started);
        }
        if !children.await_start(control)? {
            return Ok(None);
        }
    }
    children.add_function(system::spawn(|| execute(command, confine, Report::ExecFailed, control))?);
    Ok(Some(children))
}

/// A plain process, in a session of its own so that it can be killed with its children.
fn launch_plain(plan: &Plan, log: Option<&File>, control: &mut Control) -> io::Result<()> {
    let Some(command) = &plan.command else {
        control.send(&Report::Ready);
        return Ok(());
    };
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_child_subreaper(true)?;
    let confine = || {
        nix::unistd::setsid()?;
        #[cfg(target_os = "linux")]
        nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
        apply(&plan.limits)
    };
    let Some(mut children) = start_all(plan, command, log, &confine, control)? else {
        kill_rest(&[]);
        return Ok(());
    };
    let sessions = children.all();
    let held = sessions.clone();
    hold_lifeline(move || kill_sessions(&held))?;
    children.attend(control);
    kill_rest(&sessions);
    Ok(())
}

fn kill_sessions(sessions: &[Pid]) {
    for session in sessions {
        // An error means that it is gone already.
        let _ = nix::sys::signal::killpg(*session, Signal::SIGKILL);
        let _ = kill(*session, Signal::SIGKILL);
    }
}

/// Confines this process and becomes the function. Returns only when that failed.
fn execute(
    command: &Command,
    confine: impl FnOnce() -> io::Result<()>,
    failed: fn(String) -> Report,
    control: &mut Control,
) -> i32 {
    let prepared = File::open("/dev/null")
        .and_then(|nothing| Ok(nix::unistd::dup2_stdin(nothing)?))
        .and_then(|()| std::env::set_current_dir(&command.folder))
        .and_then(|()| Ok(exec_arguments(command)?))
        .and_then(|arguments| confine().map(|()| arguments));
    match prepared {
        Err(error) => control.send(&Report::SetUpFailed(error.to_string())),
        Ok((program, arguments, environment)) => {
            let error = become_program(&program, &arguments, &environment);
            let reason = error.desc().to_lowercase();
            control.send(&failed(format!("fork/exec {}: {reason}", command.program)));
        }
    }
    127
}

/// A program that was just written may still be open for writing in a process that the server is about to become: one
/// that was forked while the file was written. That passes in no time.
fn become_program(program: &CString, arguments: &[CString], environment: &[CString]) -> Errno {
    const TRIES: u32 = 200;
    const PAUSE: Duration = Duration::from_millis(10);
    for _ in 0..TRIES {
        let Err(error) = nix::unistd::execve(program, arguments, environment);
        if error != Errno::ETXTBSY {
            return error;
        }
        std::thread::sleep(PAUSE);
    }
    Errno::ETXTBSY
}

type ExecArguments = (CString, Vec<CString>, Vec<CString>);

fn exec_arguments(command: &Command) -> Result<ExecArguments, std::ffi::NulError> {
    let program = CString::new(command.program.as_str())?;
    let mut arguments = vec![program.clone()];
    for argument in &command.arguments {
        arguments.push(CString::new(argument.as_str())?);
    }
    let environment = command.environment.iter().map(|(name, value)| CString::new(format!("{name}={value}")));
    Ok((program, arguments, environment.collect::<Result<_, _>>()?))
}

/// What a plain function left behind dies with it: its session, and on Linux whatever fell to this process.
fn kill_rest(sessions: &[Pid]) {
    for session in sessions {
        let _ = nix::sys::signal::killpg(*session, Signal::SIGKILL);
    }
    #[cfg(target_os = "linux")]
    loop {
        let own = std::process::id();
        let children =
            std::fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
        for child in children.split_whitespace().filter_map(|pid| pid.parse().ok()) {
            let _ = kill(Pid::from_raw(child), Signal::SIGKILL);
        }
        if waitpid(None, None).is_err() {
            return;
        }
    }
}

/// Processes are counted by user and user namespace, so this limit is the sandbox's own.
#[cfg(target_os = "linux")]
fn limit_processes(limits: &Limits) -> io::Result<()> {
    Ok(setrlimit(Resource::RLIMIT_NPROC, limits.processes, limits.processes)?)
}

fn apply(limits: &Limits) -> io::Result<()> {
    let limit = |resource, value: u64| {
        let value = value as rlim_t;
        setrlimit(resource, value, value).map_err(io::Error::from)
    };
    limit(Resource::RLIMIT_CORE, 0)?;
    // Nobody but root may have more than the server itself.
    let (_, files_max) = getrlimit(Resource::RLIMIT_NOFILE)?;
    limit(Resource::RLIMIT_NOFILE, limits.files.min(files_max))?;
    limit(Resource::RLIMIT_FSIZE, limits.file_bytes)?;
    limit(Resource::RLIMIT_DATA, limits.data_bytes)
}
