"""What a search found, printed with rich: a heading for each query, a line for each photo."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.text import Text

from dupfinder.model import Hit, Ranking, Searched
from dupfinder.reports.names import printable
from dupfinder.reports.searched.words import label_of, meaning_of_scores, relation_to_query
from dupfinder.reports.terminal.found import render_skipped, run_lines
from dupfinder.reports.terminal.rows import PATH, STRONG, Columns, Layout, Row, dated_facts, put
from dupfinder.reports.words import counted, proof_of

_SIMILARITY: Final = "the number in front is the similarity by the method, 1 at best"
_DATES: Final = "(date) is the file's own, where no camera wrote one"
_COLUMNS: Final = Columns(mark=7, facts=40, reason=44)


def render_searched(searched: Searched, console: Console) -> None:
    """Prints the hits of every query, every file that was skipped, and the summary."""
    paths = (hit.photo.path for ranking in searched.rankings for hit in ranking.hits)
    layout = Layout(console, searched.roots, paths, _COLUMNS)
    legend = (_SIMILARITY, meaning_of_scores(searched), _DATES)
    put(console, layout.head("".join(f"{line}\n" for line in legend if line)))
    for ranking in searched.rankings:
        put(console, _ranking(ranking, searched.by, layout))
    for query in searched.unanswered:
        text = Text().append("not searched for ", STRONG).append(printable(query.path), PATH)
        put(console, text.append(f"  {printable(query.reason)}\n"))
    render_skipped(searched, console)
    put(console, run_lines(searched, layout))
    put(console, _totals(searched))


def _ranking(ranking: Ranking, by: str, layout: Layout) -> Text:
    text = Text()
    text.append("Like ", STRONG).append(printable(ranking.query.path), PATH)
    told = (f"by {by}", counted(len(ranking.hits), "photo"), label_of(ranking.labels))
    text.append("".join(f" · {each}" for each in told if each) + "\n")
    for hit in ranking.hits:
        relation = relation_to_query(ranking.query, hit)
        facts = dated_facts(hit.photo, layout)
        layout.append(text, Row(f"{hit.score:.4f}", hit.photo, facts, relation, _why(hit)))
    return text.append("\n")


def _why(hit: Hit) -> str:
    """What it is of, the score of each stage where there were several, what proves the relation."""
    parts = [label_of(hit.labels)]
    if len(hit.scores) > 1:
        parts += [f"{name} {score:.3f}" for name, score in hit.scores]
    if hit.match is not None:
        parts.append(proof_of(hit.match.evidence))
    return " · ".join(part for part in parts if part)


def _totals(searched: Searched) -> Text:
    text = Text()
    text.append(f"{counted(searched.discovered, 'photo')} found · {searched.compared:,} compared")
    skipped, others = len(searched.skipped), counted(searched.other_files, "other file")
    return text.append(f" · {skipped:,} skipped · {others}\n")
