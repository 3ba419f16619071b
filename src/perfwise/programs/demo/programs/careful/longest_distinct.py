def longest_distinct(text):
    after_last = {}
    start = best = 0
    for place, character in enumerate(text, 1):
        seen = after_last.get(character, 0)
        if seen > start:
            start = seen
        after_last[character] = place
        if place - start > best:
            best = place - start
    return best
