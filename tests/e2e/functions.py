"""What tests of Lambda have in common: packages, functions made of a few lines, invocations."""

import io
import json
import zipfile

ROLE = "arn:aws:iam::000000000000:role/service-role/runner"


def package(**files):
    """A zip of files; `__` stands for the point in their names, and `___` for a slash. The same files are the same zip at any time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name.replace("___", "/").replace("__", ".")), text)
    return buffer.getvalue()


def create(functions, name, code, **parameters):
    """Makes a function in Python."""
    settings = {
        "FunctionName": name,
        "Runtime": "python3.12",
        "Role": ROLE,
        "Handler": "main.handler",
        "Code": {"ZipFile": package(main__py=code)},
        **parameters,
    }
    return functions.create_function(**settings)


def invoke(functions, name, event=None, **parameters):
    """The answer to an invocation, and its payload."""
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event or {}), **parameters)
    return answer, json.loads(answer["Payload"].read() or "null")
