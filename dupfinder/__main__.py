"""`python -m dupfinder` is the same as `dupfinder`."""

from __future__ import annotations

import sys

from dupfinder.cli import main

sys.exit(main())
