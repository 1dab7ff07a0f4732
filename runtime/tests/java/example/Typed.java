package example;

import java.util.Map;

/** A handler whose types are bound by a class between. */
public class Typed extends Base<Typed.Name, Map<String, Integer>> {
    public static class Name {
        public String name;
    }

    @Override
    protected Map<String, Integer> work(Name event) {
        return Map.of(event.name, event.name.length());
    }
}
