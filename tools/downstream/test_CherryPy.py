"""CherryPy behind its server's adapter for OpenSSL."""

import ssl
import urllib.request

import cherrypy
import pytest
import trustme


class Site:
    @cherrypy.expose
    def index(self):
        return f"{cherrypy.request.scheme} from {cherrypy.request.remote.ip}"

    @cherrypy.expose
    def echo(self):
        return cherrypy.request.body.read()


@pytest.fixture
def fetch(tmp_path):
    """A function that gets, or posts to, a path of the site."""
    authority = trustme.CA()
    leaf = authority.issue_cert("localhost")
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    leaf.cert_chain_pems[0].write_to_path(files[0])
    leaf.private_key_pem.write_to_path(files[1])
    settings = {
        "server.socket_host": "127.0.0.1",
        "server.socket_port": 0,
        "server.ssl_module": "pyopenssl",
        "server.ssl_certificate": str(files[0]),
        "server.ssl_private_key": str(files[1]),
        "engine.autoreload.on": False,
        "log.screen": False,
    }
    cherrypy.config.update(settings)
    cherrypy.tree.mount(Site(), "/")
    cherrypy.engine.start()
    context = ssl.create_default_context()
    authority.configure_trust(context)
    port = cherrypy.server.bound_addr[1]

    def fetch(path, data=None, port=port, context=context):
        url = f"https://localhost:{port}{path}"
        headers = {"Content-Type": "application/octet-stream"} if data else {}
        request = urllib.request.Request(url, data, headers)
        with urllib.request.urlopen(request, context=context, timeout=30) as response:
            return response.read()

    yield fetch
    cherrypy.engine.exit()


def test_site(fetch):
    assert fetch("/") == b"https from 127.0.0.1"
    data = bytes(range(256)) * 4000
    assert fetch("/echo", data) == data
    with pytest.raises(urllib.error.URLError, match="verify failed"):
        fetch("/", context=ssl.create_default_context())
    assert fetch("/") == b"https from 127.0.0.1"
