from typer.testing import CliRunner

import holdfast
from holdfast.cli.main import app
from holdfast.study.advise import Advice, Advised


def test_reasons_are_shown_with_their_brackets(monkeypatch):
    why = "not installed: pip install 'holdfast[boost]' [/x]"
    advice = Advice("binary", "gain[/y]", (), (Advised("mine[z]", "no", why, readable=False),))
    monkeypatch.setattr(holdfast, "advise", lambda *given, **settings: advice)
    done = CliRunner().invoke(app, ["advise", "data.csv", "--target", "y"], env={"COLUMNS": "300"})
    assert done.exit_code == 0
    assert all(words in done.output for words in (why, "gain[/y]", "mine[z]"))


def test_a_wrong_latency_is_named_as_such():
    done = CliRunner().invoke(app, ["advise", "data.csv", "--target", "y", "--max-latency", "1x"])
    assert str(done.exception).startswith("max_latency '1x' is not a time")
