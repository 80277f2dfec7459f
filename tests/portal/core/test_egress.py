"""The way out: public addresses over TLS only, looked up once, nothing followed, never for long."""

import socket
import threading
import time

import pytest

from portal.core import egress
from portal.core.egress import Refused, Unreachable, check_address, is_public, post

NOT_PUBLIC = (
    "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - refused, not bound to
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1",
    "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:4136:e378::1", "ff02::1", "nonsense",
)  # fmt: skip


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_not_public(address) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_what_is_public(address) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    ["http://hooks.slack.com/services/x", "https://user:word@example.com/", "file:///etc/passwd",
     "https://example.com:22/", "https://", "https://exa mple.com/", "https://example.com\\@x/",
     "gopher://example.com/", "https://[::1/", "https://example.com:99999/", "//example.com/"],
)  # fmt: skip
def test_addresses_that_are_refused_as_they_are_written(url) -> None:
    with pytest.raises(Refused):
        check_address(url)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "127.1", "[::1]", "[::ffff:127.0.0.1]",
     "169.254.169.254", "0.0.0.0"],  # noqa: S104 - refused, not bound to
)  # fmt: skip
def test_nothing_is_sent_to_this_machine(server, settings, host) -> None:
    settings.EGRESS_ORIGINS = []
    with pytest.raises(Refused):
        post(f"https://{host}:8443/", b"{}", {})
    assert server.got == []


def test_a_name_that_cannot_be_looked_up_is_refused(monkeypatch) -> None:
    def fails(*args, **given):
        raise socket.gaierror

    monkeypatch.setattr(egress.socket, "getaddrinfo", fails)
    with pytest.raises(Refused, match="looked up"):
        post("https://nowhere.example/", b"{}", {})


def test_a_name_that_changes_its_mind_gains_nothing(monkeypatch, server) -> None:
    """Asked once: public; asked again it would be this machine. One bad address spoils all."""
    asked = []
    inside = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.server_port))
    outside = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 443))

    def rebinding(host, port, **given):
        asked.append(host)
        return [outside] if len(asked) == 1 else [inside]

    went = []
    monkeypatch.setattr(egress.socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(egress, "is_public", lambda address: address != "127.0.0.1")
    monkeypatch.setattr(
        egress._Connection, "connect", lambda self: went.append(self.address) or self._no()
    )
    monkeypatch.setattr(
        egress._Connection, "_no", lambda self: (_ for _ in ()).throw(OSError), raising=False
    )
    with pytest.raises(Unreachable):
        post("https://rebinding.example/", b"{}", {})
    assert went == [("192.0.2.1", 443)]
    assert asked == ["rebinding.example"]
    monkeypatch.setattr(egress.socket, "getaddrinfo", lambda *a, **k: [outside, inside])
    with pytest.raises(Refused):
        post("https://both.example/", b"{}", {})


def test_what_is_sent_arrives_and_the_answer_comes_back(server) -> None:
    server.answers = (202, "taken", {})
    answer = post(f"{server.url}/hook?x=1", b'{"a":1}', {"Content-Type": "application/json"})
    assert (answer.status, answer.text) == (202, "taken")
    ((path, headers, body),) = server.got
    assert (path, body) == ("/hook?x=1", b'{"a":1}')
    assert headers["Content-Type"] == "application/json"


def test_a_redirect_is_an_answer_and_no_order(server) -> None:
    server.answers = (302, "", {"Location": f"{server.url}/elsewhere"})
    assert post(f"{server.url}/hook", b"{}", {}).status == 302
    assert len(server.got) == 1


def test_who_never_ends_is_cut_off(settings, monkeypatch) -> None:
    monkeypatch.setattr(egress, "WHOLE", 0.3)
    drip = socket.create_server(("127.0.0.1", 0))
    settings.EGRESS_ORIGINS = [f"http://127.0.0.1:{drip.getsockname()[1]}"]

    def answer() -> None:
        peer, _ = drip.accept()
        with peer:
            try:
                for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200:
                    peer.sendall(bytes([byte]))
                    time.sleep(0.05)
            except OSError:
                return

    thread = threading.Thread(target=answer)
    thread.start()
    began = time.monotonic()
    with pytest.raises(Unreachable):
        post(settings.EGRESS_ORIGINS[0] + "/", b"{}", {})
    assert time.monotonic() - began < 8
    thread.join()
    drip.close()


def test_nobody_there(settings) -> None:
    free = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{free.getsockname()[1]}"
    free.close()
    settings.EGRESS_ORIGINS = [url]
    with pytest.raises(Unreachable):
        post(f"{url}/", b"{}", {})
