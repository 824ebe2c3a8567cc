"""The options of `holdfast train`, by what they are about."""

from pathlib import Path
from typing import Annotated

import typer

# What is asked.
Data = Annotated[str | None, typer.Argument(help="A file, glob, or sqlite:///... or postgresql://...?table=name.")]
Target = Annotated[list[str] | None, typer.Option(help="The column to predict; several times for a model of several.")]
Task = Annotated[str | None, typer.Option(help="binary, multiclass, regression or multilabel; else found out.")]
Metric = Annotated[str | None, typer.Option(help="What to be good at; a name, or module:name of your own.")]
Costs = Annotated[Path | None, typer.Option(help="A CSV of what answers cost: true classes down, answers across.")]
Threshold = Annotated[str | None, typer.Option(help="Of two classes: 0.3, best, f1, precision>=0.9 or recall>=0.95.")]
Weight = Annotated[str | None, typer.Option(help="How much each row counts.")]
Drop = Annotated[str | None, typer.Option(help="Columns to leave out: a,b.")]
Keep = Annotated[str | None, typer.Option(help="Columns to learn from whatever the audit says: a,b.")]

# How it is searched.
Budget = Annotated[str | None, typer.Option(help="Time for everything, such as 5min (60s, unless --trials is given).")]
Trials = Annotated[int | None, typer.Option(help="Configurations to try; repeatable to the bit.")]
Learners = Annotated[str | None, typer.Option(help="Only these, in this order: a,b.")]
Tuner = Annotated[str | None, typer.Option(help="bayes, gp, random, grid, halving or none.")]
Prefer = Annotated[str | None, typer.Option(help="simple: the simplest model that is about as good. Else best.")]
Distill = Annotated[str | None, typer.Option(help="Ship one model of this learner, taught by the best: lightgbm.")]
MaxLatency = Annotated[str | None, typer.Option(help="Time that one row may take the model, such as 1ms.")]
MaxSize = Annotated[str | None, typer.Option(help="Size the model may have, such as 5MB.")]
Seed = Annotated[int | None, typer.Option(help="Same seed and trials, same model (0).")]

# How columns are prepared.
Scale = Annotated[
    str | None, typer.Option(help="standard, minmax, robust, power, box_cox, quantile, quantile_normal or search.")
]
Encode = Annotated[
    str | None, typer.Option(help="Categories: onehot, ordinal, target, hashing, words or ngrams. Else auto.")
]
Cross = Annotated[
    str | None, typer.Option(help='Columns of others: "city*product,price by city"; auto, pairs, arithmetic or none.')
]
Select = Annotated[
    str | None, typer.Option(help="Keep columns by l1, importance, mutual_information or rfe; rfe:20 keeps 20.")
]
TargetTransform = Annotated[str | None, typer.Option(help="Learn a skewed number as log or power; auto tries it out.")]

# How it is judged.
Group = Annotated[str | None, typer.Option(help="Rows with one value here stay together; also a,b or stem(ID).")]
Time = Annotated[str | None, typer.Option("--time", help="Judge on the future by this column, or by rows().")]
Split = Annotated[str | None, typer.Option(help="random: whatever is found; rows: even equal rows apart. Else auto.")]
Sealed = Annotated[float | None, typer.Option(help="Share of rows sealed for the verdict (0.2).")]
Folds = Annotated[str | None, typer.Option(help="Folds (5), also 5x3 (5 folds, 3 times) or logo (a group each).")]
Repeats = Annotated[int | None, typer.Option(help="How many times the rows are cut in folds.")]
Nested = Annotated[bool | None, typer.Option("--nested", help="Also cross-validate the whole search.")]
OuterFolds = Annotated[int | None, typer.Option(help="Outer folds of --nested (5).")]
ValidationCurve = Annotated[str | None, typer.Option(help="Show what this parameter does: NAME or LEARNER.NAME.")]
ConformalGroup = Annotated[str | None, typer.Option(help="A category whose values get intervals of their own.")]
Protected = Annotated[str | None, typer.Option(help="Measure fairness by these columns: a,b.")]
Fair = Annotated[str | None, typer.Option(help="demographic_parity, equal_opportunity or equalised_odds.")]

# What comes out.
Header = Annotated[bool | None, typer.Option("--header/--no-header", help="The file's first row names.")]
Out = Annotated[Path | None, typer.Option(help="The study's folder (study, study-2, ...).")]
Config = Annotated[Path | None, typer.Option(help="A study.toml; options given here override it.")]
Record = Annotated[bool | None, typer.Option("--record", help="Also write a technical record (EU AI Act).")]
Sign = Annotated[Path | None, typer.Option(help="Sign the model with this private key (Ed25519, PEM).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print result.json on standard output.")]
NoOpen = Annotated[bool, typer.Option("--no-open", help="Don't show the report in a browser.")]
