"""What all tests share: how many examples hypothesis draws, and no surprises from outside."""

from __future__ import annotations

import os
import signal

from hypothesis import settings

# No deadlines: the first call of a kernel compiles it.
settings.register_profile("dev", max_examples=25, deadline=None)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

# A shell starts its background jobs with SIGINT ignored, and they hand that on to their children:
# the tests of interruption must not depend on how the tests were started.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # as under nohup
