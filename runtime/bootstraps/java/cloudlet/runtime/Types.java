package cloudlet.runtime;

import java.lang.reflect.Array;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.HashMap;
import java.util.Map;

/** What variables of types stand for, below a type that says so. */
final class Types {
    static final Types NONE = new Types(new HashMap<>());

    private final Map<TypeVariable<?>, Type> bound;

    private Types(Map<TypeVariable<?>, Type> bound) {
        this.bound = bound;
    }

    /** These, and those of that type and of all that it extends. */
    Types of(Type type) {
        Map<TypeVariable<?>, Type> all = new HashMap<>(bound);
        gather(type, all);
        return new Types(all);
    }

    private static void gather(Type type, Map<TypeVariable<?>, Type> all) {
        if (type instanceof ParameterizedType) {
            ParameterizedType given = (ParameterizedType) type;
            TypeVariable<?>[] variables = ((Class<?>) given.getRawType()).getTypeParameters();
            for (int i = 0; i < variables.length; i++) {
                Type argument = given.getActualTypeArguments()[i];
                all.put(variables[i], all.getOrDefault(argument, argument));
            }
            gather(given.getRawType(), all);
        } else if (type instanceof Class) {
            Class<?> raw = (Class<?>) type;
            if (raw.getGenericSuperclass() != null) gather(raw.getGenericSuperclass(), all);
            for (Type each : raw.getGenericInterfaces()) gather(each, all);
        }
    }

    /** What a type, as something of that kind, has as its argument: the `String` of a `Map<String, …>`. */
    Type argument(Type type, Class<?> kind, int index) {
        return of(type).resolved(kind.getTypeParameters()[index]);
    }

    private Type resolved(Type type) {
        // A variable may stand for another one, but never for itself.
        for (int i = 0; i < bound.size() && bound.containsKey(type); i++) type = bound.get(type);
        if (type instanceof WildcardType) return resolved(((WildcardType) type).getUpperBounds()[0]);
        return type;
    }

    Class<?> raw(Type type) {
        Type resolved = resolved(type);
        if (resolved instanceof Class) return (Class<?>) resolved;
        if (resolved instanceof ParameterizedType) return (Class<?>) ((ParameterizedType) resolved).getRawType();
        if (resolved instanceof GenericArrayType) {
            return Array.newInstance(raw(((GenericArrayType) resolved).getGenericComponentType()), 0).getClass();
        }
        return resolved instanceof TypeVariable ? raw(((TypeVariable<?>) resolved).getBounds()[0]) : Object.class;
    }
}
