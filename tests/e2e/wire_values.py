"""Random values that fit botocore's shapes, and what they are as neutral documents and as JSON for the oracle."""

import base64
import datetime
import json
import math
import struct

UTC = datetime.timezone.utc
TEXT = "abcXYZ 019-_.~!*'();:@&=+$,/?#[]<>\"\\%{}|^`\t\né漢😀"
# What a header carries without being changed on the way.
HEADER_TEXT = "abcXYZ019-_.~!*'();:@&=+$/?#[]<>%{}|^`"
NOTHING = object()


class Values:
    """Makes values for one operation in one protocol. `answer` is the direction: what a server writes."""

    def __init__(self, random, protocol, answer):
        self.random = random
        self.protocol = protocol
        self.answer = answer
        self.is_form = protocol in ("query", "ec2")
        self.is_xml = self.is_form or protocol == "rest-xml"

    def structure(self, shape, open_shapes=(), chance=0.7, names=None):
        """A structure, or NOTHING where an empty one would vanish on the wire."""
        open_shapes = (*open_shapes, shape.name)
        members = {
            name: member
            for name, member in shape.members.items()
            if open_shapes.count(member.name) < 2 and not member.serialization.get("eventstream")
        }
        # A few old shapes of S3 have two members under one name.
        wire_names = [member.serialization.get("name", name) for name, member in members.items()]
        members = {name: member for (name, member), wire_name in zip(members.items(), wire_names)
                   if wire_names.count(wire_name) == 1 or member.serialization.get("location")}
        if getattr(shape, "is_tagged_union", False) and members:
            members = dict([self.random.choice(sorted(members.items()))])
            chance = 1
        value = {}
        for name, member in members.items():
            payload = name == shape.serialization.get("payload")
            needed = name in shape.required_members or chance == 1
            if needed or self.random.random() < chance:
                made = self.member(member, open_shapes, is_payload=payload)
                if made is not NOTHING:
                    value[name] = made
        if not value and members and self.is_form and chance < 1:
            return self.structure(shape, open_shapes[:-1], chance=1)
        if not value and self.is_form and len(open_shapes) > 1:
            return NOTHING
        if getattr(shape, "is_tagged_union", False) and not value:
            return NOTHING
        return value

    def member(self, member, open_shapes, is_payload=False):
        place = member.serialization.get("location", "body")
        if not self.answer and place == "statusCode":
            return NOTHING
        if is_payload and member.type_name == "string":
            # An empty one is none.
            return "x" + self.string(member, place)
        return self.value(member, open_shapes, place)

    def value(self, shape, open_shapes, place="body"):
        kind = shape.type_name
        if kind == "structure":
            if getattr(shape, "is_document_type", False):
                return self.document()
            if open_shapes.count(shape.name) >= 2:
                return NOTHING
            return self.structure(shape, open_shapes)
        if kind == "list":
            return self.list(shape, open_shapes, place)
        if kind == "map":
            return self.map(shape, open_shapes, place)
        return getattr(self, kind)(shape, place)

    def list(self, shape, open_shapes, place):
        if open_shapes.count(shape.name) >= 2:
            return NOTHING
        open_shapes = (*open_shapes, shape.name)
        flat = shape.serialization.get("flattened") or self.protocol == "ec2"
        vanishes = place != "body" or (flat and self.is_xml) or (self.is_form and not self.answer and flat)
        count = self.random.randint(1 if vanishes else 0, 3)
        values = [self.value(shape.member, open_shapes, place) for _ in range(count)]
        values = [value for value in values if value is not NOTHING]
        return NOTHING if vanishes and not values else values

    def map(self, shape, open_shapes, place):
        if open_shapes.count(shape.name) >= 2:
            return NOTHING
        open_shapes = (*open_shapes, shape.name)
        least = 1 if self.is_xml or place != "body" else 0
        made = {}
        for number in range(self.random.randint(least, 3)):
            key = f"k{number}" if place in ("headers", "querystring") else self.string(shape.key, place) + str(number)
            value = self.value(shape.value, open_shapes, place)
            if value is not NOTHING:
                made[key] = value
        return NOTHING if least and not made else made

    def string(self, shape, place):
        if shape.serialization.get("jsonvalue"):
            return {"a": [1, "é"], "b": None}
        in_header = place in ("header", "headers")
        letters = HEADER_TEXT if in_header else TEXT
        least = 0 if place == "body" else 1
        text = "".join(self.random.choice(letters) for _ in range(self.random.randint(least, 12)))
        # A path whose segments are empty or dots is another path for whoever stands between.
        return "x" + text.replace("\n", "").replace("\t", "") + "x" if place == "uri" else text

    character = string

    def boolean(self, shape, place):
        return self.random.random() < 0.5

    def integer(self, shape, place):
        if place == "statusCode":
            return self.random.randint(200, 299)
        return self.random.choice([0, 1, -1, 23, 24, 255, 256, 70000, 2**31 - 1, -(2**31)])

    short = byte = integer

    def long(self, shape, place):
        return self.random.choice([0, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), self.random.getrandbits(40)])

    def double(self, shape, place):
        if self.protocol == "smithy-rpc-v2-cbor" and self.random.random() < 0.2:
            return self.random.choice([math.nan, math.inf, -math.inf])
        return self.random.choice([0.0, 0.5, -1.25, 1e300, 1e-7, 123456789.125, self.random.uniform(-1e6, 1e6)])

    def float(self, shape, place):
        return struct.unpack("f", struct.pack("f", self.random.uniform(-1e6, 1e6)))[0]

    def blob(self, shape, place):
        return bytes(self.random.getrandbits(8) for _ in range(self.random.randint(0, 9)))

    def timestamp(self, shape, place):
        seconds = self.random.randint(0, 4_000_000_000)
        written = shape.serialization.get("timestampFormat")
        # botocore's own requests have whole seconds where they are numbers or dates of HTTP.
        iso = place == "body" and (written == "iso8601" or (not written and self.is_xml))
        number = self.answer and place == "body" and written in (None, "unixTimestamp")
        millis = self.random.randint(0, 999) if iso or number else 0
        return datetime.datetime.fromtimestamp(seconds, UTC) + datetime.timedelta(milliseconds=millis)

    def document(self, depth=0):
        made = [None, True, 7, -1.5, "é\n", [], {}]
        if depth < 2:
            made += [[self.document(depth + 1)], {"a": self.document(depth + 1), "b": 1}]
        return self.random.choice(made)


def neutral(shape, value, place="body"):
    """A value as the oracle writes neutral documents in JSON."""
    if value is None:
        return None
    kind = shape.type_name
    if kind == "structure":
        if getattr(shape, "is_document_type", False):
            return free(value)
        members = shape.members
        return {"m": {name: neutral(members[name], inner, members[name].serialization.get("location", "body"))
                      for name, inner in value.items()}}
    if kind == "list":
        return [neutral(shape.member, inner, place) for inner in value]
    if kind == "map":
        return {"m": {name: neutral(shape.value, inner, place) for name, inner in value.items()}}
    if kind == "blob":
        return {"b": base64.b64encode(value).decode()}
    if kind == "timestamp":
        return {"t": millis(value)}
    if kind == "float":
        # A text has as many digits as 32 bits need, which is another number in 64.
        return {"d": bits(struct.unpack("f", struct.pack("f", value))[0])}
    if kind == "double":
        return {"d": bits(value)}
    if shape.serialization.get("jsonvalue"):
        return json.dumps(value)
    return value


def free(value):
    """A value of a document type."""
    if isinstance(value, dict):
        return {"m": {name: free(inner) for name, inner in value.items()}}
    if isinstance(value, list):
        return [free(inner) for inner in value]
    return {"d": bits(value)} if isinstance(value, float) else value


def millis(moment):
    return round(moment.timestamp() * 1000)


def bits(value):
    return str(struct.unpack(">Q", struct.pack(">d", math.nan if value != value else value))[0])
