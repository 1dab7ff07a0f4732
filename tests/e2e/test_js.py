"""The AWS SDK for JavaScript, and libraries on top of it, unchanged: the programs in tests/js do the work."""

import base64
import os
import subprocess
from pathlib import Path

import pytest
from test_lambda import package

FOLDER = Path(os.environ.get("CLOUDLET_JS", Path(__file__).parents[2] / "target/js"))
SECONDS_MAX = 180


@pytest.fixture(params=["open", "enforce"])
def keys(request, make_cloud):
    """A cloud with its address and credentials in the environment, as a shell would have them."""
    cloud = make_cloud("--auth", request.param).start()
    key, secret = cloud.root_key()
    return {
        "AWS_ENDPOINT_URL": cloud.url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
    }


def test_the_slice_works_with_the_javascript_sdk(keys):
    zipped = base64.b64encode(package(main__py="def handler(event, context):\n    return event")).decode()
    all_is_well(keys, "slice.mjs", "slice", zipped)


def test_sqs_consumer_consumes(keys):
    all_is_well(keys, "consumer.mjs")


@pytest.mark.parametrize("program", ["document.mjs", "electro.mjs", "toolbox.mjs"])
def test_dynamodb_works_with_its_libraries(keys, program):
    all_is_well(keys, program)


def test_lib_storage_uploads_streams(keys):
    all_is_well(keys, "storage.mjs")


def test_lists_links_forms_and_reads_that_end_early(keys):
    all_is_well(keys, "reading.mjs")


def test_an_application_of_one_page(keys):
    """In Debian's Chromium, which `.ci/run` installs."""
    all_is_well(keys, "app.mjs")


def all_is_well(keys, *command):
    environment = {**os.environ, **keys}
    run = subprocess.run(
        ["node", *command], cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.endswith("all is well\n")
