package cloudlet.runtime;

import com.amazonaws.services.lambda.runtime.CustomPojoSerializer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.ServiceLoader;

/** Between events and objects: in the function's own way where it has one. */
final class Serializer {
    private final CustomPojoSerializer custom;

    private Serializer(CustomPojoSerializer custom) {
        this.custom = custom;
    }

    static Serializer of(ClassLoader loader) {
        Iterator<CustomPojoSerializer> found = ServiceLoader.load(CustomPojoSerializer.class, loader).iterator();
        CustomPojoSerializer custom = found.hasNext() ? found.next() : null;
        if (found.hasNext()) throw Fault.of("Too many serializers provided inside the META-INF/services folder, only one is allowed");
        return new Serializer(custom);
    }

    Object read(byte[] event, Type type, Types bound) {
        try {
            if (custom != null && !isVoid(type)) return custom.fromJson(new ByteArrayInputStream(event), type);
            return Reader.read(Json.parse(new String(event, StandardCharsets.UTF_8)), type, bound);
        } catch (RuntimeException failed) {
            throw new RuntimeException("An error occurred during JSON parsing", failed);
        }
    }

    byte[] write(Object value, Type type) {
        if (isVoid(type)) return Handler.NULL;
        try {
            if (custom == null) return Json.write(Beans.plain(value)).getBytes(StandardCharsets.UTF_8);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            custom.toJson(value, out, type);
            return out.toByteArray();
        } catch (RuntimeException failed) {
            throw new RuntimeException("An error occurred during JSON serialization of response", failed);
        }
    }

    private static boolean isVoid(Type type) {
        return type == void.class || type == Void.class;
    }
}
