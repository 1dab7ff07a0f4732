"""Layers of stock libraries: what is installed for the tests, as functions have it in `/opt`."""

import io
import json
import os
import zipfile
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NODE = Path(os.environ.get("CLOUDLET_JS", Path(__file__).parents[2] / "target/js")) / "node_modules"


def packed(files):
    """A zip of files of the disk under names of their own."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, path in sorted(files.items()):
            archive.write(path, name)
    return buffer.getvalue()


def of_python(*names):
    """Distributions with all that they need."""
    files, wanted, known = {}, list(names), set()
    while wanted:
        name = canonicalize_name(wanted.pop())
        if name in known:
            continue
        known.add(name)
        distribution = metadata.distribution(name)
        needs = (Requirement(text) for text in distribution.requires or [])
        wanted += [need.name for need in needs if not need.marker or need.marker.evaluate({"extra": ""})]
        for file in distribution.files:
            if ".." not in file.parts and "__pycache__" not in file.parts:
                files[f"python/{file}"] = distribution.locate_file(file)
    return packed(files)


def of_node(*names):
    """Packages with all that they need."""
    files, wanted, known = {}, list(names), set()
    while wanted:
        name = wanted.pop()
        # What only one package needs may stand within it.
        if name in known or not (NODE / name).is_dir():
            continue
        known.add(name)
        wanted += json.loads((NODE / name / "package.json").read_text()).get("dependencies", {})
        for path in (NODE / name).rglob("*"):
            if path.is_file() and not path.name.endswith((".ts", ".map", ".md")):
                files[f"nodejs/node_modules/{path.relative_to(NODE).as_posix()}"] = path
    return packed(files)


def layer(functions, name, content):
    return functions.publish_layer_version(LayerName=name, Content={"ZipFile": content})["LayerVersionArn"]
