"""SSH servers on loopback: one in this process that can be told to fail, and OpenSSH's own."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncssh

PASSWORD: Final = "Il-Cidneo-di-notte"  # noqa: S105 # invented
USER: Final = "consegne"
SSHD: Final = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:" + os.environ.get("PATH", ""))


@dataclass
class Server:
    """A server, the folder it shows, and what an account there needs.

    Of the one in this process, `faults` are what befalls the next reads of files, one each, and
    `forbidden` the names that nobody may read; it may hang up on whoever connects, and fall asleep
    once it has let somebody in.
    """

    port: int
    folder: Path
    root: str
    user: str
    access: Path
    fingerprint: str
    known_hosts: str
    faults: list[str] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    hangs_up: bool = False
    falls_asleep: bool = False
    is_awake: threading.Event = field(default_factory=threading.Event)
    logins: list[str] = field(default_factory=list)
    connections_count: int = 0

    def address(self, path: str) -> str:
        """The address of a path below the folder."""
        return f"sftp://{self.user}@127.0.0.1:{self.port}{self.root}/{path}"

    def put(self, path: str, content: str | bytes, *, at: int = 1_735_689_600) -> Path:
        """Leave a file there, last changed at this instant."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(target, (at, at))
        for one in (target, *target.parents):
            if one.is_relative_to(self.folder):
                one.chmod(0o755 if one.is_dir() else 0o644)
        return target


@contextmanager
def server_in_process(folder: Path) -> Iterator[Server]:
    """A server on a thread of its own. It lets in by password and by key, and fails on demand.

    Of a read it sends `half`, breaks the connection off (`break`), says nothing more at all
    (`freeze`) until it `is_awake`, refuses it, or lets the file grow.
    """
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    user_key = asyncssh.generate_private_key("ssh-ed25519")
    access = folder / "access"
    access.mkdir(parents=True)
    (access / "password").write_text(PASSWORD + "\n")
    user_key.write_private_key(access / "key_of_the_user")
    shown = folder / "shown"
    shown.mkdir()
    server = Server(0, shown, "", USER, access, host_key.get_fingerprint("sha256"), "")
    connections: list[asyncssh.SSHServerConnection] = []

    class Door(asyncssh.SSHServer):
        def connection_made(self, conn: Any) -> None:
            server.connections_count += 1
            connections.append(conn)
            if server.hangs_up:
                conn.abort()

        def begin_auth(self, username: str) -> bool:
            server.logins.append(username)
            return True

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == (USER, PASSWORD)

        def public_key_auth_supported(self) -> bool:
            return True

        def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
            return username == USER and key.public_data == user_key.public_data

    class Store(asyncssh.SFTPServer):
        def __init__(self, chan: Any) -> None:
            super().__init__(chan, chroot=os.fsencode(shown))

        def scandir(self, path: bytes) -> Any:  # an iterator whose type asyncssh keeps to itself
            self._check(path)
            return super().scandir(path)

        def open(self, path: bytes, pflags: int, attrs: Any) -> Any:  # as above
            self._check(path)
            return super().open(path, pflags, attrs)

        def _check(self, path: bytes) -> None:
            if os.fsdecode(path).rpartition("/")[2] in server.forbidden:
                raise asyncssh.SFTPPermissionDenied("no")

        def read(self, file_obj: Any, offset: int, size: int) -> bytes:
            fault = server.faults.pop(0) if server.faults else ""
            if fault == "half":
                there = Path(os.fsdecode(file_obj.name)).stat().st_size - offset
                size = min(size, there // 2)
            if fault == "freeze":
                server.is_awake.wait()
            if fault == "break":
                self.channel.get_connection().abort()
            if fault == "grow":
                with Path(os.fsdecode(file_obj.name)).open("ab") as file:
                    file.write(b"7,8\n")
            if fault == "refuse":
                raise asyncssh.SFTPPermissionDenied("no")
            return bytes(super().read(file_obj, offset, size))

    def store(chan: Any) -> Store:
        if server.falls_asleep:
            server.is_awake.wait()
        return Store(chan)

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.create_server(
            Door, "127.0.0.1", 0, server_host_keys=[host_key], sftp_factory=store
        )

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result()
        server.port = acceptor.get_port()
        public = host_key.export_public_key().decode().strip()
        server.known_hosts = f"[127.0.0.1]:{server.port} {public}\n"
        yield server
        server.is_awake.set()

        async def stop() -> None:
            await asyncio.sleep(0.02)  # who called while it slept comes in only now
            acceptor.close()
            await acceptor.wait_closed()
            for connection in connections:
                connection.abort()
            await asyncio.sleep(0.02)

        asyncio.run_coroutine_threadsafe(stop(), loop).result()
    finally:
        server.is_awake.set()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def openssh_server() -> Iterator[Server]:
    """OpenSSH's server as a process without privileges; it lets one key in."""
    assert SSHD is not None
    as_nobody: dict[str, Any] = {}
    if os.geteuid() == 0:
        as_nobody = {"user": "nobody", "group": "nogroup", "extra_groups": []}
    base = Path(tempfile.mkdtemp(prefix="gemello-sshd-"))
    process: subprocess.Popen[bytes] | None = None
    try:
        base.chmod(0o755)
        shown, access, keys = base / "shown", base / "access", base / "keys"
        for made in (shown, access, keys):
            made.mkdir()
        for name in (keys / "host", access / "key"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", name], check=True
            )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (access / "key.pub").rename(keys / "authorized")
        (keys / "config").write_text(
            f"Port {port}\nListenAddress 127.0.0.1\nHostKey {keys}/host\nPidFile none\n"
            f"AuthorizedKeysFile {keys}/authorized\nStrictModes no\nUsePAM yes\n"
            "PasswordAuthentication no\nSubsystem sftp internal-sftp\n"
            "ForceCommand internal-sftp\n"
        )
        if as_nobody:
            for path in (keys, *keys.iterdir()):
                shutil.chown(path, "nobody")
        process = subprocess.Popen(
            [SSHD, "-D", "-f", keys / "config"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **as_nobody,
        )
        _wait_for(port, process)
        public = (keys / "host.pub").read_text().strip()
        user = "nobody" if as_nobody else Path.home().owner()
        fingerprint = asyncssh.import_public_key(public).get_fingerprint("sha256")
        known_hosts = f"[127.0.0.1]:{port} {public}\n"
        yield Server(port, shown, str(shown), user, access, fingerprint, known_hosts)
    finally:
        if process is not None:
            process.terminate()
            process.wait(10)
        shutil.rmtree(base)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        assert process.poll() is None, "sshd has ended; run it by hand with -d to see why"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("sshd does not listen")
