"""Finding copies of a photo by the index: all there are."""

from __future__ import annotations

import random

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from workflows.trust import COPY_BITS

BITS = 64
_FOUND = text(
    "select photo_pieces(CAST(:one AS bigint)) && photo_probes(CAST(:other AS bigint)) as found"
)


def signed(bits: int) -> int:
    return bits - 2**BITS if bits >= 2 ** (BITS - 1) else bits


async def test_no_copy_within_the_bits_is_missed(session: AsyncSession) -> None:
    chosen = random.Random(5)
    pairs: list[tuple[int, int]] = []
    for changed in range(COPY_BITS + 1):
        for _ in range(60):
            one = chosen.getrandbits(BITS)
            flips = sum(1 << place for place in chosen.sample(range(BITS), changed))
            pairs.append((signed(one), signed(one ^ flips)))
    found = [
        (await session.execute(_FOUND, {"one": one, "other": other})).scalar_one()
        for one, other in pairs
    ]
    assert found == [True] * len(pairs)


async def test_pieces_and_probes_are_those_of_the_index(session: AsyncSession) -> None:
    row = (
        await session.execute(
            text(
                "select photo_pieces(-1) as pieces, cardinality(photo_probes(-1)) as probes,"
                " photo_pieces(0) as zero"
            )
        )
    ).one()
    assert row.pieces == [0xFFFF, 0x1FFFF, 0x2FFFF, 0x3FFFF]
    assert row.zero == [0, 0x10000, 0x20000, 0x30000]
    assert row.probes == 68
