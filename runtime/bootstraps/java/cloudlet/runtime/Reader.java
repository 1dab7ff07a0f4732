package cloudlet.runtime;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** Makes objects of what JSON says, by the types that a handler declares. */
final class Reader {
    /** AWS's classes of events have names of their own for what events call otherwise. */
    private static final String EVENTS = "com.amazonaws.services.lambda.runtime.events.";

    private Reader() {}

    /** The value as an object of that type; variables of types are bound by {@code bound}. */
    static Object read(Object value, Type type, Types bound) {
        Class<?> raw = bound.raw(type);
        if (value == null) return raw.isPrimitive() && raw != void.class ? scalar(0, raw) : raw == Optional.class ? Optional.empty() : null;
        if (raw.isInstance(value) && (raw == Object.class || !(value instanceof Map || value instanceof List))) return value;
        if (Map.class.isAssignableFrom(raw)) return map(value, raw, type, bound);
        if (Collection.class.isAssignableFrom(raw) || raw == Iterable.class) return collection(value, raw, type, bound);
        if (raw == byte[].class && value instanceof String) return Base64.getDecoder().decode((String) value);
        if (raw.isArray()) return array(value, type, bound);
        if (raw == Optional.class) return Optional.ofNullable(read(value, bound.argument(type, Optional.class, 0), bound));
        if (value instanceof List) return alone((List<?>) value, type, bound);
        if (value instanceof Map) return bean((Map<?, ?>) value, raw, bound.of(type));
        return scalar(value, raw);
    }

    private static Object alone(List<?> values, Type type, Types bound) {
        if (values.size() > 1) throw mismatch(values, bound.raw(type));
        return values.isEmpty() ? null : read(values.get(0), type, bound);
    }

    private static Object map(Object value, Class<?> raw, Type type, Types bound) {
        if (!(value instanceof Map)) throw mismatch(value, raw);
        Class<?> made = raw.isAssignableFrom(LinkedHashMap.class) ? LinkedHashMap.class : raw.isAssignableFrom(TreeMap.class) ? TreeMap.class : raw;
        @SuppressWarnings("unchecked")
        Map<Object, Object> map = (Map<Object, Object>) make(made);
        Type ofKeys = bound.argument(type, Map.class, 0);
        Type ofValues = bound.argument(type, Map.class, 1);
        ((Map<?, ?>) value).forEach((key, one) -> map.put(read(key, ofKeys, bound), read(one, ofValues, bound)));
        return map;
    }

    private static Object collection(Object value, Class<?> raw, Type type, Types bound) {
        Class<?> made = raw;
        for (Class<?> usual : List.<Class<?>>of(ArrayList.class, LinkedHashSet.class, TreeSet.class, ArrayDeque.class)) {
            if (made.isInterface() && made.isAssignableFrom(usual)) made = usual;
        }
        @SuppressWarnings("unchecked")
        Collection<Object> all = (Collection<Object>) make(made);
        Type ofElements = bound.argument(type, Iterable.class, 0);
        for (Object element : elements(value)) all.add(read(element, ofElements, bound));
        return all;
    }

    private static Object array(Object value, Type type, Types bound) {
        Type ofElements = type instanceof GenericArrayType ? ((GenericArrayType) type).getGenericComponentType() : bound.raw(type).getComponentType();
        List<?> elements = elements(value);
        Object array = Array.newInstance(bound.raw(ofElements), elements.size());
        for (int i = 0; i < elements.size(); i++) Array.set(array, i, read(elements.get(i), ofElements, bound));
        return array;
    }

    private static List<?> elements(Object value) {
        return value instanceof List ? (List<?>) value : Arrays.asList(value);
    }

    private static Object bean(Map<?, ?> members, Class<?> raw, Types bound) {
        if (raw.isPrimitive() || raw.isEnum() || raw.isInterface() || raw.getName().startsWith("java.lang.")) throw mismatch(members, raw);
        boolean isEvent = raw.getName().startsWith(EVENTS);
        Map<String, Object> given = new HashMap<>();
        members.forEach((name, value) -> given.put(named((String) name, isEvent), value));
        Constructor<?> plain = constructor(raw);
        if (plain == null) return byFields(given, raw, bound, isEvent);
        Object bean = make(raw);
        for (Method method : raw.getMethods()) {
            String name = method.getName();
            boolean isSetter = name.startsWith("set") && name.length() > 3 && method.getParameterCount() == 1;
            String property = isSetter ? named(Beans.property(name.substring(3)), isEvent) : "";
            if (isSetter && !method.isBridge() && !Modifier.isStatic(method.getModifiers()) && given.containsKey(property)) {
                call(method, bean, read(given.get(property), method.getGenericParameterTypes()[0], bound));
            }
        }
        for (Field field : raw.getFields()) {
            String property = named(field.getName(), isEvent);
            if (!Modifier.isStatic(field.getModifiers()) && !Modifier.isFinal(field.getModifiers()) && given.containsKey(property)) {
                set(field, bean, read(given.get(property), field.getGenericType(), bound));
            }
        }
        return bean;
    }

    /** Records, and classes whose constructor takes all fields in their order. */
    private static Object byFields(Map<String, Object> given, Class<?> raw, Types bound, boolean isEvent) {
        List<Field> fields = new ArrayList<>();
        for (Field field : raw.getDeclaredFields()) if (!Modifier.isStatic(field.getModifiers()) && !field.isSynthetic()) fields.add(field);
        Class<?>[] types = fields.stream().map(Field::getType).toArray(Class<?>[]::new);
        try {
            Constructor<?> constructor = raw.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            Object[] values = fields.stream()
                    .map(field -> read(given.get(named(field.getName(), isEvent)), field.getGenericType(), bound))
                    .toArray();
            return constructor.newInstance(values);
        } catch (NoSuchMethodException absent) {
            throw new IllegalArgumentException("Cannot construct instance of `" + raw.getName() + "` (no Creators, like default constructor, exist)");
        } catch (ReflectiveOperationException failed) {
            throw thrown(failed);
        }
    }

    private static String named(String name, boolean isEvent) {
        return isEvent ? name.replace("-", "").toLowerCase(java.util.Locale.ROOT) : name;
    }

    private static Object scalar(Object value, Class<?> type) {
        if (type == String.class) return String.valueOf(value);
        if (value.equals("")) return type.isPrimitive() ? scalar(0, type) : null;
        if (type == boolean.class || type == Boolean.class) {
            if (value instanceof Number) return ((Number) value).intValue() != 0;
            if (value instanceof Boolean) return value;
            return Boolean.valueOf((String) value);
        }
        if (type == char.class || type == Character.class) return value instanceof Number ? (char) ((Number) value).intValue() : value.toString().charAt(0);
        if (type.isPrimitive() || Number.class.isAssignableFrom(type)) return number(value, type);
        if (type.isEnum()) {
            for (Object constant : type.getEnumConstants()) if (((Enum<?>) constant).name().equals(value)) return constant;
            return null;
        }
        if (type == ByteBuffer.class) return ByteBuffer.wrap(Base64.getDecoder().decode((String) value));
        if (type == Date.class) return date(value);
        return made(value, type);
    }

    private static Object number(Object value, Class<?> type) {
        if (value instanceof Boolean) throw mismatch(value, type);
        BigDecimal exact = new BigDecimal(value.toString().trim());
        if (type == int.class || type == Integer.class) return exact.toBigInteger().intValueExact();
        if (type == long.class || type == Long.class) return exact.toBigInteger().longValueExact();
        if (type == double.class || type == Double.class) return exact.doubleValue();
        if (type == float.class || type == Float.class) return exact.floatValue();
        if (type == short.class || type == Short.class) return exact.toBigInteger().shortValueExact();
        if (type == byte.class || type == Byte.class) return exact.toBigInteger().byteValueExact();
        if (type == BigInteger.class) return exact.toBigInteger();
        if (type == BigDecimal.class || type == Number.class) return exact;
        throw mismatch(value, type);
    }

    /** Streams tell seconds with a fraction, all others milliseconds. */
    private static Date date(Object value) {
        if (value instanceof Integer || value instanceof Double) return new Date(Math.round(((Number) value).doubleValue() * 1000));
        if (value instanceof Number) return new Date(((Number) value).longValue());
        return Date.from(java.time.OffsetDateTime.parse((String) value).toInstant());
    }

    /** Of a text, by whichever of the usual ways the class has: `java.time`, UUID, URI, Joda-Time. */
    private static Object made(Object value, Class<?> type) {
        if (value instanceof String) {
            for (String way : List.of("parse", "fromString", "valueOf", "create")) {
                for (Class<?> taken : List.of(String.class, CharSequence.class)) {
                    try {
                        Method method = type.getMethod(way, taken);
                        if (Modifier.isStatic(method.getModifiers()) && type.isAssignableFrom(method.getReturnType())) return call(method, null, value);
                    } catch (NoSuchMethodException absent) {
                        // The next one.
                    }
                }
            }
        }
        for (Constructor<?> constructor : type.getConstructors()) {
            if (constructor.getParameterCount() == 1 && constructor.getParameterTypes()[0].isInstance(value)) {
                try {
                    return constructor.newInstance(value);
                } catch (ReflectiveOperationException failed) {
                    throw thrown(failed);
                }
            }
        }
        throw mismatch(value, type);
    }

    private static Constructor<?> constructor(Class<?> type) {
        try {
            Constructor<?> constructor = type.getDeclaredConstructor();
            constructor.setAccessible(true);
            return constructor;
        } catch (NoSuchMethodException absent) {
            return null;
        } catch (RuntimeException closed) {
            throw new IllegalArgumentException("Cannot construct instance of `" + type.getName() + "`: " + closed.getMessage());
        }
    }

    private static Object make(Class<?> type) {
        try {
            // Java's own constructors are public, and not to be opened.
            return type.getName().startsWith("java.") ? type.getConstructor().newInstance() : constructor(type).newInstance();
        } catch (ReflectiveOperationException failed) {
            throw thrown(failed);
        }
    }

    private static Object call(Method method, Object on, Object value) {
        try {
            method.setAccessible(!method.getDeclaringClass().getName().startsWith("java."));
            return method.invoke(on, value);
        } catch (ReflectiveOperationException failed) {
            throw thrown(failed);
        }
    }

    private static void set(Field field, Object on, Object value) {
        try {
            field.setAccessible(true);
            field.set(on, value);
        } catch (IllegalAccessException failed) {
            throw thrown(failed);
        }
    }

    private static IllegalArgumentException thrown(ReflectiveOperationException failed) {
        Throwable cause = failed instanceof InvocationTargetException ? failed.getCause() : failed;
        return new IllegalArgumentException(String.valueOf(cause.getMessage()), cause);
    }

    private static IllegalArgumentException mismatch(Object value, Class<?> type) {
        String kind = value instanceof Map ? "Object value" : value instanceof List ? "Array value" : value.getClass().getSimpleName() + " value";
        return new IllegalArgumentException("Cannot deserialize value of type `" + type.getTypeName() + "` from " + kind);
    }
}
