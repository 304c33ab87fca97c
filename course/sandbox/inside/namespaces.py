"""The namespaces and limits that close in on a child of the fork server.

Bubblewrap has already taken away the network, the home and everything writable. Here each worker
gets, besides, process numbers of its own, so that nothing it starts outlives it; an empty scratch
folder of limited size in place of the last one's; no /proc; and no rights at all.
"""

import contextlib
import ctypes
import mmap
import os
from typing import Any

from course.sandbox.inside.seccomp import refuse_calls

ROOT, USER, NONE = "root", "user", "none"
"""Started as root; as somebody else; without a sandbox."""

SCRATCH = "/student"
"""The folder that can be written, in a sandbox; not /tmp, where Python itself may be installed."""

NOBODY = 65534
_NEWNS, _NEWIPC, _NEWUSER, _NEWPID = 0x00020000, 0x08000000, 0x10000000, 0x20000000
_PRIVATE, _NOSUID_NODEV = 0x44000, 6
_CAPABILITIES = 0x20080522  # version 3 of the call


def leave(isolation: str) -> None:
    """Leave the fork server's namespaces: children of this process number from 1.

    Raises
    ------
    OSError
        If this system does not allow it.
    """
    flags = _NEWIPC | _NEWPID
    user, group = os.geteuid(), os.getegid()
    _call("unshare", flags if isolation == ROOT else flags | _NEWUSER)
    if isolation == USER:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)


def furnish(isolation: str, disk: int, user: int) -> None:
    """Give this process an empty `SCRATCH` of `disk` bytes, a small /dev/shm, and no /proc."""
    _call("unshare", _NEWNS)
    _call("mount", b"none", b"/", None, _PRIVATE, None)
    owned = f",uid={user},gid={user}" if isolation == ROOT else ""
    for place, size in ((SCRATCH.encode(), disk), (b"/dev/shm", disk // 8)):
        room = f"size={size},nr_inodes=4096,mode=700{owned}".encode()
        _call("mount", b"tmpfs", place, b"tmpfs", _NOSUID_NODEV, room)
    _call("mount", b"tmpfs", b"/proc", b"tmpfs", _NOSUID_NODEV | 1, b"size=4k,nr_inodes=2")


def own_size() -> int:
    """Bytes of address space that this process has; 0 where there is no /proc."""
    with contextlib.suppress(OSError), open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * mmap.PAGESIZE
    return 0


def limit(limits: dict[str, Any], size: int) -> None:
    """Set the limits that a process of `size` bytes carries with it from here on."""
    import resource  # which Windows has not; there, `course check` works all the same

    for which, most in (
        (resource.RLIMIT_AS, size + limits["memory"]),
        (resource.RLIMIT_CPU, int(limits["lifetime"]) + 1),
        (resource.RLIMIT_FSIZE, limits["disk"]),
        (resource.RLIMIT_NOFILE, 128),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, limits["processes"] * 2),
    ):
        # Not every system has every limit; and none may be raised above what was set before.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(which, (most, most))


def drop_rights(isolation: str, user: int) -> None:
    """Become `user`, or at least somebody without any rights."""
    if isolation == ROOT:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    elif isolation == USER:
        header = (ctypes.c_uint32 * 2)(_CAPABILITIES, 0)
        _call("capset", ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))
    if isolation != NONE:
        refuse_calls()


def _call(name: str, *args: Any) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
