import subprocess
import sys

import holdfast


def test_the_public_surface_is_pinned():
    assert sorted(holdfast.__all__) == [
        "Classifier",
        "CompileError",
        "DataError",
        "Dataset",
        "HoldfastError",
        "Learner",
        "Metric",
        "MissingExtraError",
        "Model",
        "ModelError",
        "Regressor",
        "RequestError",
        "SchemaError",
        "SealError",
        "Studies",
        "Study",
        "advise",
        "catalogue",
        "examine",
        "explain_file",
        "load",
        "score",
        "train",
    ]


def test_every_public_name_is_there():
    for name in holdfast.__all__:
        assert getattr(holdfast, name).__doc__


def test_importing_loads_nothing_heavy():
    script = (
        "import sys, holdfast, holdfast.cli.main\n"
        "heavy = {'sklearn', 'lightgbm', 'onnx', 'onnxruntime', 'matplotlib', 'optuna', 'scipy', 'pandas', 'torch'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_loading_a_model_asks_for_little():
    script = (
        "import sys, holdfast.model.package\n"
        "print(sorted({'polars', 'pydantic', 'sklearn', 'onnx', 'rich', 'typer'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
