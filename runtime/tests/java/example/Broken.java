package example;

import com.amazonaws.services.lambda.runtime.Context;
import java.util.Map;

/** All that can go wrong. */
public class Broken {
    public static class Refused extends RuntimeException {
        Refused(String why, Throwable cause) {
            super(why, cause);
        }
    }

    public static class Unmade {
        static {
            if (true) throw new IllegalStateException("at start");
        }

        public void run() {}
    }

    public static class Choosy {
        public Choosy(String one) {}

        public void run() {}
    }

    public String raise(Map<String, String> event) {
        throw new Refused("no " + event.get("what"), new IllegalArgumentException("the cause"));
    }

    public void number(Integer number) {}

    public Object circle() {
        Object[] circle = new Object[1];
        circle[0] = circle;
        return circle;
    }

    public void end(Integer status) {
        System.exit(status);
    }

    public int hoard(Integer megabytes) throws InterruptedException {
        byte[][] all = new byte[megabytes][];
        for (int i = 0; i < megabytes; i++) all[i] = new byte[1 << 20];
        return all.length;
    }

    private void hidden() {}

    public void odd(Context context, String event) {}
}
