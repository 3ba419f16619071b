"""The loop of a simulation: events across replicas, and the steps of each replica between them.

One function serves all methods: what they decide comes through their hooks, what they know through their states. It
runs plain or compiled and leaves its results in the arrays that it was given.
"""

import numpy as np

from perfwise.kit.compiled import Record, Rows, Signature, Table, compilable
from perfwise.kit.events import EVENT, pop, push
from perfwise.serving.contracts import (
    ADMIT,
    BUILD,
    CHOOSE,
    EVICT,
    EXTEND,
    HAND_OVER,
    LOOKUP,
    PIN,
    PUBLISH,
    REBALANCE,
    RECLAIM,
    RELEASE,
    REPLICA,
    REQUEST,
    RESUME,
    STEP,
    TICK,
    TIME,
    TURN_END,
    UNPIN,
    VICTIM,
    Calls,
    Hook,
    Indices,
    Row,
    RowArray,
    State,
)
from perfwise.serving.mechanism import enqueue, leave

__all__ = ["RUN", "SAMPLE_COLUMNS", "STATUS", "simulate"]

# What the loop ends with; everything but DONE names a method that broke its contract, or a trace that cannot be served.
DONE, STUCK, BAD_TARGET, BAD_BATCH, BAD_TIME, NO_PROGRESS = range(6)
STATUS = ("done", "stuck", "bad-target", "bad-batch", "bad-time", "no-progress")

_ARRIVE, _TURN, _WAKE, _END, _LAND, _TICK = range(6)
_GAP_BINS_PER_S = 10_000.0
_IDLE_TICKS = 1000  # ticks with nothing else due, after which nobody is going to do anything

RUN = np.dtype(
    [
        ("tick_s", "f8"),  # time between ticks; 0 for none
        ("patience", "i8"),  # steps without a completion after which the run is given up
        ("moving", "b1"),  # whether the migration hooks are asked
        ("status", "i8"),
        ("subject", "i8"),  # request or replica that the status is about
        ("end_s", "f8"),  # time of the last event
        ("iterations", "i8"),
        ("unfinished", "i8"),
        ("samples", "i8"),
        ("stride", "i8"),  # every so many steps of a replica give a sample
        ("slices", "i8"),
        ("pending", "i8"),  # events in the heap; not `size`, which numpy's rows have already
        ("sequence", "i8"),
        ("since_completion", "i8"),
    ],
    align=True,
)
"""Options and counters of one run."""

SAMPLE_COLUMNS = ("time_s", "replica", "running", "waiting", "used_blocks", "batch_tokens")

_STATE, _STATES = Table("f8"), Table("f8", 2)
_SIGNATURE = Signature(
    "none",
    (
        *(Record(RUN), Rows(REQUEST), Table("i8"), Table("i8"), Rows(REPLICA), Rows(STEP), Rows(EVENT)),
        *(Table("i8", 2), Table("i8", 4), Table("i8", 2), _STATES, Table("i8", 2)),  # running ... moves
        *(_STATES, Table("i8"), _STATES),  # samples, gaps, slices
        *(ADMIT, EXTEND, RELEASE, _STATES),
        *(VICTIM, EVICT, RESUME, _STATES),
        *(LOOKUP, PIN, PUBLISH, UNPIN, RECLAIM, TURN_END, _STATES),
        *(BUILD, _STATES),
        *(TIME, _STATE),
        *(CHOOSE, _STATE),
        *(HAND_OVER, REBALANCE, _STATE),
        *(TICK, _STATE),
    ),
)


@compilable(_SIGNATURE)
def simulate(  # noqa: C901, D417, PLR0912, PLR0915 - one loop, its arrays and hooks
    run: Row,
    requests: RowArray,
    order: Indices,
    prefixes: Indices,
    replicas: RowArray,
    steps: RowArray,
    events: RowArray,
    running: Indices,
    flights: Indices,
    flight_members: Indices,
    stage_free_s: State,
    moves: Indices,
    samples: State,
    gaps: Indices,
    slices: State,
    admit: Hook,
    extend: Hook,
    release: Hook,
    memory: State,
    victim: Hook,
    evict: Hook,
    resume: Hook,
    preemption: State,
    lookup: Hook,
    pin: Hook,
    publish: Hook,
    unpin: Hook,
    reclaim: Hook,
    turn_end: Hook,
    retention: State,
    build: Hook,
    batching: State,
    time: Hook,
    timer: State,
    choose: Hook,
    dispatch: State,
    hand_over: Hook,
    rebalance: Hook,
    migration: State,
    tick: Hook,
    control: State,
) -> None:
    """Serve all requests.

    Args:
        run: options in, counters out.
        requests, replicas: rows as the contracts say; all are updated in place.
        order: requests that arrive by the clock, in the order of arrival; later turns follow their conversations.
        prefixes: prefix hashes of all requests.
        steps: one row, scratch.
        events: room for the heap.
        running: (replicas, width): unfinished requests in no batch in flight.
        flights: (replicas, stages, 2, width): members of the batches in flight, and their tokens.
        flight_members: (replicas, stages).
        stage_free_s: (replicas, stages): when each pipeline stage is free.
        moves: (requests that may move at a tick, 2): scratch.
        samples: (n, 6): columns as in SAMPLE_COLUMNS, thinned out evenly when full.
        gaps: histogram of the times between tokens, in bins of 0.1 ms, the last open.
        slices: (n, 6): first n steps: replica, start_s, end_s, members, tokens, prefill tokens.
        The rest: hooks and states of the families.
    """
    run.sequence = order.shape[0]
    if order.shape[0] > 0:
        run.pending = push(events, run.pending, requests[order[0]].arrival_s, 0, _ARRIVE, 0)
    if run.tick_s > 0:
        run.pending = push(events, run.pending, run.tick_s, run.sequence, _TICK, 0)
        run.sequence += 1
    idle_ticks = 0
    looked = -1  # steps that had ended when all queues were looked at once more
    while run.unfinished > 0:
        if run.pending == 0 and looked != run.iterations:  # who was evicted last may fit now that nobody else is there
            looked = run.iterations
            for index in range(replicas.shape[0]):
                if replicas[index].waiting > 0:
                    _wake(run, replicas[index], events, run.end_s)
        if run.pending == 0:
            break
        now_s, kind, subject = events[0].time_s, events[0].kind, events[0].subject
        run.pending = pop(events, run.pending)
        run.end_s = now_s
        if kind == _TICK and run.pending == 0:
            idle_ticks += 1
        elif kind not in (_TICK, _WAKE):
            idle_ticks = 0
        due = -1  # replica that may start a batch now
        if kind in (_ARRIVE, _TURN):
            request = subject
            if kind == _ARRIVE:
                request = order[subject]
                if subject + 1 < order.shape[0]:
                    arrival_s = requests[order[subject + 1]].arrival_s
                    run.pending = push(events, run.pending, arrival_s, subject + 1, _ARRIVE, subject + 1)
            target = choose(now_s, requests, request, replicas, dispatch)
            if target < 0 or target >= replicas.shape[0]:
                run.status, run.subject = BAD_TARGET, request
                return
            enqueue(requests, request, replicas[target])
            _wake(run, replicas[target], events, now_s)
        elif kind == _WAKE:
            replicas[subject].woken = 0
            due = subject
        elif kind == _LAND:
            replica = replicas[requests[subject].replica]
            replica.moved += 1
            enqueue(requests, subject, replica)
            _wake(run, replica, events, now_s)
        elif kind == _TICK:
            if idle_ticks > _IDLE_TICKS:
                break
            tick(now_s, requests, replicas, control)
            if run.moving:
                _list_holders(replicas, running, flights, flight_members)
                count = rebalance(now_s, requests, replicas, running, moves, migration)
                for move in range(count):
                    if not _bind(requests, moves[move, 0], replicas, moves[move, 1]):
                        run.status, run.subject = BAD_TARGET, moves[move, 0]
                        return
            for index in range(replicas.shape[0]):
                if replicas[index].waiting > 0 or replicas[index].leaving > 0:
                    _wake(run, replicas[index], events, now_s)
            run.pending = push(events, run.pending, now_s + run.tick_s, run.sequence, _TICK, 0)
            run.sequence += 1
        else:
            due = subject
        if due < 0:
            continue

        replica = replicas[due]
        # fmt: off
        calls = Calls(
            admit, extend, release, memory[due],
            victim, evict, resume, preemption[due],
            lookup, pin, unpin, reclaim, retention[due], prefixes,
        )
        # fmt: on
        if kind == _END:
            slot = replica.oldest_flight
            members = flight_members[due, slot]
            replica.oldest_flight = slot + 1 if slot + 1 < replica.stages else 0
            replica.in_flight -= 1
            run.iterations += 1
            replica.iterations += 1
            batch = flights[due, slot]
            done = _account(now_s, requests, replica, batch, members, running[due], gaps)
            if done > 0:
                for place in range(members):  # in the order of the batch
                    request = batch[0, place]
                    row = requests[request]
                    started = row.started == 1
                    row.started = 0
                    if started and row.prefix_count > 0:
                        publish(now_s, requests, request, replica, prefixes, retention[due])
                    if row.completed_s == now_s:
                        if row.next_turn >= 0:
                            turn_end(now_s, requests, request, replica, prefixes, retention[due])
                            follower = requests[row.next_turn]
                            follower.arrival_s = now_s + follower.pause_s
                            arrival_s, turn = follower.arrival_s, row.next_turn
                            run.pending = push(events, run.pending, arrival_s, run.sequence, _TURN, turn)
                            run.sequence += 1
                        else:
                            unpin(now_s, requests, request, replica, prefixes, retention[due])
                        leave(now_s, requests, request, replica, calls)
                        _unbind(row, replica)
                        run.unfinished -= 1
                        run.since_completion = 0
                    elif run.moving and started:
                        target = hand_over(now_s, requests, request, replicas, migration)
                        if target != -1 and not _bind(requests, request, replicas, target):
                            run.status, run.subject = BAD_TARGET, request
                            return
            run.since_completion += 1
            if run.since_completion > run.patience:
                run.status, run.subject = NO_PROGRESS, due
                return
            if run.samples < samples.shape[0] and replica.iterations % run.stride == 0:
                tokens = 0
                for place in range(members):
                    tokens += batch[1, place]
                _sample(run, replicas, replica, tokens, samples, now_s)

        if replica.leaving > 0:
            _let_go(run, requests, replica, running[due], events, now_s, calls)
        while replica.in_flight < replica.stages:
            slot = replica.oldest_flight + replica.in_flight
            if slot >= replica.stages:
                slot -= replica.stages
            batch = flights[due, slot]
            replica.members = 0
            build(now_s, requests, replica, running[due], batch, calls, batching[due])
            if replica.members == 0:
                break
            step = steps[0]
            wrong = _describe(requests, replica, batch, step)
            if wrong >= 0:
                run.status, run.subject = BAD_BATCH, wrong
                return
            time(step, timer)
            if not (
                step.stage_s > 0 and step.last_stage_s > 0 and step.stage_s < np.inf and step.last_stage_s < np.inf
            ):
                run.status, run.subject = BAD_TIME, due
                return
            replica.least_free_blocks = min(replica.least_free_blocks, replica.free_blocks)
            flight_members[due, slot] = replica.members
            end_s = now_s
            for stage in range(replica.stages):
                service_s = step.stage_s if stage + 1 < replica.stages else step.last_stage_s
                if replica.speed != 1.0:
                    service_s /= replica.speed
                if stage == 0:
                    service_s += replica.stall_s
                    replica.stall_s = 0.0
                    replica.busy_s += service_s
                    if step.prefills > 0:
                        replica.prefill_s += service_s
                start_s = max(end_s, stage_free_s[due, stage])
                end_s = start_s + service_s
                stage_free_s[due, stage] = end_s
            replica.in_flight += 1
            replica.tokens += step.tokens
            replica.flops += step.flops
            replica.extrapolated += step.extrapolated
            if run.slices < slices.shape[0]:
                row_of = slices[run.slices]
                row_of[0], row_of[1], row_of[2] = due, now_s, end_s
                row_of[3], row_of[4], row_of[5] = step.members, step.tokens, step.prefill_tokens
                run.slices += 1
            run.pending = push(events, run.pending, end_s, run.sequence, _END, due)
            run.sequence += 1
    if run.unfinished > 0:
        run.status = STUCK
        for request in range(requests.shape[0]):
            if requests[request].completed_s != requests[request].completed_s:
                run.subject = request
                break


@compilable()
def _wake(run: Row, replica: Row, events: RowArray, now_s: float) -> None:
    """Have the replica look at its queue once all that happens at this time has happened."""
    if replica.woken == 0 and replica.in_flight < replica.stages:
        replica.woken = 1
        run.pending = push(events, run.pending, now_s, run.sequence, _WAKE, replica.index)
        run.sequence += 1


@compilable()
def _describe(requests: RowArray, replica: Row, batch: Indices, step: Row) -> int:
    """Fill in what the timer is asked; the first member that breaks the contract, or -1."""
    tokens = decodes = decode_context = longest = 0
    prefills = prefill_tokens = prefill_context = prefill_context_64 = squares = pairs = sampled = 0
    for place in range(replica.members):
        row = requests[batch[0, place]]
        count = batch[1, place]
        done = row.processed
        tokens += count
        if row.prefilled == 1:
            if count != 1:
                return batch[0, place]
            decodes += 1
            decode_context += done
            longest = max(longest, done)
        else:
            if count < 1 or done + count > row.prompt:
                return batch[0, place]
            prefills += 1
            prefill_tokens += count
            prefill_context += done
            prefill_context_64 += (done + 63) // 64 * 64
            squares += count * count
            pairs += count * done + count * (count + 1) // 2
            if done + count == row.prompt:
                sampled += 1
    step.tokens = tokens
    step.members = replica.members
    step.decodes = decodes
    step.decode_context = decode_context
    step.longest_decode = longest
    step.prefills = prefills
    step.prefill_tokens = prefill_tokens
    step.prefill_context = prefill_context
    step.prefill_context_64 = prefill_context_64
    step.prefill_squares = squares
    step.prefill_pairs = pairs
    step.sampled = sampled + decodes
    step.flops = 0.0
    step.extrapolated = 0
    return -1


@compilable()
def _account(
    now_s: float, requests: RowArray, replica: Row, batch: Indices, members: int, running: Indices, gaps: Indices
) -> int:
    """Book a finished batch: tokens, first tokens, completions; the rest goes back to `running`.

    Returns how many members finished their prompt or completed.
    """
    noted = 0
    kept = replica.running
    gap_s, alike = 0.0, 0  # most members of a batch waited equally long
    for place in range(members):
        request = batch[0, place]
        row = requests[request]
        done = row.processed + batch[1, place]
        ended = row.prefilled == 0 and done == row.prompt
        if ended:
            row.prefilled = 1
            row.started = 1
            done += 1
            noted += 1
            if row.first_token_s != row.first_token_s:  # NaN: not yet
                row.first_token_s = now_s
                row.last_token_s = now_s
                ended = False
        if ended or done > row.prompt + 1:
            waited_s = now_s - row.last_token_s
            row.last_token_s = now_s
            row.worst_gap_s = max(row.worst_gap_s, waited_s)
            if waited_s != gap_s:
                _count_gaps(gaps, gap_s, alike)
                gap_s, alike = waited_s, 0
            alike += 1
        row.processed = done
        if done == row.prompt + row.output:
            row.completed_s = now_s
            noted += 1
        else:
            running[kept] = request
            kept += 1
    _count_gaps(gaps, gap_s, alike)
    replica.running = kept
    return noted


@compilable()
def _count_gaps(gaps: Indices, gap_s: float, count: int) -> None:
    """So many tokens came `gap_s` after the one before."""
    gaps[min(int(gap_s * _GAP_BINS_PER_S), gaps.shape[0] - 1)] += count


@compilable()
def _list_holders(replicas: RowArray, running: Indices, flights: Indices, flight_members: Indices) -> None:
    """Write those that are in a step behind those that are not."""
    for index in range(replicas.shape[0]):
        replica = replicas[index]
        count = replica.running
        for flight in range(replica.in_flight):
            slot = (replica.oldest_flight + flight) % replica.stages
            for place in range(flight_members[index, slot]):
                running[index, count] = flights[index, slot, 0, place]
                count += 1


@compilable()
def _bind(requests: RowArray, request: int, replicas: RowArray, target: int) -> bool:
    """Note that a request shall leave for `target`; False where it holds no memory or the target is not there."""
    if target < 0 or target >= replicas.shape[0] or request < 0 or request >= requests.shape[0]:
        return False
    row = requests[request]
    if row.replica < 0 or row.capacity == 0:
        return False
    _unbind(row, replicas[row.replica])
    if row.replica != target:
        row.bound_for = target + 1
        replicas[row.replica].leaving += 1
    return True


@compilable()
def _unbind(row: Row, replica: Row) -> None:
    """The request stays after all."""
    if row.bound_for > 0:
        row.bound_for = 0
        replica.leaving -= 1


@compilable()
def _let_go(
    run: Row, requests: RowArray, replica: Row, running: Indices, events: RowArray, now_s: float, calls: Calls
) -> None:
    """Send those on their way that are bound for another replica and in no step."""
    kept = 0
    for place in range(replica.running):
        request = running[place]
        row = requests[request]
        if row.bound_for == 0:
            running[kept] = request
            kept += 1
            continue
        calls.unpin(now_s, requests, request, replica, calls.prefixes, calls.retention)
        leave(now_s, requests, request, replica, calls)
        row.swapped = 2  # its keys and values travel with it
        row.replica = row.bound_for - 1
        _unbind(row, replica)
        run.pending = push(events, run.pending, now_s + row.transfer_s, run.sequence, _LAND, request)
        run.sequence += 1
    replica.running = kept


@compilable()
def _sample(run: Row, replicas: RowArray, replica: Row, tokens: int, samples: State, now_s: float) -> None:
    """Keep how full a replica is; when there is no more room, every second sample of each replica stays."""
    row = samples[run.samples]
    row[0], row[1], row[2] = now_s, replica.index, replica.running
    row[3], row[4] = replica.waiting, replica.total_blocks - replica.free_blocks - replica.kept_blocks
    row[5] = tokens
    run.samples += 1
    if run.samples < samples.shape[0]:
        return
    for index in range(replicas.shape[0]):
        replicas[index].sampled = 0
    kept = 0
    for place in range(run.samples):
        of = replicas[int(samples[place, 1])]
        of.sampled += 1
        if of.sampled % 2 == 0:
            for column in range(samples.shape[1]):
                samples[kept, column] = samples[place, column]
            kept += 1
    run.samples = kept
    run.stride *= 2
