def common_words(text, k):
    words = text.lower().split()
    distinct = sorted(set(words), key=lambda word: (-words.count(word), word))
    return distinct[:k]
