"""What becomes of a case whose reporters had the processing of their data restricted."""

from __future__ import annotations

import pytest

from workflows.restriction import Mark, mark_after

NONE, ONE = Mark(), ("a",)


@pytest.mark.parametrize(
    ("mark", "visibility", "restricted", "others", "after"),
    [
        (NONE, "exact", (), 1, (NONE, "exact")),
        (NONE, "exact", ONE, 0, (Mark(ONE, "exact"), "hidden")),
        (NONE, "rounded", ("a", "b"), 0, (Mark(("a", "b"), "rounded"), "hidden")),
        # Others have reported it as well: the public goes on to see it.
        (NONE, "exact", ONE, 1, (Mark(ONE), "exact")),
        # Hidden anyway, and so it stays when that is over.
        (NONE, "hidden", ONE, 0, (Mark(ONE), "hidden")),
        (Mark(ONE), "hidden", (), 1, (NONE, "hidden")),
        # Lifted, or a report of somebody else has come.
        (Mark(ONE, "rounded"), "hidden", (), 1, (NONE, "rounded")),
        (Mark(ONE, "exact"), "hidden", ONE, 1, (Mark(ONE), "exact")),
        # That report is gone again.
        (Mark(ONE), "exact", ONE, 0, (Mark(ONE, "exact"), "hidden")),
        # Nothing has changed.
        (Mark(ONE, "exact"), "hidden", ONE, 0, (Mark(ONE, "exact"), "hidden")),
        (Mark(ONE, "exact"), "hidden", (), 0, (NONE, "exact")),
    ],
)
def test_a_case_follows_its_reports(
    mark: Mark, visibility: str, restricted: tuple[str, ...], others: int, after: tuple[Mark, str]
) -> None:
    found = mark_after(mark, visibility=visibility, restricted=restricted, others=others)
    assert found == after
    again = mark_after(found[0], visibility=found[1], restricted=restricted, others=others)
    assert again == after
