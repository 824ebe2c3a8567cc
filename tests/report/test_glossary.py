"""Every word that is linked is told, and every word told is one that the report uses."""

import re
from html import escape
from pathlib import Path

import pytest
from stories import story

from holdfast.report.glossary import TERMS, anchor, linked, markdown
from holdfast.report.page import render

ROOT = Path(__file__).parents[2]

# Where the report's own words come from.
SOURCES = ["report/page.html", "study/*.py", "explain/*.py", "audit/*.py", "metrics/*.py", "search/*.py"]


@pytest.mark.parametrize("n_classes", [2, 3, None])
def test_every_link_leads_somewhere_on_the_page(n_classes):
    page = render(story(n_classes))
    links = set(re.findall(r'class="term" href="#([^"]+)"', page))
    places = re.findall(r"""id=["']([^"']+)["']""", page)
    assert links <= set(places)
    assert len(links) > 15
    told = [place for place in places if place.startswith("word-")]
    assert len(told) == len(set(told))
    assert set(told) <= links


def test_every_term_is_used_by_the_report():
    files = [path for source in SOURCES for path in (ROOT / "src" / "holdfast").glob(source)]
    words = " ".join(escape(path.read_text(encoding="utf-8")).replace("_", " ") for path in files)
    assert set(linked(f"<p>{words}</p>")[1]) == set(TERMS)


def test_every_term_has_a_place_of_its_own_and_a_sentence():
    assert len({anchor(term) for term in TERMS}) == len(TERMS)
    for sentence in TERMS.values():
        assert re.fullmatch(r"[A-Z].*\.", sentence)


def test_the_document_is_the_glossary():
    assert (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8") == markdown()


def test_the_first_of_each_section_is_linked():
    page = "<h2>Folds</h2><p>A fold is a fold.</p><h2>More</h2><p>Two folds</p>"
    made, used = linked(page)
    assert used == ["fold"]
    assert made.count("<a ") == 2
    assert "<h2>Folds</h2><p>A <a" in made


@pytest.mark.parametrize(
    "page",
    [
        '<td class="asis">fold <b>fold</b> fold</td>',
        "<pre>fold</pre><svg><text>fold</text></svg>",
        '<p title="fold">tenfold fold-like refolded</p>',
        '<a href="#x">fold</a>',
    ],
)
def test_data_code_pictures_and_parts_of_words_are_left(page):
    assert linked(page) == (page, [])


def test_the_longest_term_wins_and_others_may_be_added():
    made, used = linked("<p>ROC AUC out of fold, its 95% interval</p>", {"ROC AUC": "metric-roc_auc"})
    assert used == ["95 % interval", "out of fold"]
    assert '<a class="term" href="#metric-roc_auc">ROC AUC</a>' in made
