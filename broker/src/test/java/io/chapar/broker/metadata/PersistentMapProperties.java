package io.chapar.broker.metadata;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

class PersistentMapProperties {
    /// Negative numbers take their opposite out.
    @Property(tries = 200)
    void itIsWhatATreeMapIsAndWhatItWasStays(
            @ForAll @Size(max = 300) List<@IntRange(min = -50, max = 50) Integer> steps) {
        PersistentMap<Integer, Integer> map = PersistentMap.empty();
        SortedMap<Integer, Integer> model = new TreeMap<>();
        List<PersistentMap<Integer, Integer>> former = new ArrayList<>();
        List<SortedMap<Integer, Integer>> models = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            int key = Math.abs(steps.get(i));
            if (steps.get(i) < 0) {
                map = map.without(key);
                model.remove(key);
            } else {
                map = map.with(key, i);
                model.put(key, i);
            }
            former.add(map);
            models.add(new TreeMap<>(model));
        }
        for (int i = 0; i < former.size(); i++) {
            assertEquals(models.get(i), former.get(i));
            assertEquals(models.get(i).size(), former.get(i).size());
            assertEquals(List.copyOf(models.get(i).keySet()), List.copyOf(former.get(i).keySet()));
        }
        assertNull(map.get(1_000));
    }
}
