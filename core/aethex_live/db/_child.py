"""How the server's process is entered: its own session, the right user, and an end that follows its owner's."""

import ctypes
import enum
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_INNER_UID = 1000


class ChildMode(enum.Enum):
    """As whom PostgreSQL runs; it refuses to run as root."""

    PLAIN = "plain"
    NAMESPACE = "namespace"
    NOBODY = "nobody"


def child_mode() -> ChildMode:
    """The mode that works here: as root a user namespace, and where that is forbidden the user `nobody`."""
    if os.geteuid() != 0:
        return ChildMode.PLAIN
    try:
        probe = subprocess.run(
            ["/bin/true"], preexec_fn=entering(ChildMode.NAMESPACE, dies_with_parent=False), timeout=10, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ChildMode.NOBODY
    return ChildMode.NAMESPACE if probe.returncode == 0 else ChildMode.NOBODY


def entering(mode: ChildMode, *, dies_with_parent: bool) -> Callable[[], None]:
    """What the child does between fork and exec; all is looked up before, because after the fork little is safe."""
    library = ctypes.CDLL(None, use_errno=True)
    owner = os.getpid()
    nobody = pwd.getpwnam("nobody") if mode is ChildMode.NOBODY else None

    def enter() -> None:
        os.setsid()  # Ctrl-C is for us, not for the server
        if mode is ChildMode.NAMESPACE:
            _enter_namespace(library)
        elif nobody is not None:
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
        if dies_with_parent and sys.platform == "linux":
            library.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
            if os.getppid() != owner:  # the owner died before the line above
                os._exit(1)

    return enter


def _enter_namespace(library: ctypes.CDLL) -> None:
    """Become an ordinary user inside a namespace that is root outside: files stay root's, nothing is chowned."""
    if library.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{_INNER_UID} 0 1"), ("gid_map", f"{_INNER_UID} 0 1")):
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(descriptor, text.encode())
        os.close(descriptor)
