package io.chapar.client.producer;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.utils.Utils;

import java.nio.ByteBuffer;

import static org.junit.jupiter.api.Assertions.assertEquals;

class PartitionerProperties {
    @Property
    void hashesAsKafkaDoes(@ForAll byte[] key) {
        assertEquals(Utils.murmur2(key), Partitioner.murmur2(ByteBuffer.wrap(key)));
    }

    @Property
    void choosesThePartitionThatKafkaChooses(@ForAll byte[] key,
            @ForAll @IntRange(min = 1, max = 10_000) int partitions) {
        assertEquals(BuiltInPartitioner.partitionForKey(key, partitions),
                Partitioner.ofHash(Partitioner.murmur2(ByteBuffer.wrap(key)), partitions));
    }
}
