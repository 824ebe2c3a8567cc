"""The page in a real browser: it opens offline and complains of nothing."""

import shutil
import subprocess

import pytest
from stories import story

from holdfast.report.page import write

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here: install the package chromium")
def test_the_page_opens_without_complaints(tmp_path):
    write(story(), tmp_path / "report.html")
    options = [
        "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}",
    ]  # fmt: skip
    log = ["--enable-logging=stderr", "--v=0"]
    done = subprocess.run(
        [BROWSER, *options, *log, "--dump-dom", (tmp_path / "report.html").as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "What was asked and decided" in done.stdout
    assert "<svg" in done.stdout
    assert "CONSOLE" not in done.stderr
