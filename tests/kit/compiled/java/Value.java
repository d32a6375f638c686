import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;

/** A tape of numbers: the engine of the tests of generated Java; it works in single precision. */
public final class Value {
    final float data;
    float grad;
    private final Value[] parents;
    private final float[] slopes;
    private static final String WRONG = System.getenv().getOrDefault("TOY_WRONG", "");

    Value(double data) {
        this((float) data, new Value[0]);
    }

    private Value(float data, Value[] parents, float... slopes) {
        this.data = data;
        this.parents = parents;
        this.slopes = slopes;
    }

    private static Value made(double data, Value[] parents, double... slopes) {
        float[] all = new float[slopes.length];
        for (int n = 0; n < all.length; n++) all[n] = (float) slopes[n];
        return new Value((float) data, parents, all);
    }

    Value add(Value other) {
        return made(data + other.data, new Value[] {this, other}, 1, 1);
    }

    Value sub(Value other) {
        return made(data - other.data, new Value[] {this, other}, 1, WRONG.equals("sign") ? 1 : -1);
    }

    Value mul(Value other) {
        return made(data * other.data, new Value[] {this, other}, other.data, data);
    }

    Value div(Value other) {
        return made(data / other.data, new Value[] {this, other}, 1 / other.data, -data / (other.data * other.data));
    }

    Value neg() {
        return made(-data, new Value[] {this}, -1);
    }

    Value relu() {
        return made(Math.max(data, 0), new Value[] {this}, data > 0 ? 1 : 0);
    }

    Value pow(double exponent) {
        double slope = exponent == 0 ? 0 : exponent * Math.pow(data, exponent - 1);
        return made(Math.pow(data, exponent), new Value[] {this}, slope);
    }

    private static final class Visit {
        final Value value;
        final boolean done;

        Visit(Value value, boolean done) {
            this.value = value;
            this.done = done;
        }
    }

    void backward() {
        var order = new ArrayList<Value>();
        var seen = new HashSet<Value>();
        var stack = new ArrayDeque<Visit>();
        stack.push(new Visit(this, false));
        while (!stack.isEmpty()) {
            Visit visit = stack.pop();
            if (visit.done) {
                order.add(visit.value);
            } else if (seen.add(visit.value)) {
                stack.push(new Visit(visit.value, true));
                for (Value parent : visit.value.parents) stack.push(new Visit(parent, false));
            }
        }
        var flows = new HashMap<Value, Float>();
        flows.put(this, 1f);
        for (int n = order.size() - 1; n >= 0; n--) {
            Value value = order.get(n);
            float flow = flows.getOrDefault(value, 0f);
            if (value.parents.length == 0) value.grad = WRONG.equals("overwrites") ? flow : value.grad + flow;
            for (int k = 0; k < value.parents.length; k++) flows.merge(value.parents[k], flow * value.slopes[k], Float::sum);
        }
    }
}
