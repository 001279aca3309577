"""Opens our layers in QGIS, as its users do, and prints as JSON what they then see.

Run by Debian's Python, which has QGIS: /usr/bin/python3 qgis_reader.py URL FOLDER WEST SOUTH EAST NORTH
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsDataSourceUri,
    QgsFeatureRequest,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsMarkerSymbol,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileBasicRenderer,
    QgsVectorTileBasicRendererStyle,
    QgsVectorTileLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

COLLECTIONS = ("open_cases", "cases", "areas", "hotspots")
MERCATOR = QgsCoordinateReferenceSystem("EPSG:3857")
SIZE = QSize(800, 600)
COLOUR = QColor(255, 0, 0)


def open_collection(url, name, *, by_window=False):
    """A collection of `/ogc` by the provider OAPIF: read once as a whole, or window by window."""
    uri = QgsDataSourceUri()
    uri.setParam("url", f"{url}/ogc")
    uri.setParam("typename", name)
    if by_window:
        uri.setParam("restrictToRequestBBOX", "1")
    layer = QgsVectorLayer(uri.uri(), name, "OAPIF")
    if not layer.isValid():
        raise SystemExit(f"{name}: {layer.error().message()}")
    return layer


def describe(layer):
    """What QGIS knows of a layer, and how many features it gets when it asks for all."""
    return {
        "crs": layer.crs().authid(),
        "geometry": QgsWkbTypes.geometryDisplayString(layer.geometryType()),
        "fields": [field.name() for field in layer.fields()],
        "counted": layer.featureCount(),
        "read": sum(1 for _ in layer.getFeatures()),
    }


def read_cases(url, box):
    """The cases: all with their positions, those in `box` asked of the server, and a filter's."""
    layer = open_collection(url, "open_cases")
    everywhere = {each["code"]: each.geometry().asPoint() for each in layer.getFeatures()}
    layer.setSubsetString("\"status\" = 'assigned'")
    by_window = open_collection(url, "open_cases", by_window=True)
    return {
        "everywhere": {code: [point.x(), point.y()] for code, point in everywhere.items()},
        "assigned": [each["code"] for each in layer.getFeatures()],
        "within": [
            each["code"] for each in by_window.getFeatures(QgsFeatureRequest().setFilterRect(box))
        ],
    }


def draw_tiles(url, extent, picture):
    """The vector tiles of `open_cases`, every feature a red dot, as a picture of `extent`."""
    uri = QgsDataSourceUri()
    uri.setParam("type", "xyz")
    uri.setParam("url", f"{url}/tiles/open_cases/{{z}}/{{x}}/{{y}}.mvt")
    uri.setParam("zmin", "0")
    uri.setParam("zmax", "16")
    layer = QgsVectorTileLayer(bytes(uri.encodedUri()).decode(), "open cases")
    style = QgsVectorTileBasicRendererStyle("dots", "open_cases", QgsWkbTypes.PointGeometry)
    dot = {"color": COLOUR.name(), "outline_style": "no", "size": "4"}
    style.setSymbol(QgsMarkerSymbol.createSimple(dot))
    renderer = QgsVectorTileBasicRenderer()
    renderer.setStyles([style])
    layer.setRenderer(renderer)

    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(MERCATOR)
    settings.setExtent(extent)
    settings.setOutputSize(SIZE)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(str(picture))
    return {"valid": layer.isValid(), "errors": [error.message for error in job.errors()]}


def move(extent, widths):
    """The extent, so many of its widths to the east."""
    by = widths * extent.width()
    return QgsRectangle(
        extent.xMinimum() + by, extent.yMinimum(), extent.xMaximum() + by, extent.yMaximum()
    )


def main():
    url, folder = sys.argv[1], Path(sys.argv[2])
    box = QgsRectangle(*map(float, sys.argv[3:7]))
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    no_window = False
    # A profile of its own: that of whoever runs this is left alone.
    qgis = QgsApplication([], no_window, str(folder / "profile"))
    qgis.initQgis()
    wgs84 = QgsCoordinateReferenceSystem("EPSG:4326")
    extent = QgsCoordinateTransform(wgs84, MERCATOR, QgsProject.instance()).transform(box)
    seen = {
        "version": Qgis.QGIS_VERSION,
        "collections": {name: describe(open_collection(url, name)) for name in COLLECTIONS},
        "cases": read_cases(url, box),
        "tiles": draw_tiles(url, extent, folder / "tiles.png"),
        "elsewhere": draw_tiles(url, move(extent, 20), folder / "elsewhere.png"),
    }
    print(json.dumps(seen))
    qgis.exitQgis()


main()
