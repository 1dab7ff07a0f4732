"""Functions whose code is a folder of the disk: its changes are there at the next invocation."""

import os

import pytest
from conftest import refused
from functions import ROLE, create, invoke

CODE = "import words\ndef handler(event, context): return [words.WORD, context.function_name]\n"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "projects/trips"
    (folder / "lib").mkdir(parents=True)
    (folder / "main.py").write_text(CODE)
    (folder / "words.py").write_text("WORD = 'one'\n")
    return folder


def from_folder(functions, folder, name="f", **parameters):
    code = {"S3Bucket": "hot-reload", "S3Key": str(folder)}
    return create(functions, name, "", **{"Code": code, **parameters})


@pytest.fixture
def hot(make_cloud, folder):
    return make_cloud("--hot-reload", str(folder.parent)).start()


def test_changes_count_at_the_next_invocation(hot, folder):
    functions = hot.client("lambda", read_timeout=60)
    from_folder(functions, folder)
    said = lambda: invoke(functions, "f")[1]  # noqa: E731
    assert said() == ["one", "f"]
    for word in ["two", "six", "a longer one"]:
        (folder / "words.py").write_text(f"WORD = {word!r}\n")
        assert said() == [word, "f"]
    # A file takes another's place, as editors save it.
    (folder / "new.py").write_text("WORD = 'new'\n")
    os.replace(folder / "new.py", folder / "words.py")
    assert said() == ["new", "f"]
    (folder / "main.py").write_text("raise ValueError('half-written')\n")
    answer, said_then = invoke(functions, "f")
    assert (answer["FunctionError"], said_then["errorMessage"]) == ("Unhandled", "half-written")
    (folder / "main.py").write_text(CODE)
    assert said() == ["new", "f"]
    hot.kill()
    hot.start()
    assert invoke(hot.client("lambda", read_timeout=60), "f")[1] == ["new", "f"]


def test_a_function_may_become_a_folder_and_a_package_again(hot, folder):
    functions = hot.client("lambda", read_timeout=60)
    create(functions, "f", "def handler(event, context): return 'package'")
    assert invoke(functions, "f")[1] == "package"
    functions.update_function_code(FunctionName="f", S3Bucket="hot-reload", S3Key=str(folder))
    assert invoke(functions, "f")[1] == ["one", "f"]
    assert functions.get_function(FunctionName="f")["Code"]["Location"] == f"file://{folder}"
    code, message = refused(functions.publish_version, FunctionName="f")
    assert code == "NotImplemented" and "folder" in message
    before = (folder / "main.py").read_text()
    create(functions, "g", "def handler(event, context): return 'package'")
    functions.delete_function(FunctionName="f")
    assert (folder / "main.py").read_text() == before


def test_a_function_cannot_write_to_its_folder(hot, folder):
    functions = hot.client("lambda", read_timeout=60)
    (folder / "main.py").write_text("def handler(event, context): open('/var/task/words.py', 'w')\n")
    from_folder(functions, folder)
    answer, said = invoke(functions, "f")
    assert answer["FunctionError"] == "Unhandled" and said["errorType"] in ("OSError", "PermissionError")
    assert (folder / "words.py").read_text() == "WORD = 'one'\n"


def test_only_folders_below_the_named_one_are_functions(hot, folder, tmp_path, make_cloud):
    functions = hot.client("lambda")
    (tmp_path / "other").mkdir()
    (folder / "out").symlink_to(tmp_path / "other")
    for wrong in [tmp_path / "other", folder / "out", f"{folder}/../../other", "/etc", folder / "main.py", "/none"]:
        code, message = refused(from_folder, functions, wrong)
        assert code == "InvalidParameterValueException" and "Hot reload" in message, wrong
    versioned = {"S3Bucket": "hot-reload", "S3Key": str(folder), "S3ObjectVersion": "1"}
    assert "versions" in refused(from_folder, functions, folder, Code=versioned)[1]
    off = make_cloud(data=tmp_path / "off").start().client("lambda")
    code, message = refused(from_folder, off, folder)
    assert code == "InvalidParameterValueException" and "--hot-reload" in message
    # Any other key is one of a bucket.
    wish = {"FunctionName": "g", "Runtime": "python3.12", "Role": ROLE, "Handler": "main.handler"}
    code, message = refused(functions.create_function, **wish, Code={"S3Bucket": "hot-reload", "S3Key": "code.zip"})
    assert "NoSuchBucket" in message
