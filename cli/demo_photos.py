"""Photos for the demo's reports, drawn by ourselves: flat little street scenes.

A picture depends only on its scene, its seed and whether the work is done, so it can be drawn
again at any time. 1200 by 900 JPEG, well under 150 kB.
"""

from __future__ import annotations

from io import BytesIO
from typing import Protocol

from cli import demo_scenes_city as city
from cli import demo_scenes_traffic as street
from cli.demo_canvas import DAY, DUSK, NIGHT, Canvas, Palette

_QUALITY = 82


class Scene(Protocol):
    """Draws one place on a fresh canvas: with its problem, or put right."""

    def __call__(self, c: Canvas, *, after: bool) -> None:
        """Draw it."""
        ...


# A category's scene; where a leaf has none of its own, its root's.
SCENES: dict[str, Scene] = {
    "traffic": street.traffic,
    "traffic.pothole": street.pothole,
    "traffic.manhole": street.manhole,
    "traffic.signal": street.signal,
    "traffic.sign": street.sign,
    "traffic.bus": street.bus_stop,
    "environment": city.park,
    "environment.flooding": city.flood,
    "environment.drainage": city.flood,
    "environment.tree": city.fallen_tree,
    "environment.noise": city.loudspeaker,
    "environment.air": city.smoke,
    "environment.water": city.river,
    "environment.water_supply": city.river,
    "energy": street.wires,
    "energy.street_light": street.street_light,
    "energy.outage": street.street_light,
    "waste": city.garbage,
    "security": street.junction,
    "security.fire_safety": city.fire_hazard,
    "security.rescue": city.flood,
    "security.animals": city.animal,
    "urban_order": street.junction,
    "urban_order.pavement": street.pavement,
    "urban_order.parking": street.parking,
    "urban_order.advertising": city.posters,
    "urban_order.construction": city.building,
    "urban_order.building": city.building,
    "urban_order.heritage": city.gate,
    "urban_order.food_safety": city.food_stall,
}
_AT_NIGHT = frozenset({street.street_light, city.loudspeaker})


def scene_for(category: str) -> Scene:
    """The scene that shows a category, else that of its root."""
    return SCENES.get(category) or SCENES[category.partition(".")[0]]


def draw_photo(category: str, *, seed: int, after: bool = False) -> bytes:
    """A JPEG of the problem, or with `after` of the same place put right, in the same light."""
    scene = scene_for(category)
    canvas = Canvas(seed, _palette(scene, seed))
    scene(canvas, after=after)
    out = BytesIO()
    canvas.finish().save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()


def _palette(scene: Scene, seed: int) -> Palette:
    if scene in _AT_NIGHT:
        return NIGHT
    return (DAY, DAY, DUSK)[seed % 3]
