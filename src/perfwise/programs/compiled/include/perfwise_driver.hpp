// Calls one function of a program with plain data. It comes before the program, so that the program's macros and
// `using namespace` cannot change it; PERFWISE_CALLS comes behind it.
//
// Data is in Python's marshal format, version 2, as everywhere between guests: see perfwise/programs/plain.py. Nothing
// here throws, because programs are compiled without exceptions: the first fault is kept and told instead of an answer.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <forward_list>
#include <limits>
#include <list>
#include <map>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace perfwise_driver {

inline std::string fault;  // "TypeError\0message" of the first thing that went wrong
inline std::string given, taken;
inline unsigned where = 0;  // number of the argument that is read

inline bool wrong(const char* kind, const std::string& message) {
    if (fault.empty()) fault = std::string(kind) + '\0' + "argument " + std::to_string(where) + ": " + message;
    return false;
}

struct Reader {
    const unsigned char* at;
    const unsigned char* end;
    std::uint32_t word() {
        std::uint32_t value = 0;
        if (end - at < 4) { at = end; return 0; }
        std::memcpy(&value, at, 4);
        at += 4;
        return value;
    }
};

template <class T, class = void> struct Codec;  // what has none cannot be an argument or an answer

template <class T> bool take(Reader& from, T& into) { return Codec<T>::take(from, into); }
template <class T> void give(std::string& out, const T& value) { Codec<T>::give(out, value); }

inline void put(std::string& out, char kind, std::uint32_t word) {
    out.push_back(kind);
    out.append(reinterpret_cast<const char*>(&word), 4);
}

inline bool whole(Reader& from, __int128& into) {
    const unsigned char kind = from.at < from.end ? *from.at++ : 0;
    if (kind == 'T' || kind == 'F') { into = kind == 'T'; return true; }
    if (kind == 'i') { into = static_cast<std::int32_t>(from.word()); return true; }
    if (kind != 'l') return wrong("TypeError", "a whole number is wanted");
    const std::int32_t length = static_cast<std::int32_t>(from.word());
    const std::uint32_t digits = length < 0 ? 0u - static_cast<std::uint32_t>(length) : length;
    if (digits > 8) return wrong("OverflowError", "the number does not fit");
    into = 0;
    for (std::uint32_t i = 0; i < digits; i++) {
        into |= static_cast<__int128>(from.at[2 * i] | from.at[2 * i + 1] << 8) << (15 * i);
    }
    from.at += 2 * digits;
    if (length < 0) into = -into;
    return true;
}

template <> struct Codec<bool> {
    static bool take(Reader& from, bool& into) {
        const unsigned char kind = from.at < from.end ? *from.at++ : 0;
        into = kind == 'T';
        return kind == 'T' || kind == 'F' || wrong("TypeError", "true or false is wanted");
    }
    static void give(std::string& out, bool value) { out.push_back(value ? 'T' : 'F'); }
};

template <class T>
struct Codec<T, std::enable_if_t<std::is_integral_v<T> || std::is_same_v<T, __int128>>> {
    static bool take(Reader& from, T& into) {
        __int128 value;
        if (!whole(from, value)) return false;
        into = static_cast<T>(value);
        return into == value || wrong("OverflowError", "the number does not fit the parameter's type");
    }
    static void give(std::string& out, T value) {
        if (value <= std::numeric_limits<std::int32_t>::max() &&
            (!std::is_signed_v<T> || static_cast<__int128>(value) >= std::numeric_limits<std::int32_t>::min())) {
            put(out, 'i', static_cast<std::uint32_t>(value));
            return;
        }
        const bool negative = static_cast<__int128>(value) < 0;
        unsigned __int128 rest = negative ? -static_cast<unsigned __int128>(value) : value;
        const std::size_t start = out.size();
        put(out, 'l', 0);
        std::uint32_t digits = 0;
        for (; rest != 0; rest >>= 15, digits++) {
            const unsigned digit = static_cast<unsigned>(rest) & 0x7fff;
            out.push_back(static_cast<char>(digit & 0xff));
            out.push_back(static_cast<char>(digit >> 8));
        }
        const std::uint32_t length = negative ? 0u - digits : digits;
        std::memcpy(out.data() + start + 1, &length, 4);
    }
};

template <class T>
struct Codec<T, std::enable_if_t<std::is_floating_point_v<T>>> {
    static bool take(Reader& from, T& into) {
        if (from.at < from.end && *from.at == 'g' && from.end - from.at >= 9) {
            double value;
            std::memcpy(&value, from.at + 1, 8);
            from.at += 9;
            into = static_cast<T>(value);
            return true;
        }
        __int128 value;
        if (!whole(from, value)) return false;
        into = static_cast<T>(value);
        return true;
    }
    static void give(std::string& out, T given) {
        const double value = static_cast<double>(given);
        out.push_back('g');
        out.append(reinterpret_cast<const char*>(&value), 8);
    }
};

template <> struct Codec<std::string> {
    static bool take(Reader& from, std::string& into) {
        const unsigned char kind = from.at < from.end ? *from.at++ : 0;
        if (kind != 'u' && kind != 's') return wrong("TypeError", "a text is wanted");
        const std::uint32_t length = from.word();
        if (length > static_cast<std::uint32_t>(from.end - from.at)) return wrong("TypeError", "the text is cut short");
        into.assign(reinterpret_cast<const char*>(from.at), length);
        from.at += length;
        return true;
    }
    static void give(std::string& out, std::string_view value) {
        put(out, 'u', static_cast<std::uint32_t>(value.size()));
        out.append(value);
    }
};
template <> struct Codec<std::string_view> { static constexpr auto give = &Codec<std::string>::give; };
template <> struct Codec<const char*> { static constexpr auto give = &Codec<std::string>::give; };

template <> struct Codec<char> {
    static bool take(Reader& from, char& into) {
        std::string text;
        if (!Codec<std::string>::take(from, text)) return false;
        if (text.size() != 1) return wrong("TypeError", "a text of one byte is wanted");
        into = text[0];
        return true;
    }
    static void give(std::string& out, char value) { Codec<std::string>::give(out, std::string_view(&value, 1)); }
};

inline bool sequence(Reader& from, std::uint32_t& length) {
    const unsigned char kind = from.at < from.end ? *from.at++ : 0;
    if (kind != '[' && kind != '(' && kind != '<' && kind != '>') return wrong("TypeError", "a sequence is wanted");
    length = from.word();
    return true;
}

template <class C> struct Sequence {
    static bool take(Reader& from, C& into) {
        std::uint32_t length;
        if (!sequence(from, length)) return false;
        if constexpr (requires { into.reserve(length); }) into.reserve(length);
        for (std::uint32_t i = 0; i < length; i++) {
            typename C::value_type item{};
            if (!perfwise_driver::take(from, item)) return false;
            into.insert(into.end(), std::move(item));
        }
        return true;
    }
    static void put_all(std::string& out, char kind, const C& value) {
        put(out, kind, static_cast<std::uint32_t>(value.size()));
        for (const typename C::value_type& item : value) perfwise_driver::give<typename C::value_type>(out, item);
    }
};
template <class C> struct Listed : Sequence<C> {
    static void give(std::string& out, const C& value) { Sequence<C>::put_all(out, '[', value); }
};
template <class C> struct Setlike : Sequence<C> {
    static void give(std::string& out, const C& value) { Sequence<C>::put_all(out, '<', value); }
};
template <class T, class A> struct Codec<std::vector<T, A>> : Listed<std::vector<T, A>> {};
template <class T, class A> struct Codec<std::deque<T, A>> : Listed<std::deque<T, A>> {};
template <class T, class A> struct Codec<std::list<T, A>> : Listed<std::list<T, A>> {};
template <class T, class L, class A> struct Codec<std::multiset<T, L, A>> : Listed<std::multiset<T, L, A>> {};
template <class T, class L, class A> struct Codec<std::set<T, L, A>> : Setlike<std::set<T, L, A>> {};
template <class T, class H, class E, class A>
struct Codec<std::unordered_set<T, H, E, A>> : Setlike<std::unordered_set<T, H, E, A>> {};

template <class T> struct Fixed {  // arrays, pairs and tuples: so many items, each of its own type
    static bool take(Reader& from, T& into) {
        std::uint32_t length;
        if (!sequence(from, length)) return false;
        if (length != std::tuple_size_v<T>)
            return wrong("TypeError", std::to_string(std::tuple_size_v<T>) + " items are wanted, not " + std::to_string(length));
        return std::apply([&](auto&... item) { return (perfwise_driver::take(from, item) && ...); }, into);
    }
    static void put_all(std::string& out, char kind, const T& value) {
        put(out, kind, static_cast<std::uint32_t>(std::tuple_size_v<T>));
        std::apply([&](const auto&... item) { (perfwise_driver::give(out, item), ...); }, value);
    }
    static void give(std::string& out, const T& value) { put_all(out, '(', value); }
};
template <class A, class B> struct Codec<std::pair<A, B>> : Fixed<std::pair<A, B>> {};
template <class... A> struct Codec<std::tuple<A...>> : Fixed<std::tuple<A...>> {};
template <class T, std::size_t N> struct Codec<std::array<T, N>> : Fixed<std::array<T, N>> {
    static void give(std::string& out, const std::array<T, N>& value) {
        Fixed<std::array<T, N>>::put_all(out, '[', value);
    }
};

template <class C> struct Keyed {
    static bool take(Reader& from, C& into) {
        if (from.at >= from.end || *from.at++ != '{') return wrong("TypeError", "a dictionary is wanted");
        while (from.at < from.end && *from.at != '0') {
            typename C::key_type key{};
            typename C::mapped_type value{};
            if (!perfwise_driver::take(from, key) || !perfwise_driver::take(from, value)) return false;
            into.emplace(std::move(key), std::move(value));
        }
        from.at++;
        return true;
    }
    static void give(std::string& out, const C& value) {
        out.push_back('{');
        for (const auto& [key, mapped] : value) {
            perfwise_driver::give(out, key);
            perfwise_driver::give(out, mapped);
        }
        out.push_back('0');
    }
};
template <class K, class V, class L, class A> struct Codec<std::map<K, V, L, A>> : Keyed<std::map<K, V, L, A>> {};
template <class K, class V, class H, class E, class A>
struct Codec<std::unordered_map<K, V, H, E, A>> : Keyed<std::unordered_map<K, V, H, E, A>> {};

template <class T> struct Codec<std::optional<T>> {
    static bool take(Reader& from, std::optional<T>& into) {
        if (from.at < from.end && *from.at == 'N') { from.at++; into.reset(); return true; }
        into.emplace();
        return perfwise_driver::take(from, *into);
    }
    static void give(std::string& out, const std::optional<T>& value) {
        if (value) perfwise_driver::give(out, *value); else out.push_back('N');
    }
};

// What an argument is kept as until the call: texts outlive the pointers to them.
template <class A> struct Kept { using type = std::remove_cv_t<std::remove_reference_t<A>>; };
template <> struct Kept<const char*> { using type = std::string; };
template <> struct Kept<char*> { using type = std::string; };
template <> struct Kept<std::string_view> { using type = std::string; };
template <> struct Kept<const std::string_view&> { using type = std::string; };

template <class A, class K> decltype(auto) passed(K& kept) {
    if constexpr (std::is_pointer_v<A>) return kept.data();
    else if constexpr (std::is_convertible_v<A, std::string_view> && !std::is_reference_v<A> && std::is_same_v<K, std::string> && !std::is_same_v<A, std::string>) return std::string_view(kept);
    else if constexpr (std::is_same_v<A, const std::string_view&>) return std::string_view(kept);
    else return static_cast<A&&>(kept);
}

template <class R> struct Answer {
    std::optional<R> value;
    template <class F> void of(F&& call) { value.emplace(call()); }
    void give(std::string& out) { perfwise_driver::give(out, *value); }
};
template <> struct Answer<void> {
    template <class F> void of(F&& call) { call(); }
    void give(std::string& out) { out.push_back('N'); }
};

template <class F> struct Driver;
template <class R, class... A> struct Driver<R (*)(A...)> {
    using Result = std::remove_cv_t<std::remove_reference_t<R>>;
    static inline std::tuple<typename Kept<A>::type...> arguments;
    static inline Answer<Result> answer;

    static void take() {
        Reader from{reinterpret_cast<const unsigned char*>(given.data()),
                    reinterpret_cast<const unsigned char*>(given.data()) + given.size()};
        std::uint32_t length;
        if (!sequence(from, length)) return;
        if (length != sizeof...(A)) {
            fault = std::string("TypeError") + '\0' + "the function takes " + std::to_string(sizeof...(A)) +
                    " arguments, the task gives " + std::to_string(length);
            return;
        }
        std::apply([&](auto&... kept) { (void)(((where++), perfwise_driver::take(from, kept)) && ...); }, arguments);
    }
    template <class F> static void call(F function) {
        if (fault.empty()) call_with(function, std::index_sequence_for<A...>());
    }
    template <class F, std::size_t... I> static void call_with(F function, std::index_sequence<I...>) {
        answer.of([&]() -> decltype(auto) { return function(passed<A>(std::get<I>(arguments))...); });
    }
    static void give() {
        if (!fault.empty()) { taken = "E" + fault; return; }
        taken = "V";
        answer.give(taken);
    }
};
template <class R, class... A> struct Driver<R (*)(A...) noexcept> : Driver<R (*)(A...)> {};

// A method is called on a fresh object of its class.
template <class C, class R, class... A> struct Driver<R (C::*)(A...)> : Driver<R (*)(A...)> {
    static void call(R (C::*method)(A...)) {
        Driver<R (*)(A...)>::call([method](A... given) -> R { return (C{}.*method)(static_cast<A&&>(given)...); });
    }
};
template <class C, class R, class... A> struct Driver<R (C::*)(A...) const> : Driver<R (*)(A...)> {
    static void call(R (C::*method)(A...) const) {
        Driver<R (*)(A...)>::call([method](A... given) -> R { return (C{}.*method)(static_cast<A&&>(given)...); });
    }
};

}  // namespace perfwise_driver

#define PERFWISE_CALLS(entry)                                                                                     \
    extern "C" {                                                                                                  \
    __attribute__((export_name("perfwise_room"))) char* perfwise_room(unsigned size) {                            \
        perfwise_driver::given.resize(size);                                                                      \
        return perfwise_driver::given.data();                                                                     \
    }                                                                                                             \
    __attribute__((export_name("perfwise_take"))) void perfwise_take() {                                          \
        perfwise_driver::Driver<decltype(&entry)>::take();                                                        \
    }                                                                                                             \
    __attribute__((export_name("perfwise_call"))) void perfwise_call() {                                          \
        perfwise_driver::Driver<decltype(&entry)>::call(&entry);                                                  \
    }                                                                                                             \
    __attribute__((export_name("perfwise_give"))) const char* perfwise_give() {                                   \
        perfwise_driver::Driver<decltype(&entry)>::give();                                                        \
        return perfwise_driver::taken.data();                                                                     \
    }                                                                                                             \
    __attribute__((export_name("perfwise_size"))) unsigned perfwise_size() { return perfwise_driver::taken.size(); } \
    }
