package cloudlet.runtime;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A failure to run the handler, as it is told: with a message, the name of a class, and perhaps a trace. */
final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String kind;
    private final String trace;
    /** The function cannot begin at all; without it, each event meets this fault anew. */
    final boolean isFatal;

    private Fault(String message, String kind, String trace, boolean isFatal) {
        super(message);
        this.kind = kind;
        this.trace = trace;
        this.isFatal = isFatal;
    }

    static Fault of(String message) {
        return new Fault(message, null, null, false);
    }

    static Fault of(String message, Throwable cause, boolean isFatal) {
        return new Fault(message, cause.getClass().getName(), traceOf(cause), isFatal);
    }

    static String message(Throwable error) {
        return error.getLocalizedMessage() == null ? error.getClass().getName() : error.getLocalizedMessage();
    }

    static String kind(Throwable error) {
        return error instanceof Fault ? ((Fault) error).kind : error.getClass().getName();
    }

    /** The error document. */
    static String document(Throwable error) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("errorMessage", message(error));
        if (kind(error) != null) document.put("errorType", kind(error));
        if (!(error instanceof Fault)) {
            List<Object> frames = new ArrayList<>();
            for (StackTraceElement frame : shortened(error).getStackTrace()) frames.add(frame.toString());
            document.put("stackTrace", frames);
        }
        return Json.write(document);
    }

    /** What the log says. */
    static String report(Throwable error) {
        String trace = error instanceof Fault ? ((Fault) error).trace : traceOf(error);
        String kind = kind(error);
        return kind == null && trace == null ? message(error) : message(error) + ": " + kind + "\n" + trace;
    }

    private static String traceOf(Throwable error) {
        StringWriter text = new StringWriter();
        shortened(error).printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    /** Without the frames of this runtime, and of all that called it. */
    private static Throwable shortened(Throwable error) {
        int depth = 0;
        for (Throwable each = error; each != null && depth < 100; each = each.getCause(), depth++) {
            StackTraceElement[] frames = each.getStackTrace();
            int own = 0;
            while (own < frames.length && !frames[own].getClassName().startsWith(Fault.class.getPackageName() + ".")) own++;
            each.setStackTrace(java.util.Arrays.copyOf(frames, own));
        }
        return error;
    }
}
