"""What an HEVC video says of itself before its first picture (`hvcC`, ISO/IEC 14496-15). Pure.

Beside the parameter sets that a decoder needs, encoders put messages there: their name, a text.
"""

from __future__ import annotations

from media.boxes import BrokenBoxesError, find, split

_SAMPLE_ENTRY_BYTES = 78
_CONFIGURATION_BYTES = 22
_PARAMETER_SETS = frozenset({32, 33, 34})


def drop_messages(moov: bytes) -> bytes:
    """The header of a video whose first track is HEVC, without them; as long as it was.

    Nothing moves: zeros fill the end of the box, where nobody looks. Raises BrokenBoxesError.
    """
    entry = find(moov, b"trak", b"mdia", b"minf", b"stbl", b"stsd") or b""
    for box in split(entry[8:]):
        hvcc = find(box.content[_SAMPLE_ENTRY_BYTES:], b"hvcC")
        if hvcc is not None:
            moov = moov.replace(b"hvcC" + hvcc, b"hvcC" + _keep_parameter_sets(hvcc))
    return moov


def _keep_parameter_sets(hvcc: bytes) -> bytes:
    kept: list[bytes] = []
    at = _CONFIGURATION_BYTES + 1
    for _ in range(hvcc[_CONFIGURATION_BYTES]):
        end = _end_of_array(hvcc, at)
        if hvcc[at] & 0x3F in _PARAMETER_SETS:
            kept.append(hvcc[at:end])
        at = end
    clean = hvcc[:_CONFIGURATION_BYTES] + bytes([len(kept)]) + b"".join(kept)
    return clean.ljust(len(hvcc), b"\0")


def _end_of_array(hvcc: bytes, at: int) -> int:
    """Behind a byte for the kind and two for how many: units, each behind two bytes of length."""
    end = at + 3
    for _ in range(int.from_bytes(hvcc[at + 1 : at + 3], "big")):
        end += 2 + int.from_bytes(hvcc[end : end + 2], "big")
        if end > len(hvcc):
            message = f"an array of {end} bytes in {len(hvcc)}"
            raise BrokenBoxesError(message)
    return end
