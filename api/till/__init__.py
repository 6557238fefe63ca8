"""The tills' API, ``/api/v2/simple/``: their words, their shapes, their errors."""
