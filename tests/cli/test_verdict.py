from typer.testing import CliRunner

from holdfast.cli.main import app


def test_another_model_is_asked_about_only_with_again(tmp_path):
    done = CliRunner().invoke(app, ["verdict", str(tmp_path), "--model", str(tmp_path)])
    assert done.exit_code == 2
    assert "expected --again" in done.output
