"""A technical record along Annex IV of the EU's AI Act (Regulation 2024/1689): what the study knows, and what it does not."""

from collections.abc import Mapping
from typing import Any

UNKNOWN = "Unknown to the study; the provider has to say."


def record(result: Mapping[str, Any], card: str) -> str:
    """Write the record in Markdown from result.json and the model card; nothing in it is a guess."""
    verdict, split, model = result["verdict"], result["split"], result["model"]
    members = ", ".join(f"{each['learner']} ({each['weight']:.0%})" for each in result["chosen"]["members"])
    findings = "".join(
        f"- {each['severity']}, {each['code']}: {each['evidence']} {each['remedy']} Done: {each['action']}.\n"
        for each in result["findings"]
    )
    return f"""# Technical record: {result["target"]}

After Annex IV of Regulation (EU) 2024/1689. It holds what was measured; what nobody told the study is said to be unknown.

## 1. General description

- what it does: predicts {result["target"]!r} ({result["task"]}) from {result["columns"]} columns of {result["data"]}
- version: Holdfast {result["version"]}, model SHA-256 {model["sha256"]}, {model["size_bytes"]:,} bytes, ONNX
- intended purpose, provider, persons affected: {UNKNOWN}

## 2. Elements and development

- data: {result["rows"]:,} rows with a target ({result["rows_set_aside"]:,} without were set aside), fingerprint \
{result["fingerprint"]}
- origin, scope, labelling and consent of the data: {UNKNOWN}
- split: {split["development"]:,} development and {split["sealed"]:,} sealed rows; {split["reason"]}
- model: {members}; {result["trials"]} configurations were tried, by {result["metric"]}
- checked for traps before training:

{findings or "Nothing was found."}

## 3. Monitoring, functioning and control

- accuracy: {result["sentence"]}
- compiled and fitted model agree on {model["proof"]["rows"]:,} rows (largest difference \
{model["proof"]["max_abs_difference"]:.1e})
- human oversight: {UNKNOWN}

## 4. Why these metrics

{result["metric"]} was asked for, or is the task's default; all others on the sealed rows are in the card below. The sealed \
rows were opened {verdict["openings"]} time(s), on record in ledger.jsonl.

## 5. Risk management

{UNKNOWN} Measured: how the score fares under stress, what the model gives away of its training data, and groups of people, in \
the card below.

## 6. Changes through the lifecycle

This record is of one training. {UNKNOWN}

## 7. Standards applied

{UNKNOWN}

## 8. EU declaration of conformity

None was made by the study.

## 9. Post-market monitoring

{UNKNOWN} The model folder holds summaries of the training data (reference.arrow) to compare new rows with.

## Appendix: the model card

{card}"""
