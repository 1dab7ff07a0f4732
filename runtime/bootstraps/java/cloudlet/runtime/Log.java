package cloudlet.runtime;

import com.amazonaws.services.lambda.runtime.LambdaLogger;
import com.amazonaws.services.lambda.runtime.logging.LogLevel;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;

/** The function's log, as text or as JSON. */
final class Log implements LambdaLogger {
    private final PrintStream out;
    private final boolean isJson = "JSON".equals(System.getenv("AWS_LAMBDA_LOG_FORMAT"));
    private final LogLevel lowest = lowest();
    /** Of the event that is worked on. */
    volatile String requestId;

    Log(PrintStream out) {
        this.out = out;
    }

    private static LogLevel lowest() {
        try {
            return LogLevel.fromString(System.getenv("AWS_LAMBDA_LOG_LEVEL"));
        } catch (IllegalArgumentException none) {
            return LogLevel.UNDEFINED;
        }
    }

    @Override
    public void log(String message) {
        log(message, LogLevel.UNDEFINED);
    }

    @Override
    public void log(byte[] message) {
        log(new String(message, StandardCharsets.UTF_8));
    }

    @Override
    public void log(byte[] message, LogLevel level) {
        log(new String(message, StandardCharsets.UTF_8), level);
    }

    @Override
    public void log(String message, LogLevel level) {
        if (isJson) {
            // Below it, and not told, there is nothing to compare.
            if (level == LogLevel.UNDEFINED || level.compareTo(lowest) >= 0) write(json(message, level));
        } else {
            write(level == LogLevel.UNDEFINED ? String.valueOf(message) : "[" + level + "] " + message);
        }
    }

    /** Writes an error of the function. */
    void error(String text) {
        log(text, isJson ? LogLevel.ERROR : LogLevel.UNDEFINED);
    }

    private String json(String message, LogLevel level) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("timestamp", OffsetDateTime.now(ZoneOffset.UTC).format(DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'")));
        line.put("message", message);
        line.put("level", level.name());
        if (requestId != null) line.put("AWSRequestId", requestId);
        return Json.write(line);
    }

    /** Carriage returns keep a message in one log event. */
    private void write(String message) {
        String whole = message.endsWith("\n") ? message.substring(0, message.length() - 1) : message;
        out.println(whole.replace('\n', '\r'));
        out.flush();
    }
}
