"""A headless Chromium for tests, driven over its DevTools protocol."""

import asyncio
import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--window-size=1500,1300", "--remote-debugging-port=0",
)  # fmt: skip


class Page:
    """One page: open, look for texts, click, take a picture, collect console errors."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._number = 0
        self.errors: list[str] = []
        # What the console would show as an error, policies that were broken among it.
        self.complaints: list[str] = []
        self._session, self._socket = self._loop.run_until_complete(self._connect())
        for domain in ("Page", "Runtime", "Log"):
            self._call(f"{domain}.enable")

    async def _connect(self) -> tuple[aiohttp.ClientSession, aiohttp.ClientWebSocketResponse]:
        session = aiohttp.ClientSession()
        async with session.put(f"http://127.0.0.1:{self._port}/json/new") as answer:
            target = await answer.json()
        socket = await session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0)
        return session, socket

    def close(self) -> None:
        """Leave the page."""
        self._loop.run_until_complete(self._socket.close())
        self._loop.run_until_complete(self._session.close())
        self._loop.close()

    def open(self, url: str) -> None:
        """Go to an address."""
        self._call("Page.navigate", url=url)

    def run(self, script: str) -> object:
        """The value of a JavaScript expression."""
        answer = self._call("Runtime.evaluate", expression=script, returnByValue=True)
        return answer["result"].get("value")

    def awaited(self, script: str) -> object:
        """The value that a promise of the page comes to."""
        answer = self._call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """Press a key of that name and let it go."""
        codes = {"Tab": 9, "Enter": 13, "ArrowDown": 40}
        for kind in ("rawKeyDown", "keyUp"):
            self._call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key,
                windowsVirtualKeyCode=codes[key],
            )  # fmt: skip

    def resize(self, width: int, height: int) -> None:
        """Show the page as on a screen of that size."""
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
            mobile=False,
        )  # fmt: skip

    def print_media(self) -> None:
        """Show the page as it will be printed."""
        self._call("Emulation.setEmulatedMedia", media="print")

    def without_scripts(self) -> None:
        """Let pages that are opened from now on run nothing of their own."""
        self._call("Emulation.setScriptExecutionDisabled", value=True)

    def text(self) -> str:
        """What a person reads on the page."""
        return str(self.run("document.body ? document.body.innerText : ''"))

    def wait_for(self, script: str, *, seconds: float = 60) -> object:
        """The value of an expression as soon as it is true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = self.run(script)
            if value:
                return value
            time.sleep(0.25)
        raise AssertionError(f"not within {seconds} s: {script}\n{self.text()[:3000]}")

    def wait_for_text(self, text: str, *, seconds: float = 60) -> None:
        """Return once the page shows this text."""
        self.wait_for(f"document.body.innerText.includes({json.dumps(text)})", seconds=seconds)

    def click(self, text: str) -> None:
        """Click the innermost element with exactly this text."""
        self.wait_for(
            "(() => { const found = [...document.querySelectorAll('*')].filter(e =>"
            f" e.innerText && e.innerText.trim() === {json.dumps(text)}).pop();"
            " if (!found) return false; found.click(); return true; })()"
        )

    def picture(self, path: Path) -> None:
        """Save what the page looks like."""
        data = self._call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))

    def _call(self, method: str, **arguments: object) -> dict[str, dict[str, object]]:
        return self._loop.run_until_complete(self._ask(method, arguments))

    async def _ask(self, method: str, arguments: dict[str, object]) -> dict[str, dict[str, object]]:
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": arguments})
        while True:
            message = json.loads((await asyncio.wait_for(self._socket.receive(), 60)).data)
            if message.get("method") == "Runtime.exceptionThrown":
                self.errors.append(message["params"]["exceptionDetails"]["text"])
            if message.get("method") == "Log.entryAdded":
                entry = message["params"]["entry"]
                self.complaints += [entry["text"]] if entry["level"] == "error" else []
            if message.get("id") == self._number:
                assert "error" not in message, message
                return message["result"]


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """A fresh Chromium with one page."""
    program = shutil.which("chromium") or "chromium"
    log = folder / "chromium.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=stream,
        )
    page: Page | None = None
    try:
        page = Page(_port(log))
        yield page
    finally:
        if page is not None:
            page.close()
        process.terminate()
        process.wait(20)


def _port(log: Path) -> int:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for line in log.read_text(errors="replace").splitlines():
            if "DevTools listening on ws://" in line:
                return int(line.rpartition("127.0.0.1:")[2].partition("/")[0])
        time.sleep(0.2)
    raise AssertionError("Chromium did not start")
