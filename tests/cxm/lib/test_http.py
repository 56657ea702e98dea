import datetime
import ipaddress
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cxm.lib import http

LOCAL = [ipaddress.ip_network("127.0.0.0/8")]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        status, headers, body = self.server.answers.get(self.path.partition("?")[0], (200, {}, b"hello"))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.path == "/slow":
            for byte in body:
                time.sleep(0.05)
                self.wfile.write(bytes([byte]))
        else:
            self.wfile.write(body)

    def do_POST(self):
        self.server.posted = self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        listening.daemon_threads = True
        listening.seen, listening.answers = [], {}
        listening.url = f"http://127.0.0.1:{listening.server_port}"
        threading.Thread(target=listening.serve_forever, args=[0.02], daemon=True).start()
        yield listening
        listening.shutdown()


@pytest.fixture
def names(monkeypatch):
    """Names the resolver of the test knows, each a list of answers given one after the other."""
    known, real = {}, socket.getaddrinfo

    def getaddrinfo(host, port, *args, **kwargs):
        if host in known:
            addresses = known[host].pop(0) if len(known[host]) > 1 else known[host][0]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]
        return real(host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


def test_get(server):
    server.answers["/x"] = (201, {"X-Thing": "y"}, b"made")

    response = http.request("GET", f"{server.url}/x?a=b&c=%20", trusted=LOCAL)

    assert (response.status, response.headers["x-thing"], response.body) == (201, "y", b"made")
    assert (response.url, response.complete) == (f"{server.url}/x?a=b&c=%20", True)
    command, path, headers = server.seen[0]
    assert (command, path, headers["Host"]) == ("GET", "/x?a=b&c=%20", f"127.0.0.1:{server.server_port}")


def test_post(server):
    response = http.request(
        "POST", f"{server.url}/hook", body=b'{"a":1}', headers={"Content-Type": "application/json"}, trusted=LOCAL
    )

    assert (response.status, server.posted) == (200, b'{"a":1}')
    assert server.seen[0][2]["Content-Type"] == "application/json"


def test_a_path_of_other_letters(server):
    http.request("GET", f"{server.url}/عربي", trusted=LOCAL)

    assert server.seen[0][1] == "/%D8%B9%D8%B1%D8%A8%D9%8A"


@pytest.mark.parametrize(
    "literal",
    ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
     "100.100.100.200", "224.0.0.1", "255.255.255.255", "192.88.99.1", "[::1]", "[::]", "[::ffff:127.0.0.1]",
     "[::ffff:a9fe:a9fe]", "[fe80::1]", "[fd00:ec2::254]", "[2002:7f00:1::]", "[64:ff9b::7f00:1]", "[ff02::1]",
     "[::127.0.0.1]", "[2001:0:7f00:1::]", "localhost"],
)  # fmt: skip
def test_private_addresses_are_not_called(literal):
    with pytest.raises(http.NotAllowed) as refusal:
        http.request("GET", f"http://{literal}:8000/", timeout=2)

    assert refusal.value.code == "url_private"


@pytest.mark.parametrize(
    "literal", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822", "8.8.8.8"]
)
def test_public_addresses(literal):
    assert http.is_public(ipaddress.ip_address(literal)) is True


def test_one_private_address_among_several_refuses_all(names):
    names["mixed.test"] = [["93.184.216.34", "10.0.0.1"]]

    with pytest.raises(http.NotAllowed):
        http.request("GET", "http://mixed.test/")


def test_a_name_that_changes_its_mind_is_resolved_once(server, names):
    names["rebinding.test"] = [["127.0.0.1"], ["10.9.9.9"]]

    response = http.request("GET", f"http://rebinding.test:{server.server_port}/", trusted=LOCAL, timeout=3)

    assert response.status == 200
    assert names["rebinding.test"] == [["10.9.9.9"]]
    assert server.seen[0][2]["Host"] == f"rebinding.test:{server.server_port}"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "url"),
        ("example.com", "url"),
        ("ftp://example.com/", "url"),
        ("file:///etc/passwd", "url"),
        ("gopher://example.com/", "url"),
        ("http:///x", "url"),
        ("http://[::1", "url"),
        ("http://example.com:99999/", "url"),
        ("http://example.com/\r\nX: y", "url"),
        ("http://exam\tple.com/", "url"),
        ("http://example.com\\@127.0.0.1/", "url"),
        ("http://example.com/" + "x" * 3000, "url"),
        ("http://user:secret@example.com/", "credentials"),
        ("http://user@example.com/", "credentials"),
        ("http://example.com:22/", "port"),
        ("http://example.com:0/", "port"),
    ],
)
def test_urls_we_do_not_call(url, code):
    with pytest.raises(http.NotAllowed) as refusal:
        http.check_url(url)

    assert refusal.value.code == f"url_{code}"


def test_redirects_are_followed_and_checked(server):
    server.answers["/a"] = (302, {"Location": "/b"}, b"")
    server.answers["/private"] = (302, {"Location": "http://10.0.0.1/"}, b"")
    server.answers["/file"] = (302, {"Location": "file:///etc/passwd"}, b"")
    server.answers["/loop"] = (307, {"Location": "/loop"}, b"")

    assert http.request("GET", f"{server.url}/a", trusted=LOCAL).url == f"{server.url}/b"
    for path, code in (("/private", "url_private"), ("/file", "url_url"), ("/loop", "url_redirects")):
        with pytest.raises(http.NotAllowed) as refusal:
            http.request("GET", f"{server.url}{path}", trusted=LOCAL)
        assert refusal.value.code == code


def test_a_post_is_not_redirected(server):
    server.answers["/a"] = (307, {"Location": "/b"}, b"")

    assert http.request("POST", f"{server.url}/a", body=b"x", trusted=LOCAL).status == 307


def test_secrets_do_not_follow_to_another_host(server, names):
    names["elsewhere.test"] = [["127.0.0.1"]]
    server.answers["/a"] = (302, {"Location": f"http://elsewhere.test:{server.server_port}/b"}, b"")

    http.request("GET", f"{server.url}/a", headers={"Authorization": "Bearer x", "X-Other": "y"}, trusted=LOCAL)

    assert ["Authorization" in headers for _, _, headers in server.seen] == [True, False]
    assert server.seen[1][2]["X-Other"] == "y"


def test_a_large_body_is_cut(server):
    server.answers["/large"] = (200, {}, b"x" * 3_000_000)

    response = http.request("GET", f"{server.url}/large", limit=1000, trusted=LOCAL)

    assert (len(response.body), response.complete) == (1000, False)


def test_a_compressed_bomb_stays_compressed(server):
    server.answers["/zip"] = (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b not unpacked")

    assert http.request("GET", f"{server.url}/zip", trusted=LOCAL).body == b"\x1f\x8b not unpacked"


def test_a_dripping_answer_is_cut_in_time(server):
    server.answers["/slow"] = (200, {}, b"x" * 200)
    begun = time.monotonic()

    with pytest.raises(http.Failed, match="timed out"):
        http.request("GET", f"{server.url}/slow", timeout=0.3, trusted=LOCAL)

    assert time.monotonic() - begun < 3


def test_nobody_there(names):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(http.Failed):
        http.request("GET", f"http://127.0.0.1:{port}/", trusted=LOCAL)
    with pytest.raises(http.Failed, match="not known"):
        http.request("GET", "http://no-such-name.invalid/")


def test_headers_cannot_be_injected(server):
    with pytest.raises(http.Failed):
        http.request("GET", server.url, headers={"X-A": "b\r\nX-Evil: c"}, trusted=LOCAL)


@pytest.fixture
def certified(server, tmp_path, monkeypatch):
    """The server speaking TLS as hooks.test, trusted by this test's processes."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "certificate.pem"
    unencrypted = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unencrypted)
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    return server


def test_tls_proves_the_name_though_the_address_is_called(certified, names):
    names["hooks.test"] = names["other.test"] = [["127.0.0.1"]]

    assert http.request("GET", f"https://hooks.test:{certified.server_port}/", trusted=LOCAL).body == b"hello"
    with pytest.raises(http.Failed, match=r"(?i)hostname|certificate"):
        http.request("GET", f"https://other.test:{certified.server_port}/", trusted=LOCAL)


def test_no_redirect_from_https_to_http(certified, names):
    names["hooks.test"] = [["127.0.0.1"]]
    certified.answers["/a"] = (302, {"Location": "http://hooks.test/"}, b"")

    with pytest.raises(http.NotAllowed) as refusal:
        http.request("GET", f"https://hooks.test:{certified.server_port}/a", trusted=LOCAL)

    assert refusal.value.code == "url_downgrade"
