"""HEIC files put together box by box around a picture that x265 has coded."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Sequence
from itertools import accumulate

from PIL import Image

from media.boxes import find, list_places, split
from tests.support.videos import box, number


def make_heic(
    image: Image.Image,
    *,
    turns: int = 0,
    mirrored: bool = False,
    exif: bytes = b"",
    grid: tuple[int, int] | None = None,
    claimed: tuple[int, int] | None = None,
    hidden: bool = True,
) -> bytes:
    """A HEIC of `image`, to be turned counterclockwise `turns` quarters and mirrored left to right.

    `grid` shows it rows × columns times in one picture; `claimed` is a size that the header names
    instead of the true one. The tiles of a grid are pictures of their own unless `hidden`.
    """
    configuration, coded = _code(image)
    rows, columns = grid or (1, 1)
    shown = (image.width * columns, image.height * rows)
    properties = [box(b"hvcC", configuration), _size(image.size), _size(claimed or shown)]
    last = [3]
    if turns:
        properties.append(box(b"irot", bytes([turns])))
        last.append(len(properties))
    if mirrored:
        properties.append(box(b"imir", b"\1"))
        last.append(len(properties))
    tiles = range(1, rows * columns + 1)
    whole = len(tiles) + 1 if grid else 1
    items = [(tile, b"hvc1", coded, [1, 2] if grid else [1, *last]) for tile in tiles]
    references: list[tuple[bytes, int, Sequence[int]]] = []
    if grid:
        items.append((whole, b"grid", _grid(rows, columns, shown), last))
        references.append((b"dimg", whole, tiles))
    if exif:
        items.append((whole + 1, b"Exif", bytes(4) + exif, []))
        references.append((b"cdsc", whole + 1, [whole]))
    return _assemble(items, properties, references, primary=whole, hidden=hidden and bool(grid))


def _code(image: Image.Image) -> tuple[bytes, bytes]:
    """The decoder's configuration and the one picture of a video of `image`."""
    source = io.BytesIO()
    image.save(source, "PNG")
    coding = ("-c:v", "libx265", "-pix_fmt", "yuv420p", "-x265-params", "log-level=0:info=0:crf=4")
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "png_pipe", "-i", "-", *coding, "-frames:v", "1",
         "-tag:v", "hvc1", "-movflags", "frag_keyframe+empty_moov", "-f", "mp4", "-"],
        input=source.getvalue(), capture_output=True, check=True,
    )  # fmt: skip
    film = done.stdout
    places = list_places(lambda at, length: film[at : at + length], len(film))
    content = {place.kind: film[place.start : place.end] for place in reversed(places)}
    stsd = find(content[b"moov"], b"trak", b"mdia", b"minf", b"stbl", b"stsd") or b""
    [entry] = split(stsd[8:])
    return find(entry.content[78:], b"hvcC") or b"", content[b"mdat"]


def _size(size: tuple[int, int]) -> bytes:
    return box(b"ispe", bytes(4), number(size[0]), number(size[1]))


def _grid(rows: int, columns: int, size: tuple[int, int]) -> bytes:
    return bytes([0, 1, rows - 1, columns - 1]) + number(size[0]) + number(size[1])


def _assemble(
    items: Sequence[tuple[int, bytes, bytes, list[int]]],
    properties: list[bytes],
    references: Sequence[tuple[bytes, int, Sequence[int]]],
    *,
    primary: int,
    hidden: bool,
) -> bytes:
    """`items` are id, kind, content and the numbers of their properties; equal contents are kept
    once, as a hostile file would.
    """
    ftyp = box(b"ftyp", b"heic", bytes(4), b"mif1", b"heic")
    contents = list(dict.fromkeys(content for _, _, content, _ in items))

    def meta(start: int) -> bytes:
        starts = dict(zip(contents, accumulate(map(len, contents), initial=start), strict=False))
        places = [
            number(item, 2)
            + bytes(2)
            + number(1, 2)
            + number(starts[content])
            + number(len(content))
            for item, _, content, _ in items
        ]
        kinds = [
            box(b"infe", _version(kind, hidden=hidden), number(item, 2), bytes(2), kind, b"\0")
            for item, kind, _, _ in items
        ]
        uses = [
            number(item, 2) + bytes([len(numbers)]) + bytes(0x80 | each for each in numbers)
            for item, _, _, numbers in items
        ]
        links = [
            box(kind, number(of, 2), number(len(to), 2), *(number(each, 2) for each in to))
            for kind, of, to in references
        ]
        return box(
            b"meta",
            bytes(4),
            box(b"hdlr", bytes(8), b"pict", bytes(13)),
            box(b"pitm", bytes(4), number(primary, 2)),
            box(b"iloc", bytes(4), b"\x44\0", number(len(items), 2), *places),
            box(b"iinf", bytes(4), number(len(items), 2), *kinds),
            box(
                b"iprp",
                box(b"ipco", *properties),
                box(b"ipma", bytes(4), number(len(items)), *uses),
            ),
            box(b"iref", bytes(4), *links) if links else b"",
        )

    start = len(ftyp) + len(meta(0)) + 8
    return ftyp + meta(start) + box(b"mdat", *contents)


def _version(kind: bytes, *, hidden: bool) -> bytes:
    """2, and the flag that hides a tile."""
    return bytes([2, 0, 0, hidden and kind == b"hvc1"])
