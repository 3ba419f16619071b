"""Textbook algorithms with the growth that the textbooks give them (Cormen et al.; Sedgewick and Wayne)."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["ALGORITHMS", "Algorithm"]

SMALL, MIDDLE, LARGE = (
    (8, 12, 16, 24, 32, 48, 64),
    (32, 64, 96, 128, 192, 256, 384),
    (64, 128, 256, 512, 1024, 2048, 4096),
)
BITS = (2**6, 2**8, 2**10, 2**12, 2**14, 2**16, 2**18, 2**20)
TINY = (5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20)


@dataclass(frozen=True)
class Algorithm:
    """One algorithm: its growth, its program (a function `f`), the sizes, and the arguments of a size."""

    name: str
    growth: str
    source: str
    sizes: Sequence[int]
    arguments: Callable[[int], tuple]


def drawn(n: int) -> list[int]:
    return random.Random(n).sample(range(10 * n), n)


def numbers(n: int) -> tuple:
    return (drawn(n),)


def ordered(n: int) -> tuple:
    return (sorted(drawn(n)),)


def falling(n: int) -> tuple:
    return (sorted(drawn(n), reverse=True),)


def whole(n: int) -> tuple:
    return (n,)


def text(n: int) -> tuple:
    return ("".join(random.Random(n).choices("ab", k=n)),)


def square(n: int) -> tuple:
    draw = random.Random(n)
    return ([[draw.randrange(100) for _ in range(n)] for _ in range(n)],)


def two_texts(n: int) -> tuple:
    draw = random.Random(n)
    return ("".join(draw.choices("abcd", k=n)), "".join(draw.choices("abcd", k=n)))


def ring(n: int) -> tuple:
    return ([[(i + 1) % n, (i * 7 + 3) % n] for i in range(n)],)


ALGORITHMS = [
    Algorithm("first item", "1", "def f(a):\n    return a[0]\n", LARGE, numbers),
    Algorithm("length", "1", "def f(a):\n    return len(a)\n", LARGE, numbers),
    Algorithm(
        "middle of three", "1", "def f(a):\n    return sorted([a[0], a[len(a) // 2], a[-1]])[1]\n", LARGE, numbers
    ),
    Algorithm("sum by formula", "1", "def f(n):\n    return n * (n + 1) // 2\n", BITS, whole),
    Algorithm(
        "binary search",
        "log n",
        """
def f(a):
    wanted, low, high = a[-1] + 1, 0, len(a)
    while low < high:
        middle = (low + high) // 2
        if a[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low
""",
        LARGE,
        ordered,
    ),
    Algorithm(
        "digits in base two",
        "log n",
        "def f(n):\n    count = 0\n    while n:\n        n //= 2\n        count += 1\n    return count\n",
        BITS,
        whole,
    ),
    Algorithm(
        "power by squaring",
        "log n",
        """
def f(n):
    result, base = 1, 3
    while n:
        if n & 1:
            result = result * base % 1000003
        base = base * base % 1000003
        n >>= 1
    return result
""",
        BITS,
        whole,
    ),
    Algorithm(
        "heap: take the least",
        "log n",
        """
def f(a):
    last, i = a[-1], 0
    a[0] = last
    while 2 * i + 1 < len(a):
        child = 2 * i + 1
        if child + 1 < len(a) and a[child + 1] < a[child]:
            child += 1
        if a[child] >= last:
            break
        a[i], a[child] = a[child], a[i]
        i = child
    return i
""",
        LARGE,
        ordered,
    ),
    Algorithm(
        "largest",
        "n",
        "def f(a):\n    best = a[0]\n    for x in a:\n        if x > best:\n            best = x\n    return best\n",
        LARGE,
        numbers,
    ),
    Algorithm(
        "sum of squares",
        "n",
        "def f(n):\n    total = 0\n    for i in range(n):\n        total += i * i\n    return total\n",
        LARGE,
        whole,
    ),
    Algorithm(
        "two sum with a table",
        "n",
        """
def f(a):
    seen = {}
    for i, x in enumerate(a):
        if -1 - x in seen:
            return [seen[-1 - x], i]
        seen[x] = i
    return []
""",
        LARGE,
        numbers,
    ),
    Algorithm(
        "reverse",
        "n",
        "def f(a):\n    b = []\n    for i in range(len(a) - 1, -1, -1):\n        b.append(a[i])\n    return b\n",
        LARGE,
        numbers,
    ),
    Algorithm(
        "Kadane",
        "n",
        "def f(a):\n    best = run = 0\n    for x in a:\n        run = max(0, run + x)\n        best = max(best, run)\n    return best\n",
        LARGE,
        numbers,
    ),
    Algorithm(
        "breadth first",
        "n",
        """
def f(edges):
    seen, queue = [False] * len(edges), [0]
    seen[0] = True
    for node in queue:
        for other in edges[node]:
            if not seen[other]:
                seen[other] = True
                queue.append(other)
    return len(queue)
""",
        LARGE,
        ring,
    ),
    Algorithm(
        "Knuth-Morris-Pratt",
        "n",
        """
def f(s):
    fail, k = [0] * len(s), 0
    for i in range(1, len(s)):
        while k and s[i] != s[k]:
            k = fail[k - 1]
        k += s[i] == s[k]
        fail[i] = k
    return fail[-1]
""",
        LARGE,
        text,
    ),
    Algorithm(
        "counting sort",
        "n",
        """
def f(a):
    top = max(a) + 1
    counts = [0] * top
    for x in a:
        counts[x] += 1
    out = []
    for x in range(top):
        for _ in range(counts[x]):
            out.append(x)
    return out
""",
        LARGE,
        numbers,
    ),
    Algorithm(
        "merge sort",
        "n log n",
        """
def f(a):
    if len(a) < 2:
        return a
    left, right = f(a[: len(a) // 2]), f(a[len(a) // 2 :])
    out, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            out.append(left[i])
            i += 1
        else:
            out.append(right[j])
            j += 1
    return out + left[i:] + right[j:]
""",
        LARGE,
        numbers,
    ),
    Algorithm(
        "heap sort",
        "n log n",
        """
def f(a):
    def sift(i, end):
        while 2 * i + 1 < end:
            child = 2 * i + 1
            if child + 1 < end and a[child + 1] > a[child]:
                child += 1
            if a[i] >= a[child]:
                return
            a[i], a[child] = a[child], a[i]
            i = child
    for i in range(len(a) // 2 - 1, -1, -1):
        sift(i, len(a))
    for end in range(len(a) - 1, 0, -1):
        a[0], a[end] = a[end], a[0]
        sift(0, end)
    return a
""",
        LARGE,
        numbers,
    ),
    Algorithm(
        "quick sort",
        "n log n",
        """
def f(a):
    if len(a) < 2:
        return a
    pivot = a[len(a) // 2]
    return f([x for x in a if x < pivot]) + [x for x in a if x == pivot] + f([x for x in a if x > pivot])
""",
        LARGE,
        numbers,
    ),
    Algorithm(
        "heapq: push and pop all",
        "n log n",
        """
import heapq
def f(a):
    heap = []
    for x in a:
        heapq.heappush(heap, x)
    return [heapq.heappop(heap) for _ in a]
""",
        LARGE,
        numbers,
    ),
    Algorithm(
        "bisect: search every item",
        "n log n",
        """
def f(a):
    found = 0
    for wanted in a:
        low, high = 0, len(a)
        while low < high:
            middle = (low + high) // 2
            if a[middle] < wanted:
                low = middle + 1
            else:
                high = middle
        found += low
    return found
""",
        LARGE,
        ordered,
    ),
    Algorithm(
        "fast Fourier transform",
        "n log n",
        """
import cmath
def f(a):
    if len(a) == 1:
        return a
    even, odd = f(a[::2]), f(a[1::2])
    n = len(a)
    turned = [cmath.exp(-2j * cmath.pi * k / n) * odd[k] for k in range(n // 2)]
    return [e + t for e, t in zip(even, turned)] + [e - t for e, t in zip(even, turned)]
""",
        (16, 32, 64, 128, 256, 512, 1024, 2048),
        numbers,
    ),
    Algorithm(
        "bubble sort",
        "n^2",
        """
def f(a):
    for i in range(len(a)):
        for j in range(len(a) - 1 - i):
            if a[j] > a[j + 1]:
                a[j], a[j + 1] = a[j + 1], a[j]
    return a
""",
        MIDDLE,
        numbers,
    ),
    Algorithm(
        "insertion sort, falling",
        "n^2",
        """
def f(a):
    for i in range(1, len(a)):
        x, j = a[i], i
        while j and a[j - 1] > x:
            a[j] = a[j - 1]
            j -= 1
        a[j] = x
    return a
""",
        MIDDLE,
        falling,
    ),
    Algorithm(
        "selection sort",
        "n^2",
        """
def f(a):
    for i in range(len(a)):
        least = i
        for j in range(i + 1, len(a)):
            if a[j] < a[least]:
                least = j
        a[i], a[least] = a[least], a[i]
    return a
""",
        MIDDLE,
        numbers,
    ),
    Algorithm(
        "two sum, all pairs",
        "n^2",
        """
def f(a):
    for i in range(len(a)):
        for j in range(i):
            if a[i] + a[j] == -1:
                return [i, j]
    return []
""",
        MIDDLE,
        numbers,
    ),
    Algorithm(
        "longest common subsequence",
        "n^2",
        """
def f(s, t):
    row = [0] * (len(t) + 1)
    for x in s:
        before = 0
        for j, y in enumerate(t, 1):
            row[j], before = (before + 1 if x == y else max(row[j], row[j - 1])), row[j]
    return row[-1]
""",
        MIDDLE,
        two_texts,
    ),
    Algorithm(
        "longest rising subsequence",
        "n^2",
        """
def f(a):
    best = [1] * len(a)
    for i in range(len(a)):
        for j in range(i):
            if a[j] < a[i] and best[j] + 1 > best[i]:
                best[i] = best[j] + 1
    return max(best)
""",
        MIDDLE,
        numbers,
    ),
    Algorithm(
        "transpose",
        "n^2",
        "def f(m):\n    return [[m[i][j] for i in range(len(m))] for j in range(len(m))]\n",
        MIDDLE[:6],
        square,
    ),
    Algorithm(
        "Pascal's triangle",
        "n^2",
        """
def f(n):
    row, total = [1], 0
    for _ in range(n):
        row = [1] + [(a + b) % 1000003 for a, b in zip(row, row[1:])] + [1]
        total += row[len(row) // 2]
    return total
""",
        MIDDLE,
        whole,
    ),
    Algorithm(
        "sort every prefix's pairs",
        "n^2 log n",
        """
def f(n):
    total = 0
    for i in range(n):
        for j in range(n):
            low, high = 0, n
            while low < high:
                middle = (low + high) // 2
                if middle < n:
                    low = middle + 1
                else:
                    high = middle
            total += low
    return total
""",
        (8, 16, 32, 64, 128, 256),
        whole,
    ),
    Algorithm(
        "sort every row of a square",
        "n^2 log n",
        """
def f(m):
    def merged(a):
        if len(a) < 2:
            return a
        left, right = merged(a[: len(a) // 2]), merged(a[len(a) // 2 :])
        out, i, j = [], 0, 0
        while i < len(left) and j < len(right):
            if left[i] <= right[j]:
                out.append(left[i])
                i += 1
            else:
                out.append(right[j])
                j += 1
        return out + left[i:] + right[j:]
    return [merged(row) for row in m]
""",
        (8, 16, 32, 64, 128),
        square,
    ),
    Algorithm(
        "matrix product",
        "n^3",
        """
def f(m):
    n = len(m)
    out = [[0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            total = 0
            for k in range(n):
                total += m[i][k] * m[k][j]
            out[i][j] = total
    return out
""",
        SMALL,
        square,
    ),
    Algorithm(
        "Floyd-Warshall",
        "n^3",
        """
def f(m):
    n = len(m)
    for k in range(n):
        for i in range(n):
            for j in range(n):
                if m[i][k] + m[k][j] < m[i][j]:
                    m[i][j] = m[i][k] + m[k][j]
    return m
""",
        SMALL,
        square,
    ),
    Algorithm(
        "three sum, all triples",
        "n^3",
        """
def f(a):
    found = 0
    for i in range(len(a)):
        for j in range(i):
            for k in range(j):
                found += a[i] + a[j] + a[k] == -1
    return found
""",
        (12, 16, 24, 32, 48, 64, 96),
        numbers,
    ),
    Algorithm(
        "matrix chain",
        "n^3",
        """
def f(a):
    n = len(a)
    best = [[0] * n for _ in range(n)]
    for length in range(2, n):
        for i in range(1, n - length + 1):
            j = i + length - 1
            low = None
            for k in range(i, j):
                cost = best[i][k] + best[k + 1][j] + a[i - 1] * a[k] * a[j]
                if low is None or cost < low:
                    low = cost
            best[i][j] = low
    return best[1][n - 1]
""",
        (12, 16, 24, 32, 48, 64, 96),
        numbers,
    ),
    Algorithm(
        "Gauss elimination",
        "n^3",
        """
def f(m):
    n = len(m)
    for k in range(n):
        m[k][k] += 1000
        for i in range(k + 1, n):
            factor = m[i][k] / m[k][k]
            for j in range(k, n):
                m[i][j] -= factor * m[k][j]
    return m[n - 1][n - 1]
""",
        SMALL,
        square,
    ),
    Algorithm(
        "towers of Hanoi",
        "2^n",
        "def f(n):\n    return 0 if n == 0 else 2 * (f(n - 1), f(n - 1))[0] + 1\n",
        TINY[:12],
        whole,
    ),
    Algorithm(
        "subset sums",
        "2^n",
        """
def f(a):
    count = 0
    for mask in range(1 << len(a)):
        count += mask & 1
    return count
""",
        TINY[:12],
        numbers,
    ),
    Algorithm(
        "all subsets",
        "2^n",
        """
def f(a):
    subsets = [()]
    for x in a:
        subsets += [(x,)] * len(subsets)
    return len(subsets)
""",
        TINY[:13],
        numbers,
    ),
]
