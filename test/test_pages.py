"""No page of the manual, as `make docs` makes it, is wider than the window that it is read in.

`make pages` runs this, in a browser.  Some of them have no narrow windows, so the pages are loaded
into a frame, which is to a page what a window is, of a page that asks each of them how wide it is.
"""

import contextlib
import http.server
import json
import queue
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

import support

MANUAL = Path(__file__).resolve().parent.parent / "doc/_build/html"
# Telephones, tablets and windows, and what lies between, where the style sheet changes its mind.
WIDTHS = [320, 360, *range(400, 1401, 40), 1920]
BROWSERS = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]

# The texts of what sticks out are told too; but for what is moved by hand, in a window of its own.
MEASURE = """<!DOCTYPE html><meta charset="utf-8"><script>
async function measure(page, widths) {
    const frame = document.createElement("iframe");
    frame.style.cssText = "border: 0; height: 900px; width: " + widths[0] + "px";
    frame.src = page;
    await new Promise(done => { frame.onload = done; document.body.append(frame); });
    const root = frame.contentDocument.documentElement;
    await frame.contentDocument.fonts.ready;
    const found = [];
    for (const width of widths) {
        frame.style.width = width + "px";
        if (root.scrollWidth <= root.clientWidth)
            continue;
        const moved = [...root.querySelectorAll("body *")].filter(
            one => getComputedStyle(one).overflowX !== "visible");
        const wide = [...root.querySelectorAll("body *")].filter(
            one => one.getBoundingClientRect().right > root.clientWidth + 0.5
                && !moved.some(other => other !== one && other.contains(one)));
        const inner = wide.filter(one => !wide.some(other => other !== one && one.contains(other)));
        const texts = inner.slice(0, 5).map(one => one.textContent.trim().slice(0, 60));
        found.push([page, width, root.scrollWidth, texts]);
    }
    frame.remove();
    return found;
}
onload = async () => {
    const found = [];
    for (const page of PAGES)
        found.push(...await measure(page, WIDTHS));
    await fetch("/", {method: "POST", body: JSON.stringify(found)});
};
</script><body></body>"""


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and MEASURE as its own page; what that finds goes into *found*."""

    def __init__(self, *args, page, found, **options):
        self.page, self.found = page, found
        super().__init__(*args, **options)

    def log_message(self, *args):
        pass

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/":
            self.answer(self.page)
        else:
            super().do_GET()

    def do_POST(self):
        self.found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(b"")


@pytest.fixture
def too_wide(tmp_path):
    """A function that tells which pages of a folder are too wide.

    Of each of them (page, width of the window, width of the page, the texts that stick out).
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip(f"there is none of these browsers: {', '.join(BROWSERS)}")

    def measure(folder):
        names = sorted(path.name for path in folder.glob("*.html"))
        assert names
        lists = f"<script>const PAGES = {json.dumps(names)}, WIDTHS = {WIDTHS};</script>"
        found = queue.Queue()
        handler = partial(Handler, directory=folder, found=found, page=(lists + MEASURE).encode())
        threads = support.Threads()
        with (
            http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
            contextlib.ExitStack() as stack,
        ):
            threads.start(server.serve_forever)
            stack.callback(threads.join)
            stack.callback(server.shutdown)
            command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
            command += ["--no-proxy-server", f"--user-data-dir={tmp_path / 'browser'}"]
            command += [f"http://127.0.0.1:{server.server_port}/"]
            with subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ) as process:
                try:
                    for _ in range(support.TIMEOUT):
                        with contextlib.suppress(queue.Empty):
                            return found.get(timeout=1)
                        assert process.poll() is None, "the browser has ended"
                    pytest.fail("the browser takes too long")
                finally:
                    process.terminate()

    return measure


pytestmark = pytest.mark.slow


def test_manual(too_wide):
    if not MANUAL.exists():
        pytest.skip("there is no manual: `make docs` makes it")
    assert too_wide(MANUAL) == []


@pytest.mark.parametrize(
    ("body", "widths"),
    [
        ("<p>words that can be broken " * 100, []),
        ("<table><td>" + "x" * 60 + "</table>", [320, 360, 400]),
        ("<div style='overflow-x: auto'><table><td>" + "x" * 60 + "</table></div>", []),
        ("<pre style='width: 1300px'>a program</pre>", [width for width in WIDTHS if width < 1300]),
    ],
    ids=["text", "table", "table that is moved by hand", "program"],
)
def test_what_is_too_wide_is_noticed(too_wide, tmp_path, body, widths):
    folder = tmp_path / "manual"
    folder.mkdir()
    style = "<style>body { font: 12px monospace; margin: 0 }</style>"
    (folder / "page.html").write_text(f"<!DOCTYPE html>{style}{body}")
    found = too_wide(folder)
    assert [(page, width) for page, width, *_ in found] == [("page.html", one) for one in widths]
    assert all(wide > width and texts for _, width, wide, texts in found)
