package io.chapar.broker.coordinator;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;

/// Who waits for answers of one core, under numbers from 1 on. Each is taken out once, in any order; those that are
/// left when the coordinator resigns are taken out together, in the order in which they came. As many as the core holds
/// requests.
public final class Parked<W> {
    private final Map<Long, W> byNumber = new LinkedHashMap<>();
    private long last = 0;

    /// @return the number under which it waits
    public long park(W waiting) {
        byNumber.put(++last, waiting);
        return last;
    }

    /// It goes on waiting.
    public W get(long number) {
        return requireNonNull(byNumber.get(number), "who is asked about waits");
    }

    public W take(long number) {
        return requireNonNull(byNumber.remove(number), "each is answered once");
    }

    public void takeAll(Consumer<W> each) {
        List<W> left = new ArrayList<>(byNumber.values());
        byNumber.clear();
        left.forEach(each);
    }
}
