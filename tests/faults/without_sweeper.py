"""``python -m tests.faults.without_sweeper``: Celery's own command, with a worker whose sweeper
never looks. What is lost with it is what the sweeper is there for.
"""

from celery.__main__ import main

from worker.sweeper import Sweeper

if __name__ == "__main__":
    Sweeper.start = Sweeper.stop  # type: ignore[method-assign]  # the very point
    main()
