def primes_below(n):
    primes = []
    for number in range(2, n):
        divisor = 2
        while divisor * divisor <= number and number % divisor:
            divisor += 1
        if divisor * divisor > number:
            primes.append(number)
    return primes
