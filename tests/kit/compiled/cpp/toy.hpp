// A tape of numbers: the engine of the tests of generated C++.
#pragma once
#include <cmath>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace toy {

struct Node;
using Value = std::shared_ptr<Node>;

struct Node {
    double data;
    double grad = 0.0;
    std::vector<std::pair<Value, double>> parents;

    ~Node() {  // a long chain, one after the other
        std::vector<std::pair<Value, double>> left = std::move(parents);
        while (!left.empty()) {
            Value node = std::move(left.back().first);
            left.pop_back();
            if (node.use_count() == 1) {
                for (auto& parent : node->parents) left.push_back(std::move(parent));
                node->parents.clear();
            }
        }
    }
};

inline bool wrong(const char* name) {
    const char* said = std::getenv("TOY_WRONG");
    return said && std::string(said) == name;
}
inline Value make(double data, std::vector<std::pair<Value, double>> parents = {}) {
    return Value(new Node{data, 0.0, std::move(parents)});
}
inline Value operator+(const Value& a, const Value& b) { return make(a->data + b->data, {{a, 1.0}, {b, 1.0}}); }
inline Value operator-(const Value& a, const Value& b) {
    return make(a->data - b->data, {{a, 1.0}, {b, wrong("sign") ? 1.0 : -1.0}});
}
inline Value operator*(const Value& a, const Value& b) { return make(a->data * b->data, {{a, b->data}, {b, a->data}}); }
inline Value operator/(const Value& a, const Value& b) {
    return make(a->data / b->data, {{a, 1.0 / b->data}, {b, -a->data / (b->data * b->data)}});
}
inline Value operator-(const Value& a) { return make(-a->data, {{a, -1.0}}); }
inline Value relu(const Value& a) { return make(std::fmax(a->data, 0.0), {{a, a->data > 0 ? 1.0 : 0.0}}); }
inline Value power(const Value& a, double exponent) {
    double slope = exponent == 0 ? 0.0 : exponent * std::pow(a->data, exponent - 1);
    return make(std::pow(a->data, exponent), {{a, slope}});
}

inline void backward(const Value& root) {
    std::vector<Node*> order;
    std::set<Node*> seen;
    std::vector<std::pair<Node*, bool>> stack = {{root.get(), false}};
    while (!stack.empty()) {
        auto [node, done] = stack.back();
        stack.pop_back();
        if (done) {
            order.push_back(node);
        } else if (seen.insert(node).second) {
            stack.push_back({node, true});
            for (auto& parent : node->parents) stack.push_back({parent.first.get(), false});
        }
    }
    std::unordered_map<Node*, double> flows{{root.get(), 1.0}};
    for (auto node = order.rbegin(); node != order.rend(); ++node) {
        const double flow = flows[*node];
        if ((*node)->parents.empty()) (*node)->grad = wrong("overwrites") ? flow : (*node)->grad + flow;
        for (auto& [parent, slope] : (*node)->parents) flows[parent.get()] += flow * slope;
    }
}

}  // namespace toy
