"""Hypothesis strategies for libraries of local features, and what they are drawn from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from dupfinder.features.packing import Described
from dupfinder.protocols import Features

CENTROIDS = 4  # so few that unrelated features share words


def random_described(
    noise: np.random.Generator, count: int, centroids: int = CENTROIDS
) -> Described:
    """Features that have nothing in common with others but, by chance, a word."""
    words = np.empty((count, 2, 2), np.uint16)
    for row in words:
        row[:] = [noise.permutation(centroids)[:2] for _ in range(2)]  # nearest, second nearest
    features = Features(
        points=noise.uniform(0, 1, (count, 2)).astype(np.float32),
        scales=noise.uniform(-7, -1, count).astype(np.float32),
        angles=noise.uniform(0, 360, count).astype(np.float32),
        codes=noise.integers(0, 256, (count, 16), np.uint8),
    )
    return Described(features, words, noise.integers(0, 2**32, (count, 2), np.uint32))


def copied(
    described: Described,
    noise: np.random.Generator,
    *,
    turn: float = 0.0,
    octaves: float = 0.0,
    bits: int = 3,
    mirror: bool = False,
) -> Described:
    """The features of a copy: turned, scaled and perhaps mirrored, some signature bits lost."""
    features, words, signatures = described.features, described.words, described.signatures
    angles, points = features.angles, features.points
    if mirror:
        angles, words, signatures = 180 - angles, words[:, ::-1], signatures[:, ::-1]
        points = points * (-1, 1) + (1, 0)
    signatures = signatures.copy()
    for row in signatures:
        for bit in noise.permutation(64)[:bits].tolist():
            row[bit // 32] ^= np.uint32(1 << bit % 32)
    changed = Features(
        points=points.astype(np.float32),
        scales=(features.scales + octaves).astype(np.float32),
        angles=((angles + turn) % 360).astype(np.float32),
        codes=features.codes,
    )
    return Described(changed, words, signatures)


def chosen(described: Described, rows: Sequence[int] | slice) -> Described:
    """Some of the features."""
    features = described.features
    return Described(
        Features(
            features.points[rows],
            features.scales[rows],
            features.angles[rows],
            features.codes[rows],
        ),
        described.words[rows],
        described.signatures[rows],
    )


def joined(*parts: Described) -> Described:
    """The features of several pictures in one, as of a collage."""
    columns = zip(
        *(
            (f.points, f.scales, f.angles, f.codes, part.words, part.signatures)
            for part in parts
            for f in (part.features,)
        ),
        strict=True,
    )
    *of_features, words, signatures = (np.concatenate(column) for column in columns)
    return Described(Features(*of_features), words, signatures)


@st.composite
def feature_libraries(draw: st.DrawFn) -> list[Described]:
    """A few photos: unrelated ones, copies of others, mirrored and not, and parts of several.

    Votes about the least that counts are as common as clear ones, and repeated features too.
    """
    noise = np.random.default_rng(draw(st.integers(0, 2**32)))
    library: list[Described] = []
    for _ in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from(["new", "copy", "copy", "mirrored", "collage", "pattern"]))
        fresh = random_described(noise, draw(st.integers(0, 12)))
        if kind == "new" or not library:
            library.append(random_described(noise, draw(st.integers(0, 20))))
            continue
        source = library[draw(st.integers(0, len(library) - 1))]
        if kind == "pattern":
            source = joined(source, source)
        rows = noise.permutation(len(source.words))[: draw(st.integers(0, 20))]
        part = copied(
            chosen(source, rows),
            noise,
            turn=draw(st.sampled_from([0.0, 22.5, 90.0, 181.0])),
            octaves=draw(st.sampled_from([0.0, -0.5, 1.3, 7.0])),
            bits=draw(st.sampled_from([0, 3, 21, 22, 23])),
            mirror=kind == "mirrored",
        )
        others = [library[draw(st.integers(0, len(library) - 1))]] if kind == "collage" else []
        library.append(joined(part, *others, fresh))
    return library
