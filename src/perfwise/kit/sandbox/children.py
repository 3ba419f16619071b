"""Decide, from outside a sandbox, which of its processes may make a new one."""

import fcntl
import os
import struct

__all__ = ["Children"]

_RECEIVE, _SEND = 0xC0502100, 0xC0182101  # SECCOMP_IOCTL_NOTIF_RECV, SECCOMP_IOCTL_NOTIF_SEND
_CONTINUE, _EPERM = 1, 1
_NOTIFICATION = 80  # bytes: id, pid, flags, the call


class Children:
    """The listener of a confined program that may make processes only one by one, each when it is granted.

    A sandbox whose `children` names a socket stops every `fork` until it is answered here.

    Args:
        listener: descriptor that came through that socket; closed by `close`.
    """

    def __init__(self, listener: int) -> None:
        self._listener = listener

    def fileno(self) -> int:
        """Readable when a process asks."""
        return self._listener

    def asked(self) -> tuple[int, int] | None:
        """The next request: its number and the process that asks; None if that process is gone."""
        request = bytearray(_NOTIFICATION)
        try:
            fcntl.ioctl(self._listener, _RECEIVE, request)
        except OSError:  # it died before it was heard
            return None
        number, process = struct.unpack_from("=QI", request)
        return number, process

    def answer(self, number: int, *, granted: bool) -> None:
        """Let the fork go on, or fail with EPERM."""
        response = struct.pack("=QqiI", number, 0, 0 if granted else -_EPERM, _CONTINUE if granted else 0)
        try:
            fcntl.ioctl(self._listener, _SEND, response)
        except OSError:
            return  # it died meanwhile

    def close(self) -> None:
        """Whoever asks from now on is refused by the kernel."""
        os.close(self._listener)
