"""Whether transactions that clients saw can have happened one after the other, in the manner of Elle (Kingsbury and Alvaro,
"Elle: Inferring Isolation Anomalies from Experimental Observations").

Every item is a list, and every value is appended once in all. So a list tells which writes were before it and in which
order, and from that follows who was before whom:

- ww: who appended what stands next in a list came after who appended what stands before it;
- wr: who saw a list came after who appended its last value;
- rw: who saw a list came before who appended what it does not have;
- real time: who began after another one's answer came after it.

No order fits when this goes in a circle. What needs no circle to be wrong is looked for first.
"""

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

DONE, REFUSED, UNKNOWN = "done", "refused", "unknown"


@dataclass(frozen=True, eq=False)
class Transaction:
    # What it saw of items: a tuple each, without what it appended itself. One that is unknown saw this if it happened.
    reads: dict
    # What it appended to items, all at once: a tuple each.
    appends: dict
    begun: float
    ended: float = math.inf
    outcome: str = DONE


class Anomaly(Exception):
    """What cannot have been: its name, and the transactions that show it."""

    def __init__(self, name, *story):
        super().__init__("\n  ".join([name, *map(str, story)]))
        self.name = name


def check(history):
    """Raises an Anomaly when no order fits to what the clients saw."""
    writers = {(item, value): one for one in history for item, values in one.appends.items() for value in values}
    # Each list once, in the order of the history, so that the same history gives the same story.
    seen = dict.fromkeys(read for one in history if one.outcome == DONE for read in one.reads.items())
    for item, values in seen:
        check_list(writers, item, values)
    happened = {writers[item, value] for item, values in seen for value in values}
    committed = [one for one in history if one.outcome == DONE or one in happened]
    orders = order_of_versions(one.reads for one in committed)
    graph = Graph()
    graph.add_dependencies(committed, writers, orders)
    graph.check("ww")
    graph.check("ww", "wr")
    graph.check("ww", "wr", "rw")
    graph.add_real_time(committed)
    graph.check("ww", "wr", "rw", "real time")


def check_list(writers, item, values):
    """Each value was appended once, by somebody who was not refused, and with all that was appended with it."""
    if len(set(values)) < len(values):
        raise Anomaly("duplicate", item, values)
    at = 0
    while at < len(values):
        writer = writers.get((item, values[at]))
        if writer is None:
            raise Anomaly("garbage read", item, values, values[at])
        if writer.outcome == REFUSED:
            raise Anomaly("G1a: aborted read", item, values, writer)
        together = writer.appends[item]
        if values[at : at + len(together)] != together:
            raise Anomaly("G1b: intermediate read", item, values, writer)
        at += len(together)


def order_of_versions(reads):
    """The longest list of each item, of which every other one must be the beginning."""
    lists = defaultdict(set)
    for item, values in itertools.chain.from_iterable(read.items() for read in reads):
        lists[item].add(values)
    orders = {item: max(found, key=len) for item, found in lists.items()}
    for item, found in lists.items():
        for values in found:
            if orders[item][: len(values)] != values:
                raise Anomaly("incompatible orders", item, values, orders[item])
    return orders


class Graph:
    """Who must have been before whom, and why."""

    def __init__(self):
        # Of each transaction, those after it, with the first of the reasons.
        self.after = defaultdict(dict)

    def add(self, kind, one, other):
        if one is not other:
            self.after[one].setdefault(other, kind)

    def add_dependencies(self, committed, writers, orders):
        # Appends that nobody saw came after all that somebody saw.
        unseen = defaultdict(list)
        for one in committed:
            for item, values in one.appends.items():
                if values[0] not in orders.get(item, ()):
                    unseen[item].append(one)
        nexts = {}
        for item, order in orders.items():
            chain = [writers[item, value] for value in order]
            nexts[item] = [[writer] for writer in chain] + [unseen[item]]
            for writer, followers in zip(chain, nexts[item][1:]):
                for follower in followers:
                    self.add("ww", writer, follower)
        reads = [(one, item, values) for one in committed for item, values in one.reads.items()]
        for one, item, values in reads:
            if values:
                self.add("wr", writers[item, values[-1]], one)
        for one, item, values in reads:
            for follower in nexts[item][len(values)]:
                self.add("rw", one, follower)

    def add_real_time(self, committed):
        """Only from those whose answers came last: the others were before these already."""
        beginnings = [(one.begun, 0, at) for at, one in enumerate(committed)]
        ends = [(one.ended, 1, at) for at, one in enumerate(committed) if one.outcome == DONE]
        last = []
        # At one and the same time a beginning comes first: the two may have overlapped.
        for _, ends_here, at in sorted(beginnings + ends):
            one = committed[at]
            if ends_here:
                last = [other for other in last if other.ended >= one.begun] + [one]
            else:
                for other in last:
                    self.add("real time", other, one)

    def check(self, *kinds):
        """Raises an Anomaly when reasons of these kinds go in a circle."""
        part = {one: [other for other, kind in after.items() if kind in kinds] for one, after in self.after.items()}
        try:
            TopologicalSorter(part).prepare()
        except CycleError as error:
            circle = min((shortest_circle(part, one) for one in set(error.args[1])), key=len)
            reasons = [self.after[one][other] for one, other in itertools.pairwise(circle)]
            story = itertools.chain.from_iterable(zip(circle, reasons))
            raise Anomaly(name_of(reasons), *story) from None


def shortest_circle(after, start):
    """The shortest way from a transaction back to it."""
    ways = {other: [start, other] for other in after[start]}
    while start not in ways:
        steps = [(one, further) for one in ways for further in after.get(one, ()) if further not in ways]
        ways |= {further: [*ways[one], further] for one, further in steps}
    return ways[start]


def name_of(reasons):
    count = reasons.count("rw")
    kind = "G2" if count > 1 else "G-single" if count else "G1c" if "wr" in reasons else "G0"
    return kind + " in real time" if "real time" in reasons else kind
