"""Equivalent queries of very different cost: SQLite's steps beside CPU time, on a database that is made here.

`python benchmarks/programs/sql.py` writes benchmarks/results/sql.json.
"""

import random
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from scipy.stats import spearmanr

import record
from perfwise.programs import plain
from perfwise.programs.contracts import Limits
from perfwise.programs.meters.sql import SqlMeter

EQUIVALENT = {
    "join or correlated": (
        "select c.name, count(o.id) from customers c left join orders o on o.customer = c.id group by c.id",
        "select c.name, (select count(*) from orders o where o.customer = c.id) from customers c",
    ),
    "in or exists": (
        "select name from customers where id in (select customer from orders where amount > 900)",
        "select name from customers c where exists (select 1 from orders o where o.customer = c.id and o.amount > 900)",
    ),
    "not in or except": (
        "select id from customers where id not in (select customer from orders)",
        "select c.id from customers c where (select count(*) from orders o where o.customer = c.id) = 0",
    ),
    "index or expression": (
        "select count(*) from orders where day = 77",
        "select count(*) from orders where day + 0 = 77",
    ),
    "key or scan": (
        "select amount from orders where id between 500 and 520",
        "select amount from orders where cast(id as text) in (" + ", ".join(f"'{i}'" for i in range(500, 521)) + ")",
    ),
    "maximum or order": (
        "select max(amount) from orders",
        "select o.amount from orders o where not exists (select 1 from orders p where p.amount > o.amount) limit 1",
    ),
    "window or triangle": (
        "select sum(s) from (select sum(amount) over (order by id) as s from orders where id < 600)",
        "select sum((select sum(p.amount) from orders p where p.id <= o.id)) from orders o where o.id < 600",
    ),
    "group or distinct pairs": (
        "select count(*) from (select distinct customer, day from orders)",
        "select count(*) from orders o where not exists (select 1 from orders p where p.customer = o.customer and p.day = o.day and p.id < o.id)",
    ),
    "filter early or late": (
        "select count(*) from orders o join customers c on c.id = o.customer where o.day = 5",
        "select count(*) from customers c join orders o on o.customer + 0 = c.id and o.day + 0 = 5",
    ),
    "union or or": (
        "select count(*) from (select id from orders where day = 1 union select id from orders where day = 2)",
        "select count(*) from orders where day + 0 = 1 or day + 0 = 2",
    ),
}


def made(path: Path) -> None:
    draw = random.Random(0)
    connection = sqlite3.connect(path)
    connection.executescript(
        "create table customers(id integer primary key, name text);"
        "create table orders(id integer primary key, customer int, day int, amount int); create index by_day on orders(day);"
    )
    connection.executemany("insert into customers values (?, ?)", [(i, f"name {i}") for i in range(400)])
    rows = [(i, draw.randrange(450), draw.randrange(365), draw.randrange(1000)) for i in range(6000)]
    connection.executemany("insert into orders values (?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()


def cpu_s(path: Path, query: str) -> float:
    """Least of five, each over as many runs as take 20 ms."""
    connection = sqlite3.connect(path)
    connection.execute(query).fetchall()
    spent = []
    for _ in range(5):
        runs, before = 0, time.process_time()
        while time.process_time() - before < 0.02:
            connection.execute(query).fetchall()
            runs += 1
        spent.append((time.process_time() - before) / runs)
    return min(spent)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.sqlite"
        made(path)
        steps, times, agreed, not_alike = [], [], 0, []
        for name, queries in EQUIVALENT.items():
            calls = [
                SqlMeter().measure(query, "", [plain.dumps((str(path),))], Limits(1e9), 0).calls[0] for query in queries
            ]
            assert sorted(plain.loads(calls[0].answer)) == sorted(plain.loads(calls[1].answer)), name
            counted, timed = [call.cost for call in calls], [cpu_s(path, query) for query in queries]
            alike = (counted[0] < counted[1]) == (timed[0] < timed[1])
            agreed += alike
            not_alike += [] if alike else [name]
            steps += counted
            times += timed
            print(f"{name:24} {counted[0]:12,.0f} {counted[1]:12,.0f}   {timed[0] * 1e3:9.3f} {timed[1] * 1e3:9.3f} ms")
        again = {
            SqlMeter().measure(queries[1], "", [plain.dumps((str(path),))], Limits(1e9), 0).calls[0].cost
            for _ in range(3)
        }
    note = f"not alike: {', '.join(not_alike)}" if not_alike else "all alike"
    nanoseconds = [1e9 * second / step for second, step in zip(times, steps, strict=True)]
    rows = [
        record.Row(
            f"pairs of equivalent queries ranked by steps as by CPU time, of {len(EQUIVALENT)}",
            agreed,
            "all",
            "pairs",
            source=f"SQLite {sqlite3.sqlite_version}",
            note=note,
        ),
        record.Row(
            "rank correlation of steps and CPU time over all queries",
            float(spearmanr(steps, times).statistic),
            "none",
            "Spearman",
            note=f"{len(steps)} queries",
        ),
        record.Row(
            "CPU time of one step, median",
            statistics.median(nanoseconds),
            "none",
            "ns",
            note=f"{min(nanoseconds):.1f} to {max(nanoseconds):.1f}",
        ),
        record.Row("different counts of one query in three runs", len(again), "1", "counts"),
    ]
    record.write("sql", "python benchmarks/programs/sql.py", rows)


if __name__ == "__main__":
    main()
