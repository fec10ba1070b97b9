"""What the system's errors mean for a photo, in words for the user."""

from __future__ import annotations

import errno

from dupfinder.acts.unit import Refused

_REASONS: dict[int | None, tuple[str, str]] = {
    errno.ENOENT: ("gone", "it is not there any more"),
    errno.ENOTDIR: ("link", "a folder on the way to it has become a link, or is none any more"),
    errno.ELOOP: ("link", "it has become a link"),
    errno.EACCES: ("forbidden", "the system does not permit it"),
    errno.EPERM: ("forbidden", "the system does not permit it"),
    errno.EROFS: ("read-only", "the volume can only be read"),
    errno.ENOSPC: ("full", "the disk is full"),
    errno.EDQUOT: ("full", "the quota is used up"),
    errno.EBUSY: ("busy", "it changed while it was read"),
}


def refusal(error: OSError) -> Refused:
    """Why a photo is left where it is after an error of the system."""
    code, reason = _REASONS.get(error.errno, ("system", error.strerror or str(error)))
    return Refused(code, reason)
