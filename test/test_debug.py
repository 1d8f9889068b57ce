"""OpenSSL.debug."""

import subprocess
import sys

import OpenSSL
import support
from OpenSSL import SSL, debug, version


class TestEnvInfo:
    def test_versions(self):
        assert version.__version__ in debug._env_info
        assert SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode() in debug._env_info
        assert SSL.OpenSSL_version(SSL.OPENSSL_DIR).decode() in debug._env_info
        assert sys.version in debug._env_info

    def test_places(self):
        assert sys.executable in debug._env_info
        assert str(support.PACKAGE) in debug._env_info

    def test_not_imported_with_the_package(self):
        code = "import sys, OpenSSL; print('OpenSSL.debug' in sys.modules)"
        assert support.run_script(code) == "False\n"

    def test_command(self):
        result = subprocess.run(
            [sys.executable, "-X", "dev", "-W", "error", "-m", "OpenSSL.debug"],
            capture_output=True,
            text=True,
            timeout=support.TIMEOUT,
        )
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout.startswith(f"pyOpenSSL: {OpenSSL.__version__} ")
        assert "sys.path: [" in result.stdout

    def test_without_cryptography(self):
        code = """
import sys
sys.modules["cryptography"] = None
from OpenSSL import debug
print(debug._env_info)
"""
        assert "\ncryptography: not installed\n" in support.run_script(code)
