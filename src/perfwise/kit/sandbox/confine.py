"""The first program inside a sandbox: gives up what the confined one shall not have, then becomes it.

Run as a script with the standard library alone: `confine.py SPECIFICATION COMMAND...`, the specification marshalled
and in hexadecimal. It loads little, because it runs before every confined program. What it gives up lasts across
`execve` and `fork`, so nothing later can take it back. The order matters: what needs rights comes before the filter.
"""

import ctypes
import marshal
import os
import struct
import sys

TYPE_CHECKING = False  # as in `typing`, which takes longer to load than all else here
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TypedDict

    class Specification(TypedDict):
        """What to give up.

        Attributes:
            bounds: soft and hard bound by name, e.g. `{"RLIMIT_CPU": [10, 11]}`.
            confine: whether to filter system calls and to drop capabilities.
            landlock: whether to restrict files to `readable` and `writable` by Landlock.
            readable: files and folders that may be read and executed.
            writable: files and folders that may also be written.
            environment: all of it.
            children: a connected Unix socket that receives the listener which decides on new processes; -1: none.
            event: (type, config) of a performance event that is left open on descriptor `EVENT`, or None.
        """

        bounds: dict[str, list[int]]
        confine: bool
        landlock: bool
        readable: list[str]
        writable: list[str]
        environment: dict[str, str]
        children: int
        event: list[int] | None


__all__ = ["ARCHITECTURES", "EVENT", "counter", "filter_program", "landlock_version", "main"]

EVENT = 9
"""Descriptor on which the performance event is left open."""

_NO_NEW_PRIVILEGES, _DIES_WITH_PARENT, _KILL = 38, 1, 9
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_*

# Numbers on x86_64 and on aarch64 of what the filter refuses with EPERM; None where the call does not exist.
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    # the network, and any other way to reach another process
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "kcmp": (312, 272),
    "rt_tgsigqueueinfo": (297, 240), "rt_sigqueueinfo": (129, 138), "tkill": (200, 130),
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "semget": (64, 190), "msgget": (68, 186),
    "mq_open": (240, 180), "mq_unlink": (241, 181), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    # other processes' share of the machine
    "setpriority": (141, 140), "sched_setscheduler": (144, 119), "sched_setparam": (142, 118),
    "sched_setattr": (314, 274), "sched_setaffinity": (203, 122), "ioprio_set": (251, 30),
    "migrate_pages": (256, 238), "move_pages": (279, 239), "setsid": (112, 157), "setpgid": (109, 154),
    # what Landlock cannot restrict: the attributes of files, and files by handle
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None), "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "truncate": (76, 45), "mknod": (133, None), "mknodat": (259, 33), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265), "fanotify_init": (300, 262), "flock": (73, 32),
    # the machine itself
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97),
    "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsmount": (432, 432), "mount_setattr": (442, 442), "bpf": (321, 280), "perf_event_open": (298, 241),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225),
    "acct": (163, 89), "quotactl": (179, 60), "syslog": (103, 116), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "adjtimex": (159, 171), "sethostname": (170, 161), "setdomainname": (171, 162),
    "iopl": (172, None), "ioperm": (173, None), "vhangup": (153, 58), "personality": (135, 92),
}  # fmt: skip
_OF_OWN_PROCESS = {"kill": (62, 129), "tgkill": (234, 131)}  # allowed on the process that is confined
_OF_CALLER = {"prlimit64": (302, 261)}  # allowed on the caller, which it names 0
_NEW_PROCESS: dict[str, tuple[int | None, int | None]] = {"fork": (57, None), "vfork": (58, None)}
_CLONE, _CLONE3 = (56, 220), (435, 435)
_NEW_NAMESPACES_OR_THREAD = 0x7E020000 | 0x80 | 0x00010000  # CLONE_NEW*, CLONE_THREAD

_ALLOW, _KILL_PROCESS, _ERRNO, _ASK = 0x7FFF0000, 0x80000000, 0x00050000, 0x7FC00000
_EPERM, _ENOSYS = 1, 38
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data


def filter_program(machine: str, own_pid: int, *, children: bool) -> bytes:
    """The filter of system calls, as classic BPF.

    Args:
        machine: `x86_64` or `aarch64`.
        own_pid: the process that may signal itself.
        children: whether a new process is asked for at the listener instead of refused.
    """
    column = list(ARCHITECTURES).index(machine)
    steps = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, ARCHITECTURES[machine]), (_RETURN, 0, 0, _KILL_PROCESS)]
    steps.append((_LOAD, 0, 0, _NUMBER))
    if machine == "x86_64":  # the same numbers a second time, for x32
        steps += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _KILL_PROCESS)]
    for number in _numbers(_REFUSED.values(), column):
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | _EPERM)]
    for number in _numbers([_CLONE3], column):  # its flags are in memory; the C library then takes clone
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | _ENOSYS)]
    process = _ASK if children else _ERRNO | _EPERM
    for number in _numbers(_NEW_PROCESS.values(), column):
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, process)]
    for number in _numbers([_CLONE], column):
        refused = [(_ANY_BIT, 0, 1, _NEW_NAMESPACES_OR_THREAD), (_RETURN, 0, 0, _ERRNO | _EPERM)]
        steps += [(_EQUAL, 0, 4, number), (_LOAD, 0, 0, _FIRST_ARGUMENT), *refused, (_RETURN, 0, 0, process)]
    for calls, allowed in ((_OF_OWN_PROCESS, own_pid), (_OF_CALLER, 0)):
        for number in _numbers(calls.values(), column):
            verdict = [(_EQUAL, 0, 1, allowed), (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | _EPERM)]
            steps += [(_EQUAL, 0, 4, number), (_LOAD, 0, 0, _FIRST_ARGUMENT), *verdict]
    steps.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _numbers(calls: "Iterable[Sequence[int | None]]", column: int) -> list[int]:
    return [number for call in calls if (number := call[column]) is not None]


def main(arguments: list[str]) -> None:
    """Give up what the specification says, then become the command."""
    spec: Specification = marshal.loads(bytes.fromhex(arguments[0]))  # noqa: S302 - our own
    if sys.platform == "linux":
        _checked(_libc().prctl(_DIES_WITH_PARENT, _KILL, 0, 0, 0), "prctl")
    if spec["event"] is not None:
        os.dup2(counter(*spec["event"]), EVENT)
    _bound(spec["bounds"])
    if spec["confine"]:
        _checked(_libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "prctl")
        _drop_capabilities()
        if spec["landlock"]:
            _restrict_files(spec["readable"], spec["writable"])
        _filter_calls(spec["children"])
    os.execve(arguments[1], arguments[1:], spec["environment"])  # noqa: S606 - without a shell on purpose


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _bound(bounds: dict[str, list[int]]) -> None:
    import resource

    for name, (soft, hard) in bounds.items():
        try:
            resource.setrlimit(getattr(resource, name), (soft, hard))
        except (AttributeError, ValueError, OSError):
            continue  # not every platform has every limit


def _drop_capabilities() -> None:
    header = struct.pack("=Ii", 0x20080522, 0)
    _checked(_libc().capset(header, bytes(24)), "capset")


def _filter_calls(children: int) -> None:
    program = filter_program(os.uname().machine, os.getpid(), children=children >= 0)
    kept = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("@HP", len(program) // 8, ctypes.addressof(kept))
    seccomp = {"x86_64": 317, "aarch64": 277}[os.uname().machine]
    listen = 8 if children >= 0 else 0  # SECCOMP_FILTER_FLAG_NEW_LISTENER
    listener = _checked(_libc().syscall(seccomp, 1, listen, described), "seccomp")
    if children >= 0:
        import socket

        with socket.socket(fileno=children) as channel:
            socket.send_fds(channel, [b"!"], [listener])
        os.close(listener)


def counter(kind: int, config: int) -> int:
    """A descriptor that counts a performance event of this process in user mode. Raises: OSError."""
    user_mode_only = 1 << 5 | 1 << 6  # exclude_kernel, exclude_hv
    times = 1 | 2  # total_time_enabled, total_time_running
    attributes = struct.pack("=IIQQQQQ", kind, 112, config, 0, 0, times, user_mode_only).ljust(112, b"\0")
    call = {"x86_64": 298, "aarch64": 241}[os.uname().machine]
    return _checked(_libc().syscall(call, attributes, 0, -1, -1, 0), "perf_event_open")


_READ, _WRITE = 1 << 0 | 1 << 2 | 1 << 3, (1 << 13) - 1  # execute, read a file, read a folder; all of version 1
_REFER, _TRUNCATE, _DEVICE = 1 << 13, 1 << 14, 1 << 15
_OF_FILES = 1 << 0 | 1 << 1 | 1 << 2 | _TRUNCATE | _DEVICE  # rights that a rule on a file may name


def landlock_version() -> int:
    """Of the kernel's Landlock; 0 where there is none."""
    return max(int(_libc().syscall(444, None, 0, 1)), 0)


def _restrict_files(readable: list[str], writable: list[str]) -> None:
    version = landlock_version()
    files = _WRITE | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    files |= _DEVICE if version >= 5 else 0
    network, scopes = 3, 3  # bind and connect; abstract sockets and signals
    length = 8 if version < 4 else 16 if version < 6 else 24
    attributes = struct.pack("=QQQ", files, network, scopes)[:length]
    ruleset = _checked(_libc().syscall(444, attributes, length, 0), "landlock_create_ruleset")
    for paths, rights in ((readable, _READ), (writable, files)):
        for path in paths:
            _permit(ruleset, path, rights & files)
    _checked(_libc().syscall(446, ruleset, 0), "landlock_restrict_self")
    os.close(ruleset)


def _permit(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no right
    rights = rights if os.path.isdir(path) else rights & _OF_FILES  # noqa: PTH112 - no pathlib: it takes long to load
    _checked(_libc().syscall(445, ruleset, 1, struct.pack("=Qi", rights, place), 0), "landlock_add_rule")
    os.close(place)


def _checked(value: int, name: str) -> int:
    if value < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return value


if __name__ == "__main__":
    main(sys.argv[1:])
