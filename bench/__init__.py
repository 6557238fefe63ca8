"""Benchmarks: ratios against a reference measured in the same run, never a bare time."""
