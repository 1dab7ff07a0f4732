package cloudlet.runtime;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** One kept-alive connection to the Runtime API. Java's own client of HTTP takes longer to load than this one to write. */
final class RuntimeApi {
    /** An answer: its headers, by lower-case names, and its body. */
    static final class Answer {
        final Map<String, String> headers = new HashMap<>();
        byte[] body = {};

        String header(String name) {
            return headers.get("lambda-runtime-" + name);
        }
    }

    private static final String BASE = "/2018-06-01/runtime";

    private final String address;
    private final InputStream in;
    private final OutputStream out;

    RuntimeApi(String address) throws IOException {
        this.address = address;
        int colon = address.lastIndexOf(':');
        Socket socket = new Socket(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
        out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
    }

    Answer next() throws IOException {
        return call("GET", "/invocation/next", new byte[0], "");
    }

    void succeed(String id, byte[] body) throws IOException {
        call("POST", "/invocation/" + id + "/response", body, "Content-Type: application/json\r\n");
    }

    /** Tells a failure: of the initialisation, or, with an id, of that invocation. */
    void fail(String id, String kind, String document) throws IOException {
        String path = id == null ? "/init/error" : "/invocation/" + id + "/error";
        String headers = "Content-Type: application/json\r\nLambda-Runtime-Function-Error-Type: " + kind + "\r\n";
        call("POST", path, document.getBytes(StandardCharsets.UTF_8), headers);
    }

    private Answer call(String method, String path, byte[] body, String headers) throws IOException {
        String head = method + " " + BASE + path + " HTTP/1.1\r\nHost: " + address + "\r\n" + headers
                + "Content-Length: " + body.length + "\r\n\r\n";
        out.write(head.getBytes(StandardCharsets.ISO_8859_1));
        out.write(body);
        out.flush();
        Answer answer = new Answer();
        line();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            if (colon < 0) throw new IOException("the Runtime API sent no header: " + line);
            answer.headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).trim());
        }
        answer.body = body(answer.headers);
        return answer;
    }

    private byte[] body(Map<String, String> headers) throws IOException {
        if (!"chunked".equals(headers.get("transfer-encoding"))) {
            return exactly(Integer.parseInt(headers.getOrDefault("content-length", "0")));
        }
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        while (true) {
            byte[] chunk = exactly(Integer.parseInt(line(), 16));
            line();
            if (chunk.length == 0) return whole.toByteArray();
            whole.write(chunk);
        }
    }

    private byte[] exactly(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) throw new EOFException("the Runtime API has gone");
        return bytes;
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) throw new EOFException("the Runtime API has gone");
            if (next != '\r') line.write(next);
        }
        // Headers of ours may have any character.
        return line.toString(StandardCharsets.UTF_8);
    }
}
