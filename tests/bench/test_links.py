"""Addresses are well formed; whether they answer is asked once a week, elsewhere."""

import re
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest

from bench.links import ROOT, addresses, problem


def test_addresses_are_well_formed():
    found = set(addresses(ROOT))
    assert len(found) > 50
    for address in found:
        parts = urlsplit(address)
        assert re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.netloc), address
        assert not re.search(r"[\s\"'<>\\]|\.$", address), address


@pytest.fixture
def host():
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(int(self.path[1:]))
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_what_is_gone_is_told(host):
    assert problem(f"{host}/200") is None
    assert problem(f"{host}/403") is None
    assert "404" in problem(f"{host}/404")
    assert "127.0.0.1:9" in problem("http://127.0.0.1:9/")
