"""One explained pair in words; its files are called A and B, in the order of their naming."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from dupfinder.model import (
    Answer,
    CandidatePair,
    Comparison,
    Evidence,
    Match,
    Orientation,
    Relation,
    Sides,
    Verdict,
)
from dupfinder.reports.names import printable
from dupfinder.reports.words import bytes_of, proof_of, relation_of
from dupfinder.verifiers.capture import are_two_shots

_HEADLINES: Final = {
    Relation.IDENTICAL: "Identical files",
    Relation.SAME_PIXELS: "Two files of the same pixels",
    Relation.COPY: "The same photo",
    Relation.PART: "The same photo, not shown to the same extent",
    Relation.SIMILAR: "Another shot of the same scene",
}
_IS: Final = {
    Relation.IDENTICAL: "is ",
    Relation.SAME_PIXELS: "has the ",
    Relation.COPY: "is a ",
    Relation.PART: "",
    Relation.SIMILAR: "is ",
}
_NOTHING_BEYOND: Final = (1.0, 1.0)
# What verifiers say that do not look at the pictures; the answers of others speak for themselves.
_ANSWERS: Final = {
    ("bytes", Answer.UNDECIDED): "the files differ",
    ("pixels", Answer.UNDECIDED): "the pixels differ",
}


def is_same(comparison: Comparison) -> bool:
    """Whether both show the same photo, be it in part; another shot of the scene is another one."""
    match = comparison.match
    return match is not None and match.relation is not Relation.SIMILAR


def headline(comparison: Comparison) -> str:
    """The answer in one line."""
    match = comparison.match
    if match is None:
        return "Different photos"
    if comparison.first.path == comparison.second.path:
        return "One and the same file"
    if match.doubtful:
        return "The same photo, or another exposure of it: cannot tell"
    return _HEADLINES[match.relation]


def sentence(comparison: Comparison) -> str:
    """`B is a copy of A: resized to 50 %`; "" for different photos."""
    match = comparison.match
    if match is None:
        return ""
    base, copy = _letters(comparison, match)
    return f"{copy} {_IS[match.relation]}{relation_of(match, base)}"


def _letters(comparison: Comparison, match: Match) -> tuple[str, str]:
    """What base and copy are called."""
    return ("A", "B") if match.base.path == comparison.first.path else ("B", "A")


def evidence_rows(comparison: Comparison, match: Match) -> Iterator[tuple[str, str]]:
    """The numbers behind the answer, as far as they were measured."""
    evidence = match.evidence
    base, _ = _letters(comparison, match)
    if match.relation is Relation.SIMILAR:
        yield "no copy", _why_similar(match)
    yield "decided by", evidence.verifier
    if evidence.inliers is not None:
        of_all = f", {_percent(evidence.ratio)} of all" if evidence.ratio is not None else ""
        yield "inliers", f"{evidence.inliers:,} keypoint matches fit one transform{of_all}"
    if evidence.overlap is not None:
        yield "overlap", f"{_percent(evidence.overlap)} of the picture that shows less"
    if evidence.agreement is not None:
        yield "agreement", f"{evidence.agreement:.2f} correlation of the aligned blocks, 1 at best"
    if evidence.tone is not None:
        yield "residual", f"{evidence.tone:.1f} grey levels of 255 between the aligned pictures"
    yield from _beside(evidence, base)


def _beside(evidence: Evidence, base: str) -> Iterator[tuple[str, str]]:
    """What the two differ in beside their frame."""
    if evidence.written is not None:
        shares = _of_each(evidence.written, base, _percent)
        yield "written over", f"{shares} of what both show"
    if evidence.beyond is not None and evidence.beyond != _NOTHING_BEYOND:
        shares = _of_each(evidence.beyond, base, _percent)
        yield "flat", f"{shares} of what the other one does not show"
    if evidence.saturation is not None:
        yield "saturation", f"{_of_each(evidence.saturation, base, '{:.0f}'.format)} of 128"
    if evidence.hue is not None:
        yield "hue", f"differs in {_percent(evidence.hue)} of what both show"
    if evidence.detail is not None:
        yield "detail", f"{evidence.detail:.2f}: what only the larger one can hold (log10)"


def _why_similar(match: Match) -> str:
    if are_two_shots(match.base, match.copy):
        return "they were taken at another moment, by another camera or with another exposure"
    if match.evidence.hue is not None:  # the colours are only looked at where the pixels fit
        return "the pixels fit, the colours do not"
    return "much is in the same place, and the aligned pixels do not agree"


def _of_each(pair: Sides, base: str, words: Callable[[float], str]) -> str:
    """A number of base and copy, that of A first."""
    of_a, of_b = pair if base == "A" else pair[::-1]
    return f"A {words(of_a)}, B {words(of_b)}"


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.1 or share == 0 else f"{share * 100:.1f} %"


def better_rows(comparison: Comparison) -> Iterator[tuple[str, str]]:
    """Which one a plan would keep, and why."""
    plan = comparison.plan
    if plan is None:
        return
    for action in plan.actions:
        is_first = action.keeper.path == comparison.first.path
        yield ("A" if is_first else "B"), f"{action.rule}: {printable(action.because)}"
        other = "B" if is_first else "A"
        yield "", f"removing {other} would free {bytes_of(action.photo.file.frees)}"
    for _ in plan.ties:
        yield "neither", "no keep rule tells them apart"
    for spared in plan.spared:
        is_part = spared.match is not None and spared.match.relation is Relation.PART
        why = "they do not show the same part" if is_part else printable(spared.reason)
        yield "no choice", f"a plan keeps both: {why}"


def answer(verdict: Verdict) -> str:
    """What a verifier said, and how far the pair came."""
    evidence = verdict.evidence
    known = _ANSWERS.get((evidence.verifier, verdict.answer))
    if known is not None:
        return known
    parts = [str(verdict.answer)]
    if evidence.inliers is not None:
        parts.append(proof_of(replace(evidence, distance=None)))  # told for all hashers
    if evidence.overlap is not None:
        parts.append(f"overlap {_percent(evidence.overlap)}")
    return ", ".join(parts)


def turn_of_first(comparison: Comparison, pair: CandidatePair) -> Orientation:
    """The orientation into which A is brought; that of a pair belongs to its left photo."""
    is_left = pair.left.path == comparison.first.path
    return pair.orientation if is_left else pair.orientation.inverse


def by_hasher(comparison: Comparison) -> dict[str, list[CandidatePair]]:
    """For each hasher the pair as it is and, where that brings it nearer, turned."""
    found: dict[str, list[CandidatePair]] = {}
    for pair in comparison.distances:
        found.setdefault(pair.source, []).append(pair)
    return found
