"""Cuts the power: runs the binary under `powercut.c`, kills it, and makes the data folder that a disk would have left.

A disk may keep more than was synced, so one cut leaves one of many folders. `Cut.left` makes these:

`late`   bytes as of each file's last sync, names as of each directory's last sync: the least that a disk may keep
`early`  bytes as of the last sync, but all creations, renames and removals: a file system that journals names alone
`torn`   as `early`, with some of the pages that were not synced, chosen by chance: a disk that was at work
"""

import ctypes
import os
import shutil
import struct
import subprocess
from pathlib import Path

PAGE = 4096
SOURCE = Path(__file__).with_name("powercut.c")


def build(folder):
    library = Path(folder) / "powercut.so"
    command = ["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl", "-pthread"]
    subprocess.run(command, check=True)
    return library


class Cut:
    """One data folder, `root/data`, from its start under the library until the power goes."""

    def __init__(self, library, root):
        self.root = Path(root).resolve()
        self.data = self.root / "data"
        self.shadow = self.root.with_name(self.root.name + "-shadow")
        self.root.mkdir(exist_ok=True)
        self.env = {
            "LD_PRELOAD": str(library),
            "POWERCUT_ROOT": str(self.root),
            "POWERCUT_SHADOW": str(self.shadow),
        }

    def synced_ns(self):
        """When a file was last synced."""
        return max((file.stat().st_mtime_ns for file in self.shadow.glob("f-*")), default=0)

    def left(self, how, root, chance=None):
        """Makes `root/data` as the disk would have it after the cut. The process must be dead."""
        target = Path(root)
        self._directory(identify(self.root), self.root, target, how, chance)
        return target / "data"

    def _directory(self, id, live, target, how, chance):
        target.mkdir()
        for entry, kind, name in self._names(id, live, how):
            if kind == "d":
                self._directory(entry, live / name, target / name, how, chance)
            elif kind == "f":
                self._file(entry, live / name, target / name, chance if how == "torn" else None)

    def _names(self, id, live, how):
        if how == "late":
            noted = self.shadow / f"d-{id}"
            entries = noted.read_bytes().split(b"\0")[:-1] if noted.exists() else []
            return [os.fsdecode(entry).split(" ", 2) for entry in entries]
        kinds = lambda entry: "d" if entry.is_dir(follow_symlinks=False) else "f" if entry.is_file() else "o"
        return [(identify(entry.path), kinds(entry), entry.name) for entry in os.scandir(live)]

    def _file(self, id, live, target, chance):
        noted = self.shadow / f"f-{id}"
        if noted.exists():
            subprocess.run(["cp", "--sparse=always", noted, target], check=True)
        else:
            target.touch()
        if chance and live.exists():
            keep_some_pages(live, target, chance)


def keep_some_pages(live, target, chance):
    """Brings over half of the pages that were not synced. The length comes with them, as far as they reach."""
    with open(live, "rb") as source, open(target, "r+b") as kept:
        at = 0
        while True:
            try:
                at = os.lseek(source.fileno(), at, os.SEEK_DATA)
            except OSError:
                return
            at -= at % PAGE
            page = os.pread(source.fileno(), PAGE, at)
            if not page:
                return
            if page != os.pread(kept.fileno(), PAGE, at) and chance.random() < 0.5:
                os.pwrite(kept.fileno(), page, at)
            at += PAGE


def identify(path):
    """As in powercut.c: `<inode>-<birth, ns>`."""
    buffer = ctypes.create_string_buffer(256)
    basic_and_birth, at_cwd, no_follow = 0x7FF | 0x800, -100, 0x100
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.statx(at_cwd, os.fsencode(path), no_follow, basic_and_birth, buffer) != 0:
        raise OSError(ctypes.get_errno(), os.fspath(path))
    (inode,) = struct.unpack_from("=Q", buffer, 32)
    seconds, nanoseconds = struct.unpack_from("=qI", buffer, 80)
    return f"{inode}-{seconds * 1_000_000_000 + nanoseconds}"


def forget(*roots):
    for root in roots:
        shutil.rmtree(root, ignore_errors=True)
