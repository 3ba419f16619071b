def primes_below(n):
    if n < 3:
        return []
    sieve = [True] * n
    for number in range(2, int(n**0.5) + 1):
        if sieve[number]:
            for multiple in range(2 * number, n, number):
                sieve[multiple] = False
    return [number for number in range(2, n) if sieve[number]]
