"""Whether what clients saw of one item can have happened one after the other.

A history is a list of `Operation`, each with the time at which its client began it and the time at which the client had the
answer. It is linearizable when every operation can be put at one moment between the two so that each answer is right. One
without an answer may have happened at any moment since it began, or never.

The search is Wing's and Gong's, with Lowe's memory of what was tried: operations that did not overlap keep their order, and
what did is tried in every order until one fits.
"""

import math
from dataclasses import dataclass

# The answer of an operation that nobody saw.
UNKNOWN = "unknown"
# What `after` says of a state in which the answer would have been another one.
IMPOSSIBLE = "impossible"
# The state of an item that is not there.
NOTHING = None


@dataclass(frozen=True)
class Operation:
    # "read"; "set" to a value; "swap" of (old, new), on the condition that it is old; "add" of a number.
    kind: str
    argument: object
    # The value read; whether a swap happened; the sum.
    answer: object
    begun: float
    ended: float = math.inf


def after(state, operation):
    """What the item is after the operation, if its answer is right."""
    kind, argument, answer = operation.kind, operation.argument, operation.answer
    if kind == "read":
        return state if answer == state else IMPOSSIBLE
    if kind == "set":
        return argument
    if kind == "swap":
        old, new = argument
        holds = state == old
        return IMPOSSIBLE if answer not in (UNKNOWN, holds) else (new if holds else state)
    assert kind == "add"
    total = (state or 0) + argument
    return total if answer in (UNKNOWN, total) else IMPOSSIBLE


def is_linearizable(history, state=NOTHING):
    # A read that nobody saw says nothing.
    history = [operation for operation in history if (operation.kind, operation.answer) != ("read", UNKNOWN)]
    events = []
    for number, operation in enumerate(history):
        events.append((operation.begun, True, number))
        if operation.answer != UNKNOWN:
            events.append((operation.ended, False, number))
    # At one and the same time a beginning comes first: the two may have overlapped.
    events.sort(key=lambda event: (event[0], not event[1]))
    return _Search(history, events).run(state)


class _Search:
    def __init__(self, history, events):
        self.history, self.events = history, events
        # Operations with an answer that are still to be put somewhere.
        self.open = sum(operation.answer != UNKNOWN for operation in history)
        # Events as a list whose parts can be taken out and put back; the last place is its head.
        size = len(events)
        self.next = [*range(1, size + 1), 0]
        self.before = [size, *range(size)]
        self.end_of = {number: at for at, (_, begins, number) in enumerate(events) if not begins}

    def run(self, state):
        done, tried, path = 0, set(), []
        head = len(self.events)
        at = self.next[head]
        while self.open:
            _, begins, number = self.events[at]
            if not begins:
                # It would have to have happened by now: what was put first before must be put later.
                if not path:
                    return False
                at, state, number = path.pop()
                done &= ~(1 << number)
                self._put_back(at, number)
                at = self.next[at]
                continue
            new = after(state, self.history[number])
            mark = (done | 1 << number, new)
            if new != IMPOSSIBLE and mark not in tried:
                tried.add(mark)
                path.append((at, state, number))
                done, state = mark
                self._take_out(at, number)
                at = self.next[head]
            else:
                at = self.next[at]
        return True

    def _take_out(self, at, number):
        self.open -= number in self.end_of
        for place in self._places(at, number):
            self.next[self.before[place]], self.before[self.next[place]] = self.next[place], self.before[place]

    def _put_back(self, at, number):
        self.open += number in self.end_of
        for place in reversed(self._places(at, number)):
            self.next[self.before[place]] = self.before[self.next[place]] = place

    def _places(self, at, number):
        if number not in self.end_of:
            return [at]
        return [at, self.end_of[number]]
