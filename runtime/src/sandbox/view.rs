//! The files that a sandboxed function sees: the host's programs and libraries, read-only, its own code, and `/tmp`.

use std::fs::{self, File};
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use nix::fcntl::{AT_FDCWD, OFlag, OpenHow, ResolveFlag, openat2};
use nix::mount::{MntFlags, MsFlags, mount, umount2};

use super::View;
use super::namespaces::{FUNCTION_ID, explain};
use super::system::restrict_mount;

/// Programs and libraries; on merged systems most of them are links into `/usr`.
const SYSTEM: [&str; 6] = ["usr", "lib", "lib32", "lib64", "bin", "sbin"];

/// What programs read of `/etc`: name lookup, certificates, the linker's cache, links between alternatives.
const SETTINGS: [&str; 13] = [
    "resolv.conf",
    "hosts",
    "host.conf",
    "nsswitch.conf",
    "gai.conf",
    "services",
    "protocols",
    "mime.types",
    "ld.so.cache",
    "ssl",
    "pki",
    "ca-certificates",
    "alternatives",
];

/// Harmless devices, as every Lambda environment has them.
const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];

/// Only files of this size are copied from `/etc`.
const SETTING_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Builds the view and makes it the root. Called by the first process of the new namespaces.
pub(super) fn build(view: &View) -> io::Result<()> {
    let root = view.mount_point.as_path();
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)?;
    mount_tmpfs(root, "mode=755,size=16m,nr_inodes=4096")?;
    show_system(root)?;
    copy_settings(&root.join("etc"))?;
    if view.has_own_names {
        fs::write(root.join("etc/resolv.conf"), "nameserver 127.0.0.1\n")?;
    }
    name_sandbox(&root.join("etc/hosts"), view.sandbox)?;
    show_devices(&root.join("dev"))?;
    show_function(root, view)?;
    fs::create_dir(root.join("proc"))?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), &root.join("proc"), Some("proc"), flags, None::<&str>)
        .map_err(|error| explain("/proc of the sandbox", error.into()))?;
    nix::unistd::sethostname("lambda")?;
    become_root(root)
}

fn mount_tmpfs(at: &Path, options: &str) -> io::Result<()> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), at, Some("tmpfs"), flags, Some(options))
        .map_err(|error| explain(&format!("a file system at {}", at.display()), error.into()))
}

fn show_system(root: &Path) -> io::Result<()> {
    for name in SYSTEM {
        let host = Path::new("/").join(name);
        match fs::symlink_metadata(&host) {
            Ok(facts) if facts.is_symlink() => symlink(fs::read_link(&host)?, root.join(name))?,
            Ok(facts) if facts.is_dir() => show(&host, &root.join(name))?,
            _ => {}
        }
    }
    Ok(())
}

/// Binds a host folder read-only.
fn show(host: &Path, at: &Path) -> io::Result<()> {
    let context = |error| explain(&format!("showing {}", host.display()), error);
    fs::create_dir_all(at).map_err(context)?;
    bind(host, at).map_err(context)?;
    let attributes = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;
    restrict_mount(at, attributes, true).map_err(context)
}

fn open_without_links(folder: &Path) -> io::Result<OwnedFd> {
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let how = OpenHow::new().flags(flags).resolve(ResolveFlag::RESOLVE_NO_SYMLINKS);
    Ok(openat2(AT_FDCWD, folder, how)?)
}

fn bind(host: &Path, at: &Path) -> io::Result<()> {
    Ok(mount(Some(host), at, None::<&str>, MsFlags::MS_BIND | MsFlags::MS_REC, None::<&str>)?)
}

fn copy_settings(etc: &Path) -> io::Result<()> {
    fs::create_dir(etc)?;
    let group = format!("root:x:0:\nsbx:x:{FUNCTION_ID}:\n");
    let users =
        format!("root:x:0:0::/root:/sbin/nologin\nsbx:x:{FUNCTION_ID}:{FUNCTION_ID}::/tmp:/sbin/nologin\n");
    fs::write(etc.join("passwd"), users)?;
    fs::write(etc.join("group"), group)?;
    for name in SETTINGS {
        let host = Path::new("/etc").join(name);
        match fs::metadata(&host) {
            Ok(facts) if facts.is_dir() => show(&host, &etc.join(name))?,
            // A setting that cannot be read by this user is one that functions do without.
            Ok(facts) if facts.len() <= SETTING_BYTES_MAX => {
                fs::copy(&host, etc.join(name)).map_or((), |_| ())
            }
            _ => {}
        }
    }
    Ok(())
}

/// Extensions listen where this name leads, and are told there what they subscribe to.
fn name_sandbox(hosts: &Path, address: Ipv4Addr) -> io::Result<()> {
    let known = fs::read_to_string(hosts).unwrap_or_default();
    fs::write(hosts, format!("{}\n{address} sandbox.localdomain sandbox\n", known.trim_end()))
}

fn show_devices(dev: &Path) -> io::Result<()> {
    fs::create_dir(dev)?;
    for name in DEVICES {
        let at = dev.join(name);
        File::create(&at)?;
        bind(&Path::new("/dev").join(name), &at)?;
        restrict_mount(&at, libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC, false)?;
    }
    for (name, target) in [("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")] {
        symlink(format!("/proc/self/fd{target}"), dev.join(name))?;
    }
    Ok(())
}

fn show_function(root: &Path, view: &View) -> io::Result<()> {
    show(&view.runtime_dir, &root.join("var/runtime"))?;
    match &view.code_dir {
        Some(code) if view.is_code_foreign => {
            // The folder that was opened, whatever takes its place on the way.
            let folder = open_without_links(code)
                .map_err(|error| explain(&format!("opening {}", code.display()), error))?;
            show(&PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())), &root.join("var/task"))?;
        }
        Some(code) => show(code, &root.join("var/task"))?,
        None => fs::create_dir_all(root.join("var/task"))?,
    }
    match &view.opt_dir {
        Some(layers) => show(layers, &root.join("opt"))?,
        None => fs::create_dir_all(root.join("opt"))?,
    }
    let tmp = root.join("tmp");
    fs::create_dir(&tmp)?;
    mount_tmpfs(&tmp, &format!("mode=1777,size={}m,nr_inodes=1m", view.tmp_mb))?;
    // Last, because some may lie below the host's folder for what is temporary.
    view.shown.iter().try_for_each(|host| show(host, &inside(root, host)))
}

/// Where an absolute host path is found under the new root.
fn inside(root: &Path, host: &Path) -> PathBuf {
    root.join(host.strip_prefix("/").unwrap_or(host))
}

fn become_root(root: &Path) -> io::Result<()> {
    restrict_mount(root, libc::MOUNT_ATTR_RDONLY, false)?;
    std::env::set_current_dir(root)?;
    // The old root lands on top of the new one, and is then taken away.
    nix::unistd::pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    std::env::set_current_dir("/")
}
