"""Reading residents and places from CSV files: spellings, numbers, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from gis.feature_files import FileRefused
from gis.locate import Place
from gis.locate_files import read_places
from gis.populations import read_populations


def written(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "code,population\n19753,21344\n4,900\n",
        "\ufeffMã xã;Dân số\n19753;21.344\n4;900\n",
        'ward_code,name,Population\n19753,x,"21,344"\n4,y,900\n',
        "ma,ghi_chu,dan_so\n19753,,21 344\n\n4,,900\n,,\n",
    ],
)
def test_columns_and_numbers_as_people_write_them(tmp_path, text):
    assert read_populations(written(tmp_path, text)) == {"19753": 21_344, "4": 900}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no columns code and population; there are: none"),
        ("code,name\n1,x\n", "there are: code, name"),
        ("code,population\n1,many\n", "'many' is no number of residents"),
        ("code,population\n1,21.5\n", "'21.5' is no number"),
        ("code,population\n1,-3\n", "'-3' is no number"),
        ("code,population\n1,99999999999\n", "is no number"),
        ("code,population\n1,\n", "'' is no number"),
        ("code,population\n,5\n", "the code is missing"),
        ("code,population\n1,5\n1,6\n", "stands twice"),
    ],
)
def test_what_is_no_table_of_residents_is_refused(tmp_path, text, reason):
    with pytest.raises(FileRefused) as refused:
        read_populations(written(tmp_path, text))
    assert reason in str(refused.value.problems[0])


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"\xff\xfe\x00")
    for read in (read_populations, read_places):
        with pytest.raises(FileRefused):
            read(path)


def test_places_with_whatever_stands_beside_them(tmp_path):
    table = read_places(written(tmp_path, 'id,LNG,Lat\na,107.5,16.4\n"b,c",108,16\n'))
    assert table.places == [Place(16.4, 107.5), Place(16.0, 108.0)]
    assert table.rows[1] == ["b,c", "108", "16"]


@pytest.mark.parametrize("row", ["91,107", "16,181", "x,107", "nan,107", "16", "16,"])
def test_a_row_without_a_place_is_named(tmp_path, row):
    with pytest.raises(FileRefused) as refused:
        read_places(written(tmp_path, f"lat,lon\n16,107\n{row}\n"))
    assert refused.value.problems[0].index == 1


def test_a_table_without_places_is_refused(tmp_path):
    with pytest.raises(FileRefused) as refused:
        read_places(written(tmp_path, "a,b\n1,2\n"))
    assert "no column lat" in str(refused.value.problems[0])
