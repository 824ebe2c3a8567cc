"""holdfast train: from a file to a model."""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

import holdfast
from holdfast.cli.progress import progress
from holdfast.model.signature import read_key
from holdfast.model.signature import sign as sign_folder
from holdfast.search.clock import parse_budget
from holdfast.study.settings import DEFAULT_BUDGET, read_settings

STARTED = time.monotonic()


def train(
    data: Annotated[str | None, typer.Argument(help="A file, glob or sqlite:///file.db?table=name.")] = None,
    target: Annotated[str | None, typer.Option(help="The column to predict.")] = None,
    task: Annotated[str | None, typer.Option(help="binary, multiclass or regression; found out by itself.")] = None,
    metric: Annotated[str | None, typer.Option(help="What to be good at; each task has a default.")] = None,
    budget: Annotated[str | None, typer.Option(help="Time for everything, such as 60s or 5min.")] = None,
    trials: Annotated[int | None, typer.Option(help="Configurations to try; repeatable to the bit.")] = None,
    learners: Annotated[str | None, typer.Option(help="Only these, in this order: a,b.")] = None,
    tuner: Annotated[str | None, typer.Option(help="bayes, gp, random, grid, halving or none.")] = None,
    group: Annotated[
        str | None, typer.Option(help="Rows with one value here stay together; also a,b or stem(ID).")
    ] = None,
    time_column: Annotated[
        str | None, typer.Option("--time", help="Judge on the future by this column, or by rows().")
    ] = None,
    split: Annotated[str | None, typer.Option(help="random: whatever the audit measures. Else auto.")] = None,
    prefer: Annotated[
        str | None, typer.Option(help="simple: the simplest model that is about as good. Else best.")
    ] = None,
    conformal_group: Annotated[
        str | None, typer.Option(help="A category whose values get intervals of their own.")
    ] = None,
    protected: Annotated[str | None, typer.Option(help="Measure fairness by these columns: a,b.")] = None,
    fair: Annotated[str | None, typer.Option(help="demographic_parity, equal_opportunity or equalised_odds.")] = None,
    weight: Annotated[str | None, typer.Option(help="How much each row counts.")] = None,
    drop: Annotated[str | None, typer.Option(help="Columns to leave out: a,b.")] = None,
    keep: Annotated[str | None, typer.Option(help="Columns to learn from whatever the audit says: a,b.")] = None,
    sealed: Annotated[float | None, typer.Option(help="Share of rows sealed for the verdict (0.2).")] = None,
    folds: Annotated[
        str | None, typer.Option(help="Folds (5), also 5x3 (5 folds, 3 times) or logo (a group each).")
    ] = None,
    repeats: Annotated[int | None, typer.Option(help="How many times the rows are cut in folds.")] = None,
    nested: Annotated[bool | None, typer.Option("--nested", help="Also cross-validate the whole search.")] = None,
    outer_folds: Annotated[int | None, typer.Option(help="Outer folds of --nested (5).")] = None,
    validation_curve: Annotated[str | None, typer.Option(help="Show what [LEARNER.]PARAMETER does.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed and trials, same model (0).")] = None,
    record: Annotated[bool | None, typer.Option("--record", help="Also write a technical record (EU AI Act).")] = None,
    sign: Annotated[Path | None, typer.Option(help="Sign the model with this private key (Ed25519, PEM).")] = None,
    header: Annotated[bool | None, typer.Option("--header/--no-header", help="The file's first row names.")] = None,
    out: Annotated[Path | None, typer.Option(help="The study's folder (study).")] = None,
    config: Annotated[Path | None, typer.Option(help="A study.toml; options given here override it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print result.json on standard output.")] = False,
    no_open: Annotated[bool, typer.Option("--no-open", help="Don't show the report in a browser.")] = False,
) -> None:
    """Go from raw data to a sealed verdict, a report and a compiled model.

    A study file (--config) may also hold the search space, as [space.LEARNER].

    Example: holdfast train churn.csv --target churned --budget 60s
    """
    given: dict[str, Any] = {
        "data": data, "target": target, "task": task, "metric": metric, "budget": budget, "trials": trials,
        "learners": learners, "tuner": tuner, "group": group, "time": time_column, "split": split, "prefer": prefer,
        "conformal_group": conformal_group, "protected": protected, "fair": fair, "weight": weight, "drop": drop,
        "keep": keep, "sealed": sealed, "folds": folds, "repeats": repeats, "nested": nested,
        "outer_folds": outer_folds, "validation_curve": validation_curve, "seed": seed, "header": header, "record": record,
    }  # fmt: skip
    settings = {
        **({} if config is None else read_settings(config)),
        **{k: v for k, v in given.items() if v is not None},
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
    source, column = settings.pop("data"), settings.pop("target")
    try:
        with progress(seconds, STARTED) as say:
            return holdfast.train(source, column, out=out, say=say, started=STARTED, **settings)
    except KeyboardInterrupt:
        typer.echo("holdfast: interrupted; finished trials are kept, and the same command goes on from them", err=True)
        raise typer.Exit(130) from None


def _closing(result: dict[str, Any], path: Path) -> str:
    verdict = result["verdict"]
    return (
        f"\n{result['sentence']}\n\n"
        f"verdict  {verdict['metric']} {verdict['score']:.4g} "
        f"({verdict['level']:.0%} interval {verdict['low']:.4g} to {verdict['high']:.4g}), "
        f"baseline {verdict['baseline']:.4g}\n"
        f"{_nested(result)}"
        f"report   {path / 'report.html'}\n"
        f"model    {path / 'model'}   try: holdfast score {path / 'model'} DATA --out predictions.csv"
    )


def _nested(result: dict[str, Any]) -> str:
    found = result["nested"]
    if found is None:
        return ""
    if found["low"] is None:
        return f"nested   no time for it: {len(found['folds'])} of {found['asked']} outer folds; raise --budget\n"
    return (
        f"nested   {result['metric']} {found['score']:.4g} ({found['level']:.0%} interval {found['low']:.4g} to "
        f"{found['high']:.4g}), what the procedure achieves; the scores it chose by promised {found['inner']:.4g}\n"
    )


def _has_screen() -> bool:
    import os
    import sys

    return sys.stdout.isatty() and (sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY")))
