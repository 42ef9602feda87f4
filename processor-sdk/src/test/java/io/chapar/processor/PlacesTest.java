package io.chapar.processor;

import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;

class PlacesTest {
    private static final TopicPartition ONE = new TopicPartition("log", 0);
    private static final TopicPartition OTHER = new TopicPartition("log", 1);
    private final Places places = new Places();

    @Test
    void rowsOfEntriesAreCountedWithWhatLiesBetweenThem() {
        places.add(ONE, 5);
        places.add(ONE, 6);
        places.add(OTHER, 1);
        places.add(ONE, 7);
        places.add(ONE, 9);
        assertEquals(Map.of(ONE, new Written(5, 4, 10), OTHER, new Written(1, 1, 2)), places.take());
        assertEquals(Map.of(), places.take());
    }

    @Test
    void whatIsForgottenIsNotTaken() {
        places.add(ONE, 5);
        places.add(OTHER, 5);
        places.clear();
        places.add(ONE, 8);
        assertEquals(Map.of(ONE, new Written(8, 1, 9)), places.take());
    }
}
