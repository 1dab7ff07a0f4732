package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.SQSEvent;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** A method for each form that handlers may have. */
public class Forms {
    private int count;

    public int count() {
        return ++count;
    }

    public static String fixed(String name) {
        return "hello " + name;
    }

    public Map<String, Object> map(Map<String, Object> event) {
        event.put("seen", true);
        return event;
    }

    public long sum(List<Integer> numbers) {
        return numbers.stream().mapToLong(Integer::longValue).sum();
    }

    public double half(Double number) {
        return number / 2;
    }

    public void nothing(Object event) {}

    public String told(Context context) {
        return context.getFunctionName();
    }

    public void bytes(InputStream in, OutputStream out, Context context) throws IOException {
        out.write('<');
        in.transferTo(out);
        out.write((">" + context.getFunctionVersion()).getBytes(StandardCharsets.UTF_8));
    }

    public void drain(InputStream in) throws IOException {
        in.readAllBytes();
    }

    public String chosen(String event) {
        return "the short one";
    }

    public String chosen(String event, Context context) {
        return "the one with a context";
    }

    public String chosen(String event, String more, String evenMore) {
        return "no handler at all";
    }

    public Order order(Order order) {
        order.setTotal(order.getLines().stream().mapToInt(Line::getPrice).sum());
        return order;
    }

    public List<String> messages(SQSEvent event) {
        SQSEvent.SQSMessage first = event.getRecords().get(0);
        return List.of(first.getEventSourceArn(), first.getBody(), first.getAttributes().get("SentTimestamp"));
    }

    public enum State { OPEN, CLOSED }

    /** A bean with all that beans have. */
    public static class Order {
        private String id;
        private State state;
        private List<Line> lines;
        private Integer total;
        private boolean gift;
        private Map<String, Line> byName;
        private byte[] seal;
        private java.time.Instant made;
        public String note;

        public String getId() { return id; }
        public void setId(String id) { this.id = id; }
        public State getState() { return state; }
        public void setState(State state) { this.state = state; }
        public List<Line> getLines() { return lines; }
        public void setLines(List<Line> lines) { this.lines = lines; }
        public Integer getTotal() { return total; }
        public void setTotal(Integer total) { this.total = total; }
        public boolean isGift() { return gift; }
        public void setGift(boolean gift) { this.gift = gift; }
        public Map<String, Line> getByName() { return byName; }
        public void setByName(Map<String, Line> byName) { this.byName = byName; }
        public byte[] getSeal() { return seal; }
        public void setSeal(byte[] seal) { this.seal = seal; }
        public java.time.Instant getMade() { return made; }
        public void setMade(java.time.Instant made) { this.made = made; }
    }

    /** One without a constructor of its own to call: all fields, in their order. */
    public static class Line {
        private final String name;
        private final int price;

        public Line(String name, int price) {
            this.name = name;
            this.price = price;
        }

        public String getName() { return name; }
        public int getPrice() { return price; }
    }
}
