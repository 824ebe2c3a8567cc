from typer.testing import CliRunner

from holdfast.cli.main import app


def test_what_to_install_is_shown_with_its_brackets(monkeypatch):
    monkeypatch.setattr("holdfast.learners.learner.find_spec", lambda name: None)
    done = CliRunner().invoke(app, ["learners"], env={"COLUMNS": "300"})
    assert "(pip install 'holdfast[boost]')" in done.output
