"""When Python looks for garbage in circles: hardly ever, for what a page leaves lies in none."""

import gc

_FIRST, _SECOND, _THIRD = 20_000, 10, 10
"""New objects after which the youngest are looked through, and so on. With Python's own 700 a run
spends two fifths of its time looking.
"""


def rest() -> None:
    """Look for none while modules are imported: what they make stays."""
    gc.disable()


def settle() -> None:
    """Leave alone what there is, for good, so that children share it; look from now on."""
    gc.freeze()
    gc.set_threshold(_FIRST, _SECOND, _THIRD)
    gc.enable()
