def longest_distinct(text):
    best = 0
    for start in range(len(text)):
        seen = set()
        for character in text[start:]:
            if character in seen:
                break
            seen.add(character)
        best = max(best, len(seen))
    return best
