"""Pairs of programs in C++ for one job each, by two algorithms or two ways to write one; whole programs, no input."""

__all__ = ["HEAD", "PAIRS"]

HEAD = """
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <numeric>
#include <queue>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>
using namespace std;
static uint32_t state = 12345;
static uint32_t draw() { state = state * 1664525u + 1013904223u; return state >> 8; }
static vector<int> numbers(int n, int top) { vector<int> v(n); for (int& x : v) x = draw() % top; return v; }
"""

PAIRS: dict[str, tuple[str, str]] = {
    "sort": (
        "auto v = numbers(2500, 1e9); for (size_t i = 0; i < v.size(); i++) for (size_t j = 0; j + 1 < v.size() - i; j++) if (v[j] > v[j + 1]) swap(v[j], v[j + 1]); printf(\"%d\\n\", v[7]);",
        "auto v = numbers(2500, 1e9); sort(v.begin(), v.end()); printf(\"%d\\n\", v[7]);",
    ),
    "insertion and heap sort": (
        "auto v = numbers(4000, 1e9); for (size_t i = 1; i < v.size(); i++) { int x = v[i]; size_t j = i; while (j && v[j - 1] > x) { v[j] = v[j - 1]; j--; } v[j] = x; } printf(\"%d\\n\", v[7]);",
        "auto v = numbers(4000, 1e9); make_heap(v.begin(), v.end()); sort_heap(v.begin(), v.end()); printf(\"%d\\n\", v[7]);",
    ),
    "stable sort and counting sort": (
        "auto v = numbers(300000, 1000); stable_sort(v.begin(), v.end()); printf(\"%d\\n\", v[777]);",
        "auto v = numbers(300000, 1000); vector<int> c(1000); for (int x : v) c[x]++; size_t k = 0; for (int x = 0; x < 1000; x++) while (c[x]--) v[k++] = x; printf(\"%d\\n\", v[777]);",
    ),
    "map and unordered map": (
        "map<int, int> m; for (int i = 0; i < 400000; i++) m[draw() % 50000]++; printf(\"%zu\\n\", m.size());",
        "unordered_map<int, int> m; for (int i = 0; i < 400000; i++) m[draw() % 50000]++; printf(\"%zu\\n\", m.size());",
    ),
    "unordered map and array": (
        "unordered_map<int, int> m; for (int i = 0; i < 600000; i++) m[draw() % 50000]++; printf(\"%d\\n\", m[5]);",
        "vector<int> m(50000); for (int i = 0; i < 600000; i++) m[draw() % 50000]++; printf(\"%d\\n\", m[5]);",
    ),
    "set and sort with unique": (
        "set<int> s; for (int i = 0; i < 200000; i++) s.insert(draw()); printf(\"%zu\\n\", s.size());",
        "auto v = numbers(200000, 1 << 24); sort(v.begin(), v.end()); v.erase(unique(v.begin(), v.end()), v.end()); printf(\"%zu\\n\", v.size());",
    ),
    "primes": (
        "int c = 0; for (int n = 2; n < 60000; n++) { bool p = true; for (int d = 2; d * d <= n; d++) if (n % d == 0) { p = false; break; } c += p; } printf(\"%d\\n\", c);",
        "vector<char> s(60000, 1); int c = 0; for (int n = 2; n < 60000; n++) if (s[n]) { c++; for (long long m = 1LL * n * n; m < 60000; m += n) s[m] = 0; } printf(\"%d\\n\", c);",
    ),
    "Fibonacci": (
        "struct F { static int f(int n) { return n < 2 ? n : f(n - 1) + f(n - 2); } }; printf(\"%d\\n\", F::f(28 + (draw() & 0)));",
        "int a = 0, b = 1; for (unsigned i = 0; i < 28 + (draw() & 0); i++) { int t = a + b; a = b; b = t; } printf(\"%d\\n\", a);",
    ),
    "greatest common divisor": (
        "long long t = 0; for (int i = 0; i < 3000; i++) { int a = draw() % 5000 + 1, b = draw() % 5000 + 1, g = min(a, b); while (a % g || b % g) g--; t += g; } printf(\"%lld\\n\", t);",
        "long long t = 0; for (int i = 0; i < 3000; i++) { int a = draw() % 5000 + 1, b = draw() % 5000 + 1; t += gcd(a, b); } printf(\"%lld\\n\", t);",
    ),
    "two sum": (
        "auto v = numbers(6000, 1e9); int c = 0; for (size_t i = 0; i < v.size(); i++) for (size_t j = 0; j < i; j++) c += v[i] + v[j] == 1000000007; printf(\"%d\\n\", c);",
        "auto v = numbers(6000, 1e9); unordered_map<int, int> s; int c = 0; for (int x : v) { auto f = s.find(1000000007 - x); if (f != s.end()) c += f->second; s[x]++; } printf(\"%d\\n\", c);",
    ),
    "prefix sums": (
        "auto v = numbers(20000, 1000); long long t = 0; for (int q = 0; q < 2000; q++) { int a = draw() % 10000, b = a + draw() % 10000; for (int i = a; i < b; i++) t += v[i]; } printf(\"%lld\\n\", t);",
        "auto v = numbers(20000, 1000); vector<long long> p(20001); for (int i = 0; i < 20000; i++) p[i + 1] = p[i] + v[i]; long long t = 0; for (int q = 0; q < 2000; q++) { int a = draw() % 10000, b = a + draw() % 10000; t += p[b] - p[a]; } printf(\"%lld\\n\", t);",
    ),
    "search": (
        "auto v = numbers(20000, 1e9); sort(v.begin(), v.end()); int c = 0; for (int q = 0; q < 2000; q++) { int x = draw(); c += find(v.begin(), v.end(), x) != v.end(); } printf(\"%d\\n\", c);",
        "auto v = numbers(20000, 1e9); sort(v.begin(), v.end()); int c = 0; for (int q = 0; q < 2000; q++) { int x = draw(); c += binary_search(v.begin(), v.end(), x); } printf(\"%d\\n\", c);",
    ),
    "matrix product, loops": (
        "int n = 160; vector<double> a(n * n), b(n * n), c(n * n); for (auto& x : a) x = draw() % 9; for (auto& x : b) x = draw() % 9; for (int r = 0; r < 2; r++) for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) for (int k = 0; k < n; k++) c[i * n + j] += a[i * n + k] * b[k * n + j]; printf(\"%g\\n\", c[5]);",
        "int n = 160; vector<double> a(n * n), b(n * n), c(n * n); for (auto& x : a) x = draw() % 9; for (auto& x : b) x = draw() % 9; for (int i = 0; i < n; i++) for (int k = 0; k < n; k++) { double t = 2 * a[i * n + k]; for (int j = 0; j < n; j++) c[i * n + j] += t * b[k * n + j]; } printf(\"%g\\n\", c[5]);",
    ),
    "power": (
        "long long t = 0; for (int q = 0; q < 300; q++) { long long r = 1, b = draw() % 1000; int e = draw() % 4000; for (int i = 0; i < e; i++) r = r * b % 1000003; t += r; } printf(\"%lld\\n\", t);",
        "long long t = 0; for (int q = 0; q < 300; q++) { long long r = 1, b = draw() % 1000; int e = draw() % 4000; for (; e; e >>= 1, b = b * b % 1000003) if (e & 1) r = r * b % 1000003; t += r; } printf(\"%lld\\n\", t);",
    ),
    "largest k": (
        "auto v = numbers(200000, 1e9); sort(v.rbegin(), v.rend()); printf(\"%d\\n\", v[10]);",
        "auto v = numbers(200000, 1e9); nth_element(v.begin(), v.begin() + 10, v.end(), greater<int>()); printf(\"%d\\n\", v[10]);",
    ),
    "text put together": (
        "string s; for (int i = 0; i < 3000; i++) s = s + char('a' + draw() % 26); printf(\"%zu\\n\", s.size());",
        "string s; for (int i = 0; i < 3000; i++) s += char('a' + draw() % 26); printf(\"%zu\\n\", s.size());",
    ),
    "text searched": (
        "string s(30000, 'a'), p(60, 'a'); p += 'b'; int c = 0; for (size_t i = 0; i + p.size() <= s.size(); i++) { size_t j = 0; while (j < p.size() && s[i + j] == p[j]) j++; c += j == p.size(); } printf(\"%d\\n\", c);",
        "string s(30000, 'a'), p(60, 'a'); p += 'b'; vector<int> f(p.size()); for (size_t i = 1, k = 0; i < p.size(); i++) { while (k && p[i] != p[k]) k = f[k - 1]; k += p[i] == p[k]; f[i] = k; } int c = 0; size_t k = 0; for (char x : s) { while (k && (k == p.size() || x != p[k])) k = f[k - 1]; k += x == p[k]; c += k == p.size(); } printf(\"%d\\n\", c);",
    ),
    "queue": (
        "vector<int> q = numbers(15000, 1000); long long t = 0; while (!q.empty()) { t += q.front(); q.erase(q.begin()); } printf(\"%lld\\n\", t);",
        "vector<int> v = numbers(15000, 1000); queue<int> q; for (int x : v) q.push(x); long long t = 0; while (!q.empty()) { t += q.front(); q.pop(); } printf(\"%lld\\n\", t);",
    ),
    "shortest paths": (
        "int n = 400; vector<vector<pair<int, int>>> g(n); for (int i = 0; i < n; i++) for (int j = 0; j < 6; j++) g[i].push_back({int(draw() % n), int(draw() % 100 + 1)}); vector<int> d(n, 1e9); d[0] = 0; for (int r = 0; r < n; r++) for (int i = 0; i < n; i++) for (auto [to, w] : g[i]) if (d[i] < 1e9) d[to] = min(d[to], d[i] + w); printf(\"%d\\n\", d[n - 1]);",
        "int n = 400; vector<vector<pair<int, int>>> g(n); for (int i = 0; i < n; i++) for (int j = 0; j < 6; j++) g[i].push_back({int(draw() % n), int(draw() % 100 + 1)}); vector<int> d(n, 1e9); d[0] = 0; priority_queue<pair<int, int>> q; q.push({0, 0}); while (!q.empty()) { auto [m, i] = q.top(); q.pop(); if (-m > d[i]) continue; for (auto [to, w] : g[i]) if (d[i] + w < d[to]) { d[to] = d[i] + w; q.push({-d[to], to}); } } printf(\"%d\\n\", d[n - 1]);",
    ),
    "rising subsequence": (
        "auto v = numbers(3000, 1e9); vector<int> b(v.size(), 1); for (size_t i = 0; i < v.size(); i++) for (size_t j = 0; j < i; j++) if (v[j] < v[i]) b[i] = max(b[i], b[j] + 1); printf(\"%d\\n\", *max_element(b.begin(), b.end()));",
        "auto v = numbers(3000, 1e9); vector<int> t; for (int x : v) { auto f = lower_bound(t.begin(), t.end(), x); if (f == t.end()) t.push_back(x); else *f = x; } printf(\"%zu\\n\", t.size());",
    ),
    "bits counted": (
        "long long t = 0; for (int i = 0; i < 300000; i++) { uint32_t x = draw(); while (x) { t += x & 1; x >>= 1; } } printf(\"%lld\\n\", t);",
        "long long t = 0; for (int i = 0; i < 300000; i++) { uint32_t x = draw(); while (x) { t++; x &= x - 1; } } printf(\"%lld\\n\", t);",
    ),
    "Pascal's triangle": (
        "struct C { static int c(int n, int k) { return k == 0 || k == n ? 1 : c(n - 1, k - 1) + c(n - 1, k); } }; printf(\"%d\\n\", C::c(22 + (draw() & 0), 11));",
        "int n = 22 + (draw() & 0); vector<int> r(n + 1); r[0] = 1; for (int i = 1; i <= n; i++) for (int j = i; j; j--) r[j] += r[j - 1]; printf(\"%d\\n\", r[11]);",
    ),
    "copy and reference": (
        "struct S { static int f(vector<int> v, int i) { return v[i]; } }; auto v = numbers(2000, 1000); long long t = 0; for (int i = 0; i < 2000; i++) t += S::f(v, i); printf(\"%lld\\n\", t);",
        "struct S { static int f(const vector<int>& v, int i) { return v[i]; } }; auto v = numbers(2000, 1000); long long t = 0; for (int i = 0; i < 2000; i++) t += S::f(v, i); printf(\"%lld\\n\", t);",
    ),
    "room reserved": (
        "long long t = 0; for (int r = 0; r < 300; r++) { vector<int> v; for (int i = 0; i < 1000; i++) v.insert(v.begin() + v.size() / 2, draw()); t += v[3]; } printf(\"%lld\\n\", t);",
        "long long t = 0; for (int r = 0; r < 300; r++) { vector<int> v; v.reserve(1000); for (int i = 0; i < 1000; i++) v.push_back(draw()); t += v[3]; } printf(\"%lld\\n\", t);",
    ),
}  # fmt: skip
