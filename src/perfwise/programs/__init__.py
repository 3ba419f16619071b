"""How efficient is this code?"""
