    // What the tests stand on: comparing, catching, and a line of JSON for each.

    /** Entries in a row, and a shape. */
    public static final class Array {
        final double[] data;
        final int[] shape;

        Array(double[] data, int[] shape) {
            this.data = data;
            this.shape = shape;
        }
    }

    interface Body {
        void run() throws Throwable;
    }

    /** What an engine gave: its entries (null: nothing), its shape where that is known, its epsilon. */
    static final class Seen {
        final double[] entries;
        final int[] shape;
        final double epsilon;

        Seen(double[] entries, int[] shape, double epsilon) {
            this.entries = entries;
            this.shape = shape;
            this.epsilon = epsilon;
        }

        static Seen of(Object found) {
            if (found == null) return new Seen(null, null, 0.0);
            if (found instanceof Array) return new Seen(((Array) found).data, ((Array) found).shape, Math.ulp(1.0));
            if (found instanceof Boolean) return new Seen(new double[] {(Boolean) found ? 1 : 0}, new int[0], 0.0);
            if (found instanceof Number) {
                double epsilon = found instanceof Float ? Math.ulp(1.0f) : found instanceof Double ? Math.ulp(1.0) : 0.0;
                return new Seen(new double[] {((Number) found).doubleValue()}, new int[0], epsilon);
            }
            if (found instanceof double[]) return new Seen((double[]) found, null, Math.ulp(1.0));
            if (found instanceof float[]) {
                float[] all = (float[]) found;
                double[] entries = new double[all.length];
                for (int n = 0; n < all.length; n++) entries[n] = all[n];
                return new Seen(entries, null, Math.ulp(1.0f));
            }
            throw new IllegalArgumentException("no array phrase gives a " + found.getClass());
        }
    }

    static final class Failure extends RuntimeException {
        final String kind, message, found, expected;

        Failure(String kind, String message, String found, String expected) {
            super(message + ": found " + found + ", expected " + expected);
            this.kind = kind;
            this.message = message;
            this.found = found;
            this.expected = expected;
        }
    }

    static int assertions, failures;
    static java.util.List<String> refusals = new java.util.ArrayList<>();
    static java.util.List<String> only = java.util.List.of();

    static String shown(double[] all) {
        return all.length == 1 ? String.valueOf(all[0]) : java.util.Arrays.toString(all);
    }

    interface Fits {
        boolean test(int n, double x);
    }

    static void compared(Seen found, double[] expected, int[] shape, int size, String kind, Fits fits) {
        assertions++;
        if (found.entries == null) throw new Failure("missing gradient", "nothing is there", "null", shown(expected));
        int[] known = found.shape == null ? new int[] {found.entries.length} : found.shape;
        if (found.entries.length != size || (found.shape != null && !java.util.Arrays.equals(found.shape, shape)))
            throw new Failure("shape", "another shape", java.util.Arrays.toString(known), java.util.Arrays.toString(shape));
        for (int n = 0; n < size; n++)
            if (!fits.test(n, found.entries[n])) throw new Failure(kind, "another value", shown(found.entries), shown(expected));
    }

    static boolean alike(double x, double aim) {
        return x == aim || (Double.isNaN(x) && Double.isNaN(aim));
    }

    static void equals(Object found, double[] expected, int[] shape, double ulps, double scale) {
        compared(Seen.of(found), expected, shape, expected.length, "value", (n, x) -> alike(x, expected[n]));
    }

    static void is_close(Object found, double[] expected, int[] shape, double ulps, double scale) {
        double most = 0;
        for (double x : expected) if (Double.isFinite(x)) most = Math.max(most, Math.abs(x));
        Seen seen = Seen.of(found);
        double allowed = ulps * seen.epsilon * (scale >= 0 ? scale : most);
        compared(seen, expected, shape, expected.length, "value",
                (n, x) -> alike(x, expected[n]) || Math.abs(x - expected[n]) <= allowed);
    }

    /** `bounds` are the lower ones and then the upper ones. */
    static void lies_between(Object found, double[] bounds, int[] shape, double ulps, double scale) {
        int size = bounds.length / 2;
        compared(Seen.of(found), bounds, java.util.Arrays.copyOfRange(shape, 1, shape.length), size, "value",
                (n, x) -> bounds[n] <= x && x <= bounds[size + n]);
    }

    static void is_flag(Object found, double[] expected, int[] shape, double ulps, double scale) {
        compared(Seen.of(found), expected, shape, 1, "flag", (n, x) -> x == expected[n]);
    }

    static void has_shape(Object found, double[] expected, int[] shape, double ulps, double scale) {
        assertions++;
        int[] wanted = new int[expected.length], known = Seen.of(found).shape;
        for (int n = 0; n < wanted.length; n++) wanted[n] = (int) expected[n];
        if (known == null || !java.util.Arrays.equals(known, wanted))
            throw new Failure("shape", "another shape", java.util.Arrays.toString(known), java.util.Arrays.toString(wanted));
    }

    static void is_none(Object found, double[] expected, int[] shape, double ulps, double scale) {
        assertions++;
        double[] entries = Seen.of(found).entries;
        if (entries != null) throw new Failure("unexpected gradient", "something is there", shown(entries), "null");
    }

    static void is_none_or_zero(Object found, double[] expected, int[] shape, double ulps, double scale) {
        assertions++;
        double[] entries = Seen.of(found).entries;
        for (double x : entries == null ? new double[0] : entries)
            if (x != 0) throw new Failure("unexpected gradient", "something arrived", shown(entries), "nothing, or zeros");
    }

    static void is_present(Object found, double[] expected, int[] shape, double ulps, double scale) {
        assertions++;
        if (Seen.of(found).entries == null) throw new Failure("missing gradient", "nothing is there", "null", "a tensor");
    }

    /** Do it, and give what the engine says where it refuses; a demand that fails inside is no refusal. */
    static Throwable refused(Body body) {
        try {
            body.run();
            return null;
        } catch (Failure failure) {
            throw failure;
        } catch (Throwable error) {
            return error;
        }
    }

    static boolean attempt(String kinds, Body body) {
        Throwable error = refused(body);
        if (error != null) refusals.add("[" + json(kinds) + "," + json(error.toString()) + "]");
        return error == null;
    }

    static void refuses(String kind, Body body) {
        assertions++;
        Throwable error = refused(body);
        if (error == null) throw new Failure("no error", "nothing was refused", "no error", kind);
        refusals.add("[" + json(kind) + "," + json(error.toString()) + "]");
    }

    static String json(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') quoted.append('\\').append(c);
            else if (c < ' ' || c > '~') quoted.append(String.format("\\u%04x", (int) c));
            else quoted.append(c);
        }
        return quoted.append('"').toString();
    }

    /** Print the line of a test; `more` are names and what they say, in turn. */
    static void line(String id, String verdict, double seconds, String... more) {
        String version = @VERSION@;
        StringBuilder text = new StringBuilder("{\"gradspec\":\"test/1\",\"edition\":" + json(@EDITION@)
                + ",\"engine\":" + json(@ENGINE@) + ",\"version\":" + json(version)
                + ",\"platform\":" + json("Java " + System.getProperty("java.version"))
                + ",\"id\":" + json(id) + ",\"verdict\":" + json(verdict));
        for (int n = 0; n < more.length; n += 2) text.append("," + json(more[n]) + ":" + json(more[n + 1]));
        text.append(",\"refusals\":[" + String.join(",", refusals) + "],\"assertions\":" + assertions
                + ",\"duration\":" + String.format(java.util.Locale.ROOT, "%.6f", seconds) + "}");
        System.out.println("\n" + text);
    }

    static void leftOut(String id, String reason) {
        refusals.clear();
        assertions = 0;
        if (only.isEmpty()) line(id, "unsupported", 0.0, "message", "no test could be written: " + reason);
    }

    /** Run a test in a thread of its own, bounded in time; deep recursion and lack of memory end it alone. */
    @SuppressWarnings("deprecation")
    static void test(String id, String sentence, Body body, int seconds) throws InterruptedException {
        if (!only.isEmpty() && !only.contains(id)) return;
        assertions = 0;
        refusals = new java.util.ArrayList<>();
        Throwable[] raised = {null};
        Thread thread = new Thread(() -> {
            try {
                body.run();
            } catch (Throwable error) {
                raised[0] = error;
            }
        });
        thread.setDaemon(true);
        long start = System.nanoTime();
        thread.start();
        thread.join(seconds * 1000L);
        double took = (System.nanoTime() - start) / 1e9;
        Throwable error = raised[0];
        if (thread.isAlive()) {
            line(id, "timed_out", took, "kind", "timeout", "message", "it took more than " + seconds + " seconds");
            error = new RuntimeException("it took more than " + seconds + " seconds");
        } else if (error == null) {
            line(id, "passed", took);
        } else if (error instanceof Failure) {
            Failure f = (Failure) error;
            line(id, "failed", took, "kind", f.kind, "message", f.message, "found", f.found, "expected", f.expected);
        } else {
            String kind = error instanceof VirtualMachineError ? "exit" : "raised";
            line(id, kind.equals("exit") ? "crashed" : "errored", took, "kind", kind, "message", error.toString());
        }
        if (error == null) return;
        failures++;
        System.err.println("FAILED " + id + ": " + sentence + "\n    " + place(error) + error);
    }

    /** Say which line of the test it was. */
    static String place(Throwable error) {
        StackTraceElement found = null;
        for (StackTraceElement one : error.getStackTrace()) {
            boolean here = one.getClassName().equals(Failure.class.getEnclosingClass().getName());
            if (here && one.getMethodName().matches("(lambda\\$)?[a-z0-9]+_[0-9].*")) {
                found = one;
                break;
            }
        }
        return found == null ? "" : found.getFileName() + ":" + found.getLineNumber() + ": ";
    }
