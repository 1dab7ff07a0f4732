package cloudlet.runtime;

import com.amazonaws.services.lambda.runtime.Context;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

/** A method that answers events: of objects, or of bytes where it takes a stream. */
final class OfMethod implements Handler {
    private final Method method;
    private final Object instance;
    private final Serializer serializer;
    private final Types bound;

    OfMethod(Method method, Object instance, Serializer serializer, Types bound) {
        this.method = method;
        this.instance = instance;
        this.serializer = serializer;
        this.bound = bound;
    }

    @Override
    public byte[] answer(byte[] event, Context context) throws Throwable {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Class<?>[] taken = method.getParameterTypes();
        Object[] arguments = new Object[taken.length];
        boolean takesStream = false;
        boolean givesStream = false;
        for (int i = 0; i < taken.length; i++) {
            if (taken[i] == Context.class) {
                arguments[i] = context;
            } else if (taken[i] == InputStream.class) {
                takesStream = true;
                arguments[i] = new ByteArrayInputStream(event);
            } else if (taken[i] == OutputStream.class) {
                givesStream = true;
                arguments[i] = out;
            } else {
                arguments[i] = serializer.read(event, method.getGenericParameterTypes()[i], bound);
            }
        }
        Object result;
        try {
            result = method.invoke(instance, arguments);
        } catch (InvocationTargetException failed) {
            throw failed.getCause();
        }
        if (givesStream) return out.toByteArray();
        return takesStream ? NULL : serializer.write(result, method.getGenericReturnType());
    }
}
