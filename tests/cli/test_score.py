import pytest

import holdfast
from holdfast.cli import score as command
from holdfast.errors import DataError


@pytest.mark.parametrize("fails", [False, True])
def test_what_is_said_in_the_end_has_a_line_of_its_own(monkeypatch, capsys, fails):
    def long_run(*_, progress, **__):
        progress(10, 0.5)
        if fails:
            raise DataError("row 11 is odd")
        return {"rows": 20, "rejected": 0, "resumed": 0, "seconds": 1.0, "out": "out.csv", "rejects": None}

    monkeypatch.setattr(holdfast, "score", long_run)
    monkeypatch.setattr(command, "PAUSE_TERMINAL", 0.0)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    try:
        command.score("model", "rows.csv", "out.csv")
    except DataError:
        assert fails
    first, *rest = capsys.readouterr().err.split("\n")
    assert "10 rows" in first
    assert rest == [*([] if fails else ["20 rows scored in 1.00 s: out.csv"]), ""]
