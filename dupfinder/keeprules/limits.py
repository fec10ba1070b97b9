"""What no keep rule decides: who is left alone whatever the rules say, and why.

Pure: what a file on disk says is asked when it is acted on.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from dupfinder.errors import UsageError
from dupfinder.keeprules.formats import SAME_PIXELS
from dupfinder.keeprules.standing import Standing
from dupfinder.model import Cluster, Match, Photo, Relation
from dupfinder.paths import is_below

# A short code, and words for the user.
Why = tuple[str, str]

# Stands in the kind of what belongs to several photos, be they in no cluster.
_SHARED: Final = "-shared-"
# The companions that are no words: how they are called.
_CALLED: Final = {"raw": "RAW"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan may touch.

    `only` are the relations to its keeper with which a photo may go. Of what lies below the
    `protected` real paths nothing goes. `claims` counts the photos to which each file belongs.
    """

    only: frozenset[Relation]
    protected: tuple[str, ...]
    claims: Mapping[str, int]

    def may_go(self, match: Match) -> bool:
        """Whether the pair stands in a relation that was named, without a doubt, and is no RAW
        beside a picture.
        """
        named = match.relation in self.only and not match.doubtful
        return named and _by_raw(match, match.base) is None

    def protector(self, photo: Photo) -> str | None:
        """What protects the photo, under any name of it or of what belongs to it."""
        if photo.file.reference is not None:
            return photo.file.reference
        for name in _names(photo):
            for folder in self.protected:
                if is_below(name, (folder,)):
                    return folder
        return None

    def left_alone(self, lesser: Standing, kept: Standing, match: Match | None) -> Why | None:
        """Why `lesser` may not go; None if the keep rules may decide."""
        protector = self.protector(lesser.photo)
        if protector is not None:
            return "protected", f"{protector} is protected"
        if match is None:
            return "not-compared", "never compared directly with the photo kept"
        return self._by_match(lesser, kept, match) or self._by_file(lesser.photo, kept.photo)

    def guarded(self, photo: Photo, kept: Photo, match: Match | None) -> Why | None:
        """Why the photo may not go for `kept` even if a person, having seen both, says so.

        Whether a doubtful copy is one, and what a cut or a screenshot is worth, can be seen.
        """
        protector = self.protector(photo)
        if protector is not None:
            return "protected", f"{protector} is protected"
        if match is None:
            return "not-compared", "never compared directly with the photo kept"
        if match.relation not in self.only:
            return "relation", f"{_in_words(match.relation)}, which may not go"
        if kept.damage is not None and photo.damage is None:
            return "damaged", "the photo kept is damaged, and this one is not"
        return _by_frames(match, photo, kept) or _by_raw(match, kept) or self._by_file(photo, kept)

    def _by_match(self, lesser: Standing, kept: Standing, match: Match) -> Why | None:
        if match.doubtful:
            return "doubtful", "may be another exposure: nothing tells when both were taken"
        if match.relation not in self.only:
            if match.relation in (Relation.PART, Relation.SIMILAR):
                return "relation", "not a copy of the photo kept"
            named = " and ".join(_in_words(each) for each in Relation if each in self.only)
            return "relation", f"{_in_words(match.relation)}, and only {named} may go"
        if lesser.aside != kept.aside or _shows_more(match, kept.photo):
            return "shows-more", "shows what the photo kept does not"
        return _by_frames(match, lesser.photo, kept.photo) or _by_raw(match, kept.photo)

    def _by_file(self, lesser: Photo, kept: Photo) -> Why | None:
        if lesser.file.link_count > 1 or lesser.file.links:
            return "linked", "has other names (hard links): removing one frees nothing"
        theirs = {companion.kind for companion in kept.file.companions}
        for companion in lesser.file.companions:
            name = os.path.basename(companion.path)
            if self.claims[companion.path] > 1 or _SHARED in companion.kind:
                return "companion-shared", f"{name} belongs to another photo as well"
            if companion.is_content and companion.kind not in theirs:
                kind = _CALLED.get(companion.kind, companion.kind)
                return "companion-only-here", f"its {kind} {name} is nowhere else"
        return None


def limits(clusters: Iterable[Cluster], only: Iterable[Relation], protect: Iterable[str]) -> Limits:
    """What the user permits, over all photos that a plan is made for.

    Raises:
        UsageError: if other shots were to go, or a path to protect is no real one: it would
            protect nothing.
    """
    permitted, protected = frozenset(only), tuple(protect)
    if Relation.SIMILAR in permitted:
        raise UsageError(
            "similar photos are other shots: none is removed for another",
            hint="look at them with scan --similar",
        )
    for path in protected:
        if not os.path.isabs(path) or path != os.path.normpath(path):
            raise UsageError(f"{path!r} cannot be protected", hint="name its real path")
    claims = Counter(
        name for cluster in clusters for photo in cluster.members for name in _names(photo)
    )
    return Limits(permitted, protected, claims)


def refuse_shared_files(clusters: Iterable[Cluster]) -> None:
    """Removing by one cluster could take what another one keeps.

    Raises:
        UsageError: if a file stands in two clusters or twice in one.
    """
    seen: set[str] = set()
    for cluster in clusters:
        for photo in cluster.members:
            for name in (photo.path, *photo.file.links):
                if name in seen:
                    raise UsageError(
                        f"{name!r} stands in two clusters or twice in one",
                        hint="scan again: a report that was changed by hand cannot be acted on",
                    )
                seen.add(name)


def _by_frames(match: Match, lesser: Photo, kept: Photo) -> Why | None:
    """Only the first frame or page was compared: two documents may share their first page."""
    if lesser.frames > kept.frames:
        return "shows-more", f"has {lesser.frames:,} frames, the photo kept has {kept.frames:,}"
    if lesser.frames > 1 and match.relation not in SAME_PIXELS:
        return "shows-more", f"has {lesser.frames:,} frames, of which only the first was compared"
    return None


def _by_raw(match: Match, kept: Photo) -> Why | None:
    """A camera RAW and what was made from it are not each other, however alike they look."""
    raws = match.base.is_raw + match.copy.is_raw
    if raws == 0 or match.relation is Relation.IDENTICAL:
        return None
    if raws == 2:
        return "raw", "a camera RAW that is not identical with the one kept"
    if kept.is_raw:
        return "raw", "the photo kept is a camera RAW, this is a picture of another kind"
    return "raw", "a camera RAW, from which pictures are made: the photo kept is none"


def _in_words(relation: Relation) -> str:
    return relation.replace("_", " ")


def _names(photo: Photo) -> Iterator[str]:
    """The paths of all files that go with a photo."""
    yield photo.path
    yield from photo.file.links
    for companion in photo.file.companions:
        yield companion.path


def _shows_more(match: Match, kept: Photo) -> bool:
    """Whether of two that show a part of each other the one kept is not surely the whole."""
    if match.relation is not Relation.PART:
        return False
    kinds = {edit.kind for edit in match.edits} & {"cropped", "extended"}
    return kinds != ({"cropped"} if match.base.path == kept.path else {"extended"})
