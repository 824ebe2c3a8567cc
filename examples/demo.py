"""The main job on real data: the breast-cancer measurements that ship with scikit-learn (Street et al., 1993)."""

import subprocess
import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer

FOLDER = Path("demo")


def main() -> int:
    """Write the data as a user would have it, then go from the file to a verdict, a report and a model."""
    data = load_breast_cancer()
    rows = FOLDER / "breast_cancer.csv"
    FOLDER.mkdir(exist_ok=True)
    names = [name.replace(" ", "_") for name in data.feature_names]
    lines = [",".join([*names, "diagnosis"])]
    for cells, answer in zip(data.data, data.target, strict=True):
        lines.append(",".join([*(repr(float(cell)) for cell in cells), str(data.target_names[answer])]))
    rows.write_text("\n".join(lines) + "\n", encoding="utf-8")
    number = 1 + len(list(FOLDER.glob("study-*")))
    study = FOLDER / f"study-{number}"
    holdfast = [sys.executable, "-m", "holdfast.cli.main"]
    train = [
        *holdfast,
        "train",
        str(rows),
        "--target",
        "diagnosis",
        "--budget",
        "30s",
        "--out",
        str(study),
        "--no-open",
    ]
    print("$ holdfast", *train[3:], flush=True)
    if code := subprocess.run(train, check=False).returncode:
        return code
    score = [
        *holdfast,
        "score",
        str(study / "model"),
        str(rows),
        "--out",
        str(FOLDER / "scored.csv"),
        "--keep",
        "diagnosis",
    ]
    print("\n$ holdfast", *score[3:], flush=True)
    return subprocess.run(score, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
