"""One review from the scan to the trash and back, as the pages ask for it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from threading import Lock

from dupfinder.api import apply, forget_photos, mark_photos, marks, recheck, recover, undo
from dupfinder.choose import plan
from dupfinder.errors import DupfinderError
from dupfinder.keeprules.standing import KeepRule
from dupfinder.model import Applied, DecisionKind, Found, Outcome, Photo, Plan, Undone
from dupfinder.protocols import Progress
from dupfinder.reports.acting import plan_digest
from dupfinder.reports.page.cards import shown_photos
from dupfinder.settings import Acting
from dupfinder.web.desk import Desk, Marks, Stale
from dupfinder.web.work import Ticker, Work


@dataclass(frozen=True, slots=True)
class Told:
    """What the command was told: how to get at what is reviewed, and what stays in any case."""

    find: Callable[[Progress], Found]
    rules: tuple[KeepRule, ...]
    protect: tuple[str, ...]
    state: str | None = None


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would be done now, and the digest by which that is told to be done.

    `left` are photos that were decided to go and cannot, each with the reason.
    """

    version: int
    planned: Plan
    left: tuple[Outcome, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Acted:
    """What the last act came to, and if it was taken back, what that came to."""

    applied: Applied
    left: tuple[Outcome, ...]
    undone: Undone | None = None


class Review:
    """What the pages show and do. `desk` is there once the photos were found.

    `shown` are the photos that have one picture, by the number of the picture.
    """

    def __init__(self, told: Told, work: Work) -> None:
        self.ticker = Ticker()
        self.desk: Desk | None = None
        self.shown: tuple[tuple[Photo, ...], ...] = ()
        self.proposed: Plan | None = None
        self.acted: Acted | None = None
        self.failure: DupfinderError | None = None
        self._told = told
        self._work = work
        self._lock = Lock()
        self._under_way = Future[None]()  # until the photos are found

    def find(self) -> None:
        """Get at the photos; what goes wrong ends the review.

        Raises:
            DupfinderError: as the scan, or reading the report and the verdicts, does.
        """
        state = self._told.state
        found = self._told.find(self.ticker)
        known = frozenset(each.contents for each in marks(state))
        verdicts = Marks(
            lambda pairs: mark_photos(pairs, state),
            lambda pairs: forget_photos(pairs, state),
            known,
        )
        by_content: dict[bytes, list[Photo]] = {}
        for photo in shown_photos(found):
            by_content.setdefault(photo.digest, []).append(photo)
        self.shown = tuple(map(tuple, by_content.values()))
        self.proposed = plan(found, self._told.rules, protect=self._told.protect)
        self.desk = Desk(found, self._told.protect, verdicts)
        self._under_way.set_result(None)

    @property
    def is_busy(self) -> bool:
        """Whether it is scanning, or moving photos."""
        return not self._under_way.done()

    @property
    def open_removals(self) -> int:
        """How many photos were decided to go and are still there."""
        chosen = () if self.desk is None else self.desk.choices.values()
        return sum(kind is DecisionKind.REMOVE for kind in chosen)

    @property
    def protect(self) -> tuple[str, ...]:
        """Folders below which nothing goes."""
        return self._told.protect

    def dry_run(self) -> DryRun:
        """What an act would do now. Changes nothing."""
        desk = self._there()
        version, decided = desk.planned()
        planned, left = recheck(decided, self._acting(desk.found))
        return DryRun(version, planned, left, plan_digest(planned))

    def act(self, version: int, digest: str) -> None:
        """Have the plan of this digest carried out, and no other one.

        Raises:
            Stale: if the page is of another state, or something is under way.
        """
        self._there().expect(version)
        self._begin(lambda: self._act(version, digest))

    def take_back(self, version: int) -> None:
        """Have the last act taken back.

        Raises:
            Stale: if the page is of another state, there is no act, or something is under way.
        """
        self._there().expect(version)
        acted = self.acted
        if acted is None or acted.undone is not None:
            raise Stale
        self._begin(lambda: self._take_back(acted))

    def _begin(self, piece: Callable[[], None]) -> None:
        with self._lock:
            if self.is_busy:
                raise Stale
            self.failure = None
            self._under_way = self._work.give(lambda: self._told_if_it_fails(piece))

    def _told_if_it_fails(self, piece: Callable[[], None]) -> None:
        try:
            piece()
        except DupfinderError as error:
            self.failure = error
        except OSError as error:
            self.failure = DupfinderError(error.strerror or str(error))
        except Stale:
            self.failure = DupfinderError(
                "the plan is not the one that was looked through: nothing was done",
                hint="photos have changed since; look at it again",
            )

    def _act(self, version: int, digest: str) -> None:
        recovered = recover(self._told.state)
        desk, run = self._there(), self.dry_run()
        if (run.version, run.digest) != (version, digest) or not run.planned.actions:
            raise Stale
        applied = apply(run.planned, self._acting(desk.found), self.ticker)
        self.acted = Acted(replace(applied, recovered=recovered + applied.recovered), run.left)
        desk.done(applied.run, applied.outcomes)

    def _take_back(self, acted: Acted) -> None:
        run = acted.applied.run
        undone = undo(run, self._told.state, self.ticker)
        self.acted = replace(acted, undone=undone)
        self._there().is_back(run, but={path for path, _ in undone.failed})

    def _there(self) -> Desk:
        if self.desk is None:
            raise Stale
        return self.desk

    def _acting(self, found: Found) -> Acting:
        return Acting(
            "trash",
            found.roots,
            self._told.protect,
            state=self._told.state,
            references=found.references,
        )
