"""What tests of S3's objects have in common."""

import pytest
from botocore.exceptions import ClientError


def refused(code, call, *arguments, **parameters):
    """What a call hears that is refused with that code."""
    with pytest.raises(ClientError) as refusal:
        call(*arguments, **parameters)
    error = refusal.value.response["Error"]
    assert error["Code"] == code, error
    return error


def body_of(answer):
    return answer["Body"].read()
