"""Virtual environments of their own, for programs that ours must get along with."""

import subprocess
import sys

import pytest


def environment(folder, *requirements):
    """Make one with nothing but these requirements (as pip takes them); skips where they can't be fetched."""
    python = folder / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    done = subprocess.run([python, "-m", "pip", "install", "-q", *requirements], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"the libraries can't be fetched: {done.stderr[-200:]}")
    return python
