from functools import lru_cache


@lru_cache(maxsize=None)
def climbs(n):
    return 1 if n < 2 else (climbs(n - 1) + climbs(n - 2)) % 1_000_007
