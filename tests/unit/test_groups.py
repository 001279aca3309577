"""Tests that share something slow, such as a server, run in one worker of a run, which makes it."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("kept")
def test_a_group_is_kept_together(request: pytest.FixtureRequest) -> None:
    """pytest-xdist knows a group by the end of its tests' names, and says nothing if it is not
    there: then each worker makes what is shared.
    """
    by_groups = getattr(request.config.option, "loadgroup", False)
    assert request.node.nodeid.endswith("@kept") == by_groups
