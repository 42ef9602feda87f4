package io.chapar.broker.metadata;

import java.util.ArrayList;
import java.util.List;

/// Where new partitions go: one replica each, over the registered brokers in turn. A pure function.
final class Placement {
    private Placement() {}

    /// @param first number of the first of them in its topic
    static List<PartitionImage> of(ClusterImage image, int first, int count) {
        List<PartitionImage> born = new ArrayList<>();
        for (int broker : image.brokers().keySet()) {
            born.add(PartitionImage.born(List.of(broker)));
        }
        List<PartitionImage> placed = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            placed.add(born.get((first + i) % born.size()));
        }
        return placed;
    }
}
