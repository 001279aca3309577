"""The detectors, in the process that they run in: what they find, and what stops a worker."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from core.errors import ConfigurationError
from core.settings import PrivacySettings
from media.privacy.boxes import Box
from media.privacy.child import ChildBrokenError
from media.privacy.examining import check_detectors, examine
from tests.support.onnx_model import red_finder
from tests.support.photos import as_jpeg, street_with_face

CASCADES = PrivacySettings()


def webp(picture: Image.Image) -> bytes:
    target = io.BytesIO()
    picture.save(target, "WEBP", quality=80)
    return target.getvalue()


def covers(box: Box, x: float, y: float) -> bool:
    return box.x < x < box.x + box.w and box.y < y < box.y + box.h


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "red.onnx"
    path.write_bytes(red_finder())
    return path


@pytest.mark.parametrize(("size", "left", "top"), [(160, 320, 208), (80, 600, 96)])
async def test_cascades_find_a_drawn_face(size: int, left: int, top: int) -> None:
    street = street_with_face(size=size, left=left, top=top)
    found = await examine(webp(street), settings=CASCADES)
    middle = ((left + size / 2) / 800, (top + size / 2) / 600)
    [face] = [box for box in found if covers(box, *middle)]
    assert face.kind == "face"
    assert face.score is not None
    assert 0 < face.score < 1
    assert face.w < 2 * size / 800


async def test_there_is_no_face_where_none_was_drawn() -> None:
    street = Image.linear_gradient("L").resize((800, 600)).convert("RGB")
    assert await examine(webp(street), settings=CASCADES) == []


async def test_nobody_is_asked_where_the_city_wants_nobody() -> None:
    settings = PrivacySettings(detectors="")
    assert settings.chosen == ()
    assert await examine(as_jpeg(street_with_face()), settings=settings) == []


async def test_a_citys_own_net_takes_the_place_of_the_cascades(model: Path) -> None:
    settings = PrivacySettings(face_model=model)
    assert settings.chosen == ("yunet_faces", "cascade_plates")
    await check_detectors(settings)
    picture = Image.new("RGB", (640, 480), (90, 120, 90))
    picture.paste((250, 10, 10), (256, 320, 320, 384))
    found = await examine(webp(picture), settings=settings)
    assert found
    for box in found:
        assert (box.kind, box.score) == ("face", pytest.approx(1, abs=0.1))
        # All of it in or beside the red square: scale and order of the axes are right.
        assert 220 / 640 < box.x < box.x + box.w < 356 / 640
        assert 284 / 480 < box.y < box.y + box.h < 420 / 480


async def test_colours_reach_the_net_in_the_order_that_it_knows(model: Path) -> None:
    blue = Image.new("RGB", (320, 320), (10, 10, 250))
    settings = PrivacySettings(face_model=model, detectors="yunet_faces")
    assert await examine(webp(blue), settings=settings) == []


async def test_a_missing_model_stops_the_worker(tmp_path: Path) -> None:
    missing = tmp_path / "missing.onnx"
    with pytest.raises(ConfigurationError, match=f"there is no file {missing}"):
        await check_detectors(PrivacySettings(face_model=missing))


@pytest.mark.parametrize("content", [b"", b"not a model", red_finder()[:-200]])
async def test_a_broken_model_stops_the_worker(tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"HIENTRUONG_PRIVACY_FACE_MODEL=.*does not work"):
        await check_detectors(PrivacySettings(face_model=broken))


async def test_a_net_with_other_outputs_stops_the_worker(tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes(red_finder().replace(b"cls_8", b"cls_9"))
    with pytest.raises(ConfigurationError, match="does not work"):
        await check_detectors(PrivacySettings(face_model=other))


async def test_an_unknown_detector_stops_the_worker() -> None:
    with pytest.raises(ConfigurationError, match="HIENTRUONG_PRIVACY_DETECTORS=cats does not work"):
        await check_detectors(PrivacySettings(detectors="cats"))


@pytest.mark.parametrize(
    "picture",
    [b"rubbish", webp(street_with_face())[:400], webp(Image.new("RGB", (5000, 8)))],
    ids=["rubbish", "cut", "larger than ours"],
)
async def test_what_is_no_picture_of_ours_gets_no_answer(picture: bytes) -> None:
    with pytest.raises(ChildBrokenError):
        await examine(picture, settings=CASCADES)


async def test_an_overrun_is_ended() -> None:
    settings = PrivacySettings(wall_s=0.05)
    with pytest.raises(ChildBrokenError, match=r"no result after 0\.05 s"):
        await examine(webp(street_with_face()), settings=settings)
