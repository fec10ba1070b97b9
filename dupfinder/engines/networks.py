"""The model of a search: read and judged here, tried by a worker; and what it takes photos for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from dupfinder.engines.describing import Describing
from dupfinder.engines.workers import Crashed, ProcessWorkers, SerialWorkers
from dupfinder.errors import UsageError
from dupfinder.model import Label, Ranking
from dupfinder.searchers.networks import ImageModel, read_model
from dupfinder.searchers.networks.searching import classes_of
from dupfinder.settings import Searching

# Seconds that a model may take to be loaded and tried.
_PATIENCE: Final = 120.0


def model_of(searching: Searching) -> tuple[ImageModel | None, tuple[str, ...]]:
    """The model that is asked, judged but not loaded, and the names of its classes.

    Raises:
        UsageError: if it cannot be used.
    """
    if searching.model is None:
        return None, ()
    return read_model(searching.model, searching.model_settings, searching.labels)


def load_model(model: ImageModel) -> str | None:
    """Load it where decoders run, isolated; what there is to say against it."""
    from dupfinder.searchers.networks.onnx_file import BadModel  # noqa: PLC0415
    from dupfinder.searchers.networks.runtime import loaded  # noqa: PLC0415  # loads the runtime

    try:
        loaded(model)
    except BadModel as bad:
        return str(bad)
    return None


def expect_usable(model: ImageModel, workers: SerialWorkers | ProcessWorkers) -> None:
    """Have it tried on a made picture.

    Raises:
        UsageError: if it cannot be loaded, or tells nothing that can be searched by.
    """
    for _, told in workers.run(load_model, [[model]], patience=lambda _: _PATIENCE):
        if isinstance(told, Crashed):
            why = told.reason or f"it took longer than {_PATIENCE:.0f} s"
            raise UsageError(f"the model {model.path!r} cannot be loaded: {why}")
        if told is not None:
            raise UsageError(f"the model {model.path!r} {told}")


def labelled(
    rankings: Iterable[Ranking], describing: Describing, names: Sequence[str]
) -> list[Ranking]:
    """With what the model takes queries and hits for, if its classes have `names`.

    Raises:
        UsageError: if it tells apart another number of classes.
    """
    if not names:
        return list(rankings)

    def labels_of(digest: bytes) -> tuple[Label, ...]:
        packed = describing.of("labels", [digest]).get(digest)
        count, best = (len(names), []) if packed is None else classes_of(packed)
        if count != len(names):
            raise UsageError(
                f"the model tells {count:,} classes apart, there are {len(names):,} labels"
            )
        return tuple(Label(names[at], share) for at, share in best)

    return [
        replace(
            ranking,
            labels=labels_of(ranking.query.digest),
            hits=tuple(replace(hit, labels=labels_of(hit.photo.digest)) for hit in ranking.hits),
        )
        for ranking in rankings
    ]
