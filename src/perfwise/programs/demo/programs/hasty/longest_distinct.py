def longest_distinct(text):
    stretch, best = "", 0
    for character in text:
        if character in stretch:
            stretch = stretch[stretch.index(character) + 1 :]
        stretch += character
        best = max(best, len(stretch))
    return best
