package cloudlet.runtime;

import com.amazonaws.services.lambda.runtime.LambdaRuntime;
import com.amazonaws.services.lambda.runtime.LambdaRuntimeInternal;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Runs a Java function: loads its handler, then asks the Lambda Runtime API for events until it is killed. Argument: the folder of
 * the layers. It never talks to anything but the Runtime API named in AWS_LAMBDA_RUNTIME_API.
 */
public final class Bootstrap {
    private Bootstrap() {}

    public static void main(String[] arguments) throws Exception {
        System.setOut(utf8(FileDescriptor.out));
        System.setErr(utf8(FileDescriptor.err));
        Log log = new Log(System.out);
        Field known = LambdaRuntime.class.getDeclaredField("logger");
        known.setAccessible(true);
        known.set(null, log);
        RuntimeApi api = new RuntimeApi(System.getenv("AWS_LAMBDA_RUNTIME_API"));
        ClassLoader loader = loader(new File(System.getenv("LAMBDA_TASK_ROOT")), new File(arguments[0]));
        Thread.currentThread().setContextClassLoader(loader);
        Handler handler = null;
        try {
            handler = Handler.load(System.getenv("_HANDLER"), loader);
        } catch (Fault fault) {
            log.error(Fault.report(fault));
            api.fail(null, Fault.kind(fault), Fault.document(fault));
            System.exit(1);
        }
        while (serve(api, handler, log)) {}
        System.exit(1);
    }

    /** Answers an event. False when the machine is no longer to be trusted. */
    private static boolean serve(RuntimeApi api, Handler handler, Log log) throws IOException {
        RuntimeApi.Answer next = api.next();
        Facts facts = new Facts(next, log);
        String id = facts.getAwsRequestId();
        log.requestId = id;
        tellTrace(facts.getXrayTraceId());
        tellLog4j(id);
        try {
            api.succeed(id, handler.answer(next.body, facts));
            return true;
        } catch (Throwable failed) {
            return tell(api, id, failed, log);
        }
    }

    private static boolean tell(RuntimeApi api, String id, Throwable failed, Log log) throws IOException {
        log.error(Fault.report(failed));
        String kind = Fault.kind(failed);
        api.fail(id, kind == null ? "Runtime.BadFunctionCode" : kind, Fault.document(failed));
        return !(failed instanceof VirtualMachineError);
    }

    /** The function's classes, its libraries, and those of layers. What this runtime brings goes first. */
    private static ClassLoader loader(File task, File layers) throws MalformedURLException {
        List<URL> all = new ArrayList<>(List.of(task.toURI().toURL()));
        for (File folder : List.of(new File(task, "lib"), new File(layers, "java/lib"))) {
            File[] jars = folder.listFiles((where, name) -> name.endsWith(".jar"));
            if (jars == null) continue;
            Arrays.sort(jars);
            for (File jar : jars) all.add(jar.toURI().toURL());
        }
        return new URLClassLoader(all.toArray(new URL[0]), ClassLoader.getSystemClassLoader());
    }

    private static PrintStream utf8(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }

    /** Where AWS's X-Ray SDK for Java looks: variables of a process cannot be changed in Java. */
    private static void tellTrace(String trace) {
        if (trace == null) System.clearProperty("com.amazonaws.xray.traceHeader");
        else System.setProperty("com.amazonaws.xray.traceHeader", trace);
    }

    private static void tellLog4j(String id) {
        if (!LambdaRuntimeInternal.getUseLog4jAppender()) return;
        try {
            Class<?> context = Class.forName("org.apache.logging.log4j.ThreadContext", true, Thread.currentThread().getContextClassLoader());
            context.getMethod("put", String.class, String.class).invoke(null, "AWSRequestId", id);
        } catch (ReflectiveOperationException absent) {
            System.err.println("The function's Log4j has no ThreadContext: its lines are without the request's id.");
        }
    }
}
