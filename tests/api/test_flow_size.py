"""What filing costs of a citizen's volume: nothing in its flow is over 20 kB on the wire."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import httpx

from tests.support.city import CENTRE, LIGHT, Draft
from tests.support.photos import make_jpeg
from tests.support.server import serving

LIMIT = 20_000
MINE = 60  # reports, more than a page shows


def size_of(answer: httpx.Response) -> int:
    """The bytes of an answer on the wire, with its headers."""
    head = sum(len(name) + len(value) + 4 for name, value in answer.headers.raw)
    return head + answer.num_bytes_downloaded


def test_the_flow_of_filing_is_small(city_database: str, tmp_path: Path) -> None:
    sizes: dict[str, int] = {}
    with (
        serving(city_database, tmp_path, HIENTRUONG_FILING_PER_ACCOUNT_HOUR="0") as server,
        httpx.Client(base_url=server.url, headers={"Accept-Encoding": "gzip"}, timeout=30) as http,
    ):
        signed_in = http.post(
            "/v1/auth/otp/verify", json={"phone": "+84905000001", "code": "000000"}
        )
        http.headers["Authorization"] = f"Bearer {signed_in.json()['access_token']}"
        for number in range(MINE):
            text = f"Đèn đường số {number} tắt ba ngày nay, người đi bộ khó thấy lối đi"
            body = Draft(LIGHT, text).body(address=f"{number} Lê Lợi, Phường Thuận Hóa")
            assert http.put(f"/v1/reports/{uuid4()}", json=body).status_code == 201

        def ask(method: str, path: str, **request: object) -> httpx.Response:
            answer = http.request(method, path, **request)  # type: ignore[arg-type]
            assert answer.is_success, answer.text
            sizes[f"{method} {path.partition('?')[0]}"] = size_of(answer)
            return answer

        ask("GET", "/v1/city")
        ask("GET", "/v1/categories")
        ask("GET", f"/v1/areas/locate?lat={CENTRE['lat']}&lon={CENTRE['lon']}")
        near = ask(
            "GET",
            f"/v1/reports/nearby?lat={CENTRE['lat']}&lon={CENTRE['lon']}&category={LIGHT}",
        )
        assert near.json()["items"]
        photo = ask("POST", "/v1/media", files={"file": ("a.jpg", make_jpeg())})
        report_id = uuid4()
        body = Draft(LIGHT).body(uploads=[photo.json()["upload_id"]])
        ask("PUT", f"/v1/reports/{report_id}", json=body)
        ask("GET", f"/v1/reports/{report_id}")
        mine = ask("GET", "/v1/me/reports")
        assert mine.json()["next_cursor"]
    print("".join(f"\n{size:>7,} bytes  {name}" for name, size in sizes.items()))
    assert max(sizes.values()) <= LIMIT, sizes
