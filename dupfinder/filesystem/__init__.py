"""What acting needs of a file system: folders held open, and changes that overwrite nothing.

One module for each kind of system, all with the same `Folder` and the same functions beside it.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from dupfinder.filesystem.windows import (
        Folder,
        carry,
        changed_ns,
        has_trash,
        is_removed,
        path_of,
    )
else:
    from dupfinder.filesystem.posix import Folder, carry, changed_ns, has_trash, is_removed, path_of

__all__ = ["Folder", "carry", "changed_ns", "has_trash", "is_removed", "path_of"]
