import io
import sys
import time

from holdfast.cli.progress import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_brackets_as_they_are(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    with progress(60, time.monotonic()) as say:
        say("target '[/x]' by 'holdfast[boost]'")
    assert "s of 60 s] target '[/x]' by 'holdfast[boost]'" in terminal.getvalue()
