"""The kinds of jobs that commits of this package cause; `workflows/worker.py` has their handlers."""

from __future__ import annotations

from core.jobs import Task

# A lane of its own (`workflows/worker.py`): photos come by the thousand and take their time.
MEDIA = "media"
FAN_OUT = Task("notifications.fan_out", "notifications")
DELIVER = Task("notifications.deliver", "notifications")
SETTLE = Task("workflows.settle", "workflows")
MOVE_CASES = Task("workflows.move_cases", "workflows")
RECOUNT = Task("workflows.recount", "workflows")
MAKE_DERIVATIVES = Task("media.make_derivatives", MEDIA)
MAKE_PUBLIC = Task("media.make_public", "workflows")
FOLLOW_CONSENTS = Task("workflows.follow_consents", "workflows")
RESTRICT = Task("workflows.restrict", "workflows")
MARK_RESTRICTED = Task("workflows.mark_restricted", "workflows")
ERASE = Task("workflows.erase", "workflows")
CHECK_CELLS = Task("gis.check_cells", "workflows")
HANDLE_SMS = Task("workflows.handle_sms", "notifications")
