"""A real PostgreSQL server on a free port, for as long as a test session."""

import getpass
import glob
import os
import shutil
import socket
import subprocess
import time
from contextlib import closing, contextmanager

import pytest


def _program(name):
    found = shutil.which(name) or next(iter(sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)), None)
    if found is None:
        pytest.skip(f"PostgreSQL's {name} is not installed")
    return found


@contextmanager
def server(folder):
    """Give the URL of a database of its own; skips where PostgreSQL is not installed."""
    pytest.importorskip("psycopg")
    initdb, postgres = _program("initdb"), _program("postgres")
    as_user, user = [], getpass.getuser()
    if os.geteuid() == 0:  # the server refuses to run as root
        if subprocess.run(["id", "postgres"], capture_output=True).returncode:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
        as_user, user = ["runuser", "-u", "postgres", "--"], "postgres"
        shutil.chown(folder, "postgres")
        for parent in folder.parents:
            if parent.name.startswith(("pytest-", "popen-")):
                parent.chmod(0o755)
    data = folder / "data"
    subprocess.run(
        [*as_user, initdb, "-D", data, "-A", "trust", "-U", user, "--no-sync"], check=True, capture_output=True
    )
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["-p", str(port), "-h", "127.0.0.1", "-k", "", "-F"]
    process = subprocess.Popen([*as_user, postgres, "-D", data, *options], stderr=subprocess.DEVNULL)
    try:
        url = f"postgresql://{user}@127.0.0.1:{port}/postgres"
        _wait(url)
        yield url
    finally:
        pid = int((data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, 2)
        process.wait(20)


def _wait(url):
    import psycopg

    for _ in range(100):
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("PostgreSQL did not start")
