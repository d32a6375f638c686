// What the tests stand on: comparing, catching, and a line of JSON for each.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>
#if defined(__unix__) || defined(__APPLE__)
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#define GRADSPEC_FORKS
#endif

namespace gradspec {

using Numbers = std::vector<double>;
using Shape = std::vector<std::size_t>;

// Entries in a row, and a shape.
struct Array { Numbers data; Shape shape; };

// What an engine gave: its entries, its shape where that is known, and its epsilon.
struct Seen { bool there; Numbers entries; bool shaped; Shape shape; double epsilon; };

template <typename T> double epsilon_of() {
    return std::is_floating_point_v<T> ? double(std::numeric_limits<T>::epsilon()) : 0.0;
}
template <typename T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
Seen seen(const T& x) { return {true, {double(x)}, true, {}, epsilon_of<T>()}; }
template <typename T> Seen seen(const std::vector<T>& x) {
    return {true, Numbers(x.begin(), x.end()), false, {}, epsilon_of<T>()};
}
template <typename T, typename S> Seen seen(const std::pair<std::vector<T>, std::vector<S>>& x) {
    Numbers entries(x.first.begin(), x.first.end());
    return {true, entries, true, Shape(x.second.begin(), x.second.end()), epsilon_of<T>()};
}
inline Seen seen(const Array& x) { return {true, x.data, true, x.shape, epsilon_of<double>()}; }
inline Seen seen(std::nullopt_t) { return {false, {}, false, {}, 0.0}; }
template <typename T> Seen seen(const std::optional<T>& x) { return x ? seen(*x) : seen(std::nullopt); }

struct Failure { std::string kind, message, found, expected; int line; };

inline int assertions = 0;
inline std::vector<std::pair<std::string, std::string>> refusals;

inline std::string shown(double x) { char text[40]; std::snprintf(text, sizeof text, "%.17g", x); return text; }
template <typename T> std::string shown(const std::vector<T>& all) {
    std::string text = "[";
    for (std::size_t n = 0; n < all.size(); ++n) text += (n ? ", " : "") + shown(double(all[n]));
    return text + "]";
}
inline std::string values(const Numbers& all) { return all.size() == 1 ? shown(all[0]) : shown(all); }

template <typename Fits>
void compared(const Seen& found, const Numbers& expected, const Shape& shape, std::size_t size,
              const char* kind, int line, Fits fits) {
    ++assertions;
    if (!found.there) throw Failure{"missing gradient", "nothing is there", "None", values(expected), line};
    if (found.entries.size() != size || (found.shaped && found.shape != shape))
        throw Failure{"shape", "another shape", shown(found.shaped ? found.shape : Shape{found.entries.size()}), shown(shape), line};
    for (std::size_t n = 0; n < size; ++n)
        if (!fits(n, found.entries[n])) throw Failure{kind, "another value", values(found.entries), values(expected), line};
}

inline bool alike(double x, double aim) { return x == aim || (std::isnan(x) && std::isnan(aim)); }

template <typename T>
void equals(const T& found, const Numbers& expected, const Shape& shape, double, double, int line = __builtin_LINE()) {
    compared(seen(found), expected, shape, expected.size(), "value", line,
             [&](std::size_t n, double x) { return alike(x, expected[n]); });
}
template <typename T>
void is_close(const T& found, const Numbers& expected, const Shape& shape, double ulps, double scale, int line = __builtin_LINE()) {
    double largest = scale >= 0 ? scale : 0.0;
    if (scale < 0) for (double x : expected) if (std::isfinite(x)) largest = std::fmax(largest, std::fabs(x));
    Seen what = seen(found);
    compared(what, expected, shape, expected.size(), "value", line, [&](std::size_t n, double x) {
        return alike(x, expected[n]) || std::fabs(x - expected[n]) <= ulps * what.epsilon * largest;
    });
}
// `bounds` are the lower ones and then the upper ones.
template <typename T>
void lies_between(const T& found, const Numbers& bounds, const Shape& shape, double, double, int line = __builtin_LINE()) {
    std::size_t size = bounds.size() / 2;
    compared(seen(found), bounds, Shape(shape.begin() + 1, shape.end()), size, "value", line,
             [&](std::size_t n, double x) { return bounds[n] <= x && x <= bounds[size + n]; });
}
template <typename T>
void is_flag(const T& found, const Numbers& expected, const Shape& shape, double, double, int line = __builtin_LINE()) {
    compared(seen(found), expected, shape, 1, "flag", line, [&](std::size_t n, double x) { return x == expected[n]; });
}
template <typename T>
void has_shape(const T& found, const Numbers& expected, const Shape&, double, double, int line = __builtin_LINE()) {
    ++assertions;
    Seen what = seen(found);
    if (!what.there || !what.shaped || what.shape != Shape(expected.begin(), expected.end()))
        throw Failure{"shape", "another shape", shown(what.shape), shown(expected), line};
}
template <typename T>
void is_none(const T& found, const Numbers&, const Shape&, double, double, int line = __builtin_LINE()) {
    ++assertions;
    Seen what = seen(found);
    if (what.there) throw Failure{"unexpected gradient", "something is there", values(what.entries), "None", line};
}
template <typename T>
void is_none_or_zero(const T& found, const Numbers&, const Shape&, double, double, int line = __builtin_LINE()) {
    ++assertions;
    Seen what = seen(found);
    for (double x : what.entries)
        if (x != 0) throw Failure{"unexpected gradient", "something arrived", values(what.entries), "nothing, or zeros", line};
}
template <typename T>
void is_present(const T& found, const Numbers&, const Shape&, double, double, int line = __builtin_LINE()) {
    ++assertions;
    if (!seen(found).there) throw Failure{"missing gradient", "nothing is there", "None", "a tensor", line};
}

// Do it, and give what the engine says where it refuses; a demand that fails inside is no refusal.
inline std::optional<std::string> refused(const std::function<void()>& body) {
    try {
        body();
        return std::nullopt;
    } catch (const Failure&) {
        throw;
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "an exception";
    }
}
inline bool attempt(const char* kinds, const std::function<void()>& body) {
    std::optional<std::string> said = refused(body);
    if (said) refusals.emplace_back(kinds, *said);
    return !said;
}
inline void refuses(const char* kind, const std::function<void()>& body, int line = __builtin_LINE()) {
    ++assertions;
    std::optional<std::string> said = refused(body);
    if (!said) throw Failure{"no error", "nothing was refused", "no error", kind, line};
    refusals.emplace_back(kind, *said);
}

inline std::string json(const std::string& text) {
    std::string quoted = "\"";
    for (unsigned char c : text) {
        char code[8];
        if (c == '"' || c == '\\') { quoted += '\\'; quoted += char(c); }
        else if (c < ' ') { std::snprintf(code, sizeof code, "\\u%04x", c); quoted += code; }
        else quoted += char(c);
    }
    return quoted + "\"";
}

using More = std::vector<std::pair<std::string, std::string>>;

inline void line(const std::string& id, const std::string& verdict, const More& more, double seconds) {
    std::ostringstream text;
    const std::string version = @VERSION@;
    text << "{\"gradspec\":\"test/1\",\"edition\":" << json(@EDITION@) << ",\"engine\":" << json(@ENGINE@)
         << ",\"version\":" << json(version) << ",\"platform\":\"C++ " << __cplusplus << "\",\"id\":" << json(id)
         << ",\"verdict\":" << json(verdict);
    for (const auto& [name, said] : more) text << "," << json(name) << ":" << json(said);
    text << ",\"refusals\":[";
    for (std::size_t n = 0; n < refusals.size(); ++n)
        text << (n ? "," : "") << "[" << json(refusals[n].first) << "," << json(refusals[n].second) << "]";
    text << "],\"assertions\":" << assertions << ",\"duration\":" << std::fixed << seconds << "}";
    std::cout << "\n" << text.str() << std::endl;
}
inline void left_out(const char* id, const std::string& reason) {
    line(id, "unsupported", {{"message", "no test could be written: " + reason}}, 0.0);
}

struct Test { const char* id; const char* sentence; void (*body)(); unsigned seconds; };

using Clock = std::chrono::steady_clock;
inline double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Run a test in this process and print its line; give whether it passed.
inline bool performed(const Test& test) {
    assertions = 0;
    refusals.clear();
    Clock::time_point start = Clock::now();
    try {
        std::optional<std::string> raised = refused(test.body);
        if (!raised) { line(test.id, "passed", {}, since(start)); return true; }
        line(test.id, "errored", {{"kind", "raised"}, {"message", *raised}}, since(start));
        std::cerr << "FAILED " << test.id << ": " << test.sentence << "\n    " << *raised << std::endl;
    } catch (const Failure& f) {
        line(test.id, "failed", {{"kind", f.kind}, {"message", f.message}, {"found", f.found}, {"expected", f.expected}}, since(start));
        std::cerr << "FAILED " << test.id << ": " << test.sentence << "\n    " << __FILE__ << ":" << f.line << ": "
                  << f.message << ": found " << f.found << ", expected " << f.expected << std::endl;
    }
    return false;
}

// Run a test in a process of its own, bounded in time and memory, where the system has them.
inline bool ran(const Test& test) {
#ifdef GRADSPEC_FORKS
    Clock::time_point start = Clock::now();
    const pid_t child = fork();
    if (child == 0) {
        rlimit memory{rlim_t(4) << 30, rlim_t(4) << 30}, core{0, 0};
        setrlimit(RLIMIT_AS, &memory);
        setrlimit(RLIMIT_CORE, &core);
        alarm(test.seconds);
        const bool passed = performed(test);
        std::cout.flush();
        _exit(passed ? 0 : 1);
    }
    int status = 0;
    if (child > 0 && waitpid(child, &status, 0) == child) {
        if (WIFEXITED(status) && WEXITSTATUS(status) <= 1) return WEXITSTATUS(status) == 0;
        const bool late = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
        const std::string how = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                                    : "status " + std::to_string(WEXITSTATUS(status));
        if (late) line(test.id, "timed_out", {{"kind", "timeout"}, {"message", "it took more than " + std::to_string(test.seconds) + " seconds"}}, since(start));
        else line(test.id, "crashed", {{"kind", WIFSIGNALED(status) ? "signal" : "exit"}, {"message", "its process ended with " + how}}, since(start));
        std::cerr << "FAILED " << test.id << ": " << test.sentence << "\n    its process ended with " << how << std::endl;
        return false;
    }
#endif
    return performed(test);
}

// Run all tests, or those that are named.
inline int run(int count, char** words, void (*left_out)(), const std::vector<Test>& tests) {
    int failures = 0, asked = 0;
    for (const Test& test : tests) {
        bool wanted = count < 2;
        for (int n = 1; n < count; ++n) wanted = wanted || std::string(words[n]) == test.id;
        if (!wanted) continue;
        ++asked;
        failures += !ran(test);
    }
    if (count < 2) left_out();
    std::cerr << asked << " tests, " << failures << " failed" << std::endl;
    return failures ? 1 : 0;
}

}  // namespace gradspec
