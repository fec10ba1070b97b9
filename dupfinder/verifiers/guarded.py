"""A verifier whose SAME is looked into: other shots and other colours agree in their structure."""

from __future__ import annotations

from dataclasses import replace

from dupfinder.model import Answer, CandidatePair, Relation, Verdict
from dupfinder.protocols import Looks, Verifier
from dupfinder.verifiers.capture import are_two_shots
from dupfinder.verifiers.colour import is_recoloured
from dupfinder.verifiers.explain import surveyed


class Guarded:
    """Asks another verifier; of two shots, or of one thing in two colours, it says SIMILAR.

    Where the pixels leave it open whether look-alikes are copies, the camera may have told.
    """

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        self.name = verifier.name

    def compare(self, pair: CandidatePair, looks: Looks) -> Verdict:
        verdict = self._verifier.compare(pair, looks)
        if verdict.relation is None or verdict.evidence.transform is None:
            return verdict
        if are_two_shots(pair.left, pair.right):
            return Verdict(Answer.DIFFERENT, Relation.SIMILAR, verdict.evidence)
        if verdict.answer is not Answer.SAME:
            return verdict
        evidence = surveyed(pair, verdict.evidence, looks)
        if is_recoloured(evidence):
            return Verdict(Answer.DIFFERENT, Relation.SIMILAR, evidence)
        return replace(verdict, evidence=evidence)
