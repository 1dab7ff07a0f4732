package cloudlet.runtime;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** What answers events: an object of a handler's interface, or a method of any class. */
interface Handler {
    byte[] NULL = "null".getBytes(StandardCharsets.UTF_8);

    byte[] answer(byte[] event, Context context) throws Throwable;

    /** The handler that `package.Class` or `package.Class::method` names. One that is not there fails with each event. */
    static Handler load(String name, ClassLoader loader) {
        int colons = name.lastIndexOf("::");
        String type = colons < 0 ? name : name.substring(0, colons);
        String method = colons < 0 ? null : name.substring(colons + 2);
        if (type.isEmpty() || "".equals(method)) return failing(Fault.of("Invalid handler: `" + name + "'"));
        try {
            Class<?> loaded = Class.forName(type, true, loader);
            Serializer serializer = Serializer.of(loader);
            return method == null ? ofInterface(loaded, serializer) : ofMethod(loaded, method, serializer);
        } catch (ClassNotFoundException absent) {
            return failing(Fault.of("Class not found: " + type, absent, false));
        } catch (Fault fault) {
            if (fault.isFatal) throw fault;
            return failing(fault);
        } catch (Throwable failed) {
            String why = failed.getMessage() == null ? "" : ": " + failed.getMessage();
            throw Fault.of("Error loading class " + type + why, failed, true);
        }
    }

    private static Handler failing(Fault fault) {
        return (event, context) -> {
            throw fault;
        };
    }

    private static Handler ofInterface(Class<?> type, Serializer serializer) {
        if (RequestStreamHandler.class.isAssignableFrom(type)) {
            RequestStreamHandler handler = (RequestStreamHandler) instance(type);
            return (event, context) -> {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                handler.handleRequest(new ByteArrayInputStream(event), out, context);
                return out.toByteArray();
            };
        }
        if (!RequestHandler.class.isAssignableFrom(type)) {
            throw Fault.of("Class does not implement an appropriate handler interface: " + type.getName());
        }
        Types bound = Types.NONE.of(type);
        Type input = bound.argument(type, RequestHandler.class, 0);
        Type output = bound.argument(type, RequestHandler.class, 1);
        for (Type each : List.of(input, output)) {
            if (each instanceof TypeVariable && bound.raw(each) == Object.class) {
                throw Fault.of("Class " + type.getName() + " does not implement RequestHandler with concrete type parameters");
            }
        }
        @SuppressWarnings("unchecked")
        RequestHandler<Object, Object> handler = (RequestHandler<Object, Object>) instance(type);
        return (event, context) -> {
            Object read = serializer.read(event, input, bound);
            return serializer.write(handler.handleRequest(read, context), output);
        };
    }

    /** Longer signatures come first, and a Context at the end counts twice. */
    private static Handler ofMethod(Class<?> type, String name, Serializer serializer) {
        List<Method> candidates = new ArrayList<>(Arrays.asList(type.getMethods()));
        candidates.removeIf(method -> !method.getName().equals(name) || !isServed(method.getParameterTypes()));
        candidates.sort(Comparator.comparing(Method::isBridge).thenComparing(method -> {
            Class<?>[] taken = method.getParameterTypes();
            return -taken.length - (taken.length > 0 && taken[taken.length - 1] == Context.class ? 1 : 0);
        }));
        if (candidates.isEmpty()) {
            throw Fault.of("No public method named " + name + " with appropriate method signature found on class " + type.getName());
        }
        Method method = candidates.get(0);
        Object instance = Modifier.isStatic(method.getModifiers()) ? null : instance(type);
        // A public method of a class that is not.
        method.setAccessible(true);
        return new OfMethod(method, instance, serializer, Types.NONE.of(type));
    }

    /** An event, or streams, and the context behind them; each may be missing. */
    private static boolean isServed(Class<?>[] taken) {
        List<Class<?>> rest = new ArrayList<>(Arrays.asList(taken));
        if (!rest.isEmpty() && rest.get(rest.size() - 1) == Context.class) rest.remove(rest.size() - 1);
        if (rest.size() == 2) return rest.get(0) == InputStream.class && rest.get(1) == OutputStream.class;
        return rest.isEmpty() || rest.size() == 1 && rest.get(0) != Context.class;
    }

    private static Object instance(Class<?> type) {
        try {
            return type.getConstructor().newInstance();
        } catch (NoSuchMethodException absent) {
            boolean isInner = type.getEnclosingClass() != null && !Modifier.isStatic(type.getModifiers());
            String why = isInner ? " cannot be instantiated because it is a non-static inner class" : " has no public zero-argument constructor";
            throw Fault.of("Class " + type.getName() + why, new Exception(), false);
        } catch (InvocationTargetException failed) {
            throw Fault.of(Fault.message(failed.getCause()), failed.getCause(), true);
        } catch (ReflectiveOperationException failed) {
            throw Fault.of(Fault.message(failed), failed, false);
        }
    }
}
