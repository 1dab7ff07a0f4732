//! What functions cannot see and do. Where the system permits no sandbox, these tests see that this is said.

use cloudlet_runtime::{Error, FunctionSpec, InForce, Isolation};
use serde_json::{Value, json};

use crate::bench::{Bench, invocation};

/// Evaluates the event, and answers with its value or the name of the system's error.
pub(crate) const PROBE: &str = "
import ctypes, errno, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def call(function, *arguments):
    return 0 if function(*arguments) == 0 else errno.errorcode[ctypes.get_errno()]
def write(path, size):
    with open(path, 'w') as file:
        return file.write('x' * size)
def handler(event, context):
    try:
        return eval(event)
    except OSError as error:
        return errno.errorcode[error.errno]
";

/// A bench whose functions are sandboxed; `None` where that is not possible, after a look at what is said then.
pub(crate) async fn sandbox() -> Option<Bench> {
    let bench = Bench::new();
    let InForce { isolation, reason } = bench.runtime.isolation().await;
    if *isolation == Isolation::Namespaces {
        return Some(bench);
    }
    assert!(reason.contains("the sandbox is not possible here"), "{reason}");
    eprintln!("not tested: {reason}");
    None
}

pub(crate) async fn probe(bench: &Bench, spec: &FunctionSpec, question: &str) -> Value {
    bench.answer(spec, json!(question)).await
}

#[tokio::test]
async fn plain_processes_are_what_plain_isolation_says() {
    let bench = Bench::isolated(Isolation::Plain);
    let in_force = bench.runtime.isolation().await;
    assert_eq!(in_force.isolation, Isolation::Plain);
    assert_eq!(in_force.reason, "functions run as plain processes, as configured");
}

#[tokio::test]
async fn without_a_sandbox_functions_run_plainly_or_not_at_all() {
    for (wanted, runs) in [(Isolation::Auto, true), (Isolation::Namespaces, false)] {
        let bench = Bench::isolated(wanted);
        // Nothing to build the function's view on.
        std::fs::remove_dir(bench.folder("runtime/view")).unwrap();
        let in_force = bench.runtime.isolation().await.clone();
        assert_eq!(in_force.isolation, Isolation::Plain);
        assert!(in_force.reason.contains("the sandbox is not possible here"), "{}", in_force.reason);
        let spec = bench.custom("plain");
        match bench.runtime.invoke(&spec, invocation("{}")).await {
            Ok(outcome) => assert!(runs && outcome.function_error.is_none(), "{outcome:?}"),
            Err(Error::Sandbox(reason)) => assert!(!runs && reason == in_force.reason, "{reason}"),
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn a_program_that_is_no_launcher_is_found_out() {
    let bench = Bench::with(|options| options.launcher = Some("/bin/true".into()));
    let in_force = bench.runtime.isolation().await;
    assert_eq!(in_force.isolation, Isolation::Plain);
    assert!(in_force.reason.contains("/bin/true is not a launcher"), "{}", in_force.reason);
}

#[tokio::test]
async fn the_hosts_files_are_out_of_sight() {
    let Some(bench) = sandbox().await else { return };
    let spec = bench.python("files", PROBE);
    let secret = bench.folder("secret").join("key");
    std::fs::write(&secret, "of the host").unwrap();
    let secret = secret.display();
    assert_eq!(probe(&bench, &spec, &format!("open('{secret}').read()")).await, "ENOENT");
    assert_eq!(probe(&bench, &spec, "open('/etc/shadow').read()").await, "ENOENT");
    assert_eq!(probe(&bench, &spec, "os.listdir('/var/task')").await, json!(["main.py"]));
    let home = "os.path.exists(os.path.expanduser('~root/.ssh')) or os.path.exists('/home')";
    assert_eq!(probe(&bench, &spec, home).await, json!(false));
}

#[tokio::test]
async fn only_tmp_can_be_written_and_only_so_much() {
    let Some(bench) = sandbox().await else { return };
    let mut spec = bench.python("writes", PROBE);
    spec.tmp_mb = 1;
    for path in
        ["/var/task/new", "/var/task/main.py", "/var/runtime/bootstrap.py", "/opt/new", "/usr/new", "/new"]
    {
        assert_eq!(probe(&bench, &spec, &format!("write('{path}', 1)")).await, "EROFS", "{path}");
    }
    assert_eq!(probe(&bench, &spec, "write('/tmp/cloudlet-isolation', 600000)").await, 600_000);
    assert!(!std::path::Path::new("/tmp/cloudlet-isolation").exists());
    assert_eq!(probe(&bench, &spec, "write('/tmp/second', 600000)").await, "ENOSPC");
}

#[tokio::test]
async fn environments_do_not_see_each_others_files() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let code = "
import os, tempfile
def handler(event, context):
    seen = os.listdir(tempfile.gettempdir())
    open(os.path.join(tempfile.gettempdir(), 'mine'), 'w').close()
    return seen
";
        let (one, other) = (bench.python("one", code), bench.python("other", code));
        assert_eq!(bench.answer(&one, Value::Null).await, json!([]));
        assert_eq!(bench.answer(&other, Value::Null).await, json!([]));
        assert_eq!(bench.answer(&one, Value::Null).await, json!(["mine"]));
    }
}

#[tokio::test]
async fn the_function_is_nobody_among_nobody() {
    let Some(bench) = sandbox().await else { return };
    let spec = bench.python("nobody", PROBE);
    assert_eq!(
        probe(&bench, &spec, "[os.getuid(), os.getgid(), os.getgroups()]").await,
        json!([993, 993, []])
    );
    assert_eq!(probe(&bench, &spec, "socket.gethostname()").await, "lambda");
    let processes = "[name for name in os.listdir('/proc') if name.isdigit()]";
    assert_eq!(probe(&bench, &spec, processes).await, json!(["1", "2"]));
    let status = "[line.split()[1] for line in open('/proc/self/status')
        if line.startswith(('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'NoNewPrivs', 'Seccomp:'))]";
    let nothing = "0000000000000000";
    assert_eq!(probe(&bench, &spec, status).await, json!([nothing, nothing, nothing, nothing, "1", "2"]));
    let descriptors = "[os.readlink(path).split(':')[0] for path in
        (f'/proc/self/fd/{name}' for name in os.listdir('/proc/self/fd')) if os.path.lexists(path)]";
    assert_eq!(probe(&bench, &spec, descriptors).await, json!(["/dev/null", "pipe", "pipe", "socket"]));
}

#[tokio::test]
async fn privileges_cannot_be_gained() {
    let Some(bench) = sandbox().await else { return };
    let spec = bench.python("climbs", PROBE);
    const NEW_USER: &str = "0x10000000";
    const CLONE: &str = "{'x86_64': 56, 'aarch64': 220}[os.uname().machine]";
    const CLONE3: &str = "435";
    let refused = [
        "os.chroot('/')".to_owned(),
        "os.mknod('/tmp/disk', 0o060600, os.makedev(8, 0))".to_owned(),
        "call(libc.mount, b'none', b'/tmp', b'tmpfs', 0, None)".to_owned(),
        "call(libc.umount2, b'/proc', 2)".to_owned(),
        "call(libc.ptrace, 16, 1, None, None)".to_owned(),
        "call(libc.sethostname, b'other', 5)".to_owned(),
        format!("call(libc.unshare, {NEW_USER})"),
        format!("call(libc.syscall, {CLONE}, {NEW_USER} | 17, 0, 0, 0, 0)"),
    ];
    for attempt in &refused {
        assert_eq!(probe(&bench, &spec, attempt).await, "EPERM", "{attempt}");
    }
    assert_eq!(probe(&bench, &spec, &format!("call(libc.syscall, {CLONE3}, 0, 0)")).await, "ENOSYS");
    // Where the server is not root, the sandbox does not even know of root.
    assert!(["EPERM", "EINVAL"].map(Value::from).contains(&probe(&bench, &spec, "os.setuid(0)").await));
    // The sandbox's first process takes no orders from inside.
    assert_eq!(probe(&bench, &spec, "os.kill(1, 9)").await, Value::Null);
    assert_eq!(probe(&bench, &spec, "os.getppid()").await, 1);
}

#[tokio::test]
async fn only_sockets_that_functions_have_a_use_for_can_be_made() {
    let Some(bench) = sandbox().await else { return };
    let spec = bench.python("sockets", PROBE);
    for family in ["AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"] {
        let made = format!("socket.socket(socket.{family}, socket.SOCK_DGRAM).close()");
        assert_eq!(probe(&bench, &spec, &made).await, Value::Null, "{family}");
    }
    let others = [("packet", 17), ("TIPC", 30), ("Bluetooth", 31), ("ALG", 38), ("VSOCK", 40)];
    for (family, number) in others {
        let made = format!("socket.socket({number}, socket.SOCK_STREAM)");
        assert_eq!(probe(&bench, &spec, &made).await, "EAFNOSUPPORT", "{family}");
    }
    for kind in ["socket.AF_INET, socket.SOCK_RAW, 1", "socket.AF_INET6, socket.SOCK_RAW, 58"] {
        assert_eq!(probe(&bench, &spec, &format!("socket.socket({kind})")).await, "EPERM", "{kind}");
    }
}

#[tokio::test]
async fn bombs_hurt_nobody_else() {
    let Some(bench) = sandbox().await else { return };
    let forks = "
import os
def handler(event, context):
    count = 0
    try:
        while True:
            os.posix_spawn('/bin/sleep', ['sleep', '1000'], {})
            count += 1
    except OSError as error:
        return [count, error.errno]
";
    let mut bomb = bench.python("bomb", forks);
    bomb.memory_mb = 3008;
    let said = bench.answer(&bomb, Value::Null).await;
    assert!(said[0].as_u64().is_some_and(|count| count < 1024) && said[1] == 11, "{said}");
    let files = "
def handler(event, context):
    kept = []
    try:
        while True:
            kept.append(open('/dev/null'))
    except OSError as error:
        return error.errno
";
    assert_eq!(bench.answer(&bench.python("files", files), Value::Null).await, 24);
    let other = bench.custom("other");
    assert_eq!(bench.answer(&other, json!({"n": 1})).await, json!({"n": 1}));
}

#[tokio::test]
async fn neighbours_cannot_be_looked_into() {
    let Some(bench) = sandbox().await else { return };
    let mut secret = bench.python("secret", PROBE);
    secret.environment.insert("SECRET".to_owned(), "of another".to_owned());
    bench.answer(&secret, json!("1")).await;
    let spec = bench.python("curious", PROBE);
    let all = "[open(f'/proc/{pid}/environ').read() for pid in os.listdir('/proc') if pid.isdigit() and pid != '1']";
    let seen = probe(&bench, &spec, all).await;
    assert_eq!(seen.as_array().map(Vec::len), Some(1));
    assert!(!seen.to_string().contains("of another"));
    for (attempt, outcome) in [
        ("open('/proc/1/environ').read()", "EACCES"),
        ("open('/proc/1/mem', 'rb').read(1)", "EACCES"),
        ("os.listdir('/proc/1/root/')", "EACCES"),
        ("os.listdir('/proc/1/fd')", "EACCES"),
        ("os.kill(3000000, 9)", "ESRCH"),
        ("call(libc.process_vm_readv, 1, None, 0, None, 0, 0)", "EPERM"),
    ] {
        assert_eq!(probe(&bench, &spec, attempt).await, outcome, "{attempt}");
    }
}

#[tokio::test]
async fn a_link_that_took_the_place_of_a_folder_of_somebodys_is_not_followed() {
    let bench = Bench::new();
    if bench.runtime.isolation().await.isolation != Isolation::Namespaces {
        return;
    }
    let mut spec = bench.custom("folder");
    spec.is_code_foreign = true;
    bench.answer(&spec, json!({})).await;
    let link = bench.folder("links").join("folder");
    std::os::unix::fs::symlink(&spec.code_dir, &link).unwrap();
    let spec = FunctionSpec { key: "linked".to_owned(), code_dir: link, ..spec };
    let refused = bench.runtime.invoke(&spec, invocation("{}")).await.unwrap_err();
    assert!(matches!(&refused, Error::Sandbox(reason) if reason.contains("opening")), "{refused:?}");
}
