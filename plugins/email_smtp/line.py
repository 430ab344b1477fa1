"""One conversation with a mail server, in a thread: connect, encrypt, log in, hand a mail over.

Every step has a time limit of its own; who waits for the whole may cut it off from another thread.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from dataclasses import dataclass, field

from .errors import refusal

_LOGINS = {"PLAIN": "auth_plain", "LOGIN": "auth_login", "CRAM-MD5": "auth_cram_md5"}


@dataclass(frozen=True, slots=True)
class Server:
    """Where to connect to, and how. Without `tls` nothing is encrypted."""

    host: str
    port: int
    implicit: bool  # encrypted from the first byte, instead of by STARTTLS
    tls: ssl.SSLContext | None
    username: str
    password: str = field(repr=False)
    hello: str  # the name that we give ourselves
    step_s: float


class Line:
    """A conversation. `deliver` and `greet` run in a thread and once; `cut` may come from any other."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._stage = "connect"
        self._lock = threading.Lock()
        self._keeper: socket.socket | None = None
        self._cut = False

    def deliver(self, sender: str, to: str, message: bytes) -> None:
        """Hand a message over. Raises provider errors."""
        try:
            with contextlib.closing(self._open()) as smtp:
                self._stage = "data"
                smtp.sendmail(sender, [to], message)
                _leave(smtp)
        except (OSError, ValueError, smtplib.SMTPException) as error:
            raise refusal(error, self._stage) from None
        finally:
            self._forget()

    def greet(self) -> None:
        """Connect and log in, send nothing. Raises provider errors."""
        try:
            with contextlib.closing(self._open()) as smtp:
                _leave(smtp)
        except (OSError, ValueError, smtplib.SMTPException) as error:
            raise refusal(error, self._stage) from None
        finally:
            self._forget()

    def cut(self) -> None:
        """End the conversation wherever it is; its thread gets an error at once."""
        with self._lock:
            self._cut = True
            if self._keeper is not None:
                with contextlib.suppress(OSError):
                    self._keeper.shutdown(socket.SHUT_RDWR)

    def _open(self) -> smtplib.SMTP:
        server = self._server
        smtp = _Connected(self)
        try:
            code, text = smtp.connect(server.host, server.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, text)
            smtp.ehlo_or_helo_if_needed()
            if server.tls is not None and not server.implicit:
                self._stage = "tls"
                smtp.starttls(context=server.tls)
                smtp.ehlo_or_helo_if_needed()
            if server.username:
                self._stage = "login"
                _log_in(smtp, server)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _reach(self, host: str, port: int) -> socket.socket:
        """A connected socket, encrypted where that comes first; `cut` holds on to it by a copy of its handle."""
        plain = socket.create_connection((host, port), self._server.step_s)
        with self._lock:
            self._keeper = plain.dup()
            if self._cut:
                plain.close()
                raise TimeoutError
        if self._server.tls is None or not self._server.implicit:
            return plain
        try:
            return self._server.tls.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def _forget(self) -> None:
        with self._lock:
            if self._keeper is not None:
                self._keeper.close()
                self._keeper = None


class _Connected(smtplib.SMTP):
    """The library's conversation over our socket, of which somebody else holds a handle."""

    def __init__(self, line: Line) -> None:
        server = line._server
        super().__init__(local_hostname=server.hello, timeout=server.step_s)
        self._host = server.host  # what STARTTLS compares the certificate with; the library sets it when it connects
        self._line = line

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._line._reach(host, port)


def _log_in(smtp: smtplib.SMTP, server: Server) -> None:
    """By one mechanism: after a refusal the library tries the next, and many servers hang up by then."""
    offered = smtp.esmtp_features.get("auth", "").split()
    chosen = next((name for name in _LOGINS if name in offered), None)
    if chosen is None:
        raise smtplib.SMTPNotSupportedError
    smtp.user, smtp.password = server.username, server.password
    smtp.auth(chosen, getattr(smtp, _LOGINS[chosen]))


def _leave(smtp: smtplib.SMTP) -> None:
    """Say goodbye and wait for no answer: the mail is taken by now, whatever comes after that is no failure."""
    with contextlib.suppress(OSError, smtplib.SMTPException):
        smtp.putcmd("quit")
