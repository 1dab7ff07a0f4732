package cloudlet.runtime;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads and writes JSON as maps, lists, strings, numbers, booleans and null. */
final class Json {
    /** Deeper texts are somebody's attack, or a circle. */
    static final int DEPTH_MAX = 1000;

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    static Object parse(String text) {
        Json json = new Json(text);
        json.space();
        Object value = json.value(0);
        json.space();
        if (json.at < text.length()) throw json.unexpected();
        return value;
    }

    private Object value(int depth) {
        if (depth > DEPTH_MAX) throw new IllegalArgumentException("the JSON is nested too deeply");
        switch (peek()) {
            case '{':
                return object(depth);
            case '[':
                return list(depth);
            case '"':
                return string();
            case 't':
                return word("true", true);
            case 'f':
                return word("false", false);
            case 'n':
                return word("null", null);
            default:
                return number();
        }
    }

    private Map<String, Object> object(int depth) {
        Map<String, Object> members = new LinkedHashMap<>();
        at++;
        space();
        if (skip('}')) return members;
        do {
            space();
            if (peek() != '"') throw unexpected();
            String name = string();
            space();
            need(':');
            space();
            members.put(name, value(depth + 1));
            space();
        } while (skip(','));
        need('}');
        return members;
    }

    private List<Object> list(int depth) {
        List<Object> elements = new ArrayList<>();
        at++;
        space();
        if (skip(']')) return elements;
        do {
            space();
            elements.add(value(depth + 1));
            space();
        } while (skip(','));
        need(']');
        return elements;
    }

    private String string() {
        StringBuilder out = new StringBuilder();
        at++;
        while (true) {
            char next = peek();
            at++;
            if (next == '"') return out.toString();
            out.append(next == '\\' ? escaped() : next);
        }
    }

    private char escaped() {
        char kind = peek();
        at++;
        switch (kind) {
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u':
                if (at + 4 > text.length()) throw unexpected();
                at += 4;
                return (char) Integer.parseInt(text.substring(at - 4, at), 16);
            default:
                return kind;
        }
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, at)) throw unexpected();
        at += word.length();
        return value;
    }

    /** Whole numbers are as small as they can be, as those of other libraries. */
    private Object number() {
        int begin = at;
        while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) at++;
        String digits = text.substring(begin, at);
        try {
            if (digits.matches("-?\\d+")) {
                BigInteger whole = new BigInteger(digits);
                if (whole.bitLength() < 32) return whole.intValue();
                return whole.bitLength() < 64 ? (Object) whole.longValue() : whole;
            }
            if (digits.matches("-?\\d+(\\.\\d+)?([eE][+-]?\\d+)?")) return Double.valueOf(digits);
        } catch (NumberFormatException invalid) {
            // Said below.
        }
        at = begin;
        throw unexpected();
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
    }

    private char peek() {
        if (at >= text.length()) throw new IllegalArgumentException("Unexpected end-of-input");
        return text.charAt(at);
    }

    private boolean skip(char wanted) {
        boolean found = at < text.length() && text.charAt(at) == wanted;
        if (found) at++;
        return found;
    }

    private void need(char wanted) {
        if (peek() != wanted) throw unexpected();
        at++;
    }

    private IllegalArgumentException unexpected() {
        return new IllegalArgumentException("Unexpected character ('" + peek() + "') at position " + at);
    }

    static String write(Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(Object value, StringBuilder out) {
        if (value instanceof Map) {
            String separator = "{";
            for (Map.Entry<?, ?> member : ((Map<?, ?>) value).entrySet()) {
                out.append(separator);
                quote(String.valueOf(member.getKey()), out);
                out.append(':');
                write(member.getValue(), out);
                separator = ",";
            }
            out.append(separator.equals("{") ? "{}" : "}");
        } else if (value instanceof List) {
            String separator = "[";
            for (Object element : (List<?>) value) {
                out.append(separator);
                write(element, out);
                separator = ",";
            }
            out.append(separator.equals("[") ? "[]" : "]");
        } else if (value == null || value instanceof Boolean || isFinite(value)) {
            out.append(value);
        } else {
            quote(value.toString(), out);
        }
    }

    private static boolean isFinite(Object value) {
        return value instanceof Number && !Double.isNaN(((Number) value).doubleValue())
                && (!(value instanceof Double || value instanceof Float) || !Double.isInfinite(((Number) value).doubleValue()));
    }

    private static void quote(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char next = text.charAt(i);
            int known = "\"\\\b\f\n\r\t".indexOf(next);
            if (known >= 0) out.append('\\').append("\"\\bfnrt".charAt(known));
            else if (next < 0x20) out.append(String.format("\\u%04x", (int) next));
            else out.append(next);
        }
        out.append('"');
    }
}
