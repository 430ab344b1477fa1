"""What the settings of S3 must say, and what the start says when they do not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aethex_live.providers import NotConfigured
from aethex_plugins.storage_s3.opening import bucket_of
from aethex_plugins.storage_s3.settings import StorageS3Settings
from buckets import ACCESS, SECRET

WHOLE = {"bucket": "files", "access_key_id": ACCESS, "secret_access_key": SECRET}


def bucket(**more: object):
    return bucket_of(StorageS3Settings.model_validate({**WHOLE, **more}))


def test_amazon_names_the_bucket_in_the_host():
    made = bucket(region="eu-west-1")
    assert made.base == "https://files.s3.eu-west-1.amazonaws.com"
    assert made.endpoint is None
    assert made.origins() == ("https://files.s3.eu-west-1.amazonaws.com",)


def test_a_bucket_with_dots_is_named_in_the_path():
    assert bucket(bucket="files.example.org").base == "https://s3.us-east-1.amazonaws.com/files.example.org"


def test_another_service_and_a_public_address():
    made = bucket(endpoint_url="https://minio.example:9000/", path_style=True, public_url="https://cdn.example/f/")
    assert made.base == "https://minio.example:9000/files"
    assert made.public == "https://cdn.example/f"
    assert made.origins() == ("https://cdn.example", "https://minio.example:9000")


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_missing_says_which_and_where(name: str):
    with pytest.raises(NotConfigured) as caught:
        bucket(**{name: " "})
    told = str(caught.value)
    assert f"{name} is missing" in told.replace(name.capitalize(), name)
    assert "[plugins.storage_s3]" in told
    assert f"AETHEX_STORAGE_S3__{name.upper()}" in told
    assert "console" in told
    assert "\n" not in told


def test_all_that_is_missing_is_told_at_once():
    with pytest.raises(NotConfigured, match=r"Bucket is missing.*access_key_id is missing.*secret_access_key is"):
        bucket_of(StorageS3Settings())


@pytest.mark.parametrize("name", ["endpoint_url", "public_url"])
@pytest.mark.parametrize("url", ["files.example.org", "ftp://files.example.org", "https://", "https://a.org/?x=1"])
def test_what_is_no_address_is_named(name: str, url: str):
    with pytest.raises(NotConfigured, match=f"{name} under"):
        bucket(**{name: url})


def test_without_the_sdk_the_line_that_mends_it_is_told():
    code = (
        "import sys; sys.modules['boto3'] = None\n"
        "from aethex_live.clock import SystemClock\n"
        "from aethex_plugins.storage_s3.opening import bucket_of, open_storage\n"
        "from aethex_plugins.storage_s3.settings import StorageS3Settings\n"
        f"said = StorageS3Settings.model_validate({WHOLE!r})\n"
        "try: open_storage(bucket_of(said), SystemClock())\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("NotConfigured")
    assert "pip install 'aethex-live[s3]'" in done.stdout


def test_importing_the_plugins_does_not_import_the_sdk():
    code = (
        "import sys, aethex_plugins.storage_s3, aethex_plugins.storage_r2\n"
        "print([name for name in ('boto3', 'botocore') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
