//! Whether a connection to this server was made by the server itself or by a function: who shares the machine's network looks
//! like anybody on it. See proc(5) and proc_pid_net(5).

use std::fs;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::environment::descendants;

/// What follows the addresses in a row of the kernel's table: state, queues, timer, retransmissions, user, time-out, inode.
const FIELDS_BEFORE_INODE: usize = 6;

/// Whether the connection from that address of this machine is held by this process, or by one that descends from it. One that
/// nobody holds any more counts as well: whoever asks honestly waits for the answer. It blocks.
///
/// Where the system does not tell who holds a connection, nobody does.
#[must_use]
pub fn is_within(peer: SocketAddr) -> bool {
    let Some(rows) = rows() else { return false };
    let server = std::process::id();
    let ours = || descendants(server).into_iter().chain([server]);
    inode(&rows, peer).is_none_or(|inode| ours().any(|process| holds(process, &inode)))
}

/// The kernel's tables of connections.
fn rows() -> Option<String> {
    let read = |file| fs::read_to_string(file).ok();
    let (four, six) = (read("/proc/self/net/tcp")?, read("/proc/self/net/tcp6").unwrap_or_default());
    Some(four + &six)
}

/// The inode of the socket at that address; none when nobody holds it.
fn inode(rows: &str, address: SocketAddr) -> Option<String> {
    let rows = rows.lines().filter_map(|row| {
        let mut fields = row.split_whitespace().skip(1);
        let (local, remote) = (fields.next()?, fields.next()?);
        Some((read_address(local)?, read_address(remote)?, fields.nth(FIELDS_BEFORE_INODE)?))
    });
    // A socket that listens has no other end.
    let mut inodes = rows.filter(|(local, remote, _)| *local == address && remote.port() != 0);
    inodes.next().map(|(.., inode)| inode).filter(|inode| *inode != "0").map(str::to_owned)
}

/// Reads `0100007F:1F90`, whose words are in the order of this machine's bytes; addresses of the fourth version in the clothes of
/// the sixth are what they are.
fn read_address(text: &str) -> Option<SocketAddr> {
    let (words, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| u32::from_str_radix(words.get(8 * at..8 * at + 8)?, 16).ok().map(u32::to_ne_bytes);
    if words.len() == 8 {
        return Some((Ipv4Addr::from(word(0)?), port).into());
    }
    let bytes = [word(0)?, word(1)?, word(2)?, word(3)?].concat();
    let address = Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?);
    Some((address.to_canonical(), port).into())
}

/// Whether a process has that socket open. One that may not be looked into may have it.
fn holds(process: u32, inode: &str) -> bool {
    let socket = format!("socket:[{inode}]");
    match fs::read_dir(format!("/proc/{process}/fd")) {
        Ok(open) => open
            .flatten()
            .any(|one| fs::read_link(one.path()).is_ok_and(|link| link.to_str() == Some(socket.as_str()))),
        Err(error) => error.kind() == io::ErrorKind::PermissionDenied,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn rows_are_read_as_the_kernel_writes_them() {
        let rows = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 10 1
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 11 1
   2: 0100007F:C351 0100007F:1F90 06 00000000:00000000 00:00000000 00000000     0        0 0 1
   3: 0000000000000000FFFF00000100007F:C352 0000000000000000FFFF00000100007F:1F90 01 0:0 0:0 0 0 0 13 1
   4: broken";
        let at = |port| inode(rows, (Ipv4Addr::LOCALHOST, port).into());
        assert_eq!(
            [8080, 50001, 50002, 1].map(at),
            [Some("11".to_owned()), None, Some("13".to_owned()), None]
        );
    }

    #[test]
    fn what_this_process_holds_is_within_and_what_others_hold_is_not() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let own = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert!(is_within(own.local_addr().unwrap()));
        let (address, rows) = (own.local_addr().unwrap(), rows().unwrap());
        drop((own, listener));
        assert!(is_within(address), "nobody holds it any more");
        let inode = inode(&rows, address).unwrap();
        assert!(!holds(std::process::id(), &inode));
    }
}
