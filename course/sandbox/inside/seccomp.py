"""System calls that no answer needs, refused by the kernel (seccomp).

Namespaces leave some doors open: keys are kept by user and session, not by namespace; memory can be
taken where no process owns it; sockets reach other processes of the same network, and the host of a
virtual machine; new namespaces give new rights. All of these begin with one of the calls below.
"""

import ctypes
import platform
import struct

CALLS = {
    # name: number on x86_64, on aarch64
    "socket": (41, 198),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "fsopen": (430, 430),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "open_by_handle_at": (304, 265),
    "vmsplice": (278, 75),
}
CLONE, CLONE3, MMAP = (56, 220), (435, 435), (9, 222)
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_NAMESPACES = 0x7E020000  # any of the flags that make a namespace
_SHARED, _ANONYMOUS = 0x01, 0x20
_ALLOW, _KILL, _NOT_PERMITTED, _NO_SUCH_CALL = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
_NO_MEMORY = 0x0005000C
_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_SET_SECCOMP, _FILTER, _NO_NEW_PRIVILEGES = 22, 2, 38


def program(machine: str) -> bytes:
    """The filter, as the kernel's little machine reads it.

    Raises
    ------
    KeyError
        If the numbers of the calls are not known for this machine.
    """
    column, architecture = MACHINES[machine]
    numbers = sorted(row[column] for row in CALLS.values())
    steps = [
        (_LOAD, 0, 0, 4),  # the architecture
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),  # the number of the call
        (_AT_LEAST, 0, 1, 0x40000000),  # another set of numbers for the same calls
        (_RETURN, 0, 0, _NOT_PERMITTED),
        # Flags of clone3 cannot be seen; without it, libraries fall back on clone.
        (_EQUAL, 0, 1, CLONE3[column]),
        (_RETURN, 0, 0, _NO_SUCH_CALL),
    ]
    for number in numbers:
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _NOT_PERMITTED)]
    steps += [
        # Memory that is shared and has no file is counted for nobody once it is let go of.
        (_EQUAL, 0, 5, MMAP[column]),
        (_LOAD, 0, 0, 40),  # its fourth argument
        (_ANY_BIT, 0, 2, _ANONYMOUS),
        (_ANY_BIT, 0, 1, _SHARED),
        (_RETURN, 0, 0, _NO_MEMORY),
        (_RETURN, 0, 0, _ALLOW),
        (_EQUAL, 0, 3, CLONE[column]),
        (_LOAD, 0, 0, 16),  # its first argument
        (_ANY_BIT, 0, 1, _NAMESPACES),
        (_RETURN, 0, 0, _NOT_PERMITTED),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def refuse_calls() -> None:
    """Put the filter on this process and all of its children, for good.

    Raises
    ------
    OSError
        If the kernel does not take it, or the machine is not known.
    """
    machine = platform.machine()
    if machine not in MACHINES:
        raise OSError(38, f"no list of system calls for {machine}")
    code = program(machine)
    buffer = ctypes.create_string_buffer(code, len(code))
    head = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SET_SECCOMP, _FILTER, head, 0, 0)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "prctl: no filter of system calls")
