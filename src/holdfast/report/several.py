"""The page for several targets: a line each, which leads to its report."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from holdfast.files import write_text
from holdfast.report.numbers import number

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Holdfast: {{ rows|length }} targets</title>
<style>{{ style }}</style>
</head>
<body>
<main>
<h1>{{ rows|length }} targets, one model</h1>
<p>Each target has a study of its own: its rows were sealed, its leaks looked for, its model judged. The model in
<code>model/</code> answers for all of them at once.</p>
<div class="scroll"><table>
<thead><tr><th>target</th><th>task</th><th>metric</th><th>score</th><th>interval</th><th>baseline</th><th>shipped</th></tr></thead>
<tbody>
{% for name, row in rows.items() %}
<tr><td><a href="{{ row.study|quoted }}/report.html">{{ name }}</a></td><td>{{ row.task }}</td><td>{{ row.metric }}</td>
<td>{{ row.score|number }}</td><td>{{ row.low|number }} to {{ row.high|number }}</td><td>{{ row.baseline|number }}</td>
<td>{{ row.shipped.replace("_", " ") }}</td></tr>
{% endfor %}
</tbody>
</table></div>
{% for name, row in rows.items() %}
<p>{{ row.sentence }}</p>
{% endfor %}
</main>
</body>
</html>
"""


def write_several(rows: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Write the page. rows: by target, as in result.json."""
    from jinja2 import Environment
    from markupsafe import Markup

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": number, "quoted": quote}
    style = Markup(files("holdfast.report").joinpath("style.css").read_text(encoding="utf-8"))
    write_text(path, environment.from_string(PAGE).render(rows=rows, style=style))
