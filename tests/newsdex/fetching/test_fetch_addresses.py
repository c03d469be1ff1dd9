"""Which addresses are asked, which name one page, and what robots.txt allows."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import textwrap
import threading
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hostile_web import article, bomb, page, serving
from hypothesis import given
from hypothesis import strategies as st
from paths import ROOT

from newsdex.fetching.addresses import Failed, is_public, key_of, matches, rules_of, same_host
from newsdex.fetching.client import Client, Hosts, Settings, retry_after


def client(folder: Path, settings: Settings) -> Client:
    """A client without a run."""
    folder.mkdir(exist_ok=True)
    return Client(settings, folder, Hosts(settings, threading.Event()))


# Those of RFC 6890 and its successors, and forms of IPv6 with an address of IPv4 within
@pytest.mark.parametrize(
    "address",
    """0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1
    192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1
    ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::7f00:1 2002:7f00:1:: 2002:a00:1::
    2001::1 100::1 2001:db8::1 fc00::1 fd12:3456::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1""".split(),  # noqa: SIM905 - a list would be forty lines
)
def test_addresses_that_are_not_public(address: str) -> None:
    """None of them is asked."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    "8.8.8.8 93.184.215.14 100.63.255.255 172.32.0.1 192.167.1.1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808".split(),  # noqa: SIM905 - as above
)
def test_addresses_that_are_public(address: str) -> None:
    """Those beside the private ranges, and public ones within IPv6, are asked."""
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]"],
)
def test_this_machine_is_not_asked_however_it_is_written(host: str, tmp_path: Path) -> None:
    """Not even for robots.txt, and a server that listens hears nothing."""
    with serving({"/": page(b"secret")}) as web:
        with pytest.raises(Failed, match=r"not a public address|no such host"):
            client(tmp_path / "r", Settings(tries=())).get(web.url("/", host))
        assert web.asked == []


IN_A_NETWORK_OF_ITS_OWN = """
    import fcntl, json, socket, struct, sys, threading
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    from hostile_web import article, page, redirect, serving
    from newsdex.fetching.addresses import Failed
    from newsdex.fetching.client import Client, Hosts, Settings

    PUBLIC = "8.8.4.4"
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            for name, address in ((b"lo", "127.0.0.1"), (b"lo:0", PUBLIC)):
                packed = struct.pack("16sH2s4s8s", name, socket.AF_INET, bytes(2), socket.inet_aton(address), bytes(8))
                fcntl.ioctl(control, 0x8916, packed)
                fcntl.ioctl(control, 0x8914, struct.pack("16sH14s", name, 0x49, bytes(14)))
            with socket.create_server((PUBLIC, 0)) as there:
                socket.create_connection(there.getsockname(), timeout=10).close()
    except OSError:
        print("null")
        sys.exit()
    with serving(host="0.0.0.0") as web:
        web.answers |= {
            "/good": page(article("Ferry")),
            "/to-loopback": redirect(f"http://127.0.0.1:{web.port}/secret"),
            "/to-private": redirect("http://10.0.0.1/secret"),
            "/to-metadata": redirect("http://[::ffff:169.254.169.254]/latest/meta-data"),
            "/twice": redirect("/to-loopback"),
            "/secret": page(article("Secret")),
        }
        settings = Settings(rate=1000.0, tries=())
        client = Client(settings, Path(sys.argv[2]), Hosts(settings, threading.Event()))
        said = {}
        for path in ("/good", "/to-loopback", "/to-private", "/to-metadata", "/twice"):
            try:
                said[path] = client.get(f"http://{PUBLIC}:{web.port}{path}").status
            except Failed as failed:
                said[path] = failed.reason
        print(json.dumps([said, web.count("/secret")]))
"""


@pytest.mark.skipif(not shutil.which("unshare"), reason="unshare (util-linux) makes a network where a public address is this machine's")
def test_a_redirect_from_a_public_to_a_private_address_is_not_followed(tmp_path: Path) -> None:
    """Each step is checked, in a network where the server has a public address."""
    cut_off = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*cut_off, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system does not let a user make a network")
    (tmp_path / "robots").mkdir()
    command = [*cut_off, sys.executable, "-c", textwrap.dedent(IN_A_NETWORK_OF_ITS_OWN), str(ROOT / "tests"), str(tmp_path / "robots")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    if (found := json.loads(done.stdout)) is None:
        pytest.skip("this system does not let a user set addresses")
    said, secrets = found
    assert said.pop("/good") == 200
    assert [reason.partition(".")[0][:3] for reason in said.values()] == ["127", "10", "::f", "127"]
    assert all("not a public address" in reason for reason in said.values())
    assert secrets == 0


def test_a_name_is_looked_up_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes to the address that was checked: what the name means a moment later is of no account."""
    real, looked_up = socket.getaddrinfo, []

    def lookup(host: str, *rest: Any, **more: Any) -> Any:
        if host != "news.test":
            return real(host, *rest, **more)
        looked_up.append(host)
        return real("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with serving({"/a": page(article("Ferry"))}) as web:
        assert client(tmp_path / "r", Settings(allow_private=True, rate=1_000)).get(web.url("/a", "news.test")).status == 200
        assert [headers["host"] for _, headers in web.asked] == [f"news.test:{web.port}"] * 2  # robots.txt, and the page
    assert len(looked_up) == 2


def test_all_addresses_of_a_name_must_be_public(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is private among public ones is enough to refuse it."""
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.215.14", "10.0.0.7")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(Failed, match=r"news\.test \(10\.0\.0\.7\) is not a public address"):
        client(tmp_path / "r", Settings()).get("http://news.test/")


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
def test_certificates_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name that was asked for, though the connection is to its address: unknown and for another name they are refused."""
    import ssl

    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-keyout",
        key,
        "-out",
        certificate,
    ]
    subprocess.run([*command, "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    settings = Settings(allow_private=True, rate=1_000, tries=())
    with serving({"/a": page(article("Ferry"))}, context=context) as web:
        url = f"https://localhost:{web.port}/a"
        with pytest.raises(Failed, match="certificate verify failed"):
            client(tmp_path / "r", settings).get(url)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert client(tmp_path / "r", settings).get(url).status == 200
        with pytest.raises(Failed, match="doesn't match"):
            client(tmp_path / "r", settings).get(f"https://127.0.0.1:{web.port}/a")


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """Of 300 MB, hardly more than the 1 MB that is allowed is ever in memory."""
    with serving({"/bomb": bomb(300)}) as web:
        settings = Settings(allow_private=True, rate=1_000, tries=(), size=1_000_000)
        tracemalloc.start()
        try:
            with pytest.raises(Failed, match="larger than 1,000,000 bytes"):
                client(tmp_path / "r", settings).get(web.url("/bomb"))
            assert tracemalloc.get_traced_memory()[1] < 20_000_000
        finally:
            tracemalloc.stop()


def test_the_rate_of_a_host() -> None:
    """Requests to one host are as far apart as the rate and Crawl-delay say; other hosts do not wait for it."""
    hosts = Hosts(Settings(rate=20.0), threading.Event())
    start = time.monotonic()
    for _ in range(5):
        hosts.wait("a.example")
    assert time.monotonic() - start >= 4 / 20
    hosts.pause("a.example", 3_600)
    hosts.wait("b.example")
    hosts.slow("b.example", 0.3)
    start = time.monotonic()
    for _ in range(3):
        hosts.wait("b.example")
    assert time.monotonic() - start >= 0.3


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120.0), ("99999999", 86_400.0), ("-5", 0.0), ("soon", 0.0), ("", 0.0), ("Fri, 31 Dec 1999 23:59:59 GMT", 0.0)],
)
def test_retry_after(value: str, seconds: float) -> None:
    """Seconds, at most a day; what is no number or has passed is nothing."""
    assert retry_after(value) == seconds


def test_retry_after_a_date() -> None:
    """A date in the future is as far away as the clock says, at most a day."""
    assert retry_after("Fri, 31 Dec 2100 23:59:59 GMT") == 86_400.0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://example.org/a", "http://www.example.org/a/?utm_source=rss#top", True),
        ("https://example.org/a?id=1&utm_medium=x", "https://example.org/a?id=1", True),
        ("https://EXAMPLE.org:443/a", "https://example.org/a", True),
        ("https://example.org/a?id=1", "https://example.org/a?id=2", False),
        ("https://example.org/a", "https://example.org/A", False),
        ("https://example.org/a", "https://blog.example.org/a", False),
        ("https://example.org/a", "https://example.org:8443/a", False),
    ],
)
def test_which_addresses_name_one_page(one: str, other: str, same: bool) -> None:
    """Those that differ in what only tracks, the scheme or www."""
    assert (key_of(one) == key_of(other)) is same


def test_hosts() -> None:
    """A port and a subdomain make another host."""
    assert same_host("https://example.org/a", "http://www.example.org/b")
    assert not same_host("https://example.org/", "https://example.org.evil.test/")
    assert not same_host("https://example.org/", "https://a.example.org/")
    assert not same_host("http://127.0.0.1:80/", "http://127.0.0.1:81/")


ROBOTS = b"""\xef\xbb\xbfUser-Agent: ExampleBot
Disallow: /
User-agent: NewsDex/2.0
User-agent: other
Allow: /example/page/
Disallow: /example/page/disallowed.gif   # a picture
Disallow: /*.php$
Disallow: /caf%C3%A9
Crawl-delay: 2.5
Sitemap: https://example.org/sitemap.xml

User-agent: newsdex
Disallow: /second
User-agent: *
Disallow: /
"""


@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        ("/example/page/", True),
        ("/example/page/a.html", True),
        ("/example/page/disallowed.gif", False),
        ("/a/b.php", False),
        ("/a/b.php?x=1", True),
        ("/second/a", False),
        ("/caf%c3%a9/menu", False),
        ("/%65xample/page/disallowed.gif", False),
        ("/", True),
    ],
)
def test_robots(target: str, allowed: bool) -> None:
    """Groups for one crawler are put together, the longest rule counts, and quoted characters are the same as others (RFC 9309)."""
    assert rules_of(ROBOTS, "newsdex").allow(target) is allowed


def test_robots_for_all_and_of_nonsense() -> None:
    """Who is not named is meant by *; what is no rule forbids nothing."""
    assert not rules_of(ROBOTS, "someone").allow("/a")
    assert rules_of(ROBOTS, "newsdex").delay == 2.5
    for content in (b"", b"<html>Not found</html>", b"Disallow: /", b"User-agent: *\nDisallow:\n", bytes(range(256))):
        assert rules_of(content, "newsdex").allow("/a")
    assert rules_of(b"User-agent: *\nCrawl-delay: 999999\n", "newsdex").delay == 60


@given(st.text("ab*$", max_size=8), st.text("ab", max_size=10))
def test_patterns_of_robots(pattern: str, path: str) -> None:
    """As the regular expression that says the same."""
    form = re.escape(pattern.removesuffix("$")).replace(r"\*", ".*") + ("$" if pattern.endswith("$") else "")
    assert matches(pattern, path) is bool(re.match(form, path))


def test_a_pattern_of_many_asterisks_ends() -> None:
    """A backtracking matcher would not come to an end with it."""
    assert not matches("*a" * 1_000 + "b", "/" + "a" * 1_999)
