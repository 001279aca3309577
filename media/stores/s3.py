"""Files in a bucket of any store that speaks S3. Only calls that all of them know."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import certifi
from minio import Minio
from minio.datatypes import Object, PostPolicy
from minio.error import InvalidResponseError, MinioException, S3Error
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from core.settings import MediaSettings
from media.stores.base import (
    FileInfo,
    PresignedPost,
    StoredFile,
    check_key,
    in_batches,
    missing,
    unavailable,
)

_CONNECT_TIMEOUT_S = 3
_CONNECTIONS = 10
# A photo is one PUT, so that no half-done multipart upload is left behind. Of a larger file, which
# goes in parts, one part is in memory.
_SINGLE_PUT_BYTES = 16 * 1024 * 1024
_PART_BYTES = 8 * 1024 * 1024
_ABSENT = frozenset({"NoSuchKey", "NoSuchBucket", "NoSuchObject", "ResourceNotFound"})
_BUCKET_IS_THERE = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})


class S3Store:
    """Keeps each file as an object of one bucket, which is created when it is missing."""

    def __init__(self, client: Minio, bucket: str, public_url: str) -> None:
        self._client = client
        self._bucket = bucket
        self._public_url = public_url
        self._bucket_seen = False

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """See `Store`."""
        await asyncio.to_thread(self._put, key, BytesIO(data), len(data), content_type)

    async def put_file(self, key: str, path: Path, content_type: str) -> None:
        """See `Store`."""
        await asyncio.to_thread(self._put_file, key, path, content_type)

    async def get(self, key: str) -> bytes:
        """See `Store`."""
        return await asyncio.to_thread(self._get, key)

    async def open(self, key: str, start: int = 0, size: int | None = None) -> StoredFile:
        """See `Store`."""
        return await asyncio.to_thread(self._open, key, start, size)

    async def stat(self, key: str) -> FileInfo:
        """See `Store`."""
        return await asyncio.to_thread(self._stat, key)

    def list(self, prefix: str = "") -> AsyncGenerator[FileInfo]:
        """See `Store`."""
        return in_batches(self._list(prefix))

    async def delete(self, key: str) -> None:
        """See `Store`."""
        await asyncio.to_thread(self._delete, key)

    async def exists(self, key: str) -> bool:
        """See `Store`."""
        return await asyncio.to_thread(self._exists, key)

    async def presign(
        self, key: str, *, content_type: str, size: int, until: datetime
    ) -> PresignedPost:
        """See `Store`."""
        return await asyncio.to_thread(self._presign, key, content_type, size, until)

    async def check(self) -> None:
        """See `Store`."""
        await asyncio.to_thread(self._make_bucket)

    def _put_file(self, key: str, path: Path, content_type: str) -> None:
        with path.open("rb") as source:
            self._put(key, source, path.stat().st_size, content_type)

    def _put(self, key: str, source: BinaryIO, size: int, content_type: str) -> None:
        check_key(key)
        self._see_bucket()
        with _failing_store(key):
            try:
                self._client.put_object(
                    self._bucket,
                    key,
                    source,
                    size,
                    content_type=content_type,
                    part_size=max(size, _PART_BYTES) if size <= _SINGLE_PUT_BYTES else _PART_BYTES,
                    num_parallel_uploads=1,
                )
            except S3Error as error:
                # Somebody removed the bucket: the next attempt makes it again.
                self._bucket_seen = False
                raise unavailable(error) from error

    def _get(self, key: str) -> bytes:
        with _failing_store(key):
            response = self._request(key)
            try:
                return response.read()
            finally:
                _release(response)

    def _open(self, key: str, start: int, size: int | None) -> StoredFile:
        with _failing_store(key):
            response = self._request(key, start, size)

        def read(size: int) -> bytes:
            with _failing_store(key):
                return response.read(size)

        length, tag = int(response.headers["Content-Length"]), response.headers.get("ETag", "")
        return StoredFile(length, tag.strip('"'), read, lambda: _release(response))

    def _request(self, key: str, start: int = 0, size: int | None = None) -> BaseHTTPResponse:
        return self._client.get_object(self._bucket, check_key(key), start, size or 0)

    def _stat(self, key: str) -> FileInfo:
        with _failing_store(key):
            return _info(self._client.stat_object(self._bucket, check_key(key)))

    def _list(self, prefix: str) -> Iterator[FileInfo]:
        with _failing_store(self._bucket), _absence_allowed():
            for found in self._client.list_objects(self._bucket, prefix, recursive=True):
                if not found.is_dir:
                    yield _info(found)

    def _delete(self, key: str) -> None:
        with _failing_store(key), _absence_allowed():
            self._client.remove_object(self._bucket, check_key(key))

    def _exists(self, key: str) -> bool:
        with _failing_store(key), _absence_allowed():
            self._client.stat_object(self._bucket, check_key(key))
            return True
        return False

    def _presign(self, key: str, content_type: str, size: int, until: datetime) -> PresignedPost:
        self._see_bucket()
        policy = PostPolicy(self._bucket, until)
        policy.add_equals_condition("key", check_key(key))
        policy.add_equals_condition("Content-Type", content_type)
        policy.add_content_length_range_condition(size, size)
        with _failing_store(key):
            signed = self._client.presigned_post_policy(policy)
        fields = {"key": key, "Content-Type": content_type, **signed}
        return PresignedPost(f"{self._public_url}/{self._bucket}", fields)

    def _see_bucket(self) -> None:
        if not self._bucket_seen:
            self._make_bucket()

    def _make_bucket(self) -> None:
        with _failing_store(self._bucket):
            if not self._client.bucket_exists(self._bucket):
                try:
                    self._client.make_bucket(self._bucket)
                except S3Error as error:
                    # Another process was faster.
                    if error.code not in _BUCKET_IS_THERE:
                        raise
            self._bucket_seen = True


def open_s3_store(settings: MediaSettings) -> S3Store:
    """A store on the bucket that the settings name. Connects when first used.

    The client's own defaults would keep a request waiting for minutes on a store that is down.
    """
    http = PoolManager(
        timeout=Timeout(connect=_CONNECT_TIMEOUT_S, read=settings.s3_timeout_s),
        maxsize=_CONNECTIONS,
        cert_reqs="CERT_REQUIRED",
        ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
        # A store that hangs is not asked again at once: whoever waits is told to come back.
        retries=Retry(total=2, read=0, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]),
    )
    client = Minio(
        settings.s3_endpoint,
        access_key=settings.s3_access_key.get_secret_value(),
        secret_key=settings.s3_secret_key.get_secret_value(),
        secure=settings.s3_secure,
        region=settings.s3_region or None,
        http_client=http,
    )
    scheme = "https" if settings.s3_secure else "http"
    public_url = settings.s3_public_url.rstrip("/") or f"{scheme}://{settings.s3_endpoint}"
    return S3Store(client, settings.s3_bucket, public_url)


def _info(found: Object) -> FileInfo:
    assert found.object_name is not None
    modified_at = found.last_modified or datetime.fromtimestamp(0, UTC)
    return FileInfo(found.object_name, found.size or 0, modified_at, (found.etag or "").strip('"'))


def _release(response: BaseHTTPResponse) -> None:
    response.close()
    response.release_conn()


@contextmanager
def _failing_store(key: str) -> Generator[None]:
    try:
        yield
    except (MinioException, HTTPError, OSError) as error:
        raise (missing(key) if _means_absent(error) else unavailable(error)) from error


@contextmanager
def _absence_allowed() -> Generator[None]:
    try:
        yield
    except MinioException as error:
        if not _means_absent(error):
            raise


def _means_absent(error: Exception) -> bool:
    if isinstance(error, S3Error):
        return error.code in _ABSENT
    # Some servers send their XML as `text/xml`, in which the client does not look for the code.
    return isinstance(error, InvalidResponseError) and "Response code: 404" in str(error)
