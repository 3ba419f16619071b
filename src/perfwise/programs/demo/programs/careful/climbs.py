def climbs(n):
    def pair(index):
        """Two neighbours of the Fibonacci numbers, by doubling."""
        if index == 0:
            return 0, 1
        a, b = pair(index // 2)
        even, odd = a * (2 * b - a) % 1_000_007, (a * a + b * b) % 1_000_007
        return (odd, (even + odd) % 1_000_007) if index % 2 else (even, odd)

    return pair(n + 1)[0]
