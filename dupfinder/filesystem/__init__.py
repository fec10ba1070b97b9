"""What acting needs of a file system: folders held open, and changes that overwrite nothing.

One module for each kind of system, all with the same `Folder`.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from dupfinder.filesystem.windows import Folder
else:
    from dupfinder.filesystem.posix import Folder

__all__ = ["Folder"]
