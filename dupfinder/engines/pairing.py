"""Pairs of photos compared or explained by the workers, where the cache does not know them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from dupfinder.engines.culprits import culprit, run_sparing
from dupfinder.engines.solving import Judged
from dupfinder.engines.tasks import PairsTask, compare_pairs, explain_pairs, relate_pairs
from dupfinder.engines.workers import Crashed, ProcessWorkers, SerialWorkers
from dupfinder.model import Answer, CandidatePair, Evidence, Photo, Skipped, Verdict
from dupfinder.protocols import Progress
from dupfinder.settings import Settings
from dupfinder.storage import Cache

# Pairs that travel to a worker together: neighbours share photos, which are then read once. Of few
# pairs each worker gets its share.
_AT_ONCE, _SHARES = 64, 16

# Of a pair that nobody has looked at yet.
_OPEN = Verdict(Answer.UNDECIDED, None, Evidence("none"))

Work = Callable[[PairsTask], tuple[Judged | Skipped, ...]]


class Pairing:
    """Keeps count of the pairs that were `fresh` and of those `lost` as a worker crashed over them.

    `skipped` are photos that went bad meanwhile, by path.
    """

    def __init__(
        self,
        settings: Settings,
        method: str,
        cache: Cache,
        workers: SerialWorkers | ProcessWorkers,
        progress: Progress,
    ) -> None:
        self._settings = settings
        self._method = method
        self._cache = cache
        self._workers = workers
        self._progress = progress
        self.fresh = 0
        self.lost = 0
        self.skipped: dict[str, Skipped] = {}

    def compare(self, pairs: Sequence[CandidatePair]) -> list[Judged]:
        """The verdicts on pairs that features proposed, in the order of the pairs."""
        asked = [(pair, _OPEN) for pair in pairs]
        return self._done(asked, compare_pairs, "parts")

    def explain(self, judged: Sequence[Judged]) -> list[Judged]:
        """The same verdicts, with all that the aligned pictures tell of what was done."""
        return self._done(judged, explain_pairs, "explained")

    def relate(self, pairs: Sequence[CandidatePair]) -> list[Judged]:
        """The verdicts on pairs that a search brought together, in the order of the pairs."""
        return self._done([(pair, _OPEN) for pair in pairs], relate_pairs, "related")

    def _done(self, asked: Sequence[Judged], work: Work, what: str) -> list[Judged]:
        method = f"{self._method};{what}"
        ends = {end.path: end for end in _ends(asked)}
        known = self._cache.verdicts(list(ends.values()), method)
        found: dict[tuple[str, str], Judged] = {}
        unknown: list[Judged] = []
        for pair, verdict in asked:
            key = (pair.left.digest, pair.right.digest, int(pair.orientation))
            if key in known:
                found[pair.left.path, pair.right.path] = (pair, known[key])
                self._progress.advance()
            else:
                unknown.append((pair, verdict))
        self.fresh = len(unknown)
        for pair, verdict in self._worked(unknown, work):
            self._cache.add_verdict(pair, method, verdict)
            found[pair.left.path, pair.right.path] = (pair, verdict)
        order = [(pair.left.path, pair.right.path) for pair, _ in asked]
        return [found[each] for each in order if each in found]

    def _worked(self, asked: Sequence[Judged], work: Work) -> Iterator[Judged]:
        size = min(_AT_ONCE, -(-len(asked) // _SHARES)) or 1
        chunks = (
            [self._task(some, work)]
            for at in range(0, len(asked), size)
            if (some := self._sound(asked[at : at + size]))
        )
        for task, results in run_sparing(self._workers, work, chunks, self._without, ahead=2):
            if isinstance(results, Crashed):
                to_blame = culprit(results, {end.path for end in _ends(task.asked)})
                if to_blame is not None:
                    self.skipped[to_blame.path] = to_blame
                else:
                    self.lost += len(task.asked)  # what is known of the photos still holds
                continue
            self._progress.advance(len(task.asked))
            for result in results:
                if isinstance(result, Skipped):
                    self.skipped[result.path] = result
                else:
                    yield result

    def _sound(self, asked: Sequence[Judged]) -> list[Judged]:
        """Without the pairs of photos that have gone bad."""
        bad = self.skipped
        return [
            each for each in asked if not (each[0].left.path in bad or each[0].right.path in bad)
        ]

    def _without(self, task: PairsTask, _: str) -> PairsTask | None:
        rest = self._sound(task.asked)
        return replace(task, asked=tuple(rest)) if 0 < len(rest) < len(task.asked) else None

    def _task(self, asked: Sequence[Judged], work: Work) -> PairsTask:
        ends = {end.digest: end for end in _ends(asked)}
        return PairsTask(
            asked=tuple(asked),
            max_pixels=self._settings.max_pixels,
            thumbnails=self._cache.thumbnails(ends.values()),
            # What is known to be a copy is explained by its pixels alone.
            features={} if work is explain_pairs else self._cache.all_features(ends.values()),
        )


def _ends(asked: Iterable[Judged]) -> Iterator[Photo]:
    return (end for pair, _ in asked for end in (pair.left, pair.right))
