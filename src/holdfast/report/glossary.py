"""The words of the report, each with one plain sentence; the page links to them, and docs/glossary.md lists them."""

import re
from collections.abc import Mapping

TERMS: Mapping[str, str] = {
    "baseline": "A model that ignores every column and always gives the same answer, such as the mean; others must beat it.",
    "best so far": "The best score of all trials up to this one.",
    "bias": "The part of a model's error that more rows would not cure, because model or columns can't express the truth.",
    "calibrated": "Probabilities are calibrated when, of all rows given 70 %, about 70 % come true.",
    "calibration error": "How far the given probabilities are from the shares that came true, on average.",
    "category": "A column whose values are names for kinds of things, not amounts.",
    "compiled": "Turned into a graph of plain arithmetic (ONNX) that predicts without the libraries that trained it.",
    "confusion": "A table of how often each true class got each answer.",
    "configuration": "A learner together with the values of its parameters.",
    "cross-validation": "Training several times, each time without one part of the rows, and judging on that part.",
    "demographic parity difference": "The largest difference between groups in how often they get the positive answer.",
    "development rows": "The rows that learning, choosing and checking may use: all but the sealed ones.",
    "ensemble": "Several models whose answers are joined by weight.",
    "equal opportunity difference": "The largest difference between groups in how many of their true positives are found.",
    "equalised odds difference": "The larger of the differences between groups in true positive and false positive rate.",
    "false alarm": "A row that is negative but was called positive.",
    "false positive rate": "Of the rows that are negative, the share called positive.",
    "fANOVA": "A way to share out the variation of scores over trials among the parameters that caused it.",
    "fingerprint": "A short code computed from the data; other data gives another code.",
    "fold": "One of the parts that cross-validation cuts the development rows into.",
    "four-fifths rule": "A rule of thumb: no group's selection rate should be below 80 % of the highest group's.",
    "held-out rows": "Rows that the model was not fitted on.",
    "honest split": "A split by whole groups or by time, when rows that belong together would make a random one too easy.",
    "leak": "A column that knows the answer in a way it will not when the model is used.",
    "learner": "A method that makes a model from rows, such as a linear model or a forest of trees.",
    "leaderboard": "All learners that were tried, best first.",
    "learning curve": "The score as the number of rows for training grows.",
    "member": "A row that was in the training data; in an ensemble, one of the models that are joined.",
    "metric": "The number by which models are compared.",
    "negative": "A row that is not of the class asked about.",
    "noise": "Random errors added to the values.",
    "ONNX": "A file format for models as graphs of arithmetic that many programs can run.",
    "opening of the seal": "Each time anything was computed from the sealed rows; the first is the verdict.",
    "out of fold": "Said of predictions for rows that the model predicting them was not fitted on.",
    "p against baseline": "The chance of such an advantage over the baseline if there were none in truth.",
    "parameter": "A setting of a learner that is chosen before training, such as how deep trees may grow.",
    "partial dependence": "What the model answers on average when one column is set to a value in all rows.",
    "positive": "A row of the class asked about.",
    "precision and recall": "Of the rows called positive, the share that is; of the positive rows, the share called.",
    "predicted minus observed": "How far the model's answers lie above the truth on average.",
    "protected attribute": "A property of people by which the law forbids to treat them differently.",
    "R²": "The share of the variation that is explained: 1 is all, 0 is none.",
    "random split": "A split in which every row falls on one side by chance.",
    "refit": "Training the chosen model once more after the verdict, now on all rows.",
    "residual": "The actual value less the predicted one.",
    "ROC curve": "The share of positives found against the share of false alarms, for every possible threshold.",
    "sealed rows": "Rows set aside before anything was looked at, and used only to judge the finished model.",
    "selection rate": "The share of a group that gets the positive answer.",
    "shuffled": "A column's values exchanged between rows at random, so that they say nothing any more.",
    "standard deviation": "How far values usually lie from their mean.",
    "stack": "A model of models: a linear one that was fitted to what its members answered for rows they had not seen.",
    "surrogate tree": "A small decision tree fitted to the answers of a model, to show the gist of it.",
    "target": "The column to be predicted.",
    "threshold": "The probability from which on a row is called positive.",
    "trial": "One configuration, trained and judged on every fold.",
    "true positive rate": "Of the rows that are positive, the share called positive.",
    "variance": "How much values vary; of a model: its error from learning the accidents of its rows, which more rows cure.",
    "verdict": "The score of the finished model on the sealed rows, with its interval.",
    "95 % interval": "A range that holds the true score in 95 of 100 such studies.",
}

# What is not prose, or is the user's data: left as it stands.
_LEFT = frozenset({"style", "title", "h1", "h2", "pre", "code", "svg", "a"})
_AS_IS = 'class="asis'
_TAG = re.compile(r"(<[^>]*>)")


def anchor(term: str) -> str:
    """Name a term's place on the page.

    >>> anchor("95 % interval")
    'word-95-interval'
    """
    return "word-" + re.sub(r"[^a-z0-9²]+", "-", term.lower()).strip("-")


def linked(page: str, others: Mapping[str, str] | None = None) -> tuple[str, list[str]]:
    """Link each term to its sentence where it first occurs in a section; returns the page and the terms it uses.

    others: further terms, and the names of their places. Sections start at <h2>; text in headings, code, pictures, links and
    elements of class "asis" is left alone.

    >>> linked("<p>Folds of rows, and a fold.</p>")
    ('<p><a class="term" href="#word-fold">Folds</a> of rows, and a fold.</p>', ['fold'])
    """
    places = {term.lower(): anchor(term) for term in TERMS} | {term.lower(): at for term, at in (others or {}).items()}
    pattern = re.compile(
        rf"(?<![\w-])({'|'.join(_form(term) for term in sorted(places, key=lambda t: -len(t)))})s?(?![\w-])",
        re.IGNORECASE,
    )
    used: set[str] = set()
    seen: set[str] = set()
    left, depth, parts = "", 0, []

    def link(match: re.Match[str]) -> str:
        term = match[1].lower().replace("95%", "95 %")
        if term in seen:
            return match[0]
        seen.add(term)
        used.add(term)
        return f'<a class="term" href="#{places[term]}">{match[0]}</a>'

    for part in _TAG.split(page):
        if not part.startswith("<"):
            parts.append(part if depth else pattern.sub(link, part))
            continue
        name = re.sub(r"[^a-z0-9].*", "", part[1:].lstrip("/"), flags=re.DOTALL)
        if name == "h2":
            seen = set()
        if depth:
            depth += (name == left) * (-1 if part.startswith("</") else 1)
        elif not part.startswith("</") and (name in _LEFT or _AS_IS in part):
            left, depth = name, 1
        parts.append(part)
    return "".join(parts), [term for term in sorted(TERMS, key=str.lower) if term.lower() in used]


def _form(term: str) -> str:
    return re.escape(term).replace(r"\ %", " ?%")


def markdown() -> str:
    """Give the glossary as docs/glossary.md holds it."""
    lines = [f"- **{term}**: {TERMS[term]}" for term in sorted(TERMS, key=str.lower)]
    head = "# Glossary\n\nThe words of the report. In the report itself each is a link to its sentence.\n"
    return "\n".join([head, *lines]) + "\n"
