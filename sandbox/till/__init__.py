"""A till over real HTTP: it sells first and sends later, and its line to the server is bad."""

from sandbox.till.device import Parcel, Sale, Till
from sandbox.till.habits import Habits, catch_up, play
from sandbox.till.wire import Loss

__all__ = ["Habits", "Loss", "Parcel", "Sale", "Till", "catch_up", "play"]
