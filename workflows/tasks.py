"""The kinds of jobs that commits of this package cause; `workflows/worker.py` has their handlers."""

from __future__ import annotations

from core.jobs import Task

FAN_OUT = Task("notifications.fan_out", "notifications")
DELIVER = Task("notifications.deliver", "notifications")
SETTLE = Task("workflows.settle", "workflows")
MOVE_CASES = Task("workflows.move_cases", "workflows")
RECOUNT = Task("workflows.recount", "workflows")
MAKE_DERIVATIVES = Task("media.make_derivatives", "media")
MAKE_PUBLIC = Task("media.make_public", "media")
FOLLOW_CONSENTS = Task("workflows.follow_consents", "media")
RESTRICT = Task("workflows.restrict", "workflows")
MARK_RESTRICTED = Task("workflows.mark_restricted", "workflows")
ERASE = Task("workflows.erase", "workflows")
CHECK_CELLS = Task("gis.check_cells", "workflows")
HANDLE_SMS = Task("workflows.handle_sms", "notifications")
