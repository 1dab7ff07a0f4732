"""Two renderers of Velocity templates, and templates at random on which they should agree."""

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
RENDER = os.environ.get("CLOUDLET_RENDER", str(ROOT / "target/debug/examples/render"))
JS = Path(os.environ.get("CLOUDLET_JS", ROOT / "target/js"))
SECONDS_MAX = 60

# What templates are rendered with.
VARIABLES = {
    "x": "some text",
    "word": "abc",
    "n": 7,
    "m": 12,
    "yes": True,
    "no": False,
    "list": [3, 1, 2],
    "words": ["b", "a", "c,d"],
    "map": {"inner": {"deep": ["d0", "d1"]}, "k": "v", "number": 5},
}


def ours(cases):
    """What the example `render` of base/templates makes of templates, each with other members as it takes them."""
    return answers([RENDER], cases)


def theirs(templates):
    """What velocityjs makes of templates."""
    return answers(["node", "velocity.mjs"], [{"template": text, "variables": VARIABLES} for text in templates], JS)


def answers(command, cases, folder=None):
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    run = subprocess.run(command, input=lines, cwd=folder, capture_output=True, text=True, timeout=SECONDS_MAX)
    assert run.returncode == 0, run.stderr
    results = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(results) == len(cases)
    return results


class Templates:
    """Templates of typed expressions: what velocityjs has otherwise than Velocity, they leave out."""

    def __init__(self, chance):
        self.random = chance
        self.loops = 0

    def template(self):
        self.loops = 0
        return self.block(3) + self.text()

    def block(self, depth):
        return "".join(self.part(depth) for _ in range(self.random.randint(1, 4)))

    def part(self, depth):
        parts = [self.text, self.reference, self.set, self.text, self.reference]
        if depth > 0:
            parts += [lambda: self.condition(depth), lambda: self.loop(depth), self.definition, self.macro]
        return self.random.choice(parts)()

    def choose(self, *choices):
        return self.random.choice(choices)

    def text(self):
        return self.choose("a ", "\n", " b, ", "{ \"k\" : ", "}", "é", "## c\n", "#* d *#-", "5% $ ", "#[[$x #if]]#", " # ")

    def reference(self):
        name = self.choose("x", "word", "n", "yes", "no", "list", "undefined", "map.k", "map.inner.deep", "v", "w")
        name = self.choose(name, name, self.method(), "list[0]", "map['k']", "map.inner.deep[1]", "map.none")
        return self.choose("$%s ", "${%s}", "$!%s;", "$!{%s}", "\"${%s}\"") % name

    def method(self):
        return self.choose(
            "list.size()", "words.get(0)", "map.get('k')", "map.keySet()", "x.substring(2)",
            "x.indexOf('t')", "word.replace('b', 'B')", "x.toUpperCase()", "x.split(' ')",
            "x.startsWith('some')", "word.concat('d')",
            "word.replaceAll('c', '-')", "words.indexOf('c,d')", "word.charAt(1)", "map.size()", 
        )

    def set(self):
        name, value = self.choose(("v", self.number()), ("w", self.string()), ("t", self.boolean()))
        return f"#set(${name} = {value})" + self.choose("", "\n", "  \n", f"${name} ")

    def number(self, depth=2):
        if depth == 0 or self.random.random() < 0.3:
            return self.choose("1", "2", "-3", "40", "$n", "$m", "$list[1]", "$list.size()", "$map.number")
        left, right = self.number(depth - 1), self.number(depth - 1)
        return self.choose(f"{left} + {right}", f"({left} - {right})", f"{left} * {right}", f"({left}) % 5")

    def string(self):
        return self.choose("'plain $x'", "\"in $x and ${n}\"", "$word + 'd'", "$x.toUpperCase()", "'a' + $n", "\"\"", "$word")

    def argument(self):
        return self.choose("'plain $x'", "\"in $x and ${n}\"", "$word", "12")

    def boolean(self, depth=2):
        if depth == 0 or self.random.random() < 0.3:
            operator = self.choose("==", "!=", "<", ">", "<=", ">=", "eq", "ne", "lt", "gt", "le", "ge")
            return self.choose("true", "false", "$yes", "$no", f"({self.number(1)} {operator} {self.number(1)})")
        left, right = self.boolean(depth - 1), self.boolean(depth - 1)
        return self.choose(f"({left} && {right})", f"({left} || {right})", f"!{left}", f"({left} and {right})")

    def condition(self, depth):
        text = f"#if({self.boolean()})" + self.choose("", "\n") + self.block(depth - 1)
        if self.random.random() < 0.4:
            text += f"#elseif({self.boolean()}){self.block(depth - 1)}"
        if self.random.random() < 0.5:
            text += self.choose("#else\n", "#{else}") + self.block(depth - 1)
        return text + self.choose("#end ", "#end\n", "#{end}")

    def loop(self, depth):
        self.loops += 1
        name = f"i{self.loops}"
        over = self.choose("[1..3]", "[3..1]", "$list", "$words", "['p', 'q']", "[$n, $x]", "$undefined", "$map.inner.deep")
        where = self.choose("$foreach.index", "$foreach.count", "#if($foreach.hasNext),#end", "$velocityCount", f"${name}")
        return f"#foreach(${name} in {over})${name} {where} {self.block(depth - 1)}#end" + self.choose(" ", "\n")

    def definition(self):
        return f"#define($d)<{self.text()}$x>#end$d "

    def macro(self):
        self.loops += 1
        name = f"m{self.loops}"
        return f"#macro({name} $p $q)[$p|$q]#end#{name}({self.choose('$n', '5', '$x')} {self.argument()}) "
