from collections import Counter


def common_words(text, k):
    counts = Counter(text.lower().split())
    return sorted(counts, key=lambda word: (-counts[word], word))[:k]
