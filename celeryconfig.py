"""Celery's own settings and nothing else: the configuration that was seen to survive.

Redis is a doorbell: messages carry ids, results are rows, retries are columns. No ETA, chord or
result backend. Why each value: docs/explanation/celery.md.
"""

from kombu import Exchange, Queue

from core.broker import PREFIX, QUEUES
from core.broker import broker_url as find_broker
from core.settings import settings

broker_url = find_broker()
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
# A command that Redis refuses, for a key of another type or for want of memory, must not end us.
broker_channel_error_retry = True
broker_transport_options = {
    "visibility_timeout": 3600,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "health_check_interval": 25,
    "socket_keepalive": True,
    "socket_timeout": 10,
    "socket_connect_timeout": 5,
    "global_keyprefix": PREFIX,
}
broker_pool_limit = 10
broker_pool_acquire_timeout = 2

result_backend = None
task_ignore_result = True
task_publish_retry_policy = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}

# Late, so that a killed worker's message comes back; the store counts the attempts.
task_acks_late = True
task_reject_on_worker_lost = True
task_retry_on_worker_lost = False
task_soft_time_limit = 840
task_time_limit = 900

# An exchange each: by default all would share one, and a message to it would reach every queue.
task_queues = [Queue(name, Exchange(name), name) for name in QUEUES]
task_default_queue = "upkeep"
task_create_missing_queues = False
task_routes = {
    "sync.*": "sync",
    "webhooks.*": "sync",
    "sales.*": "sales",
    "outbox.*": "outbox",
    "upkeep.*": "upkeep",
}

worker_consumer = "worker.consumer:ResilientConsumer"
worker_prefetch_multiplier = 1
worker_max_tasks_per_child = 500
worker_max_memory_per_child = 300_000
worker_soft_shutdown_timeout = 20
# An idle worker has nothing to wait for: there are no ETA tasks.
worker_enable_soft_shutdown_on_idle = False
# A run goes on without its doorbell: cancelled, it would lie until its lease had run out.
worker_cancel_long_running_tasks_on_connection_loss = False
worker_eta_task_limit = 100
worker_hijack_root_logger = False
worker_send_task_events = True
task_send_sent_event = True

accept_content = ["json"]
task_serializer = "json"
result_serializer = "json"
event_serializer = "json"

beat_scheduler = "celery.beat:Scheduler"
timezone = settings().timezone
enable_utc = True

# Every name of this module is a setting to Celery, and Flower shows them.
del PREFIX, QUEUES, Exchange, Queue, find_broker, settings
