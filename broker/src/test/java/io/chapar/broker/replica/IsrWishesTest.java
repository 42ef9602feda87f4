package io.chapar.broker.replica;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.AskedMetadata;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataCommand.ChangeIsr;
import io.chapar.broker.metadata.MetadataCommand.InSync;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.partition.Followers;
import io.chapar.broker.partition.Leaders;
import io.chapar.broker.partition.Leadership;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.PartitionSetup;
import io.chapar.broker.producer.ProducerLimits;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.UUID;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;

class IsrWishesTest {
    private static final int HERE = 1;
    private static final int NEWCOMER = 2;
    private static final long LIFE = 10;
    private static final TopicPartition ID = new TopicPartition("orders", 0);

    private final ManualLoop loop = new ManualLoop();
    private long newcomersLife = 20;

    private final AskedMetadata metadata = new AskedMetadata(() -> ClusterImage.EMPTY);

    /// What the broker had acknowledged it may have lost with that life: the controller is to refuse the wish then, not
    /// to take the life after it for in sync.
    @Test
    void aWishThatIsMadeAgainNamesTheLivesThatItWasMadeFor() {
        Partition partition = Partition.open(new PartitionSetup(ID, new UUID(1, 2), HERE,
                new PartitionImage(HERE, 3, 7, List.of(HERE, NEWCOMER), List.of(HERE), List.of()),
                LogConfig.defaults(), new DataFolder(new MemoryDisk(), 8), loop,
                Leaders.followedBy(Followers.NONE), ProducerLimits.none()));
        Leadership leadership = requireNonNull(partition.leadership());
        IsrWishes wishes = new IsrWishes(HERE, LIFE, loop, metadata, (_, _) -> newcomersLife,
                () -> false);
        leadership.acknowledged(NEWCOMER, 0, 0);
        wishes.watch(partition);
        loop.advance(2_000);
        assertEquals(1, metadata.asked().size());

        newcomersLife = 30;
        metadata.unanswered(0);
        loop.advance(2_000);

        assertEquals(List.of(metadata.asked().getFirst(), metadata.asked().getFirst()), metadata.asked());
        assertEquals(List.of(new InSync(HERE, LIFE), new InSync(NEWCOMER, 20)),
                ((ChangeIsr) metadata.asked().getLast()).wishes().getFirst().isr());
    }
}
