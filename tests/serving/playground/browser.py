"""Headless Chromium, driven over chromedriver's REST interface.

Source of the commands: WebDriver, https://www.w3.org/TR/webdriver2/; `goog/cdp/execute` is
chromedriver's own, for https://chromedevtools.github.io/devtools-protocol/.
"""

import base64
import contextlib
import json
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request

MISSING = next(
    (f"{one} is not installed" for one in ("chromium", "chromedriver") if not shutil.which(one)), ""
)
"""Why there is no browser; empty if there is one."""
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""Key of an element's id in JSON, by the standard."""
SECONDS = 20


class Browser:
    """One session."""

    def __init__(self, url):
        self._url = url

    def open(self, address):
        self._ask("POST", "/url", {"url": address})

    def run(self, script, *arguments):
        """What the body of a function in the page returns."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": arguments})

    def wait_for_script(self, script):
        """What the body of a function in the page gives to its last argument."""
        return self._ask("POST", "/execute/async", {"script": script, "args": []})

    def text(self, selector):
        """What people read of an element; empty if there is none or it is hidden."""
        script = "const e = document.querySelector(arguments[0]); "
        return self.run(script + "return e?.checkVisibility() ? e.innerText : ''", selector)

    def texts(self, selector):
        script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.innerText)"
        return self.run(script, selector)

    def click(self, selector):
        self._ask("POST", f"/element/{self._find(selector)}/click", {})

    def type(self, selector, text):
        """Press keys, or name the file for a place that takes one."""
        self._ask("POST", f"/element/{self._find(selector)}/value", {"text": text})

    def press(self, *keys):
        """Press keys on what has the focus; those held come first."""
        down = [{"type": "keyDown", "value": key} for key in keys]
        up = [{"type": "keyUp", "value": key} for key in reversed(keys)]
        actions = [{"type": "key", "id": "keyboard", "actions": down + up}]
        self._ask("POST", "/actions", {"actions": actions})

    def choose(self, selector, value):
        """Choose an option of a list."""
        self.click(f"{selector} option[value='{value}']")

    def wait_for(self, selector, expected, seconds=SECONDS):
        """Wait until an element says something, part of its text."""
        deadline = time.monotonic() + seconds
        while expected not in (found := self.text(selector)):
            assert time.monotonic() < deadline, f"{selector} says {found!r}, not {expected!r}"
            time.sleep(0.05)
        return found

    def tell(self, command, **parameters):
        """Ask the developer tools."""
        return self._ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def errors(self):
        """What the console was told as an error since the last look."""
        entries = self._ask("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]

    def screenshot(self):
        """The whole page as a PNG."""
        taken = self.tell("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(taken["data"])

    def _find(self, selector):
        found = self._ask("POST", "/element", {"using": "css selector", "value": selector})
        return found[ELEMENT]

    def _ask(self, method, path, body):
        return _ask(method, self._url + path, body)


@contextlib.contextmanager
def opened(profile):
    """A browser with a profile of its own, in a folder that must not exist yet."""
    driver = subprocess.Popen(
        ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        started = (re.search(r"started successfully on port (\d+)", one) for one in driver.stdout)
        port = next(match[1] for match in started if match)
        url = f"http://127.0.0.1:{port}/session"
        options = {"args": [*FLAGS, f"--user-data-dir={profile}"]}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        made = _ask("POST", url, {"capabilities": {"alwaysMatch": wanted}})
        session = f"{url}/{made['sessionId']}"
        yield Browser(session)
        _ask("DELETE", session, None)
    finally:
        driver.terminate()
        driver.wait(SECONDS)
        driver.stdout.close()


def _ask(method, url, body):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)["value"]
    except urllib.error.HTTPError as error:
        raise AssertionError(json.load(error)["value"]["message"]) from error
