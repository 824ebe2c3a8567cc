"""holdfast train: from a file to a model."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import typer

import holdfast
from holdfast.cli import options
from holdfast.cli.progress import progress
from holdfast.model.signature import read_key
from holdfast.model.signature import sign as sign_folder
from holdfast.report.numbers import number
from holdfast.search.clock import parse_budget
from holdfast.study.settings import DEFAULT_BUDGET, read_settings

STARTED = time.monotonic()

# Options that say what to do with a study, rather than what it is asked.
OURS = frozenset({"out", "config", "sign", "as_json", "no_open"})


def train(
    context: typer.Context,
    data: options.Data = None,
    target: options.Target = None,
    task: options.Task = None,
    metric: options.Metric = None,
    costs: options.Costs = None,
    threshold: options.Threshold = None,
    weight: options.Weight = None,
    drop: options.Drop = None,
    keep: options.Keep = None,
    budget: options.Budget = None,
    trials: options.Trials = None,
    learners: options.Learners = None,
    tuner: options.Tuner = None,
    prefer: options.Prefer = None,
    distill: options.Distill = None,
    max_latency: options.MaxLatency = None,
    max_size: options.MaxSize = None,
    seed: options.Seed = None,
    scale: options.Scale = None,
    encode: options.Encode = None,
    cross: options.Cross = None,
    select: options.Select = None,
    target_transform: options.TargetTransform = None,
    group: options.Group = None,
    time: options.Time = None,
    split: options.Split = None,
    sealed: options.Sealed = None,
    folds: options.Folds = None,
    repeats: options.Repeats = None,
    nested: options.Nested = None,
    outer_folds: options.OuterFolds = None,
    validation_curve: options.ValidationCurve = None,
    conformal_group: options.ConformalGroup = None,
    protected: options.Protected = None,
    fair: options.Fair = None,
    header: options.Header = None,
    out: options.Out = None,
    config: options.Config = None,
    record: options.Record = None,
    sign: options.Sign = None,
    as_json: options.AsJson = False,
    no_open: options.NoOpen = False,
) -> None:
    """Go from raw data to a sealed verdict, a report and a compiled model.

    A study file (--config) may also hold the search space, [space.LEARNER], and features of their own: [features.COLUMN].

    Example: holdfast train churn.csv --target churned --budget 60s
    """
    given = {name: value for name, value in context.params.items() if name not in OURS and value not in (None, [], ())}
    settings = {
        **({} if config is None else read_settings(config)),
        **given,
    }
    study = _train(settings, out, sign)
    if sign is not None:
        sign_folder(study.path / "model", sign)
    if as_json:
        typer.echo(json.dumps(study.result, indent=2))
    typer.echo(_closing(study.result, study.path), err=True)
    if not no_open and not as_json and _has_screen():
        typer.launch(str(study.report()))


def _train(settings: dict[str, Any], out: Path | None, sign: Path | None) -> Any:
    """Check what is needed, train, and show how far it is."""
    for name, form in (("data", "holdfast train DATA --target COLUMN"), ("target", "--target COLUMN")):
        if name not in settings:
            raise typer.BadParameter(f"{name} is missing; expected {form}, or a --config that holds it")
    seconds = parse_budget(settings.get("budget"))
    if seconds is None and settings.get("trials") is None:
        seconds = DEFAULT_BUDGET
    if sign is not None:
        read_key(sign, private=True)  # a wrong key is told before the work, not after
    if ":" in str(settings.get("metric")):
        sys.path.append(os.getcwd())  # a metric of one's own stands in a module beside the data
    source, column = settings.pop("data"), settings.pop("target")
    try:
        with progress(seconds, STARTED) as say:
            return holdfast.train(source, column, out=out, say=say, started=STARTED, **settings)
    except KeyboardInterrupt:
        typer.echo("holdfast: interrupted; finished trials are kept, and the same command goes on from them", err=True)
        raise typer.Exit(130) from None


def _closing(result: dict[str, Any], path: Path) -> str:
    if "targets" in result:
        said = "".join(f"\n{each['sentence']}" for each in result["targets"].values())
        verdicts = "".join(f"verdict  {name}: {_verdict(each)}\n" for name, each in result["targets"].items())
    else:
        said, verdicts = f"\n{result['sentence']}", f"verdict  {_verdict(result['verdict'])}\n"
    return (
        f"{said}\n\n{verdicts}"
        f"{_distilled(result)}"
        f"{_nested(result)}"
        f"report   {path / 'report.html'}\n"
        f"model    {path / 'model'}   try: holdfast score {path / 'model'} DATA --out predictions.csv"
    )


def _verdict(found: dict[str, Any]) -> str:
    interval = f"{found['level']:.0%} interval {number(found['low'])} to {number(found['high'])}"
    return f"{found['metric']} {number(found['score'])} ({interval}), baseline {number(found['baseline'])}"


def _nested(result: dict[str, Any]) -> str:
    found = result.get("nested")
    if found is None:
        return ""
    if found["low"] is None:
        return f"nested   no time for it: {len(found['folds'])} of {found['asked']} outer folds; raise --budget\n"
    return (
        f"nested   {result['metric']} {number(found['score'])} ({found['level']:.0%} interval {number(found['low'])} to "
        f"{number(found['high'])}), what the procedure achieves; the scores it chose by promised {number(found['inner'])}\n"
    )


def _distilled(result: dict[str, Any]) -> str:
    studies = result.get("targets", {"": result}).values()
    return "".join(f"{each['distilled']['words']}\n" for each in studies if each.get("distilled"))


def _has_screen() -> bool:
    return sys.stdout.isatty() and (sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY")))
