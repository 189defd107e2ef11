"""What all tests share: a display that nobody needs, and hypothesis without a stopwatch."""

import os

from hypothesis import settings

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
