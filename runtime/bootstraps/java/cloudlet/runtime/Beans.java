package cloudlet.runtime;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes of objects what JSON can say. What is null is left out. */
final class Beans {
    private Beans() {}

    static Object plain(Object value) {
        return plain(value, 0);
    }

    private static Object plain(Object value, int depth) {
        if (depth > Json.DEPTH_MAX) throw new IllegalArgumentException("the answer is nested too deeply, or in a circle");
        if (value == null || value instanceof String || value instanceof Number || value instanceof Boolean) return value;
        if (value instanceof Map) return map((Map<?, ?>) value, depth);
        if (value instanceof Iterable && !value.getClass().getName().startsWith("sun.")) return list((Iterable<?>) value, depth);
        if (value instanceof byte[]) return Base64.getEncoder().encodeToString((byte[]) value);
        if (value instanceof char[]) return new String((char[]) value);
        if (value.getClass().isArray()) return array(value, depth);
        if (value instanceof Enum) return ((Enum<?>) value).name();
        if (value instanceof Optional) return plain(((Optional<?>) value).orElse(null), depth);
        if (value instanceof Date) return ((Date) value).getTime();
        if (value instanceof Instant) return new java.math.BigDecimal(((Instant) value).getEpochSecond() + String.format(".%09d", ((Instant) value).getNano()));
        if (value instanceof ByteBuffer) return bytes((ByteBuffer) value);
        String name = value.getClass().getName();
        boolean isText = name.startsWith("java.") || name.startsWith("sun.") || name.startsWith("org.joda.time.");
        return isText ? value.toString() : members(value, depth);
    }

    private static Object map(Map<?, ?> map, int depth) {
        Map<String, Object> all = new LinkedHashMap<>();
        map.forEach((key, value) -> {
            Object name = key instanceof Enum ? ((Enum<?>) key).name() : key;
            if (value != null) all.put(String.valueOf(name), plain(value, depth + 1));
        });
        return all;
    }

    private static Object list(Iterable<?> elements, int depth) {
        List<Object> all = new ArrayList<>();
        elements.forEach(element -> all.add(plain(element, depth + 1)));
        return all;
    }

    private static Object array(Object array, int depth) {
        List<Object> all = new ArrayList<>();
        for (int i = 0; i < Array.getLength(array); i++) all.add(plain(Array.get(array, i), depth + 1));
        return all;
    }

    private static String bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static Object members(Object bean, int depth) {
        Map<String, Object> all = new LinkedHashMap<>();
        Class<?> type = bean.getClass();
        boolean isRecord = type.getSuperclass() != null && type.getSuperclass().getName().equals("java.lang.Record");
        try {
            if (isRecord) {
                for (Field field : type.getDeclaredFields()) {
                    if (!Modifier.isStatic(field.getModifiers())) put(all, field.getName(), got(type.getMethod(field.getName()), bean), depth);
                }
            }
            for (Field field : type.getFields()) {
                if (!Modifier.isStatic(field.getModifiers())) put(all, field.getName(), field.get(bean), depth);
            }
            for (Method method : inOrder(type)) put(all, property(nameOf(method)), got(method, bean), depth);
        } catch (ReflectiveOperationException failed) {
            Throwable cause = failed instanceof InvocationTargetException ? failed.getCause() : failed;
            throw new IllegalArgumentException(String.valueOf(cause.getMessage()), cause);
        }
        return all;
    }

    private static Object got(Method method, Object bean) throws ReflectiveOperationException {
        method.setAccessible(true);
        return method.invoke(bean);
    }

    private static void put(Map<String, Object> all, String name, Object value, int depth) {
        if (value != null) all.put(name, plain(value, depth + 1));
    }

    /** The getters, in the order of the fields that they show, so that answers are the same each time. */
    private static List<Method> inOrder(Class<?> type) {
        List<String> fields = new ArrayList<>();
        for (Class<?> each = type; each != null; each = each.getSuperclass()) {
            int at = 0;
            for (Field field : each.getDeclaredFields()) fields.add(at++, field.getName());
        }
        List<Method> getters = new ArrayList<>();
        for (Method method : type.getMethods()) if (nameOf(method) != null) getters.add(method);
        getters.sort(java.util.Comparator
                .comparingInt((Method method) -> (fields.indexOf(property(nameOf(method))) + fields.size() + 1) % (fields.size() + 1))
                .thenComparing(Method::getName));
        return getters;
    }

    /** The part of a getter's name that names the property; none when it is no getter. */
    private static String nameOf(Method method) {
        String name = method.getName();
        boolean isOne = method.getParameterCount() == 0 && !Modifier.isStatic(method.getModifiers()) && !method.isBridge()
                && method.getReturnType() != void.class && method.getDeclaringClass() != Object.class;
        if (isOne && name.startsWith("get") && name.length() > 3) return name.substring(3);
        boolean isTruth = method.getReturnType() == boolean.class || method.getReturnType() == Boolean.class;
        return isOne && isTruth && name.startsWith("is") && name.length() > 2 ? name.substring(2) : null;
    }

    /** As Java's beans have it: `URL` stays, `Name` is `name`. */
    static String property(String name) {
        boolean isAcronym = name.length() > 1 && Character.isUpperCase(name.charAt(0)) && Character.isUpperCase(name.charAt(1));
        return isAcronym ? name : Character.toLowerCase(name.charAt(0)) + name.substring(1);
    }
}
