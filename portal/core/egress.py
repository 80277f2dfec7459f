"""The one way out of the house by HTTP: public addresses only, over TLS, nothing followed.

A name is looked up once, every address it has must be public, and the connection goes to the
address that was looked at: a name that changes its mind meanwhile gains nothing. What cannot be
looked up is refused. Redirects are answers, not orders. ``EGRESS_ORIGINS`` names the exact
origins inside the house (``http://10.0.0.7:8065``) that whoever runs the portal lets it reach.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

STEP = 5.0  # seconds to wait for a connection, or for the next bytes
WHOLE = 15.0  # seconds for all of it: who answers one byte a second is cut off
MOST = 2_000  # bytes of an answer that are read
INSIDE_OTHERS = tuple(  # IPv6 addresses that carry an IPv4 address somewhere
    ipaddress.ip_network(one)
    for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)


class Refused(Exception):
    """The address may not be reached; the message is a sentence for whoever gave it."""


class Unreachable(Exception):
    """Nobody answered there, or not in time."""


@dataclass(frozen=True)
class Answer:
    """What came back: the status and the beginning of the text."""

    status: int
    text: str


def check_address(url: str) -> SplitResult:
    """Return the parts of an address that looks as if it may be reached. Raises Refused.

    Nothing is looked up: that is done when something is sent.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused(_("This is no web address.")) from None
    if any(ord(sign) <= 32 or ord(sign) == 127 for sign in url) or "\\" in url:
        raise Refused(_("This is no web address."))
    if _is_ours(parts):
        return parts
    if parts.scheme != "https":
        raise Refused(_("Give an address that begins with https://."))
    if not parts.hostname or "@" in parts.netloc:
        raise Refused(_("Give an address with a host and without a user name."))
    if port not in {None, 443, 8443}:
        raise Refused(_("Only the ports 443 and 8443 are reached."))
    return parts


def _is_ours(parts: SplitResult) -> bool:
    return f"{parts.scheme}://{parts.netloc}" in settings.EGRESS_ORIGINS


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send ``body`` there and return the answer, whatever its status.

    Raises Refused before anything is sent, Unreachable when nobody answers in fifteen seconds.
    """
    parts = check_address(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    address = _look_up(host, port, is_ours=_is_ours(parts))
    connection = _Connection(host, port, address, tls=parts.scheme == "https")
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    too_long = threading.Timer(WHOLE, connection.cut)
    too_long.daemon = True
    too_long.start()
    try:
        connection.request("POST", target, body, {**headers, "User-Agent": "alignment-portal"})
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(MOST).decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException, ValueError) as failure:
        raise Unreachable(f"{type(failure).__name__}: {failure}"[:300]) from failure
    finally:
        too_long.cancel()
        connection.close()


def _look_up(host: str, port: int, *, is_ours: bool) -> tuple[Any, ...]:
    """Return the socket address to connect to. Raises Refused unless all are public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused(_("The name %(host)s cannot be looked up.") % {"host": host}) from None
    if not found or not (is_ours or all(is_public(one[4][0]) for one in found)):
        raise Refused(_("%(host)s is not a public address.") % {"host": host})
    return (found[0][0], found[0][4])


def is_public(address: str | int) -> bool:
    """Tell whether an address stands for somebody out there, and for nobody inside."""
    try:
        ip = ipaddress.ip_address(str(address).partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in network for network in INSIDE_OTHERS):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


class _Connection(http.client.HTTPConnection):
    """Speaks to ``host`` at the one address that was looked at."""

    def __init__(self, host: str, port: int, address: tuple[Any, ...], *, tls: bool) -> None:
        super().__init__(host, port, timeout=STEP)
        self.default_port = 443 if tls else 80
        self.family, self.address, self.tls = address[0], address[1], tls

    def connect(self) -> None:
        plain = socket.socket(self.family, socket.SOCK_STREAM)
        plain.settimeout(STEP)
        self.sock: Any = plain
        plain.connect(self.address)
        if self.tls:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(plain, server_hostname=self.host)

    def cut(self) -> None:
        """End it from another thread: whoever reads gets an error."""
        sock = self.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return
