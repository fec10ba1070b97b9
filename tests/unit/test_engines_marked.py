"""Photos that were marked as no duplicates meet nowhere, in whatever order they come."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st
from strategies_clusters import a_photo

from dupfinder.engines.marked import Marked
from dupfinder.model import CandidatePair, Contents, Photo, contents_of

DIGESTS = [bytes([number]) for number in range(5)]
pairs = st.sampled_from(list(combinations(DIGESTS, 2)))
photos = st.lists(st.sampled_from(DIGESTS), max_size=8).map(
    lambda digests: [a_photo(f"/{at}.jpg", digest=each) for at, each in enumerate(digests)]
)


@given(said=st.sets(pairs), shown=photos)
def test_it_is_what_looking_every_pair_up_would_say(
    said: set[Contents], shown: list[Photo]
) -> None:
    marked = Marked(said)
    expected = {
        (one.path, other.path)
        for one in shown
        for other in shown
        if contents_of(one.digest, other.digest) in said
    }
    for one in shown:
        for other in shown:
            assert marked.apart(one, other) == ((one.path, other.path) in expected)
            assert marked.refuses({other.digest}, one) == marked.apart(one, other)
    there = {photo.digest for photo in shown}
    assert marked.among(shown) == {pair for pair in said if there.issuperset(pair)}
    asked = [CandidatePair(one, other, "hash", 0) for one, other in combinations(shown, 2)]
    assert marked.without(asked) == [
        pair for pair in asked if (pair.left.path, pair.right.path) not in expected
    ]


@given(said=st.sets(pairs), shown=photos)
def test_one_note_counts_the_pairs_that_were_kept_apart(
    said: set[Contents], shown: list[Photo]
) -> None:
    count = len(Marked(said).among(shown))
    told = Marked(said).notes(shown)
    assert len(told) == (count > 0)
    assert all(note.startswith(f"{count} pair") for note in told)
