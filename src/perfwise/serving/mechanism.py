"""What every batching method has in common: taking requests out of the queue, making room, filling the batch.

These functions keep the books (queues, counters, who holds memory); the families decide. They run plain or compiled.
"""

from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import Calls, Indices, Row, RowArray

__all__ = [
    "NO_BUDGET",
    "append",
    "enqueue",
    "enqueue_first",
    "leave",
    "sort_by_arrival",
    "start_head",
    "step_decodes",
    "step_prompts",
    "tokens_to_process",
    "tokens_to_start",
]

NO_BUDGET = 1 << 62
"""Tokens of a step that nothing but its members limits."""


@compilable()
def blocks_to_start(request: Row, replica: Row) -> int:
    """Blocks that the tokens of a waiting request fill, were nothing shared."""
    return (max(request.prompt, request.processed) + replica.block_tokens - 1) // replica.block_tokens


@compilable()
def enqueue(requests: RowArray, request: int, replica: Row) -> None:
    """Put a request behind the others that wait."""
    row = requests[request]
    row.behind = -1
    row.replica = replica.index
    if replica.waiting == 0:
        replica.first_waiting = request
    else:
        requests[replica.last_waiting].behind = request
    replica.last_waiting = request
    replica.waiting += 1
    replica.waiting_blocks += blocks_to_start(row, replica)


@compilable()
def enqueue_first(requests: RowArray, request: int, replica: Row) -> None:
    """Put a request before the others that wait."""
    row = requests[request]
    row.behind = replica.first_waiting if replica.waiting > 0 else -1
    row.replica = replica.index
    if replica.waiting == 0:
        replica.last_waiting = request
    replica.first_waiting = request
    replica.waiting += 1
    replica.waiting_blocks += blocks_to_start(row, replica)


@compilable()
def _leave_queue(requests: RowArray, replica: Row) -> None:
    """Take the head of the queue out."""
    row = requests[replica.first_waiting]
    replica.waiting -= 1
    replica.waiting_blocks -= blocks_to_start(row, replica)
    replica.first_waiting = row.behind
    row.behind = -1


@compilable()
def append(replica: Row, batch: Indices, request: int, tokens: int) -> None:
    """Add a member to the batch."""
    batch[0, replica.members] = request
    batch[1, replica.members] = tokens
    replica.members += 1


@compilable()
def tokens_to_process(row: Row) -> int:
    """Tokens that an admitted request has to process before it makes one: the rest of its prompt, or its last token."""
    return 1 if row.prefilled == 1 else row.prompt - row.processed


@compilable()
def tokens_to_start(requests: RowArray, request: int, replica: Row, calls: Calls) -> int:
    """Tokens that a waiting request has to process before it makes one, were it admitted now."""
    row = requests[request]
    if row.prefilled == 1 or row.prefix_count == 0 or row.processed > 0:
        return tokens_to_process(row)
    return row.prompt - calls.lookup(requests, request, replica, calls.prefixes, calls.retention)


@compilable()
def start_head(now_s: float, requests: RowArray, replica: Row, calls: Calls) -> int:
    """Admit the head of the queue and return it, or -1 where it has to wait or nobody does."""
    request = replica.first_waiting
    if replica.waiting == 0 or replica.holders >= replica.max_holders:
        return -1
    row = requests[request]
    if not _admit(now_s, requests, request, replica, calls):
        return -1
    _leave_queue(requests, replica)
    replica.holders += 1
    if row.scheduled_s != row.scheduled_s:  # NaN: not yet
        row.scheduled_s = now_s
    if row.swapped == 1:
        calls.resume(now_s, requests, request, replica, calls.preemption)
    row.swapped = 0
    return request


@compilable()
def _admit(now_s: float, requests: RowArray, request: int, replica: Row, calls: Calls) -> bool:
    """Take memory for a waiting request, less what the prefix cache has of it; reclaim from the cache where short."""
    row = requests[request]
    shared = 0
    if row.prefix_count > 0 and row.processed == 0:
        shared = calls.lookup(requests, request, replica, calls.prefixes, calls.retention)
    if shared > 0:
        row.shared_tokens = shared
        calls.pin(now_s, requests, request, replica, calls.prefixes, calls.retention)
    admitted = calls.admit(now_s, requests, request, replica, calls.memory)
    if not admitted and replica.short_blocks <= replica.kept_blocks:  # else the cache would be emptied for nothing
        calls.reclaim(now_s, replica, replica.short_blocks, calls.retention)
        admitted = calls.admit(now_s, requests, request, replica, calls.memory)
    if shared > 0:
        if admitted:
            row.processed = shared
            row.hit_tokens += shared
        else:
            calls.unpin(now_s, requests, request, replica, calls.prefixes, calls.retention)
            row.shared_tokens = 0
    return admitted


@compilable()
def _reclaim_and_extend(now_s: float, requests: RowArray, request: int, replica: Row, calls: Calls) -> bool:
    """Room for one more token, at the cost of what the prefix cache keeps."""
    if replica.kept_blocks == 0:
        return False
    calls.reclaim(now_s, replica, max(1, replica.short_blocks), calls.retention)
    return calls.extend(now_s, requests, request, replica, calls.memory)


@compilable()
def leave(now_s: float, requests: RowArray, request: int, replica: Row, calls: Calls) -> None:
    """Give back all that a request holds."""
    calls.release(now_s, requests, request, replica, calls.memory)
    row = requests[request]
    row.capacity = 0
    row.shared_tokens = 0
    replica.holders -= 1


@compilable()
def _evict(now_s: float, requests: RowArray, request: int, replica: Row, calls: Calls) -> None:
    """Take a request's memory away and put it before all that wait."""
    row = requests[request]
    calls.unpin(now_s, requests, request, replica, calls.prefixes, calls.retention)
    calls.evict(now_s, requests, request, replica, calls.preemption)
    leave(now_s, requests, request, replica, calls)
    row.restarts += 1
    replica.preemptions += 1
    enqueue_first(requests, request, replica)


@compilable()
def step_decodes(
    now_s: float, requests: RowArray, replica: Row, running: Indices, batch: Indices, limit: int, calls: Calls
) -> int:
    """Give each running request one token, in the order of `running`, until the batch has `limit` members.

    A request that needs memory takes it from victims behind it; without any it is evicted itself. Requests whose prompt
    is not done are passed by and kept: they stand first in `running` afterwards. Returns how many these are.
    """
    last = replica.running
    members = replica.members
    front = 0
    aside = 0
    while front < last and members < limit:
        request = running[front]
        front += 1
        row = requests[request]
        if row.prefilled == 0:
            running[aside] = request
            aside += 1
            continue
        if row.processed > row.capacity or replica.free_blocks < 1:  # noqa: SIM102 - the first is what is quick
            if not calls.extend(now_s, requests, request, replica, calls.memory):
                last = _make_room(now_s, requests, request, replica, running, front, last, calls)
                if last < 0:  # evicted itself: nobody was left behind it
                    last = front
                    continue
        batch[0, members] = request
        batch[1, members] = 1
        members += 1
    replica.members = members
    for place in range(front, last):
        running[aside + place - front] = running[place]
    replica.running = aside + last - front
    return aside


@compilable()
def step_prompts(
    requests: RowArray, replica: Row, running: Indices, batch: Indices, begun: int, limit: int, left: int
) -> int:
    """Go on with the prompts of running[:begun], in this order, up to `limit` members and `left` tokens.

    Those for which nothing is left stay in `running`, before the others. Returns the tokens that are still left.
    """
    skipped = 0
    for place in range(begun):
        request = running[place]
        tokens = min(requests[request].prompt - requests[request].processed, left)
        if tokens <= 0 or replica.members >= limit:
            running[skipped] = request
            skipped += 1
        else:
            append(replica, batch, request, tokens)
            left -= tokens
    for place in range(begun, replica.running):
        running[skipped + place - begun] = running[place]
    replica.running += skipped - begun
    return left


@compilable()
def _make_room(
    now_s: float, requests: RowArray, request: int, replica: Row, running: Indices, first: int, last: int, calls: Calls
) -> int:
    """Room for one more token of `request`: the new end of running[first:last], or -1 if it had to go itself."""
    while not _reclaim_and_extend(now_s, requests, request, replica, calls):
        if first == last:
            _evict(now_s, requests, request, replica, calls)
            return -1
        place = calls.victim(now_s, requests, request, replica, running, first, last, calls.preemption)
        victim = int(running[place])
        last -= 1
        for behind in range(place, last):
            running[behind] = running[behind + 1]
        _evict(now_s, requests, victim, replica, calls)
        if calls.extend(now_s, requests, request, replica, calls.memory):
            break
    return last


@compilable()
def sort_by_arrival(requests: RowArray, running: Indices, count: int) -> None:
    """Sort running[:count] by arrival; equal ones keep their order. Nearly sorted input is quick."""
    for place in range(1, count):
        request = running[place]
        arrival_s = requests[request].arrival_s
        before = place - 1
        while before >= 0 and requests[running[before]].arrival_s > arrival_s:
            running[before + 1] = running[before]
            before -= 1
        running[before + 1] = request
